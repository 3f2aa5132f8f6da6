import { connect } from "amqplib";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Celery } from "../../../src/celery/app.js";
import type { Worker } from "../../../src/celery/worker/worker.js";
import { useBareClient, useWorkers } from "../../support/celery-worker.js";
import { useVhost } from "../../support/services.js";
import { waitUntil } from "../../support/wait-until.js";

const vhost = useVhost();
const client = useBareClient(() => vhost.url);
const startWorker = useWorkers(() => vhost.url);
let app: Celery;

beforeAll(() => {
  app = new Celery("client", { broker: vhost.url, log: pino({ level: "silent" }) });
});
afterAll(() => app.close());

async function start(): Promise<{ worker: Worker; losses: Error[] }> {
  const worker = await startWorker((tasks) => tasks.task("echo", (_ctx, x: unknown) => x), { hostname: "adds@test" });
  const losses: Error[] = [];
  worker.events.on("brokerDisconnected", (error) => losses.push(error));
  return { worker, losses };
}

const add = async (args: Record<string, unknown>) =>
  (await app.control.broadcast("add_consumer", args, { destination: ["adds@test"], reply: true, timeout: 10 }))[0]
    ?.value;

describe("add_consumer", () => {
  it.each<[string, Record<string, unknown>, RegExp]>([
    ["an empty name", { queue: "" }, /its name is empty/],
    ["a name of 256 bytes", { queue: "q".repeat(256) }, /takes 256 bytes, and names and keys may have at most 255/],
    ["a name of 128 characters that take 256 bytes", { queue: "é".repeat(128) }, /takes 256 bytes/],
    ["half a character", { queue: "half-\ud83d" }, /not valid Unicode/],
    ["a line break", { queue: "a\nb" }, /line break/],
    ["a name that the broker keeps for itself", { queue: "amq.mine" }, /ACCESS_REFUSED/],
    ["an exchange of too long a name", { queue: "q", exchange: "e".repeat(300) }, /takes 300 bytes/],
    ["too long a routing key", { queue: "q", routing_key: "k".repeat(256) }, /takes 256 bytes/],
    // The broker closes the whole connection of who declares one.
    [
      "an exchange type that does not exist",
      { queue: "q", exchange: "e", exchange_type: "no-such" },
      /no exchange type/,
    ],
    ["one of a plugin that is not there", { queue: "q", exchange: "e", exchange_type: "x-no-such" }, /no exchange .*e/],
    ["arguments that cannot be", { queue: "q", queue_arguments: { "x-max-length": -1 } }, /x-max-length/],
    ["an unknown queue type", { queue: "q", queue_arguments: { "x-queue-type": "no-such" } }, /x-queue-type/],
    ["consumer arguments that cannot be", { queue: "q", consumer_arguments: { "x-priority": "high" } }, /x-priority/],
  ])("refuses %s, and nothing of it stays", async (_what, args, reason) => {
    const { worker, losses } = await start();
    expect(await add(args)).toEqual({ error: expect.stringMatching(reason) });
    expect(worker.consumers.map(({ queue }) => queue)).toEqual(["celery"]);
    // Nothing is tried again behind the scenes.
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(losses).toEqual([]);
    expect(worker.isConnected).toBe(true);
    expect(await add({ queue: "good" })).toEqual({ ok: "add consumer good" });
    expect((await client.current.result(await client.current.send("good", "echo", [1]))).result).toBe(1);
  });

  it("refuses a queue of another connection alone", async () => {
    const { worker } = await start();
    const owner = await connect(vhost.url);
    await (await owner.createChannel()).assertQueue("locked", { exclusive: true });
    expect(await add({ queue: "locked" })).toEqual({ error: expect.stringMatching(/RESOURCE_LOCKED/) });
    expect(worker.consumers.map(({ queue }) => queue)).toEqual(["celery"]);
    await owner.close();
    expect(await add({ queue: "locked" })).toEqual({ ok: "add consumer locked" });
    await waitUntil(() => worker.consumers.every(({ confirmed }) => confirmed));
  });

  it("takes names of every kind that brokers take", async () => {
    const { worker } = await start();
    const names = ["q".repeat(255), "é".repeat(127), " ", "a b\tc", "ünïcødé-🂡", "#", "*", "a/b?c=d", "\u0000"];
    for (const queue of names) {
      expect(await add({ queue })).toEqual({ ok: `add consumer ${queue}` });
      expect((await client.current.result(await client.current.send(queue, "echo", [queue]))).result).toBe(queue);
    }
    expect(worker.consumers.map(({ queue }) => queue)).toEqual(["celery", ...names]);
  });
});

it("takes no more queues than it has channels for", async () => {
  const { worker } = await start();
  const added = await Promise.allSettled(
    Array.from({ length: 300 }, (_, index) => worker.addConsumer({ name: `flood-${index}` })),
  );
  expect(added.filter(({ status }) => status === "fulfilled")).toHaveLength(255);
  expect(await add({ queue: "one-more" })).toEqual({
    error: expect.stringMatching(/256 queues are consumed: the most is 256/) as string,
  });
  worker.cancelConsumer("flood-0");
  await waitUntil(async () => "ok" in ((await add({ queue: "one-more" })) as object), "a free place");
  expect((await client.current.result(await client.current.send("one-more", "echo", [1]))).result).toBe(1);
});

it("a worker with an impossible queue does not start, and says why", () => {
  const named = (queue: string) => () => app.worker({ queues: [queue] });
  expect(named("q".repeat(256))).toThrow(/a queue cannot be consumed: q+… takes 256 bytes/);
  expect(named("")).toThrow(/its name is empty/);
});
