import { pino } from "pino";
import { afterEach, beforeAll, expect, it } from "vitest";
import { BrokerConnection } from "../../../src/celery/amqp/connection.js";
import { MessageQueue } from "../../../src/celery/amqp/message-queue.js";
import { parseBrokerUrl } from "../../../src/celery/amqp/url.js";
import { Celery } from "../../../src/celery/app.js";
import { useBareClient, useWorkers } from "../../support/celery-worker.js";
import { inside } from "../../support/inside.js";
import { useVhost } from "../../support/services.js";
import { waitUntil } from "../../support/wait-until.js";

const vhost = useVhost();
const bare = useBareClient(() => vhost.url);
beforeAll(() => bare.current.channel.assertQueue("celery", { durable: true }));
afterEach(() => bare.current.channel.purgeQueue("celery"));
const startWorker = useWorkers(() => vhost.url);

const exists = async (collection: string, name: string) =>
  "name" in ((await vhost.get(collection, name)) as Record<string, unknown>);

it("worker_detect_quorum_queues: delayed delivery is set up for quorum queues, unless it is off", async () => {
  const quorum = { name: "quorum", exchangeType: "topic", arguments: { "x-queue-type": "quorum" } } as const;
  await startWorker(() => undefined, { queues: [quorum] }, { workerDetectQuorumQueues: false });
  expect(await exists("exchanges", "celery_delayed_delivery")).toBe(false);
  await startWorker(() => undefined, { queues: [quorum] });
  await waitUntil(() => exists("exchanges", "celery_delayed_delivery"), "the exchange of delayed delivery");
});

it.each([true, false])(
  "result_persistent = %s decides the delivery mode of rpc:// results",
  async (resultPersistent) => {
    const { queue } = await bare.current.channel.assertQueue("", { exclusive: true });
    await startWorker((app) => app.task("t", () => 1), {}, { resultPersistent });
    const client = new Celery("client", { broker: vhost.url, log: pino({ level: "silent" }) });
    await client.sendTask("t", [], {}, { replyTo: queue });
    const [message] = await waitUntil(async () => {
      const messages = await bare.current.drain(queue);
      return messages.length > 0 ? messages : null;
    }, "the result");
    expect(message?.properties.deliveryMode).toBe(resultPersistent ? 2 : 1);
    await client.close();
  },
);

it("task_default_delivery_mode and task_inherit_parent_priority shape what is sent", async () => {
  const settings = { taskDefaultDeliveryMode: 1, taskInheritParentPriority: true, taskDefaultQueue: "modes" } as const;
  await startWorker(
    (app) => app.task("parent", (ctx) => ctx.sendTask("child", [], {}, { queue: "children" })),
    {},
    settings,
  );
  const client = new Celery("client", { broker: vhost.url, backend: "rpc://", log: pino({ level: "silent" }) });
  await (await client.sendTask("parent", [], {}, { priority: 6, queue: "celery" })).get({ timeout: 60 });
  const [child] = await bare.current.drain("children");
  expect(child?.properties).toMatchObject({ deliveryMode: 1, priority: 6 });
  await client.close();
});

it("worker_enable_remote_control off: the worker has no mailbox", async () => {
  await startWorker(() => undefined, { hostname: "deaf@test" }, { workerEnableRemoteControl: false });
  expect(await exists("queues", "deaf@test.celery.pidbox")).toBe(false);
});

it("worker_eta_task_limit bounds the tasks that wait in memory", async () => {
  const settings = { workerEtaTaskLimit: 4 };
  const worker = await startWorker(
    (app) => app.task("t", () => 1),
    { concurrency: 1, prefetchMultiplier: 1 },
    settings,
  );
  const eta = new Date(Date.now() + 3_600_000).toISOString();
  for (let i = 0; i < 40; i++) await bare.current.send("celery", "t", [i], { eta });
  await waitUntil(() => inside(worker).schedule.size >= 4, "four waiting tasks");
  // A window that would grow does so within one round trip.
  for (let i = 0; i < 5; i++) await bare.current.depth("celery");
  expect(inside(worker).schedule.size).toBeLessThanOrEqual(8);
});

it("consumer priority: the worker with the higher one gets the messages", async () => {
  const ran: string[] = [];
  const define = (name: string) => (app: Celery) => void app.task("who", () => ran.push(name));
  const queue = (priority: number) => ({ name: "celery", consumerArguments: { "x-priority": priority } });
  await startWorker(define("low"), { queues: [queue(1)] });
  await startWorker(define("high"), { queues: [queue(10)] });
  for (let i = 0; i < 6; i++) await bare.current.result(await bare.current.send("celery", "who"));
  expect(new Set(ran)).toEqual(new Set(["high"]));
});

it("throws: an expected error is logged at info level without a stack", async () => {
  class Expected extends Error {}
  const lines: { level: number; msg: string; err?: unknown }[] = [];
  const log = pino({ level: "info" }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  await startWorker(
    (app) =>
      app.task("t", { throws: [Expected] }, (_ctx, isExpected: boolean) => {
        throw isExpected ? new Expected("no luck") : new Error("trouble");
      }),
    {},
    { log },
  );
  for (const isExpected of [true, false])
    await bare.current.result(await bare.current.send("celery", "t", [isExpected]));
  const raised = await waitUntil(() => {
    const found = lines.filter(({ msg }) => msg.includes(" raised "));
    return found.length === 2 ? found : null;
  }, "two lines");
  expect(raised[0]).toMatchObject({ level: 30, msg: expect.stringContaining("raised expected: Expected('no luck')") });
  expect(raised[0]?.err).toBeUndefined();
  expect(raised[1]).toMatchObject({ level: 50, msg: expect.stringContaining("raised unexpected"), err: {} });
});

it("a failover URL: the next address is taken when the first does not answer", async () => {
  const broker = `amqp://127.0.0.1:1;${vhost.url}`;
  await startWorker((app) => app.task("t", () => "reached"), {}, { broker });
  expect((await bare.current.result(await bare.current.send("celery", "t"))).result).toBe("reached");
  const client = new Celery("client", { broker, backend: "rpc://", log: pino({ level: "silent" }) });
  expect(await (await client.sendTask("t")).get({ timeout: 60 })).toBe("reached");
  await client.close();
});

it("a task that was acknowledged early and is given up leaves RETRY behind, as Celery's cold shutdown does", async () => {
  const retried: string[] = [];
  const { queue } = await bare.current.channel.assertQueue("", { exclusive: true });
  const worker = await startWorker(
    (app) =>
      app.task(
        "early",
        { acksLate: false, onRetry: ({ id }) => void retried.push(id) },
        (ctx) => new Promise((resolve) => ctx.signal.addEventListener("abort", resolve)),
      ),
    {},
    { workerSendTaskEvents: true },
  );
  await bare.current.channel.bindQueue(queue, "celeryev", "task.#");
  const id = await bare.current.send("celery", "early");
  await waitUntil(() => [...worker.requests].some(({ state }) => state === "running"), "a running task");
  await worker.stop(0);
  const [state] = await waitUntil(() => (bare.current.statesOf(id).length > 0 ? bare.current.statesOf(id) : null));
  expect(state).toMatchObject({
    status: "RETRY",
    result: { exc_type: "Retry", exc_message: ["cancelled by Celery"], exc_module: "celery.exceptions" },
  });
  expect(retried).toEqual([id]);
  const events: { type: string; uuid: string }[] = [];
  await waitUntil(async () => {
    for (const { content } of await bare.current.drain(queue)) events.push(...[JSON.parse(content.toString())].flat());
    return events.some(({ type, uuid }) => type === "task-cancelled" && uuid === id);
  }, "the event");
  expect(await bare.current.depth("celery")).toBe(0);
});

it("a message is moved to a queue that exists only, also with others on their way", async () => {
  await bare.current.channel.assertQueue("from", { durable: true });
  await bare.current.channel.assertQueue("to", { durable: true });
  await bare.current.publish("from", Buffer.from("a"));
  const connection = new BrokerConnection({
    addresses: parseBrokerUrl(vhost.url),
    name: "mover",
    log: pino({ level: "silent" }),
  });
  connection.start();
  await connection.whenReady();
  const from = await MessageQueue.open(connection, "from");
  const message = await from?.take();
  if (!from || !message) throw new Error("the message is not there");
  const copy = (queue: string) => from.copyTo(message, { queue, body: message.body, headers: {} });
  const copies = await Promise.allSettled([copy("to"), copy("gone"), copy("to")]);
  expect(copies.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  expect(await bare.current.depth("to")).toBe(2);
  await connection.close();
});
