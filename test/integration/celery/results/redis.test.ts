import { randomUUID } from "node:crypto";
import { pino } from "pino";
import { createClient } from "redis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { encodeException } from "../../../../src/celery/protocol/exception.js";
import type { ResultTuple, StoredResult } from "../../../../src/celery/results/backend.js";
import { DisabledBackend } from "../../../../src/celery/results/create.js";
import { RedisBackend, type RedisBackendOptions } from "../../../../src/celery/results/redis.js";
import { isChordCounter, isStored } from "../../../../src/celery/results/stored.js";
import { redisUrl, usePrivateServices } from "../../../support/services.js";
import { python, pythonReads } from "./python-backend.js";
import { success, target } from "./target.js";

const log = pino({ level: "silent" });
const opened: RedisBackend[] = [];

async function open(options: Partial<RedisBackendOptions> = {}): Promise<RedisBackend> {
  const backend = new RedisBackend({
    url: redisUrl(),
    log,
    serializer: "json",
    expiresSeconds: 86_400,
    extended: false,
    keyPrefix: "",
    chordJoinTimeoutSeconds: 3,
    ...options,
  });
  await backend.start();
  opened.push(backend);
  return backend;
}

let redis: ReturnType<typeof createClient>;
beforeAll(async () => {
  redis = createClient({ url: redisUrl() });
  await redis.connect();
});
afterAll(async () => {
  await Promise.all(opened.map((backend) => backend.close()));
  await redis.close();
});

describe("results in Redis", () => {
  it("can be looked up, and chords are counted", async () => {
    const backend = await open();
    expect([isStored(backend), isChordCounter(backend)]).toEqual([true, true]);
    expect([isStored(new DisabledBackend()), isChordCounter(new DisabledBackend())]).toEqual([false, false]);
  });

  it("are read by a Python client: values, errors, children", async () => {
    const backend = await open({ extended: true });
    const [good, bad, revoked, started] = [target({ parentId: "p", group: "g" }), target(), target(), target()];
    await backend.store(good, { ...success({ a: [1, "é"] }), children: [[["child-1", null], null]] });
    const error = encodeException(new RangeError("out of range"));
    await backend.store(bad, { status: "FAILURE", result: error, traceback: "Error: at x", children: [] });
    const reason = { exc_type: "TaskRevokedError", exc_message: ["terminated"], exc_module: "celery.exceptions" };
    await backend.store(revoked, { status: "REVOKED", result: reason, traceback: null, children: [] });
    await backend.store(started, {
      status: "STARTED",
      result: { pid: 1, hostname: "h" },
      traceback: null,
      children: [],
    });

    const views = await pythonReads(redisUrl(), [good.id, bad.id, revoked.id]);
    expect(views[0]).toMatchObject({ state: "SUCCESS", value: { a: [1, "é"] }, children: ["child-1"] });
    expect(views[0]?.date_done).toMatch(/^\d{4}-\d{2}-\d{2}/);
    expect(views[0]?.extended).toEqual({
      name: "test.add",
      args: [2, 3],
      kwargs: { x: "é" },
      worker: "celery@test",
      retries: 1,
      queue: "spot_simulation",
    });
    expect(views[1]).toMatchObject({ state: "FAILURE", error: ["ValueError", "builtins", ["out of range"]] });
    expect(views[1]?.traceback).toBe("Error: at x");
    expect(views[2]).toMatchObject({
      state: "REVOKED",
      error: ["TaskRevokedError", "celery.exceptions", ["terminated"]],
    });
    expect(await pythonReads(redisUrl(), [started.id], { get: false })).toMatchObject([
      { state: "STARTED", value: { pid: 1, hostname: "h" } },
    ]);
    const key = `celery-task-meta-${good.id}`;
    expect(await redis.ttl(key)).toBeGreaterThan(86_000);
    expect(JSON.parse(String(await redis.get(key)))).toMatchObject({ task_id: good.id, group_id: "g", parent_id: "p" });
  });

  it("of a Python worker are read", async () => {
    const backend = await open();
    const [good, bad] = [randomUUID(), randomUUID()];
    await python({
      do: "store",
      backend: redisUrl(),
      items: [
        { id: good, state: "SUCCESS", result: { n: 5 } },
        { id: bad, state: "FAILURE", error: "CustomError", result: ["x", 1], traceback: "tb" },
      ],
    });
    expect(await backend.get(good)).toEqual({
      taskId: good,
      details: expect.objectContaining({ dateDone: expect.any(Date), name: null }),
      status: "SUCCESS",
      result: { n: 5 },
      traceback: null,
      children: [],
    });
    expect(await backend.get(bad)).toMatchObject({
      status: "FAILURE",
      result: { exc_type: "CustomError", exc_message: ["x", 1] },
      traceback: "tb",
    });
    expect(await backend.get(randomUUID())).toBeNull();
  });

  it("keep a success against later reports", async () => {
    const backend = await open();
    const task = target();
    await backend.store(task, success(1));
    await backend.store(task, { status: "FAILURE", result: null, traceback: null, children: [] });
    expect(await backend.get(task.id)).toMatchObject({ status: "SUCCESS", result: 1 });
    await backend.forget(task.id);
    expect(await backend.get(task.id)).toBeNull();
  });

  it("reach a waiting reader, with the states on the way", async () => {
    const [reader, writer] = [await open(), await open()];
    const task = target();
    const states: string[] = [];
    let sawState = (): void => undefined;
    const seen = new Promise<void>((resolve) => {
      sawState = resolve;
    });
    const waiting = reader.waitFor(task.id, {
      onState: (result) => {
        states.push(result.status);
        sawState();
      },
    });
    await writer.store(task, { status: "STARTED", result: null, traceback: null, children: [] });
    await seen;
    await writer.store(task, success(7));
    expect(await waiting).toMatchObject({ status: "SUCCESS", result: 7 });
    expect(states.at(-1)).toBe("SUCCESS");
    expect(states[0]).toBe("STARTED");
    expect(await reader.waitFor(task.id)).toMatchObject({ result: 7 });
  });

  it("end a wait when its signal aborts", async () => {
    const backend = await open();
    const controller = new AbortController();
    const waiting = backend.waitFor(randomUUID(), { signal: controller.signal });
    controller.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
    await expect(backend.waitFor("x", { signal: controller.signal })).rejects.toThrow("enough");
  });

  it.each(["yaml", "msgpack"] as const)("are written with %s too", async (serializer) => {
    const backend = await open({ serializer });
    const task = target();
    await backend.store(task, success({ a: [1, null, "é"] }));
    expect(await backend.get(task.id)).toMatchObject({ result: { a: [1, null, "é"] } });
  });

  it("are read only in content types that are accepted", async () => {
    const written = await open({ serializer: "msgpack" });
    const task = target();
    await written.store(task, success(1));
    const backend = await open({ serializer: "msgpack", accept: new Set(["application/json"]) });
    await expect(backend.get(task.id)).rejects.toMatchObject({ code: "CELERY_CONTENT_DISALLOWED" });
  });

  it("carry the global key prefix, and never expire without result_expires", async () => {
    const backend = await open({ keyPrefix: "app", expiresSeconds: null });
    const task = target();
    await backend.store(task, success(1));
    expect(await redis.ttl(`app_celery-task-meta-${task.id}`)).toBe(-1);
  });

  it("that cannot be serialized are refused before anything is written", async () => {
    const backend = await open();
    const task = target();
    await expect(backend.store(task, success(new Map()))).rejects.toMatchObject({ code: "CELERY_ENCODE" });
    expect(await backend.get(task.id)).toBeNull();
  });
});

describe("groups in Redis", () => {
  it("are saved for Python and read from it", async () => {
    const backend = await open();
    const [ours, theirs] = [randomUUID(), randomUUID()];
    const group: ResultTuple = [
      [ours, null],
      [
        [["a", null], null],
        [["b", null], null],
      ],
    ];
    await backend.saveGroup(ours, group);
    expect(await backend.restoreGroup(ours)).toEqual(group);
    expect(await python({ do: "read_group", backend: redisUrl(), group: ours })).toEqual(["a", "b"]);
    await python({ do: "save_group", backend: redisUrl(), group: theirs, ids: ["c"] });
    expect(await backend.restoreGroup(theirs)).toEqual([[theirs, null], [[["c", null], null]]]);
    await backend.deleteGroup(ours);
    expect(await backend.restoreGroup(ours)).toBeNull();
  });
});

describe("chords in Redis", () => {
  const part = (group: string, groupIndex: number | null, id: string = randomUUID()) => ({ id, group, groupIndex });

  it("join when the last part is in, in the order of the header", async () => {
    const backend = await open();
    const group = randomUUID();
    await backend.setChordSize(group, 3);
    expect(await backend.completeChordPart(part(group, 2), "SUCCESS", "c")).toEqual({ kind: "waiting" });
    expect(await backend.completeChordPart(part(group, 0), "SUCCESS", "a")).toEqual({ kind: "waiting" });
    expect(await backend.completeChordPart(part(group, 1), "SUCCESS", "b")).toEqual({
      kind: "joined",
      results: ["a", "b", "c"],
    });
    await backend.forgetChord(group);
    expect(await redis.keys(`*${group}*`)).toEqual([]);
  });

  it("count a redelivered part once", async () => {
    const backend = await open();
    const group = randomUUID();
    await backend.setChordSize(group, 2);
    const first = part(group, 0);
    await backend.completeChordPart(first, "SUCCESS", 1);
    expect(await backend.completeChordPart(first, "SUCCESS", 1)).toEqual({ kind: "waiting" });
    expect(await backend.completeChordPart(part(group, 1), "SUCCESS", 2)).toMatchObject({ kind: "joined" });
  });

  it("wait for parts that were added on the way", async () => {
    const backend = await open({ chordOrdered: false });
    const group = randomUUID();
    await backend.setChordSize(group, 1);
    await backend.addToChord(group);
    expect(await backend.completeChordPart(part(group, null), "SUCCESS", 1)).toEqual({ kind: "waiting" });
    expect(await backend.completeChordPart(part(group, null), "SUCCESS", 2)).toEqual({
      kind: "joined",
      results: [1, 2],
    });
  });

  it("fail with the error of the first failed part", async () => {
    const backend = await open();
    const group = randomUUID();
    await backend.setChordSize(group, 2);
    await backend.completeChordPart(part(group, 0, "bad"), "FAILURE", encodeException(new RangeError("x")));
    expect(await backend.completeChordPart(part(group, 1), "SUCCESS", 2)).toMatchObject({
      kind: "failed",
      reason: "Dependency bad raised ValueError('x')",
      cause: { pythonType: "ValueError", args: ["x"] },
    });
  });

  it("take the shape of a saved group", async () => {
    const backend = await open();
    const group = randomUUID();
    const [a, b, c] = [target(), target(), target()];
    await backend.saveGroup(group, [
      [group, null],
      [
        [[a.id, null], null],
        [
          ["inner", null],
          [
            [[b.id, null], null],
            [[c.id, null], null],
          ],
        ],
      ],
    ]);
    await backend.setChordSize(group, 2);
    await Promise.all([backend.store(a, success(1)), backend.store(b, success(2)), backend.store(c, success(3))]);
    await backend.completeChordPart(part(group, 0), "SUCCESS", 1);
    expect(await backend.completeChordPart(part(group, 1), "SUCCESS", 3)).toEqual({
      kind: "joined",
      results: [1, [2, 3]],
    });
  });

  it("are shared with Python workers: either may count, and either may finish", async () => {
    const backend = await open();
    const common = { do: "chord_part", backend: redisUrl(), body_id: randomUUID(), state: "SUCCESS" };
    const [oursLast, theirsLast] = [randomUUID(), randomUUID()];
    await python({ do: "chord_size", backend: redisUrl(), group: oursLast, size: 2 });
    expect(await python({ ...common, group: oursLast, id: "py", index: 0, result: { n: 1 } })).toEqual([]);
    expect(await backend.completeChordPart(part(oursLast, 1), "SUCCESS", 2)).toEqual({
      kind: "joined",
      results: [{ n: 1 }, 2],
    });

    await backend.setChordSize(theirsLast, 2);
    await backend.completeChordPart(part(theirsLast, 1), "SUCCESS", ["ts"]);
    expect(await python({ ...common, group: theirsLast, id: "py", index: 0, result: 5 })).toEqual([[[5, ["ts"]]]]);
    expect(await redis.keys(`*${theirsLast}*`)).toEqual([]);
  });

  it("ignore groups that nobody counts", async () => {
    const backend = await open();
    expect(await backend.completeChordPart(part(randomUUID(), 0), "SUCCESS", 1)).toEqual({ kind: "waiting" });
    expect(await backend.completeChordPart({ id: "x", group: null, groupIndex: null }, "SUCCESS", 1)).toEqual({
      kind: "waiting",
    });
  });
});

describe("a Redis that goes away", () => {
  const services = usePrivateServices({ redis: true });

  it("holds stores and waits until it is back", async () => {
    const backend = await open({ url: services.current.redisUrl });
    const [kept, later] = [target(), target()];
    await backend.store(kept, success(1));
    const waiting: Promise<StoredResult> = backend.waitFor(later.id);
    await services.current.stopRedis();
    const storing = backend.store(later, success(2));
    await services.current.startRedis();
    await storing;
    expect(await waiting).toMatchObject({ result: 2 });
  });

  it("can be closed while it is away", async () => {
    const backend = await open({ url: services.current.redisUrl });
    await services.current.stopRedis();
    const storing = backend.store(target(), success(2));
    const waiting = backend.waitFor("x");
    const outcomes = Promise.allSettled([storing, waiting]);
    await backend.close();
    expect((await outcomes).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    const unstarted = new RedisBackend({
      url: services.current.redisUrl,
      log,
      serializer: "json",
      expiresSeconds: null,
      extended: false,
      keyPrefix: "",
      chordJoinTimeoutSeconds: 3,
    });
    const starting = unstarted.start();
    const started = expect(starting).rejects.toThrow();
    await unstarted.close();
    await started;
    await services.current.startRedis();
  });
});
