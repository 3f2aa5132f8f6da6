import { createHash, randomUUID } from "node:crypto";
import { pino } from "pino";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Celery } from "../../src/celery/app.js";
import {
  argument,
  field,
  fieldsOf,
  headersIn,
  nested,
  type RawProperties,
  table,
  withHeaders,
} from "../support/amqp-bytes.js";
import { RunningCelery, runBuiltCelery } from "../support/celery-command.js";
import { useWorkers } from "../support/celery-worker.js";
import { FrameDoor } from "../support/frame-door.js";
import { type RawDelivery, useRawAmqp } from "../support/raw-amqp.js";
import { useVhost } from "../support/services.js";
import { waitUntil } from "../support/wait-until.js";

const vhost = useVhost();
const raw = useRawAmqp(() => vhost.url);
let door: FrameDoor;
const startWorker = useWorkers(() => door.through(vhost.url));

const noise = (seed: number, length: number) =>
  createHash("shake256", { outputLength: length }).update(`${seed}`).digest();

/** What stands in place of a header table, its length included. A broker would not let most of it in. */
const BAD_TABLES: readonly Buffer[] = [
  table([["x", Buffer.from("Z\0\0\0\0")]]),
  table([["x", Buffer.from([0x00])]]),
  table([["x", field.L(5n).subarray(0, 4)]]),
  table([["x", field.S("text").subarray(0, 7)]]),
  table([["x", Buffer.from([0x46, 0xff, 0xff, 0xff, 0xff])]]),
  table([["x", field.A([Buffer.from("?")])]]),
  table([["x", field.F([["y", field.A([field.F([["z", Buffer.from("w")]])])]])]]),
  table([["x", nested(20_000)]]),
  Buffer.from([0xff, 0xff, 0xff, 0xff]),
  Buffer.from([0x7f, 0xff, 0xff, 0xff, 0x01, 0x78]),
  Buffer.from([0, 0, 0, 1, 0xff]),
  Buffer.alloc(0),
  ...Array.from({ length: 20 }, (_, index) => argument.bytes(noise(index, 7 + index * 3))),
];
/** Property lists that are wrong before or behind the table. */
const BAD_LISTS: readonly Buffer[] = [
  Buffer.from([0x80, 0x01, 0x00, 0x00, 0x00]),
  Buffer.from([0xff, 0xfc]),
  Buffer.from([0x80, 0x00, 0xff, 0x61]),
  Buffer.from([0x04, 0x00, 0x02, 0xff, 0xfe]),
  Buffer.alloc(0),
];

/** On its way to the worker, a message with the header `corrupt` loses its headers to what that header names. */
function corrupt(payload: Buffer): Buffer {
  const list = payload.subarray(12);
  const headers = headersIn(list);
  const index = headers === null ? undefined : fieldsOf(headers).get("corrupt")?.readInt32BE(1);
  if (index === undefined) return payload;
  const list2 = BAD_LISTS[index - BAD_TABLES.length] ?? withHeaders(list, BAD_TABLES[index] as Buffer);
  return Buffer.concat([payload.subarray(0, 12), list2]);
}

const KINDS = BAD_TABLES.length + BAD_LISTS.length;
const corrupted = (index: number, ...fields: (readonly [string, Buffer])[]) =>
  table([["corrupt", field.I(index)], ...fields]);
const JSON_TYPE: RawProperties = { contentType: "application/json", contentEncoding: "utf-8", deliveryMode: 2 };

function task(name: string, index: number | null, args: unknown[]): [RawProperties, Buffer] {
  const id = randomUUID();
  const own = [
    ["task", field.S(name)],
    ["id", field.S(id)],
    ["lang", field.S("py")],
  ] as const;
  const headers = index === null ? table([...own]) : corrupted(index, ...own);
  const body = Buffer.from(JSON.stringify([args, {}, { callbacks: null, errbacks: null, chain: null, chord: null }]));
  return [{ ...JSON_TYPE, headers, correlationId: id }, body];
}

beforeAll(async () => {
  door = await FrameDoor.open(vhost.url, corrupt);
  await raw.current.declare("celery-dlq");
});
afterAll(() => door.close());

it("tasks: each is refused and kept with its bytes, good ones between them run, and no connection is lost", async () => {
  const ran: unknown[] = [];
  const worker = await startWorker(
    (app) => app.task("good", (_, n: number) => ran.push(n)),
    {},
    { deadLetter: "publish" },
  );
  const reasons: string[] = [];
  worker.events.on("deliveryInvalid", ({ kind, reason }) => reasons.push(`${kind}: ${reason}`));
  const { connections } = door;
  for (let index = 0; index < 3 * KINDS; index += 1) {
    await raw.current.publish("celery", ...task("good", index % KINDS, [index]));
    await raw.current.publish("celery", ...task("good", null, [index]));
  }
  const numbers = Array.from({ length: 3 * KINDS }, (_, index) => index);
  await waitUntil(() => ran.length + reasons.length >= 6 * KINDS, "all of them");
  // Noise may be a table, which makes a message that is no task.
  const kinds = new Set(reasons.map((reason) => reason.replace(/:.*/, "")));
  expect([...kinds].every((kind) => kind === "undecodable" || kind === "unknown-message" || kind === "invalid")).toBe(
    true,
  );
  expect(ran).toEqual(numbers);
  const dead: RawDelivery[] = [];
  await waitUntil(async () => {
    const letter = await raw.current.get("celery-dlq");
    if (letter !== null) dead.push(letter);
    return dead.length === numbers.length;
  }, "every dead letter");
  expect(dead.map(({ body }) => JSON.parse(body.toString())[0][0]).sort((a, b) => a - b)).toEqual(numbers);
  const kept = dead.map(({ properties }) => {
    const headers = headersIn(properties);
    return (headers === null ? undefined : fieldsOf(headers).get("x-dead-letter-headers"))?.toString("hex") ?? "";
  });
  for (const bad of BAD_TABLES.slice(0, 7)) expect(kept).toContain(field.x(bad.subarray(4)).toString("hex"));
  // Of more than fits into a frame, what fits.
  const cut = kept.find((bytes) => bytes.length > 200_000) ?? "";
  expect(BAD_TABLES[7]?.subarray(4).toString("hex")).toContain(cut.slice(10));
  for (const bad of BAD_LISTS) expect(kept).toContain(field.x(bad).toString("hex"));
  expect(door.connections).toBe(connections);
  expect([...worker.requests]).toEqual([]);
}, 120_000);

it("control messages: they are dropped, and the next command is answered", async () => {
  const worker = await startWorker((app) => app.task("good", () => 1), { hostname: "node@door" });
  const { connections } = door;
  const shutdown = Buffer.from(JSON.stringify({ method: "shutdown", arguments: {}, destination: null }));
  for (let index = 0; index < KINDS; index += 1)
    await raw.current.publish("", { ...JSON_TYPE, headers: corrupted(index) }, shutdown, "celery.pidbox");
  const ping = await runBuiltCelery(["-b", door.through(vhost.url), "inspect", "ping", "-d", "node@door", "-t", "10"]);
  expect(ping).toMatchObject({ code: 0, stderr: "" });
  expect(worker.state).toBe("running");
  // The command's own connection came on top.
  expect(door.connections).toBe(connections + 1);
}, 120_000);

it("events: what they say is in their bodies, and is shown", async () => {
  const events = new RunningCelery(["-b", door.through(vhost.url), "events", "--json"]);
  await waitUntil(async () => {
    const bindings = (await vhost.get("bindings")) as { source: string; destination: string }[];
    // Bound to the default exchange it is from the beginning; events come by its own binding.
    return bindings.some(({ source, destination }) => source === "celeryev" && destination.startsWith("celeryev."));
  }, "the queue of events to be bound");
  for (let index = 0; index < KINDS; index += 1) {
    const event = {
      type: "worker-heartbeat",
      hostname: `n${index}@test`,
      timestamp: Date.now() / 1000,
      utcoffset: 0,
      clock: 2 ** 60,
      pid: 1,
    };
    await raw.current.publish(
      "worker.heartbeat",
      { ...JSON_TYPE, headers: corrupted(index) },
      Buffer.from(JSON.stringify(event)),
      "celeryev",
    );
  }
  // Without its content type an event cannot be read.
  const isShown = (_: Buffer, index: number) => events.output.includes(`"n${index}@test"`);
  await waitUntil(() => BAD_TABLES.every(isShown), "every event");
  expect(await events.end()).toBe(0);
}, 120_000);

it("results: they reach who waits for them", async () => {
  const app = new Celery("client", {
    broker: door.through(vhost.url),
    backend: "rpc://",
    log: pino({ level: "silent" }),
  });
  await raw.current.declare("nobody");
  const { connections } = door;
  const [first, second] = [
    await app.sendTask("t", [], {}, { queue: "nobody" }),
    await app.sendTask("t", [], {}, { queue: "nobody" }),
  ];
  const sent = await waitUntil(() => raw.current.get("nobody"), "the first message");
  const replyTo = /[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/g;
  const candidates = [...sent.properties.toString("latin1").matchAll(replyTo)].map(([id]) => id);
  const queue = candidates.find((id) => id !== first.id && id !== second.id) ?? "";
  for (const [index, { id }] of [first, second].entries()) {
    const result = { task_id: id, status: "SUCCESS", result: index, traceback: null, children: [] };
    const properties = { ...JSON_TYPE, headers: corrupted(index), correlationId: id };
    await raw.current.publish(queue, properties, Buffer.from(JSON.stringify(result)));
  }
  expect([await first.get({ timeout: 60 }), await second.get({ timeout: 60 })]).toEqual([0, 1]);
  expect(door.connections).toBeLessThanOrEqual(connections + 2);
  await app.close();
}, 120_000);

it("dead letters: celery dlq lists them with the reason, and retries the others", async () => {
  await raw.current.declare("odd-dlq");
  for (let index = 0; index < KINDS; index += 1) await raw.current.publish("odd-dlq", ...task("good", index, [index]));
  const dlq = (...args: string[]) => runBuiltCelery(["-b", door.through(vhost.url), "dlq", ...args, "-Q", "odd-dlq"]);
  const { code, stdout, stderr } = await dlq("list", "--json");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const listed = JSON.parse(stdout) as { reason: string }[];
  expect(listed).toHaveLength(KINDS);
  for (const { reason } of listed.slice(0, 8)) expect(reason).toMatch(/cannot be read/);
  expect(await dlq("retry", "--all")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("its headers do not say which queue it came from"),
  });
  // The management API counts every few seconds.
  const depth = async () => ((await vhost.get("queues", "odd-dlq")) as { messages?: number }).messages;
  await waitUntil(async () => (await depth()) === KINDS, "every dead letter, kept", 30_000);
}, 120_000);
