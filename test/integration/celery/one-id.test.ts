import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { WorkerOptions } from "../../../src/celery/app.js";
import type { Worker } from "../../../src/celery/worker/worker.js";
import { useBareClient, useWorkers } from "../../support/celery-worker.js";
import { usePythonControl } from "../../support/python-control.js";
import { useVhost } from "../../support/services.js";
import { waitUntil } from "../../support/wait-until.js";

const NODE = "one-id@test";
const LATER = { eta: "2100-01-01T00:00:00.000000+00:00" };
const vhost = useVhost();
const client = useBareClient(() => vhost.url);
const python = usePythonControl(() => vhost.url);
const startWorker = useWorkers(() => vhost.url);

/** What the runs of this test did, by the text that each was sent with. */
const begun: string[] = [];
const aborted: string[] = [];
const ended: string[] = [];
const gates = new Map<string, () => void>();
let id: string;

beforeEach(() => {
  id = randomUUID();
  for (const list of [begun, aborted, ended]) list.length = 0;
});
afterEach(async () => {
  for (const open of gates.values()) open();
  gates.clear();
  for (const queue of ["celery", "other"]) await client.current.channel.deleteQueue(queue);
});

async function start(options: WorkerOptions = {}): Promise<Worker> {
  return await startWorker(
    (app) => {
      const hold = (signal: AbortSignal, text: string) => {
        begun.push(text);
        return new Promise<string>((resolve, reject) => {
          const end = () => {
            ended.push(text);
            resolve(text);
          };
          gates.set(text, end);
          signal.addEventListener("abort", () => {
            aborted.push(text);
            reject(signal.reason as Error);
          });
        });
      };
      app.task("hold", (ctx, text: string) => hold(ctx.signal, text));
      app.task("early", { acksLate: false }, (ctx, text: string) => hold(ctx.signal, text));
      app.task("limited", { rateLimit: "1/h" }, (ctx, text: string) => hold(ctx.signal, text));
    },
    { hostname: NODE, ...options },
  );
}

const send = (text: string, task = "hold", headers: object = {}, queue = "celery") =>
  client.current.send(queue, task, [text], { id, argsrepr: `('${text}',)`, kwargsrepr: "{}", ...headers });

/** The same message as protocol 1 writes it. */
async function sendVersion1(text: string): Promise<void> {
  const body = Buffer.from(JSON.stringify({ id, task: "hold", args: [text], kwargs: {}, retries: 0 }));
  await client.current.publish("celery", body, {
    contentType: "application/json",
    contentEncoding: "utf-8",
    correlationId: id,
    replyTo: client.current.replyQueue,
  });
}

/** Arguments of the requests of this test that Python's `inspect` shows. */
async function shown(method: "active" | "reserved" | "scheduled"): Promise<unknown[]> {
  const replies = (await python.inspect(method, { destination: [NODE], timeout: 5 })) as Record<string, Shown[]>;
  return (replies[NODE] ?? [])
    .map((item) => item.request ?? item)
    .filter((request) => request.id === id)
    .map((request) => (Array.isArray(request.args) ? request.args[0] : request.args))
    .sort();
}

interface Shown {
  readonly id: string;
  readonly args: unknown;
  readonly request?: Shown;
}

const revoke = (terminate: boolean) => python.control("revoke", [id], { terminate, reply: true, destination: [NODE] });
const running = (...texts: string[]) =>
  waitUntil(() => texts.every((text) => begun.includes(text)), `runs of ${texts}`);
const inMemory = (worker: Worker) => [...worker.requests].map(({ args, state }) => `${args[0]} ${state}`);
const nothingLeft = (worker: Worker) => waitUntil(() => inMemory(worker).length === 0, "nothing in memory");

/** Stops the worker; what it had not acknowledged is in the queues again. */
async function leftAfter(worker: Worker): Promise<number> {
  await worker.stop(5);
  return (await client.current.drain("celery")).length;
}

describe("two messages under one id that run", () => {
  it.each([
    ["late", "hold"],
    ["early", "early"],
  ])("with %s acknowledgement: inspect shows both, terminate ends both", async (_, task) => {
    const worker = await start();
    await send("a", task);
    await send("b", task);
    await running("a", "b");
    expect(await shown("active")).toEqual(["a", "b"]);
    expect(JSON.stringify(await revoke(true))).toContain(id);
    await waitUntil(() => aborted.length === 2, "both to be ended");
    await nothingLeft(worker);
    expect(aborted.sort()).toEqual(["a", "b"]);
    expect(await leftAfter(worker)).toBe(0);
  });

  it.each([
    ["the older", "a", "b"],
    ["the younger", "b", "a"],
  ])("%s ends first: the other one is still seen, and terminated", async (_, first, second) => {
    const worker = await start();
    await send("a");
    await running("a");
    await send("b");
    await running("b");
    gates.get(first)?.();
    await waitUntil(() => inMemory(worker).length === 1, "one that is left");
    expect(await shown("active")).toEqual([second]);
    await revoke(true);
    await nothingLeft(worker);
    expect(aborted).toEqual([second]);
    expect(await leftAfter(worker)).toBe(0);
  });

  it.each([
    ["late", "hold"],
    ["early", "early"],
  ])("a warm stop waits for both (%s acknowledgement)", async (_, task) => {
    const worker = await start();
    await send("a", task);
    await send("b", task);
    await running("a", "b");
    const stopped = worker.stop(60);
    gates.get("b")?.();
    await waitUntil(() => inMemory(worker).length === 1, "one that is left");
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(worker.state).toBe("draining");
    gates.get("a")?.();
    await stopped;
    expect(ended.sort()).toEqual(["a", "b"]);
    expect(aborted).toEqual([]);
    expect(await leftAfter(worker)).toBe(0);
  });

  it("a stop that gives up gives both back", async () => {
    const worker = await start();
    await send("a");
    await send("b");
    await running("a", "b");
    await worker.stop(0);
    expect(aborted.sort()).toEqual(["a", "b"]);
    expect((await client.current.drain("celery")).length).toBe(2);
  });

  it("from two queues, and as protocol 1 beside protocol 2", async () => {
    const worker = await start({ concurrency: 3, queues: ["celery", "other"] });
    await send("a");
    await send("b", "hold", {}, "other");
    await sendVersion1("c");
    await running("a", "b", "c");
    expect(await shown("active")).toEqual(["a", "b", "c"]);
    await revoke(true);
    await nothingLeft(worker);
    expect(aborted.sort()).toEqual(["a", "b", "c"]);
    expect(await leftAfter(worker)).toBe(0);
    expect(await client.current.depth("other")).toBe(0);
  });

  it("query_task shows the one that is furthest, and the others beside it", async () => {
    const worker = await start({ concurrency: 1 });
    await send("a");
    await running("a");
    await send("b");
    await waitUntil(() => inMemory(worker).includes("b reserved"), "the other one to wait");
    const replies = await python.inspect("query_task", { destination: [NODE], timeout: 5 }, [id]);
    expect(replies).toMatchObject({
      [NODE]: { [id]: ["active", { id, args: ["a"], others: [["reserved", { id, args: ["b"] }]] }] },
    });
    await revoke(true);
    await nothingLeft(worker);
  });

  it("each has its own time limits", async () => {
    const worker = await start();
    await send("soft", "hold", { timelimit: [null, 0.3] });
    await send("hard", "hold", { timelimit: [0.6, null] });
    await waitUntil(() => client.current.statesOf(id).length === 2, "both states");
    const failures = client.current.statesOf(id).map(({ result }) => (result as { exc_type: string }).exc_type);
    expect(failures.sort()).toEqual(["SoftTimeLimitExceeded", "TimeLimitExceeded"]);
    await nothingLeft(worker);
    expect(await leftAfter(worker)).toBe(0);
  });
});

describe("a message that waits while another one of its id runs", () => {
  const places = [
    ["a slot", { concurrency: 1 }, "hold", {}, "reserved"],
    ["its time", { concurrency: 2 }, "hold", LATER, "scheduled"],
    ["a token", { concurrency: 2 }, "limited", {}, "reserved"],
  ] as const;

  it.each(places)("for %s: a revoke takes it, and leaves the run", async (_, options, task, headers, place) => {
    const worker = await start(options);
    await send("run", task);
    await running("run");
    await send("wait", task, headers);
    await waitUntil(() => inMemory(worker).length === 2, "both in memory");
    expect(await shown("active")).toEqual(["run"]);
    expect(await shown(place)).toEqual(["wait"]);
    await revoke(false);
    await waitUntil(() => inMemory(worker).length === 1, "the one that waits to be gone");
    expect(await shown("active")).toEqual(["run"]);
    gates.get("run")?.();
    await nothingLeft(worker);
    expect([begun, ended]).toEqual([["run"], ["run"]]);
    expect(await leftAfter(worker)).toBe(0);
  });

  it.each(places)("for %s: terminate ends both", async (_, options, task, headers) => {
    const worker = await start(options);
    await send("run", task);
    await running("run");
    await send("wait", task, headers);
    await waitUntil(() => inMemory(worker).length === 2, "both in memory");
    await revoke(true);
    await nothingLeft(worker);
    expect([begun, aborted]).toEqual([["run"], ["run"]]);
    expect(await leftAfter(worker)).toBe(0);
  });

  it.each(places)(
    "for %s: a warm stop waits for the run and gives the other one back",
    async (...[, options, task, headers]) => {
      const worker = await start(options);
      await send("run", task);
      await running("run");
      await send("wait", task, headers);
      await waitUntil(() => inMemory(worker).length === 2, "both in memory");
      const stopped = worker.stop(60);
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect(aborted).toEqual([]);
      gates.get("run")?.();
      await stopped;
      expect(ended).toEqual(["run"]);
      const left = await client.current.drain("celery");
      expect(left.map(({ content }) => (JSON.parse(content.toString()) as unknown[][])[0])).toEqual([["wait"]]);
    },
  );

  it("and expires: the run goes on, and a later message of the id is run", async () => {
    const worker = await start({ concurrency: 1 });
    await send("run");
    await running("run");
    await send("late", "hold", { expires: new Date(Date.now() + 300).toISOString() });
    await waitUntil(() => client.current.statesOf(id).some(({ status }) => status === "REVOKED"), "the expiry");
    expect(await shown("active")).toEqual(["run"]);
    gates.get("run")?.();
    await nothingLeft(worker);
    await send("again");
    await running("again");
    gates.get("again")?.();
    await nothingLeft(worker);
    expect(ended).toEqual(["run", "again"]);
    expect(await leftAfter(worker)).toBe(0);
  });
});
