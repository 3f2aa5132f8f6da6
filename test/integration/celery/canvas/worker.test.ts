import { pino } from "pino";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { type AppOptions, Celery } from "../../../../src/celery/app.js";
import { chain, chord, group, type TaskContext, type TaskRequest } from "../../../../src/celery/index.js";
import { useBareClient, useWorkers } from "../../../support/celery-worker.js";
import { redisUrl, useDatabase, useVhost } from "../../../support/services.js";
import { waitUntil } from "../../../support/wait-until.js";

const vhost = useVhost();
const bare = useBareClient(() => vhost.url);
const database = useDatabase();
const startWorker = useWorkers(() => vhost.url);
const seen: unknown[][] = [];
const clients: Celery[] = [];

beforeAll(async () => {
  await bare.current.channel.assertQueue("celery", { durable: true });
});
afterEach(async () => {
  seen.length = 0;
  await Promise.all(clients.splice(0).map((client) => client.close()));
});

function define(app: Celery): void {
  app.task("add", (_: TaskContext, x: number, y: number) => x + y);
  app.task("sum", (_: TaskContext, numbers: number[]) => numbers.reduce((sum, x) => sum + x, 0));
  app.task("note", (_: TaskContext, ...args: unknown[]) => void seen.push(args));
  app.task("fail", () => {
    throw new RangeError("no such number");
  });
  app.task("errback", (_: TaskContext, request: TaskRequest, error: Error, traceback: string) => {
    seen.push([request.id, error.message, traceback.includes("RangeError")]);
  });
  app.task("bad errback", (_: TaskContext, __: unknown, ___: unknown) => {
    throw new Error("errbacks may fail");
  });
  app.task("grow", async (ctx: TaskContext, more: number) => {
    for (let i = 0; i < more; i++) await ctx.addToChord(app.signature("add", [i, i]));
    return 100;
  });
  app.task("alone", (ctx: TaskContext) => ctx.addToChord(app.signature("add", [1, 1])));
  app.task("result of a result", (ctx: TaskContext) =>
    ctx.apply(chain(app.signature("add", [1, 1]), app.signature("add", [2]))),
  );
  app.task("no chain", (ctx: TaskContext) => ctx.replace(chain()));
  app.task("a chord", (ctx: TaskContext) => ctx.apply(chord([app.signature("add", [1, 1])], app.signature("sum"))));
  app.task("waits", async (ctx: TaskContext) => (await ctx.sendTask("add", [20, 22])).get({ timeout: 10 }));
}

function open(settings: AppOptions = {}): Celery {
  const client = new Celery("client", {
    broker: vhost.url,
    backend: "rpc://",
    log: pino({ level: "silent" }),
    ...settings,
  });
  clients.push(client);
  return client;
}

const notes = (count: number) => waitUntil(() => (seen.length >= count ? seen : null), `${count} notes`);

describe("chords without a counter, on db+postgresql://", () => {
  const settings = () => ({ backend: `db+${database.url}`, resultChordRetryInterval: 0.05 });

  it("are joined by celery.chord_unlock, nested groups and empty headers included", async () => {
    await startWorker(define, {}, settings());
    const client = open(settings());
    const add = (x: number) => client.signature("add", [x, x]);
    const plain = await client.apply(chord([add(1), add(2)], client.signature("sum")), [], {});
    expect(await plain.get({ timeout: 60 })).toBe(6);
    const steps = chain(
      client.signature("add", [1, 1]),
      group(client.signature("add", [10]), client.signature("add", [20])),
    );
    expect(await (await client.apply(steps.pipe(client.signature("sum")))).get({ timeout: 60 })).toBe(34);
    expect(await (await client.apply(chord([], client.signature("sum")))).get({ timeout: 60 })).toBe(0);
  });

  it("are asked after where the body runs: in the queue of its task", async () => {
    const client = open(settings());
    const body = client.task("body", { queue: "bodies" }, (_: TaskContext, results: number[]) => results);
    await client.apply(chord([client.signature("add", [1, 1]).set({ queue: "headers" })], body.s()));
    const [unlock] = await bare.current.drain("bodies");
    expect(unlock?.properties.headers).toMatchObject({ task: "celery.chord_unlock" });
  });

  it("fail their body when a member fails, and tell its errbacks", async () => {
    await startWorker(define, {}, settings());
    const client = open(settings());
    const body = client.signature("sum").linkError(client.signature("note"));
    const sent = await client.apply(chord([client.signature("add", [1, 1]), client.signature("fail")], body));
    await expect(sent.get({ timeout: 60, followParents: false })).rejects.toThrow(/Dependency .* raised/);
    expect(await notes(1)).toEqual([[sent.id]]);
  });

  it("wait again as long as a member is not done", async () => {
    await startWorker(define, {}, settings());
    const client = open(settings());
    const late = client.signature("add", [1, 1]).set({ countdown: 1.5 });
    const sent = await client.apply(chord([late, client.signature("add", [2, 2])], client.signature("sum")));
    expect(await sent.get({ timeout: 60 })).toBe(6);
  });
});

describe("chords on redis://", () => {
  const settings = () => ({ backend: redisUrl() });

  it("wait for members that join on the way", async () => {
    await startWorker(define, {}, settings());
    const client = open(settings());
    const sent = await client.apply(
      chord([client.signature("grow", [3]), client.signature("add", [5, 5])], client.signature("sum")),
    );
    expect(await sent.get({ timeout: 60 })).toBe(116);
    await expect((await client.sendTask("alone")).get({ timeout: 60 })).rejects.toThrow("in no chord");
  });

  it("end those that wait for an outer body when an inner header fails", async () => {
    await startWorker(define, {}, settings());
    const client = open(settings());
    const inner = chord([client.signature("fail")], client.signature("sum"));
    const sent = await client.apply(chord([client.signature("add", [1, 1]), inner], client.signature("sum")));
    await expect(sent.get({ timeout: 60, followParents: false })).rejects.toThrow("Dependency");
  });

  it("fail when the body cannot be published", async () => {
    await startWorker(define, {}, settings());
    const client = open(settings());
    const body = client.signature("sum").set({ exchange: "nowhere", routingKey: "x" });
    const sent = await client.apply(chord([client.signature("add", [1, 1])], body));
    await expect(sent.get({ timeout: 60, followParents: false })).rejects.toThrow("Callback error");
  });

  it("let a handler wait for a task it sent", async () => {
    await startWorker(define, {}, settings());
    expect(await (await open(settings()).sendTask("waits")).get({ timeout: 60 })).toBe(42);
  });
});

describe("tasks that old clients send for canvases", () => {
  it("run: a group, a chord; and results that have expired are removed", async () => {
    const settings = { backend: `db+${database.url}`, resultChordRetryInterval: 0.05, resultExpires: 0.001 };
    await startWorker(define, {}, settings);
    const client = open({ ...settings, resultExpires: 600 });
    const add = (...args: number[]) => {
      const node = client.signature("add", args);
      return { node, id: node.freeze().id };
    };
    const members = [add(1, 1), add(2, 2)];
    const tuple = [["group-id", null], members.map(({ id }) => [[id, null], null])];
    await client.sendTask("celery.group", [members.map(({ node }) => node), tuple, "group-id", []]);
    expect(await Promise.all(members.map(({ id }) => client.asyncResult(id).get({ timeout: 60 })))).toEqual([2, 4]);
    const sum = client.signature("sum");
    const body = sum.freeze({ taskId: "old-body" });
    await client.sendTask("celery.chord", [[client.signature("add", [3, 4]), client.signature("add", [5, 6])], sum]);
    expect(await body.get({ timeout: 60 })).toBe(18);
    await (await client.sendTask("celery.backend_cleanup")).get({ timeout: 60 });
    expect(await client.asyncResult("old-body").state()).toBe("PENDING");
  });
});

describe("what cannot be", () => {
  it("a chord without a backend that joins: refused to the client, and in a task", async () => {
    await startWorker(define);
    const client = open();
    await expect(client.apply(chord([client.signature("add", [1, 1])], client.signature("sum")))).rejects.toMatchObject(
      {
        code: "CELERY_NOT_SUPPORTED",
      },
    );
    await expect((await client.sendTask("a chord")).get({ timeout: 60 })).rejects.toMatchObject({
      pythonType: "NotImplementedError",
    });
  });

  it("an empty chain in the place of a task, celery.chain as a task, waiting for rpc:// results in a task", async () => {
    await startWorker(define);
    const client = open();
    const errors = ["no chain", "celery.chain", "waits"].map(async (name) => {
      const got = await (await client.sendTask(name)).get({ timeout: 60, propagate: false });
      return (got as { pythonType: string }).pythonType;
    });
    expect(await Promise.all(errors)).toEqual(["ImproperlyConfigured", "NotImplementedError", "NotImplementedError"]);
  });

  it("malformed callbacks fail the task after it ran; malformed errbacks and chords are logged", async () => {
    await startWorker(define);
    const ran = await bare.current.send("celery", "note", ["ran"], {}, { callbacks: [{ args: [1] }] });
    expect(await bare.current.result(ran)).toMatchObject({ status: "FAILURE", result: { exc_type: "ValueError" } });
    expect(seen).toEqual([["ran"]]);
    const failed = await bare.current.send("celery", "fail", [], {}, { errbacks: ["what"], chord: 7 });
    expect(await bare.current.result(failed)).toMatchObject({ status: "FAILURE", result: { exc_type: "ValueError" } });
    await waitUntil(async () => (await bare.current.depth("celery")) === 0, "an empty queue");
  });

  it("a callback to an exchange that is not there fails the task, and does not bring it back", async () => {
    await startWorker(define);
    const callback = {
      task: "add",
      args: [],
      kwargs: {},
      options: { exchange: "nowhere", routing_key: "x" },
      subtask_type: null,
      immutable: false,
    };
    const id = await bare.current.send("celery", "note", ["once"], {}, { callbacks: [callback] });
    expect(await bare.current.result(id)).toMatchObject({ status: "FAILURE", result: { exc_type: "PublishError" } });
    const next = await bare.current.send("celery", "add", [1, 1]);
    expect(await bare.current.result(next)).toMatchObject({ status: "SUCCESS" });
    expect(seen).toEqual([["once"]]);
  });
});

describe("errbacks", () => {
  it("that take request, error and traceback run in this process, and may fail", async () => {
    await startWorker(define);
    const client = open();
    const failing = client
      .signature("fail")
      .linkError(client.signature("bad errback"))
      .linkError(client.signature("errback"));
    const sent = await client.apply(failing);
    expect(await notes(1)).toEqual([[sent.id, "no such number", true]]);
  });
});

describe("results", () => {
  it("that are results travel as ids", async () => {
    await startWorker(define, {}, { backend: redisUrl() });
    const client = open({ backend: redisUrl() });
    const tuple = await (await client.sendTask("result of a result")).get({ timeout: 60 });
    const inner = client.resultFromTuple(tuple as never);
    expect(await inner.get({ timeout: 60 })).toBe(4);
    expect(await inner.parent?.get({ timeout: 60 })).toBe(2);
  });
});
