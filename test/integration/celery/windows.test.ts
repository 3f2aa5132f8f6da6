import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Celery, WorkerOptions } from "../../../src/celery/app.js";
import type { TaskContext } from "../../../src/celery/index.js";
import type { Worker } from "../../../src/celery/worker/worker.js";
import { useBareClient, useWorkers } from "../../support/celery-worker.js";
import { FaultyProxy } from "../../support/proxy.js";
import { useVhost } from "../../support/services.js";
import { waitUntil } from "../../support/wait-until.js";

const vhost = useVhost();
let proxy: FaultyProxy;
beforeAll(async () => {
  const { hostname, port } = new URL(vhost.url);
  proxy = await FaultyProxy.open(hostname, Number(port));
});
afterAll(() => proxy.close());
const bare = useBareClient(() => vhost.url);
const startWorker = useWorkers(() => vhost.url);

/** One start of a task. */
interface Start {
  readonly name: string;
  readonly worker: string;
  readonly deliveryCount: number;
  end(): void;
}

const starts: Start[] = [];
/** What starts while workers stop ends at once. */
let isOver = false;
beforeEach(() => {
  starts.length = 0;
  isOver = false;
});
afterEach(() => {
  isOver = true;
  for (const start of starts) start.end();
});

const named = (name: string) => starts.find((start) => start.name === name);
const started = () => starts.map(({ name }) => name);

/** A task that runs until it is told to end. */
const wait = (worker: string) => async (ctx: TaskContext, name: string) => {
  const count = ctx.request.headers["x-delivery-count"];
  await new Promise<void>((resolve) => {
    if (isOver) resolve();
    starts.push({ name, worker, deliveryCount: typeof count === "number" ? count : 0, end: resolve });
    ctx.signal.addEventListener("abort", () => resolve());
  });
};

/** Long tasks leave a slot of two to short ones; what cannot start goes back after a tenth of a second. */
async function start(name: string, queues: WorkerOptions["queues"], options: WorkerOptions = {}): Promise<Worker> {
  const define = (app: Celery) => {
    app.task("long", { slotGroup: "long" }, wait(name));
    app.task("short", wait(name));
    app.task("quick", () => "done");
  };
  const settings = { workerSlotGroups: { long: { leaves: 1 } }, workerReservedTimeout: 0.1, ...options.settings };
  return await startWorker(define, { queues: queues ?? [], hostname: `${name}@test`, ...options, settings });
}

const send = (queue: string, task: string, name: string) => bare.current.send(queue, task, [name]);
const taken = (worker: Worker) => [...worker.requests].length;
const isClosed = (worker: Worker, queue: string) => windowOf(worker, queue) === 0;
const windowOf = (worker: Worker, queue: string) => prefetchOf(worker)[queue];
/** As `inspect stats` tells it. */
function prefetchOf(worker: Worker): Record<string, number | null> {
  return Object.fromEntries(worker.consumers.map(({ queue, taken: count }) => [queue, count]));
}

describe("what cannot start", () => {
  it("goes back to its queue, where an idle worker finds it; both queues of a kind are left alone", async () => {
    const first = await start("first", ["old", "new", "short"]);
    await send("old", "long", "one");
    await waitUntil(() => named("one"));
    await send("new", "long", "two");
    await waitUntil(() => isClosed(first, "old") && isClosed(first, "new") && taken(first) === 1, "two closed queues");
    await waitUntil(async () => (await bare.current.depth("new")) === 1, "the message in its queue");
    expect(first.consumers.every(({ confirmed }) => confirmed)).toBe(true);
    expect(started()).toEqual(["one"]);
    await start("second", ["old", "new", "short"]);
    expect((await waitUntil(() => named("two"), "the other long task")).worker).toBe("second");
    await send("short", "short", "three");
    await waitUntil(() => named("three"), "the short task");
  });

  it("is taken as soon as it can start, from each queue of the kind in turn", async () => {
    const worker = await start("only", ["old", "new"]);
    const ids: string[] = [];
    for (const name of ["a", "b", "c"])
      for (const queue of ["old", "new"]) ids.push(await send(queue, "long", queue + name));
    for (let count = 1; count <= ids.length; count++) {
      await waitUntil(() => starts.length === count, `start ${count}`);
      await waitUntil(
        () => isClosed(worker, "old") && isClosed(worker, "new") && taken(worker) === 1,
        "nothing taken ahead",
      );
      starts[count - 1]?.end();
    }
    for (const id of ids) expect((await bare.current.result(id)).status).toBe("SUCCESS");
    const order = started();
    expect([...order].sort()).toEqual(["newa", "newb", "newc", "olda", "oldb", "oldc"]);
    for (const queue of ["old", "new"])
      expect(order.filter((name) => name.startsWith(queue))).toEqual(["a", "b", "c"].map((name) => queue + name));
    expect(Math.abs(order.indexOf("oldc") - order.indexOf("newc"))).toBeLessThanOrEqual(2);
    await waitUntil(() => windowOf(worker, "old") === 8, "its whole window again");
  });

  it("comes back to a quorum queue once at most", async () => {
    const queue = { name: "quorum", arguments: { "x-queue-type": "quorum" } };
    const worker = await start("only", [queue], { concurrency: 3, prefetchMultiplier: 4 });
    const names = Array.from({ length: 12 }, (_, index) => String(index));
    for (const name of names) await send("quorum", "long", name);
    for (let count = 2; count <= names.length; count++) {
      await waitUntil(() => starts.length === count, `start ${count}`);
      await waitUntil(() => isClosed(worker, "quorum"), "a closed queue");
      starts[count - 2]?.end();
    }
    expect(started().sort()).toEqual(names.sort());
    expect(Math.max(...starts.map(({ deliveryCount }) => deliveryCount))).toBeLessThanOrEqual(1);
  });

  it("stays in a queue of several kinds, where what is behind may start", async () => {
    await start("only", ["mixed"]);
    for (const [task, name] of [
      ["long", "l1"],
      ["long", "l2"],
      ["short", "s1"],
    ] as const)
      await send("mixed", task, name);
    await waitUntil(() => named("l1") && named("s1"), "one of each kind");
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await bare.current.depth("mixed")).toBe(0);
    named("l1")?.end();
    await waitUntil(() => named("l2"), "the second long task");
  });

  it("stays where Celery's behaviour is asked for, and in queues that end with their last consumer", async () => {
    const own = { name: "own", autoDelete: true };
    const worker = await start("only", ["kept", own], { concurrency: 1, settings: { workerReservedTimeout: 0.1 } });
    await send("own", "long", "1");
    await waitUntil(() => named("1"));
    await send("own", "long", "2");
    await waitUntil(() => isClosed(worker, "kept"), "the other queue closed");
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(taken(worker)).toBe(2);
    const celery = await start("celery", ["all"], { concurrency: 1, settings: { workerReservedTimeout: null } });
    for (const name of ["3", "4"]) await send("all", "long", name);
    await waitUntil(() => taken(celery) === 2, "two taken");
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(taken(celery)).toBe(2);
  });
});

describe("a closed queue", () => {
  it("opens when the pool grows, and when it shrinks and tasks end the rest goes back", async () => {
    const worker = await start("only", ["growing"], { concurrency: 1 });
    for (const name of ["1", "2", "3"]) await send("growing", "long", name);
    await waitUntil(() => isClosed(worker, "growing") && taken(worker) === 1, "one taken");
    worker.resize(3);
    await waitUntil(() => starts.length === 2, "a second start");
    await waitUntil(() => isClosed(worker, "growing") && taken(worker) === 2, "the third given back");
  });

  it("opens after a lost connection, so that the message of what runs finds its way back", async () => {
    const worker = await start("only", ["cut"], { concurrency: 1, settings: { brokerUrl: proxy.through(vhost.url) } });
    const ids = [await send("cut", "short", "1"), await send("cut", "short", "2")];
    await waitUntil(() => isClosed(worker, "cut") && taken(worker) === 1, "one taken");
    proxy.cut();
    await waitUntil(() => !worker.isConnected, "the loss");
    await waitUntil(() => isClosed(worker, "cut") && taken(worker) === 1, "one taken, again");
    await waitUntil(async () => (await bare.current.depth("cut")) === 1, "the other in its queue");
    named("1")?.end();
    await waitUntil(() => named("2"), "the other task");
    named("2")?.end();
    for (const id of ids) expect((await bare.current.result(id)).status).toBe("SUCCESS");
    expect(started()).toEqual(["1", "2"]);
  });
});

it("a flow of short tasks keeps what Celery takes ahead", async () => {
  const worker = await start("only", ["flow"]);
  await send("flow", "short", "1");
  await send("flow", "short", "2");
  await waitUntil(() => isClosed(worker, "flow"), "a closed queue");
  const ids: string[] = [];
  for (let index = 0; index < 500; index++) ids.push(await send("flow", "quick", "q"));
  for (const start of starts.splice(0)) start.end();
  for (const id of ids) expect((await bare.current.result(id)).status).toBe("SUCCESS");
  await waitUntil(() => windowOf(worker, "flow") === 8, "its whole window again");
});
