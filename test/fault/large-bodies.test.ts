import { deflateSync } from "node:zlib";
import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Celery } from "../../src/celery/app.js";
import { chord, group } from "../../src/celery/index.js";
import type { Worker } from "../../src/celery/worker/worker.js";
import { useBareClient, useWorkers } from "../support/celery-worker.js";
import { inside } from "../support/inside.js";
import { FaultyProxy } from "../support/proxy.js";
import { redisUrl, useVhost } from "../support/services.js";
import { waitUntil } from "../support/wait-until.js";

const vhost = useVhost();
const client = useBareClient(() => vhost.url);
let proxy: FaultyProxy;
const startWorker = useWorkers(() => proxy.through(vhost.url));

/** More than is read on receipt. */
const LARGE = "x".repeat(100_000);
/** One large body takes all of it. */
const LITTLE_MEMORY = { maxBodyMemory: 100_000 };

let test = 0;
let ran: unknown[][] = [];
let open: () => void = () => undefined;
let gate = Promise.resolve();

beforeAll(async () => {
  const { hostname, port } = new URL(vhost.url);
  proxy = await FaultyProxy.open(hostname, Number(port));
  await client.current.channel.assertQueue("celery", { durable: true });
});
afterAll(() => proxy.close());
beforeEach(async () => {
  test += 1;
  ran = [];
  gate = new Promise((resolve) => {
    open = resolve;
  });
  await client.current.channel.purgeQueue("celery");
});

function define(app: Celery): void {
  app.task("note", (_ctx, name: string) => {
    ran.push([name]);
    return name;
  });
  // Holds its slot, and the memory of its body, until the gate opens.
  app.task("hold", async (_ctx, name: string) => {
    ran.push([name]);
    await gate;
    return name;
  });
  app.task("again", (ctx, name: string, text: string) => {
    ran.push([name, text.length]);
    if (ctx.request.retries === 0) ctx.retry({ countdown: 0 });
    return name;
  });
  app.task("sum", (_ctx, parts: unknown[]) => parts.length);
}

const names = () => ran.map(([name]) => name);
/** Ids of one test are not those of another. */
const idOf = (name: string) => `${name} of ${test}`;
const send = (task: string, name: string, text = "", headers: object = {}) =>
  client.current.send("celery", task, [name, text], { id: idOf(name), argsrepr: `('${name}', '...')`, ...headers });
const result = (name: string) => client.current.result(idOf(name), 60_000);
const messages = async () =>
  ((await vhost.get("queues", "celery")) as { messages?: number }).messages ?? Number.POSITIVE_INFINITY;
const isEmpty = () => waitUntil(async () => (await messages()) === 0, "an empty queue", 30_000);

/** One large task runs; the other has a slot, and waits for the memory of its body. */
async function runningAndWaiting(settings: object = {}, headers: object = {}): Promise<Worker> {
  const worker = await startWorker(define, { concurrency: 2 }, { ...LITTLE_MEMORY, ...settings });
  await send("hold", "running", LARGE);
  await waitUntil(() => names().includes("running"), "the first task");
  await send("note", "waiting", LARGE, headers);
  await waitUntil(
    () => inside(worker).slots.used === 2 && inside(worker).requests.has(idOf("waiting")),
    "the second slot",
  );
  expect(inside(worker).requests.withId(idOf("waiting"))[0]).toMatchObject({
    state: "reserved",
    isRead: false,
    args: [],
  });
  return worker;
}

describe("bodies that are not read on receipt", () => {
  it("keep the order of their queue among small ones, packed or not", async () => {
    await startWorker(define, { concurrency: 1 });
    const order = ["a", "b", "c", "d", "e", "f"];
    for (const [index, name] of order.entries()) {
      if (index === 3) {
        const body = deflateSync(JSON.stringify([[name, LARGE], {}, null]));
        const headers = { task: "note", id: idOf(name), compression: "application/x-gzip" };
        const { replyQueue: replyTo } = client.current;
        await client.current.publish("celery", body, {
          contentType: "application/json",
          contentEncoding: "utf-8",
          correlationId: name,
          replyTo,
          headers,
        });
      } else await send("note", name, index % 2 === 0 ? "" : LARGE);
    }
    for (const name of order) expect((await result(name)).result).toBe(name);
    expect(names()).toEqual(order);
    await isEmpty();
  });

  it("wait for memory in their slot, one at a time, while small ones pass", async () => {
    const worker = await startWorker(define, { concurrency: 4 }, LITTLE_MEMORY);
    for (const name of ["1", "2", "3"]) await send("hold", name, LARGE);
    await send("note", "small");
    expect((await result("small")).result).toBe("small");
    await waitUntil(() => names().includes("1"), "the first large one");
    expect(names().sort()).toEqual(["1", "small"]);
    // The small one may still be settled: its result is stored first.
    const read = [...inside(worker).requests].filter(({ isRead }) => isRead).map(({ id }) => id);
    expect(read.filter((id) => id !== idOf("small"))).toEqual([idOf("1")]);
    open();
    for (const name of ["1", "2", "3"]) expect((await result(name)).result).toBe(name);
    expect(names().filter((name) => name !== "small")).toEqual(["1", "2", "3"]);
    await isEmpty();
  });

  it("are shown by inspect with the text of their arguments", async () => {
    await runningAndWaiting();
    const app = new Celery("inspector", { broker: vhost.url, log: pino({ level: "silent" }) });
    try {
      const inspect = app.control.inspect({ timeout: 5 });
      const [reserved] = Object.values((await inspect.reserved()) ?? {});
      expect(reserved).toMatchObject([{ id: idOf("waiting"), args: "('waiting', '...')" }]);
      const [active] = Object.values((await inspect.active()) ?? {});
      expect(active).toMatchObject([{ id: idOf("running"), args: "('running', '...')" }]);
    } finally {
      await app.close();
    }
    open();
    await result("waiting");
  });

  it("that wait are revoked at once, and free their slot", async () => {
    const worker = await runningAndWaiting();
    const app = new Celery("revoker", { broker: vhost.url, log: pino({ level: "silent" }) });
    await app.control.revoke(idOf("waiting"));
    expect((await result("waiting")).status).toBe("REVOKED");
    await app.close();
    open();
    expect((await result("running")).status).toBe("SUCCESS");
    await waitUntil(() => inside(worker).slots.used === 0, "free slots");
    expect(names()).toEqual(["running"]);
    await isEmpty();
  });

  it("that wait expire at their time", async () => {
    await runningAndWaiting({}, { expires: new Date(Date.now() + 3000).toISOString() });
    expect((await result("waiting")).status).toBe("REVOKED");
    open();
    expect(names()).toEqual(["running"]);
    await isEmpty();
  });

  it("whose channel dies come again and run once", async () => {
    const worker = await runningAndWaiting();
    for (let cut = 0; cut < 3; cut++) {
      proxy.cut();
      await waitUntil(
        () =>
          worker.consumers.every(({ confirmed }) => confirmed) &&
          inside(worker).requests.withId(idOf("waiting"))[0]?.delivery.isPending,
        "the message again",
      );
    }
    open();
    expect((await result("waiting")).status).toBe("SUCCESS");
    expect((await result("running")).status).toBe("SUCCESS");
    await isEmpty();
    expect(names()).toEqual(["running", "waiting"]);
    expect(inside(worker).slots.used).toBe(0);
  });

  it("that wait go back to their queue when the worker stops", async () => {
    const worker = await runningAndWaiting();
    const stopped = worker.stop(30);
    open();
    await stopped;
    await waitUntil(async () => (await client.current.depth("celery")) === 1, "the message in its queue");
    expect(names()).toEqual(["running"]);
    await startWorker(define);
    expect((await result("waiting")).status).toBe("SUCCESS");
  });

  it("of tasks for later are read when their time has come", async () => {
    const worker = await startWorker(define);
    await send("note", "later", LARGE, { eta: new Date(Date.now() + 1500).toISOString() });
    await waitUntil(
      () => inside(worker).requests.withId(idOf("later"))[0]?.state === "scheduled",
      "the task that waits",
    );
    expect(inside(worker).requests.withId(idOf("later"))[0]?.isRead).toBe(false);
    expect((await result("later")).result).toBe("later");
    await isEmpty();
  });

  it("keep their arguments when they are retried", async () => {
    await startWorker(define);
    await send("again", "twice", LARGE);
    expect((await result("twice")).result).toBe("twice");
    expect(ran).toEqual([
      ["twice", LARGE.length],
      ["twice", LARGE.length],
    ]);
    await isEmpty();
  });

  it("of protocol 1, and under headers of protocol 2, say what to do and when", async () => {
    const worker = await startWorker(define);
    const eta = new Date(Date.now() + 1500).toISOString();
    const fields = (name: string, more: object) => ({
      task: "note",
      id: idOf(name),
      args: [name, LARGE],
      kwargs: {},
      retries: 0,
      utc: true,
      ...more,
    });
    const publish = (name: string, body: object, headers: object) =>
      client.current.publish("celery", Buffer.from(JSON.stringify(body)), {
        contentType: "application/json",
        contentEncoding: "utf-8",
        correlationId: name,
        replyTo: client.current.replyQueue,
        headers,
      });
    await publish("one", fields("one", {}), {});
    await publish("one later", fields("one later", { eta }), {});
    await publish("hybrid later", fields("hybrid later", { eta }), { task: "note", id: idOf("hybrid later") });
    expect((await result("one")).result).toBe("one");
    await waitUntil(
      () =>
        ["one later", "hybrid later"].every((id) => inside(worker).requests.withId(idOf(id))[0]?.state === "scheduled"),
      "both for later",
    );
    for (const id of ["one later", "hybrid later"]) expect((await result(id)).result).toBe(id);
    expect(names().sort()).toEqual(["hybrid later", "one", "one later"]);
    await isEmpty();
  });

  it("of a revoked member of a chord are read for the chord to hear of it", async () => {
    const backend = redisUrl();
    const worker = await startWorker(define, { concurrency: 1 }, { backend, ...LITTLE_MEMORY });
    const app = new Celery("chords", { broker: vhost.url, backend, log: pino({ level: "silent" }) });
    define(app);
    try {
      const member = app.signature("note", ["member", LARGE]);
      const sent = await app.apply(
        chord(group(app.signature("hold", ["running", LARGE]), member), app.signature("sum")),
      );
      await waitUntil(() => names().includes("running"), "the first member");
      const waiting = await waitUntil(
        () => [...inside(worker).requests].find(({ isRead }) => !isRead),
        "the second member",
      );
      await app.control.revoke(waiting.id);
      await waitUntil(() => !inside(worker).requests.has(waiting.id), "the revoked member");
      open();
      await expect(sent.get({ timeout: 60 })).rejects.toThrow(/Dependency .* raised/);
    } finally {
      await app.close();
    }
  });
});

describe("bodies that are too large", () => {
  it.each([true, false])(
    "end in the dead letters, and their caller hears why (late acknowledgement: %s)",
    async (taskAcksLate) => {
      const worker = await startWorker(define, {}, { maxBodyBytes: 80_000, deadLetter: "publish", taskAcksLate });
      const invalid: string[] = [];
      worker.events.on("deliveryInvalid", ({ kind, deadLettered }) => invalid.push(`${kind} ${deadLettered}`));
      await send("note", "plain", LARGE);
      const packed = deflateSync(JSON.stringify([["packed", LARGE], {}, null]));
      await client.current.publish("celery", packed, {
        contentType: "application/json",
        correlationId: "packed",
        replyTo: client.current.replyQueue,
        headers: { task: "note", id: idOf("packed"), compression: "zlib" },
      });
      for (const id of ["plain", "packed"]) {
        expect(await result(id)).toMatchObject({
          status: "FAILURE",
          result: { exc_type: "DecodeError", exc_module: "kombu.exceptions" },
        });
      }
      await isEmpty();
      const dead = await waitUntil(async () => {
        const { messageCount } = await client.current.channel.assertQueue("celery-dlq", { durable: true });
        return messageCount === 2 && (await client.current.drain("celery-dlq"));
      }, "both dead letters");
      for (const { properties } of dead) {
        expect(properties.headers).toMatchObject({
          "x-dead-letter-reason": expect.stringMatching(/^too-large: .*maxBodyBytes/),
          "x-dead-letter-attempts": 0,
        });
      }
      await waitUntil(() => invalid.length === 2, "both reports");
      expect(invalid).toEqual(["too-large true", "too-large true"]);
      expect([...inside(worker).requests]).toEqual([]);
      expect(inside(worker).slots.used).toBe(0);
      expect(ran).toEqual([]);
    },
  );
});

it("what is large and broken ends in the dead letters with its reason", async () => {
  await startWorker(define, {}, { deadLetter: "publish" });
  const broken = [
    `[["broken", "${LARGE}"], {}, {}`,
    `[["digits", ${"7".repeat(100_000)}], {}, {}]`,
    `[["list of two", "${LARGE}"], {}]`,
    `[["no mapping", "${LARGE}"], 5, {}]`,
  ];
  for (const [index, text] of broken.entries()) {
    await client.current.publish("celery", Buffer.from(text), {
      contentType: "application/json",
      contentEncoding: "utf-8",
      correlationId: `b${index}`,
      replyTo: client.current.replyQueue,
      headers: { task: "note", id: idOf(`b${index}`) },
    });
  }
  for (const index of broken.keys()) expect((await result(`b${index}`)).status).toBe("FAILURE");
  const dead = await waitUntil(async () => {
    const { messageCount } = await client.current.channel.assertQueue("celery-dlq", { durable: true });
    return messageCount === broken.length && (await client.current.drain("celery-dlq"));
  }, "the dead letters");
  const reasons = dead.map(({ properties }) => String(properties.headers?.["x-dead-letter-reason"]));
  for (const reason of [
    /^invalid: .*list of three/,
    /^invalid: .*not a mapping/,
    /^undecodable: .*expected ',' or '\]'/,
    /^undecodable: .*Exceeds the limit \(4300 digits\)/,
  ])
    expect(reasons.filter((text) => reason.test(text))).toHaveLength(1);
  await isEmpty();
});
