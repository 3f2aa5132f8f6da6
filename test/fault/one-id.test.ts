import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { AppOptions, Celery, WorkerOptions } from "../../src/celery/app.js";
import { revoke } from "../../src/celery/worker/remote/revoke.js";
import type { Worker } from "../../src/celery/worker/worker.js";
import { useBareClient, useWorkers } from "../support/celery-worker.js";
import { inside } from "../support/inside.js";
import { FaultyProxy } from "../support/proxy.js";
import { useVhost } from "../support/services.js";
import { waitUntil } from "../support/wait-until.js";

const vhost = useVhost();
const client = useBareClient(() => vhost.url);
const startWorker = useWorkers(() => proxy.through(vhost.url));
let proxy: FaultyProxy;
let id: string;

/** Texts of the runs that began and that ended, and what lets them end. */
const begun: string[] = [];
const ended: string[] = [];
const gates: (() => void)[] = [];

beforeAll(async () => {
  const { hostname, port } = new URL(vhost.url);
  proxy = await FaultyProxy.open(hostname, Number(port));
});
afterAll(() => proxy.close());
beforeEach(async () => {
  id = randomUUID();
  begun.length = ended.length = gates.length = 0;
  await client.current.channel.assertQueue("celery", { durable: true });
});
afterEach(async () => {
  openAll();
  proxy.refuse(false);
  proxy.flow();
  await client.current.channel.deleteQueue("celery");
});

function openAll(): void {
  for (const open of gates.splice(0)) open();
}

function define(app: Celery): void {
  const hold = async (text: string) => {
    begun.push(text);
    await new Promise<void>((resolve) => gates.push(resolve));
    ended.push(text);
    return text;
  };
  app.task("hold", (_ctx, text: string) => hold(text));
  app.task("early", { acksLate: false }, (_ctx, text: string) => hold(text));
  app.task("fail", { ignoreResult: true }, async (_ctx, text: string) => {
    await hold(text);
    throw new Error(text);
  });
}

const start = (options: WorkerOptions = {}, settings: AppOptions = {}) => startWorker(define, options, settings);
const send = (text: string, task = "hold", headers: object = {}) =>
  client.current.send("celery", task, [text], { id, ...headers });
const confirmed = (worker: Worker) =>
  waitUntil(() => worker.consumers.every((consumer) => consumer.confirmed), "a confirmed consumer");
const pending = (worker: Worker) => [...inside(worker).requests].filter(({ delivery }) => delivery.isPending).length;
const nothingLeft = (worker: Worker) => waitUntil(() => [...inside(worker).requests].length === 0, "nothing in memory");

async function cut(worker: Worker): Promise<void> {
  proxy.cut();
  await waitUntil(() => pending(worker) === 0, "the loss to be seen");
  await confirmed(worker);
}

/** Sends one more message, behind all the others in the queue: once it runs, none of them is on its way any more. */
async function allReceived(worker: Worker): Promise<void> {
  await confirmed(worker);
  await send("last", "hold", { id: randomUUID() });
  await waitUntil(() => begun.includes("last"), "the last message", 60_000);
}

/** After the worker's stop, what it had not settled is in the queue. */
async function leftAfter(worker: Worker): Promise<number> {
  await worker.stop(5);
  return (await client.current.drain("celery")).length;
}

describe("two messages under one id, and a lost connection", () => {
  it.each([
    ["that differ", "a", "b"],
    ["that are equal", "a", "a"],
  ])("%s, both running: each takes its own message back", async (_, one, other) => {
    const worker = await start();
    await send(one);
    await waitUntil(() => begun.length === 1);
    await send(other);
    await waitUntil(() => begun.length === 2);
    const runs = [...inside(worker).requests];
    await cut(worker);
    await waitUntil(() => pending(worker) === 2, "both messages again");
    const texts = runs.map(({ delivery }) => (JSON.parse(delivery.message.content.toString()) as [string[]])[0][0]);
    expect(texts).toEqual([one, other]);
    openAll();
    await nothingLeft(worker);
    expect(begun).toEqual([one, other]);
    expect(await leftAfter(worker)).toBe(0);
  });

  it.each([
    ["that differ", "a", "b"],
    ["that are equal", "a", "a"],
  ])("%s, one running and one waiting: the run is adopted, the other one runs after it", async (_, one, other) => {
    const worker = await start({ concurrency: 1 });
    await send(one);
    await send(other);
    await waitUntil(() => begun.length === 1 && [...inside(worker).requests].length === 2);
    await cut(worker);
    await waitUntil(() => pending(worker) === 2, "both messages again");
    openAll();
    await waitUntil(() => begun.length === 2, "the other run");
    openAll();
    await nothingLeft(worker);
    expect(ended).toEqual([one, other]);
    expect(await leftAfter(worker)).toBe(0);
  });

  it("that are equal, one ended and one waiting: the one that waits is not taken for the one that ended", async () => {
    const worker = await start({ concurrency: 1, prefetchMultiplier: 4 });
    await send("a");
    await send("blocker", "hold", { id: randomUUID() });
    await send("a");
    await waitUntil(() => [...inside(worker).requests].length === 3);
    gates.shift()?.();
    await waitUntil(() => begun.includes("blocker"), "the first to have ended");
    await cut(worker);
    await waitUntil(() => pending(worker) === 2, "both messages again");
    openAll();
    await waitUntil(() => begun.length === 3, "the second message of the id");
    openAll();
    await nothingLeft(worker);
    expect(ended).toEqual(["a", "blocker", "a"]);
    expect(await leftAfter(worker)).toBe(0);
  });
});

it.each(["while the first one runs", "after the first one has ended"])(
  "a second message that another worker gave back is run (%s)",
  async (when) => {
    const worker = await start();
    await send("a");
    await waitUntil(() => begun.length === 1);
    if (when.startsWith("after")) {
      openAll();
      await nothingLeft(worker);
    }
    worker.cancelConsumer("celery");
    await waitUntil(async () => (await client.current.channel.checkQueue("celery")).consumerCount === 0);
    await send("a");
    const taken = await client.current.channel.get("celery");
    if (taken === false) throw new Error("no message");
    client.current.channel.nack(taken, false, true);
    await worker.addConsumer({ name: "celery" });
    await waitUntil(() => begun.length === 2, "the second run");
    openAll();
    await nothingLeft(worker);
    expect(await leftAfter(worker)).toBe(0);
  },
);

describe("a settlement that the broker never saw", () => {
  /** Lets the run end on a line that is cut before a byte of it arrives. */
  async function endUnseen(worker: Worker): Promise<void> {
    proxy.stall();
    openAll();
    await nothingLeft(worker);
    await cut(worker);
    proxy.flow();
    await confirmed(worker);
  }

  it("is made again: the message is not run again (late acknowledgement)", async () => {
    const worker = await start();
    await send("a", "hold", { ignore_result: true });
    await waitUntil(() => begun.length === 1);
    await endUnseen(worker);
    await allReceived(worker);
    openAll();
    await nothingLeft(worker);
    expect(begun).toEqual(["a", "last"]);
    expect(await leftAfter(worker)).toBe(0);
  });

  it("is made again while the task runs (early acknowledgement)", async () => {
    const worker = await start({ prefetchMultiplier: 4 });
    await send("first", "hold", { id: randomUUID() });
    await send("second", "hold", { id: randomUUID() });
    await send("a", "early", { ignore_result: true });
    await waitUntil(() => [...inside(worker).requests].length === 3);
    proxy.stall();
    gates.shift()?.();
    await waitUntil(() => begun.includes("a"), "the run whose acknowledgement is on its way");
    proxy.cut();
    proxy.flow();
    await waitUntil(() => !worker.isConnected, "the loss to be seen");
    await confirmed(worker);
    await waitUntil(async () => (await client.current.depth("celery")) === 0);
    openAll();
    await nothingLeft(worker);
    expect(begun.filter((text) => text === "a")).toEqual(["a"]);
    expect(await leftAfter(worker)).toBe(0);
  });

  it("is made again as it was: a rejected message becomes one dead letter", async () => {
    await client.current.channel.deleteQueue("celery");
    await client.current.channel.assertQueue("dead", { durable: true });
    const queue = { name: "celery", arguments: { "x-dead-letter-exchange": "", "x-dead-letter-routing-key": "dead" } };
    const worker = await start({ queues: [queue] }, { deadLetter: "native" });
    await send("a", "fail");
    await waitUntil(() => begun.length === 1);
    await endUnseen(worker);
    await waitUntil(async () => (await client.current.depth("dead")) === 1, "the dead letter");
    expect(await leftAfter(worker)).toBe(0);
    expect((await client.current.drain("dead")).length).toBe(1);
    expect(begun).toEqual(["a"]);
  });

  it("does not swallow a second message that is equal", async () => {
    const worker = await start();
    await send("a", "hold", { ignore_result: true });
    await waitUntil(() => begun.length === 1);
    await endUnseen(worker);
    await allReceived(worker);
    await send("a", "hold", { ignore_result: true });
    await waitUntil(() => begun.length === 3, "the second run");
    openAll();
    await nothingLeft(worker);
    expect(await leftAfter(worker)).toBe(0);
  });
});

/** What may happen to the messages of one id, in any order. */
const STEP = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom("publish", "publish equal", "publish early", "publish later") },
  { weight: 3, arbitrary: fc.constantFrom("let end", "cut", "revoke", "terminate", "stop") },
);

it("any order of second messages, revokes, cuts and stops loses none and leaves none unacknowledged", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(STEP, { minLength: 4, maxLength: 12 }), async (steps) => {
      begun.length = ended.length = gates.length = 0;
      id = randomUUID();
      let worker = await start();
      let revoked = false;
      const sent: string[] = [];
      for (const step of steps) {
        if (step.startsWith("publish")) {
          const text = step === "publish equal" ? "equal" : `n${sent.length}`;
          const eta = new Date(Date.now() + 150).toISOString();
          sent.push(text);
          await send(text, step === "publish early" ? "early" : "hold", step === "publish later" ? { eta } : {});
        } else if (step === "let end") openAll();
        else if (step === "cut") proxy.cut();
        else if (step === "stop") {
          const stopped = worker.stop(30);
          const opening = setInterval(openAll, 10);
          await stopped;
          clearInterval(opening);
          worker = await start();
        } else {
          revoked = true;
          revoke(inside(worker), [id], { terminate: step === "terminate", signum: 15 });
        }
      }
      const opening = setInterval(openAll, 10);
      try {
        await allReceived(worker);
        await nothingLeft(worker);
      } finally {
        clearInterval(opening);
      }
      expect(await leftAfter(worker)).toBe(0);
      // A revoked message need not run; each other one must, once for each time that it was sent.
      const times = (text: string, among: readonly string[]) => among.filter((other) => other === text).length;
      if (!revoked) expect(sent.filter((text) => times(text, ended) < times(text, sent))).toEqual([]);
    }),
    { numRuns: 15 },
  );
}, 120_000);
