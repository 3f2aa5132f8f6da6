import { createHash } from "node:crypto";
import type { Options } from "amqplib";
import { expect, it } from "vitest";
import { useBareClient, useWorkers } from "../support/celery-worker.js";
import { useVhost } from "../support/services.js";
import { waitUntil } from "../support/wait-until.js";

const vhost = useVhost();
const client = useBareClient(() => vhost.url);
const startWorker = useWorkers(() => vhost.url);

interface BadMessage {
  readonly body: Buffer;
  readonly options: Options.Publish;
}

const JSON_TYPE = { contentType: "application/json", contentEncoding: "utf-8" } as const;
const task = (more: object = {}) => ({ lang: "py", task: "good", id: "bad-id", ...more });

/** Deterministic noise, so that a failure can be repeated. */
function noise(seed: number, length: number): Buffer {
  const blocks: Buffer[] = [];
  for (let index = 0; index * 32 < length; index++)
    blocks.push(createHash("sha256").update(`${seed}:${index}`).digest());
  return Buffer.concat(blocks).subarray(0, length);
}

/** Kinds of messages that are no tasks; each is a function of a number so that no two are alike. */
const KINDS: readonly ((n: number) => BadMessage)[] = [
  (n) => ({ body: noise(n, 1 + (n % 500)), options: { ...JSON_TYPE, headers: task() } }),
  (n) => ({ body: noise(n, 1 + (n % 500)), options: {} }),
  () => ({ body: Buffer.alloc(0), options: { ...JSON_TYPE, headers: task() } }),
  () => ({ body: Buffer.from("null"), options: { ...JSON_TYPE, headers: task() } }),
  (n) => ({
    body: Buffer.from(JSON.stringify(Array.from({ length: n % 3 }, () => []))),
    options: { ...JSON_TYPE, headers: task() },
  }),
  () => ({
    body: Buffer.from('[[], {}, {"callbacks": 3}]'),
    options: { ...JSON_TYPE, headers: task({ id: undefined }) },
  }),
  () => ({
    body: Buffer.from("[[1], {}, {}]"),
    options: { contentType: "application/json; charset=utf-8", headers: task() },
  }),
  () => ({
    body: Buffer.from("\x80\x02K\x01."),
    options: { contentType: "application/x-python-serialize", contentEncoding: "binary", headers: task() },
  }),
  () => ({ body: Buffer.from("[[1], {}, {}]"), options: { headers: task() } }),
  () => ({ body: Buffer.from("[".repeat(100_000)), options: { ...JSON_TYPE, headers: task() } }),
  () => ({
    body: Buffer.from(`[[${"[".repeat(50_000)}${"]".repeat(50_000)}], {}, {}]`),
    options: { ...JSON_TYPE, headers: task() },
  }),
  () => ({
    body: Buffer.from("[[1], {}, {}]"),
    options: { ...JSON_TYPE, headers: task({ eta: "tomorrow, perhaps" }) },
  }),
  () => ({ body: Buffer.from("[[1], {}, {}]"), options: { ...JSON_TYPE, headers: task({ expires: { a: 1 } }) } }),
  () => ({
    body: Buffer.from("[[1], {}, {}]"),
    options: { ...JSON_TYPE, headers: task({ compression: "application/x-gzip" }) },
  }),
  () => ({
    body: Buffer.from("[[1], {}, {}]"),
    options: { ...JSON_TYPE, headers: task({ compression: "no-such-method" }) },
  }),
  () => ({ body: Buffer.from('{"task": 7, "id": {}}'), options: JSON_TYPE }),
  () => ({ body: Buffer.from('{"id": "x", "args": []}'), options: JSON_TYPE }),
  () => ({ body: Buffer.from('{"task": "good", "id": "x", "args": [], "kwargs": 5}'), options: JSON_TYPE }),
  () => ({ body: Buffer.from("[[1], {}, {}]"), options: { ...JSON_TYPE, headers: task({ task: "unknown.task" }) } }),
  () => ({
    body: Buffer.from('[[{"__type__": "no-such-type", "__value__": 1}], {}, {}]'),
    options: { ...JSON_TYPE, headers: task() },
  }),
];

const isEmpty = async () => (await client.current.depth("celery")) === 0;

it("a thousand malformed messages between good ones: the good ones complete, each bad one is reported once with its reason", async () => {
  const worker = await startWorker((app) => app.task("good", (_ctx, n: number) => n), { prefetchMultiplier: 8 });
  const reasons: string[] = [];
  worker.events.on("deliveryInvalid", ({ kind, reason }) => reasons.push(`${kind}: ${reason}`));
  const good: string[] = [];
  for (let index = 0; index < 1000; index++) {
    if (index % 10 === 0) good.push(await client.current.send("celery", "good", [index]));
    const { body, options } = (KINDS[index % KINDS.length] as (typeof KINDS)[number])(index);
    await client.current.publish("celery", body, options);
  }
  for (const [index, id] of good.entries()) expect((await client.current.result(id)).result).toBe(index * 10);
  await waitUntil(async () => reasons.length >= 1000 && (await isEmpty()), "a thousand reports", 60_000);
  expect(reasons).toHaveLength(1000);
  expect(reasons.every((reason) => reason.length > 10 && !reason.includes("undefined"))).toBe(true);
  expect([...worker.requests]).toEqual([]);
});

it("bodies of 10 MB do not hurt", async () => {
  const worker = await startWorker((app) => app.task("length", (_ctx, text: string) => text.length));
  const reasons: string[] = [];
  worker.events.on("deliveryInvalid", ({ reason }) => reasons.push(reason));
  const megabytes = 10 * 1024 * 1024;
  for (let index = 0; index < 3; index++)
    await client.current.publish("celery", noise(index, megabytes), { ...JSON_TYPE, headers: task() });
  const id = await client.current.send("celery", "length", ["x".repeat(megabytes)]);
  expect((await client.current.result(id)).result).toBe(megabytes);
  await waitUntil(() => reasons.length === 3);
  expect(Math.max(...reasons.map((reason) => reason.length))).toBeLessThan(5000);
});

it("with dead letters on, each bad message is kept with its bytes, its properties and its reason", async () => {
  await startWorker((app) => app.task("good", () => 1), {}, { deadLetter: "publish" });
  const bad = KINDS.map((kind, index) => kind(index));
  for (const { body, options } of bad)
    await client.current.publish("celery", body, { ...options, messageId: "m", deliveryMode: 2 });
  const dead = await waitUntil(async () => {
    const { messageCount } = await client.current.channel.assertQueue("celery-dlq", { durable: true });
    return messageCount === bad.length && (await client.current.drain("celery-dlq"));
  }, "every dead letter");
  const bodies = (messages: readonly Buffer[]) => messages.map((body) => body.toString("base64")).sort();
  expect(bodies(dead.map(({ content }) => content))).toEqual(bodies(bad.map(({ body }) => body)));
  for (const { properties } of dead) {
    expect(properties.messageId).toBe("m");
    expect(properties.headers).toMatchObject({
      "x-dead-letter-reason": expect.stringMatching(/^[a-z-]+: ./),
      "x-dead-letter-attempts": 0,
      "x-dead-letter-queue": "celery",
      "x-dead-letter-time": expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    });
  }
});

/** Headers that a worker reads. */
const HEADERS = [
  ...["task", "id", "root_id", "parent_id", "group", "group_index", "eta", "expires", "retries", "timelimit", "lang"],
  ...["argsrepr", "kwargsrepr", "origin", "shadow", "stamps", "stamped_headers", "ignore_result", "compression"],
  ...["replaced_task_nesting", "traceparent", "tracestate", "delivery_info", "reply_to", "x-death"],
];
/** Keys that say something to JavaScript, not to Celery. */
const KEYS = ["toString", "valueOf", "toJSON", "then", "constructor", "length", "hasOwnProperty", "__proto__"];
const TABLES = [
  ...KEYS.map((key) => Object.fromEntries([[key, null]])),
  ...KEYS.map((key) => Object.fromEntries([[key, "x"]])),
  { toString: null, valueOf: null, toJSON: null },
];

it("a header that holds what JavaScript would take for a method: each message is run once, or is one dead letter", async () => {
  const ended: string[] = [];
  const options = { deadLetter: "publish", taskAcksLate: true } as const;
  await startWorker(
    (app) => {
      app.task("good", (_ctx, name: string) => void ended.push(name));
      app.task("failing", () => {
        throw new Error("it fails");
      });
    },
    {},
    options,
  );
  await client.current.channel.assertQueue("celery-dlq", { durable: true });
  await client.current.drain("celery-dlq");
  const sent = HEADERS.flatMap((header) =>
    TABLES.flatMap((table, kind) =>
      ["good", "failing"].map((task) => ({ header, table, task, name: `${task} ${header} ${kind}` })),
    ),
  );
  for (const { header, table, task, name } of sent) {
    const headers = { lang: "py", task, id: name, [header]: table };
    const body = Buffer.from(JSON.stringify([[name], {}, {}]));
    await client.current.publish("celery", body, { ...JSON_TYPE, headers, messageId: name, deliveryMode: 2 });
  }
  await waitUntil(async () => {
    for (const { properties } of await client.current.drain("celery-dlq")) ended.push(properties.messageId);
    return new Set(ended).size >= sent.length && (await isEmpty());
  }, "an end of each message");
  const last = await client.current.send("celery", "good", ["last"]);
  expect(await client.current.result(last)).toMatchObject({ status: "SUCCESS" });
  expect([...ended].sort()).toEqual([...sent.map(({ name }) => name), "last"].sort());
});
