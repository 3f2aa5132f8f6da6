import type { GetMessage } from "amqplib";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { AppOptions } from "../../src/celery/app.js";
import { Reject } from "../../src/celery/index.js";
import { useBareClient, useWorkers } from "../support/celery-worker.js";
import { inside } from "../support/inside.js";
import { FaultyProxy } from "../support/proxy.js";
import { useVhost } from "../support/services.js";
import { waitUntil } from "../support/wait-until.js";
import { keptLog } from "../support/worker-log.js";

const vhost = useVhost();
const client = useBareClient(() => vhost.url);
let proxy: FaultyProxy;

beforeAll(async () => {
  const { hostname, port } = new URL(vhost.url);
  proxy = await FaultyProxy.open(hostname, Number(port));
});
afterAll(() => proxy.close());
afterEach(async () => {
  proxy.refuse(false);
  proxy.flow();
  await client.current.channel.purgeQueue("celery").catch(() => undefined);
});
const startWorker = useWorkers(() => proxy.through(vhost.url));

/** A task that runs until it is let go, and counts its runs. */
function gatedTask() {
  const runs: string[] = [];
  let open: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const handler = async (_ctx: unknown, name: string) => {
    runs.push(name);
    await gate;
    return name;
  };
  return { runs, open: () => open(), handler };
}

const consumersOf = async (queue: string) => (await client.current.channel.checkQueue(queue)).consumerCount;

describe("a lost connection", () => {
  it("running tasks go on, their redelivered messages are adopted, and none runs twice (20 cuts)", async () => {
    const runs = new Map<string, number>();
    const worker = await startWorker(
      (app) =>
        app.task("work", async (_ctx, name: string) => {
          runs.set(name, (runs.get(name) ?? 0) + 1);
          await new Promise((resolve) => setTimeout(resolve, 60));
          return name;
        }),
      { concurrency: 8, prefetchMultiplier: 2 },
    );
    const ids = await Promise.all(
      Array.from({ length: 300 }, (_, index) => client.current.send("celery", "work", [`n${index}`])),
    );
    for (let cut = 0; cut < 20; cut++) {
      await waitUntil(() => worker.consumers.every(({ confirmed }) => confirmed), "a confirmed consumer");
      await new Promise((resolve) => setTimeout(resolve, 20 + (cut % 5) * 25));
      proxy.cut();
    }
    for (const id of ids) expect((await client.current.result(id, 60_000)).status).toBe("SUCCESS");
    await waitUntil(
      async () => (await client.current.depth("celery")) === 0 && [...inside(worker).requests].length === 0,
    );
    expect([...runs.values()].filter((count) => count > 1)).toEqual([]);
    expect(runs.size).toBe(300);
  });

  it("a result that cannot be sent is sent after the reconnect, then the message is acknowledged", async () => {
    const { open, handler, runs } = gatedTask();
    const worker = await startWorker((app) => app.task("gated", handler));
    const id = await client.current.send("celery", "gated", ["a"]);
    await waitUntil(() => runs.length === 1);
    proxy.refuse(true);
    open();
    await waitUntil(() => !worker.isConnected);
    expect(client.current.statesOf(id)).toEqual([]);
    proxy.refuse(false);
    expect((await client.current.result(id)).result).toBe("a");
    await waitUntil(() => [...inside(worker).requests].length === 0, "nothing in memory");
    await waitUntil(async () => (await consumersOf("celery")) === 1, "exactly one consumer");
    expect(runs).toEqual(["a"]);
  });

  it("tasks held for their time are not run twice after a reconnect", async () => {
    const ran: string[] = [];
    const worker = await startWorker((app) => app.task("note", (_ctx, name: string) => ran.push(name)));
    const eta = new Date(Date.now() + 1500).toISOString();
    const ids = await Promise.all(
      ["a", "b", "c"].map((name) => client.current.send("celery", "note", [name], { eta })),
    );
    await waitUntil(() => [...inside(worker).requests].length === 3);
    proxy.cut();
    await waitUntil(() => [...inside(worker).requests].length === 3, "the tasks to be held again");
    for (const id of ids) await client.current.result(id);
    expect(ran.sort()).toEqual(["a", "b", "c"]);
  });

  it("a silent (half-open) connection is noticed by its heartbeat", async () => {
    const worker = await startWorker((app) => app.task("echo", (_ctx, x: unknown) => x), {}, { brokerHeartbeat: 1 });
    proxy.stall();
    await waitUntil(() => !worker.isConnected, "a connection given up");
    proxy.flow();
    expect((await client.current.result(await client.current.send("celery", "echo", [1]))).result).toBe(1);
    await waitUntil(async () => (await consumersOf("celery")) === 1, "exactly one consumer");
  });
});

describe("a broker that ends the consumer", () => {
  it("a channel closed under a running task (as consumer_timeout does): its redelivery is adopted", async () => {
    const { open, handler, runs } = gatedTask();
    const worker = await startWorker((app) => app.task("gated", handler));
    const id = await client.current.send("celery", "gated", ["a"]);
    await waitUntil(() => runs.length === 1);
    const [request] = [...inside(worker).requests];
    if (request === undefined) throw new Error("the task runs");
    const { delivery } = request;
    // An unknown tag is the same error to the broker as a timeout: 406 on this channel only.
    delivery.on.channel.ack({ ...delivery.message, fields: { ...delivery.message.fields, deliveryTag: 4_000 } });
    await waitUntil(() => request.delivery !== delivery, "the redelivery to be adopted");
    expect(worker.isConnected).toBe(true);
    open();
    expect((await client.current.result(id)).result).toBe("a");
    await waitUntil(
      async () => (await client.current.depth("celery")) === 0 && [...inside(worker).requests].length === 0,
    );
    expect(runs).toEqual(["a"]);
  });

  it("a deleted queue is declared and consumed again", async () => {
    const worker = await startWorker((app) => app.task("echo", (_ctx, x: unknown) => x));
    await client.current.channel.deleteQueue("celery");
    await waitUntil(() => worker.consumers.every(({ confirmed }) => !confirmed), "the consumer to be lost");
    await waitUntil(() => worker.consumers.every(({ confirmed }) => confirmed), "the consumer to be back");
    expect((await client.current.result(await client.current.send("celery", "echo", [2]))).result).toBe(2);
  });

  it("what a deleted queue had handed out is run all the same: it never comes again", async () => {
    const { open, handler, runs } = gatedTask();
    const worker = await startWorker((app) => app.task("gated", handler), { concurrency: 1, prefetchMultiplier: 8 });
    const ids = await Promise.all(["a", "b", "c"].map((name) => client.current.send("celery", "gated", [name])));
    const eta = new Date(Date.now() + 3000).toISOString();
    ids.push(await client.current.send("celery", "gated", ["later"], { eta }));
    await waitUntil(() => runs.length === 1 && [...inside(worker).requests].length === 4, "one to run, three to wait");
    await client.current.channel.deleteQueue("celery");
    await waitUntil(() => worker.consumers.every(({ confirmed }) => !confirmed), "the consumer to be lost");
    await waitUntil(() => worker.consumers.every(({ confirmed }) => confirmed), "the consumer to be back");
    open();
    const results = await Promise.all(ids.map(async (id) => (await client.current.result(id)).result));
    expect(results).toEqual(["a", "b", "c", "later"]);
    await waitUntil(() => [...inside(worker).requests].length === 0, "nothing left to do");
    expect([...runs].sort()).toEqual(["a", "b", "c", "later"]);
  });

  /** Starts a worker with one task that runs, two that wait for its slot and one for later, and deletes their queue. */
  async function deletedQueue(settings: AppOptions = {}) {
    const { open, handler, runs } = gatedTask();
    const options = { concurrency: 1, prefetchMultiplier: 8 };
    const worker = await startWorker((app) => app.task("gated", handler), options, settings);
    const eta = new Date(Date.now() + 600_000).toISOString();
    const ids = [await client.current.send("celery", "gated", ["a"])];
    await waitUntil(() => runs.length === 1, "one to run");
    for (const name of ["b", "c"]) ids.push(await client.current.send("celery", "gated", [name], { sent_by: name }));
    ids.push(await client.current.send("celery", "gated", ["later"], { eta }));
    await waitUntil(() => [...inside(worker).requests].length === 4, "three to wait");
    await client.current.channel.deleteQueue("celery");
    await waitUntil(() => worker.consumers.every(({ confirmed }) => !confirmed), "the consumer to be lost");
    return { worker, open, eta, ids };
  }
  const idOf = ({ properties }: GetMessage) => String(properties.headers?.id);

  it("a warm stop puts what waits of a deleted queue into the queue again", async () => {
    const { worker, open, eta, ids } = await deletedQueue();
    const stopping = worker.stop();
    open();
    await stopping;
    expect((await client.current.result(ids[0] ?? "")).result).toBe("a");
    const messages = await client.current.drain("celery");
    expect(messages.map(idOf)).toEqual(ids.slice(1));
    const [second, , later] = messages.map(({ properties }) => properties);
    expect(second).toMatchObject({ correlationId: ids[1], replyTo: client.current.replyQueue, deliveryMode: 2 });
    expect(second?.headers).toMatchObject({ sent_by: "b", task: "gated" });
    expect(later?.headers).toMatchObject({ eta });
  });

  it("what is given up at the stop, or sent back by its task, goes into the queue again too", async () => {
    const { worker, ids } = await deletedQueue();
    await worker.stop(0);
    expect((await client.current.drain("celery")).map(idOf).sort()).toEqual([...ids].sort());
    let rounds = 0;
    let end: () => void = () => undefined;
    const mayEnd = new Promise<void>((resolve) => {
      end = resolve;
    });
    const another = await startWorker((app) =>
      app.task("back", async () => {
        if (++rounds > 1) return rounds;
        await mayEnd;
        throw new Reject("another time", true);
      }),
    );
    const id = await client.current.send("celery", "back");
    await waitUntil(() => rounds === 1, "the task to run");
    await client.current.channel.deleteQueue("celery");
    await waitUntil(() => another.consumers.every(({ confirmed }) => !confirmed), "the consumer to be lost");
    end();
    expect((await client.current.result(id)).result).toBe(2);
  });

  it("a queue that is deleted while the worker stops gets back what it had handed out", async () => {
    const { open, handler, runs } = gatedTask();
    const worker = await startWorker((app) => app.task("gated", handler), { concurrency: 1, prefetchMultiplier: 4 });
    const ids = [await client.current.send("celery", "gated", ["a"])];
    await waitUntil(() => runs.length === 1, "one to run");
    ids.push(await client.current.send("celery", "gated", ["b"]));
    await waitUntil(() => [...inside(worker).requests].length === 2, "one to wait");
    const stopping = worker.stop();
    await waitUntil(async () => (await consumersOf("celery")) === 0, "the consumer to be cancelled");
    await client.current.channel.deleteQueue("celery");
    open();
    await stopping;
    expect((await client.current.drain("celery")).map(idOf)).toEqual([ids[1]]);
  });

  it("in topology mode passive what waits of a deleted queue becomes dead letters, or is named in the log", async () => {
    await client.current.channel.assertQueue("celery-dlq", { durable: true });
    await client.current.channel.assertQueue("celery", { durable: true });
    const passive = { topologyMode: "passive" } as const;
    const first = await deletedQueue({ ...passive, deadLetter: "publish" });
    first.open();
    await first.worker.stop();
    const letters = await client.current.drain("celery-dlq");
    expect(letters.map(idOf)).toEqual(first.ids.slice(1));
    const reasons = letters.map(({ properties }) => String(properties.headers?.["x-dead-letter-reason"]));
    expect(reasons.every((reason) => reason.includes("queue celery was deleted"))).toBe(true);
    await client.current.channel.assertQueue("celery", { durable: true });
    const { log, lines } = keptLog();
    const second = await deletedQueue({ ...passive, deadLetter: "off", log });
    second.open();
    await second.worker.stop();
    const lost = lines.filter(({ msg }) => msg.startsWith("a message is lost: its queue was deleted"));
    expect(lost.map(({ taskId }) => taskId)).toEqual(second.ids.slice(1));
    await client.current.channel.assertQueue("celery", { durable: true });
  });

  it("a worker waits for a broker that is away when it starts", async () => {
    proxy.refuse(true);
    const starting = startWorker((app) => app.task("echo", (_ctx, x: unknown) => x));
    const id = await client.current.send("celery", "echo", [3]);
    await new Promise((resolve) => setTimeout(resolve, 500));
    proxy.refuse(false);
    await starting;
    expect((await client.current.result(id)).result).toBe(3);
  });
});

describe("shutdown", () => {
  it("lets running tasks end and returns the rest to the queue", async () => {
    const { open, handler, runs } = gatedTask();
    const worker = await startWorker((app) => app.task("gated", handler), { concurrency: 1, prefetchMultiplier: 4 });
    const ids = await Promise.all(["a", "b", "c"].map((name) => client.current.send("celery", "gated", [name])));
    await waitUntil(() => runs.length === 1 && [...inside(worker).requests].length === 3);
    const stopped = worker.stop();
    await waitUntil(async () => (await consumersOf("celery")) === 0, "no consumer");
    open();
    await stopped;
    expect((await client.current.result(ids[0] ?? "")).result).toBe("a");
    expect(runs).toEqual(["a"]);
    await waitUntil(async () => (await client.current.depth("celery")) === 2, "two messages back in the queue");
  });

  it("gives up what runs beyond the deadline and returns its message", async () => {
    const { handler, runs } = gatedTask();
    const worker = await startWorker((app) => app.task("gated", handler));
    await client.current.send("celery", "gated", ["a"]);
    await waitUntil(() => runs.length === 1);
    await worker.stop(0.1);
    await waitUntil(async () => (await client.current.depth("celery")) === 1, "the message back in the queue");
  });

  it("ends although the broker is silent: nothing waits for answers that never come", { timeout: 30_000 }, async () => {
    const worker = await startWorker((app) => app.task("echo", (_ctx, x: unknown) => x));
    proxy.stall();
    await worker.stop();
    expect(worker.state).toBe("stopped");
  });
});
