import { randomUUID } from "node:crypto";
import { inspect } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import type { TaskContext } from "../../../src/celery/index.js";
import { Decimal } from "../../../src/celery/protocol/typed-values.js";
import { type Fields, field, fieldsOf, headersIn, nested, table } from "../../support/amqp-bytes.js";
import { runBuiltCelery } from "../../support/celery-command.js";
import { useWorkers } from "../../support/celery-worker.js";
import { type RawDelivery, useRawAmqp } from "../../support/raw-amqp.js";
import { useVhost } from "../../support/services.js";
import { waitUntil } from "../../support/wait-until.js";

const vhost = useVhost();
const raw = useRawAmqp(() => vhost.url);
const startWorker = useWorkers(() => vhost.url);
beforeAll(async () => {
  for (const queue of ["celery-dlq", "parked", "passed"]) await raw.current.declare(queue);
});

/** A field of every type that RabbitMQ takes, and values that JavaScript would write in another one. */
const FIELDS: Fields = [
  ["own_t", field.t(1)],
  ["own_b", field.b(-3)],
  ["own_B", field.B(200)],
  ["own_s", field.s(-300)],
  ["own_u", field.u(300)],
  ["own_I", field.I(-70_000)],
  ["own_i", field.i(4_000_000_000)],
  ["own_l", field.l(5n)],
  ["own_L", field.L(1_795_691_318_276n)],
  ["own_L2", field.L(-(2n ** 63n))],
  ["own_f", field.f(2)],
  ["own_d", field.d(1e308)],
  ["own_d2", field.d(-0)],
  ["own_D", field.D(2, -110)],
  ["own_S", field.S("ä😀")],
  ["own_S2", field.S(Buffer.from([0xff, 0x00]))],
  ["own_x", field.x(Buffer.from([0, 255]))],
  ["own_T", field.T(1_795_464_304n)],
  ["own_T2", field.T(2n ** 62n)],
  ["own_V", field.V()],
  ["own_A", field.A([field.b(1), field.d(2), field.F([["deep", field.L(3n)]])])],
  [
    "own_F",
    field.F([
      ["empty", field.F([])],
      ["list", field.A([])],
      ["n", field.u(1)],
    ]),
  ],
];
const VALUES = {
  own_t: true,
  own_b: -3,
  own_B: 200,
  own_s: -300,
  own_u: 300,
  own_I: -70_000,
  own_i: 4_000_000_000,
  own_l: 5,
  own_L: 1_795_691_318_276,
  own_L2: -(2n ** 63n),
  own_f: 2,
  own_d: 1e308,
  own_d2: -0,
  own_D: new Decimal("-1.10"),
  own_S: "ä😀",
  own_S2: Buffer.from([0xff, 0x00]),
  own_x: Buffer.from([0, 255]),
  own_T: new Date("2026-11-23T20:05:04Z"),
  own_T2: 2n ** 62n,
  own_V: null,
  own_A: [1, 2, { deep: 3 }],
  own_F: { empty: {}, list: [], n: 1 },
};

const LARGE: Fields = Array.from({ length: 1500 }, (_, index) => [
  `large_${index}`,
  field.A([field.S("x".repeat(40)), field.d(index)]),
]);

async function send(task: string, own: Fields, more: object = {}, args: unknown = []): Promise<string> {
  const id = randomUUID();
  const headers = table([
    ["lang", field.S("py")],
    ["task", field.S(task)],
    ["id", field.S(id)],
    ["retries", field.I(0)],
    ...own,
  ]);
  const body = Buffer.from(
    typeof args === "string"
      ? args
      : JSON.stringify([args, {}, { callbacks: null, errbacks: null, chain: null, chord: null }]),
  );
  const content = { contentType: "application/json", contentEncoding: "utf-8", correlationId: id, deliveryMode: 2 };
  await raw.current.publish("celery", { ...content, headers, ...more }, body);
  return id;
}

async function next(queue: string): Promise<RawDelivery> {
  return await waitUntil(() => raw.current.get(queue), `a message in ${queue}`);
}

function headersOf({ properties }: RawDelivery): Map<string, Buffer> {
  const headers = headersIn(properties);
  if (headers === null) throw new Error("the message has no headers");
  return fieldsOf(headers);
}

/** The fields as the broker hands them on: RabbitMQ 4 writes `L` as `l`, and keeps some of its own names to itself. */
async function passed(fields: Fields): Promise<Fields> {
  await raw.current.publish("passed", { headers: table(fields) }, Buffer.of());
  const arrived = headersOf(await next("passed"));
  return fields.flatMap(([name]) => {
    const bytes = arrived.get(String(name));
    return bytes === undefined ? [] : [[name, bytes] as const];
  });
}

const hex = (fields: Fields) => fields.map(([name, bytes]) => `${name} ${bytes.toString("hex")}`);
const hexIn = (delivery: RawDelivery, fields: Fields) => {
  const headers = headersOf(delivery);
  return fields.map(([name]) => `${name} ${headers.get(String(name))?.toString("hex")}`);
};
const textIn = (delivery: RawDelivery, name: string) => headersOf(delivery).get(name)?.toString("utf8", 5);
const depth = async (queue: string) => ((await vhost.get("queues", queue)) as { messages?: number }).messages ?? 0;

const seen: Readonly<Record<string, unknown>>[] = [];
/** A task that is tried once more, and fails for good. */
function again(ctx: TaskContext): Promise<never> {
  seen.push(ctx.request.headers);
  if (ctx.request.retries === 0) return ctx.retry({ countdown: 0 });
  throw new RangeError("no more");
}

function fail(): never {
  throw new RangeError("no");
}

describe("headers of every type", () => {
  it("are read without loss, and keep their types in retries and dead letters", async () => {
    await startWorker((app) => app.task("again", again), {}, { deadLetter: "publish" });
    await send("again", FIELDS);
    const dead = await next("celery-dlq");
    expect(seen).toHaveLength(2);
    for (const headers of seen) {
      const own = Object.fromEntries(FIELDS.map(([name]) => [name, headers[String(name)]]));
      expect(inspect(structuredClone(own))).toEqual(inspect(structuredClone(VALUES)));
      expect(own.own_D).toEqual(VALUES.own_D);
    }
    expect(hexIn(dead, FIELDS)).toEqual(hex(await passed(FIELDS)));
    expect(headersOf(dead).get("retries")).toEqual(field.I(1));
  });

  it("may take more than 64 KiB", async () => {
    await startWorker((app) => app.task("again", again), {}, { deadLetter: "publish" });
    await send("again", LARGE);
    expect(hexIn(await next("celery-dlq"), LARGE)).toEqual(hex(LARGE));
  });

  it("keep their types in a retry that has options of its own", async () => {
    await startWorker((app) => app.task("elsewhere", (ctx) => ctx.retry({ countdown: 0, queue: "parked" })));
    await send("elsewhere", FIELDS);
    expect(hexIn(await next("parked"), FIELDS)).toEqual(hex(await passed(FIELDS)));
  });

  it("of the protocol keep them too, and so do numbers in the arguments", async () => {
    const body =
      '[[5.0, 1e2, 12345678901234567890], {"a": 1.0}, {"callbacks": null, "errbacks": null, "chain": null, "chord": null}]';
    await startWorker((app) => app.task("again", again), {}, { deadLetter: "publish" });
    const limits: Fields = [
      ["timelimit", field.A([field.d(300), field.V()])],
      ["group_index", field.l(3n)],
    ];
    await send("again", limits, {}, body);
    const dead = await next("celery-dlq");
    expect(hexIn(dead, limits)).toEqual(hex(limits));
    expect(dead.body.toString()).toBe(body);
  });

  it("are listed, shown and sent again by celery dlq", async () => {
    const worker = await startWorker((app) => app.task("fail", fail), {}, { deadLetter: "publish" });
    const id = await send("fail", [...FIELDS, ...LARGE], {
      priority: 7,
      messageId: "m",
      timestamp: 5n,
      type: "t",
      appId: "a",
    });
    await waitUntil(async () => (await depth("celery-dlq")) === 1, "the dead letter");
    await worker.stop(5);
    const env = { CELERY_BROKER_URL: vhost.url };
    const listed = await runBuiltCelery(["dlq", "list", "-Q", "celery-dlq"], env);
    expect(listed).toMatchObject({ code: 0, stdout: expect.stringContaining(id) });
    const shown = await runBuiltCelery(["dlq", "show", id, "-Q", "celery-dlq"], env);
    expect(shown.stdout).toContain('"own_L2": -9223372036854775808');
    expect(JSON.parse(shown.stdout).headers).toMatchObject({
      own_L: 1_795_691_318_276,
      own_D: "-1.10",
      own_T: "2026-11-23T20:05:04.000Z",
    });
    expect(await runBuiltCelery(["dlq", "retry", id, "-Q", "celery-dlq"], env)).toMatchObject({ code: 0, stderr: "" });
    const sent = await next("celery");
    expect(hexIn(sent, [...FIELDS, ...LARGE])).toEqual(hex(await passed([...FIELDS, ...LARGE])));
    const { contentType, correlationId } = { contentType: "application/json", correlationId: id };
    for (const text of [contentType, correlationId]) expect(sent.properties.includes(text)).toBe(true);
    // Delivery mode, priority, and behind the ids the time, type and application.
    expect(sent.properties.includes(Buffer.from([2, 7, correlationId.length]))).toBe(true);
    expect(sent.properties.includes(Buffer.from("\x01m\0\0\0\0\0\0\0\x05\x01t\x01a", "latin1"))).toBe(true);
  });
});

describe("a message whose headers nobody can use", () => {
  it("costs nobody else: nested deeper than Python reads, it becomes a dead letter with its bytes", async () => {
    const worker = await startWorker((app) => app.task("good", (_, n: number) => n), {}, { deadLetter: "publish" });
    const reasons: string[] = [];
    worker.events.on("deliveryInvalid", ({ kind, reason }) => reasons.push(`${kind}: ${reason}`));
    const deep: Fields = [["deep", nested(5000)]];
    await send("good", deep);
    await send("good", []);
    const dead = await next("celery-dlq");
    expect(textIn(dead, "x-dead-letter-reason")).toMatch(
      /^undecodable: Can't decode message headers: .* nested deeper than 1000/,
    );
    expect(headersOf(dead).get("x-dead-letter-headers")?.includes(table(deep).subarray(4))).toBe(true);
    await waitUntil(() => reasons.length === 1, "the report");
    await waitUntil(async () => (await depth("celery")) === 0, "the good one");
  });

  it("that do not fit beside those of a dead letter loses the largest of them, and says so", async () => {
    await startWorker((app) => app.task("fail", fail), {}, { deadLetter: "publish" });
    const { frameMax } = raw.current;
    const small: Fields = [["small", field.L(5n)]];
    await send("fail", [["large", field.S("x".repeat(frameMax - 400))], ...small]);
    const dead = await next("celery-dlq");
    expect(headersOf(dead).has("large")).toBe(false);
    expect(hexIn(dead, small)).toEqual(hex(await passed(small)));
    expect(headersOf(dead).get("x-dead-letter-omitted")).toEqual(field.A([field.S("large")]));
    expect(textIn(dead, "x-dead-letter-reason")).toBe("RangeError: no");
  });

  it("that do not fit into the message of a retry are said to be the reason of its dead letter", async () => {
    await startWorker((app) => app.task("again", (ctx) => ctx.retry({ countdown: 0 })), {}, { deadLetter: "publish" });
    await send("again", [["large", field.S("x".repeat(raw.current.frameMax - 250))]]);
    expect(textIn(await next("celery-dlq"), "x-dead-letter-reason")).toMatch(
      /the retry could not be published: .* take \d+ bytes, and the broker takes \d+ \(frame_max\)/,
    );
  });
});

describe("headers that the broker acts upon", () => {
  const DEATH = field.A([
    field.F([
      ["queue", field.S("celery")],
      ["count", field.l(3n)],
      ["reason", field.S("expired")],
    ]),
  ]);
  const ACTED_UPON: Fields = [
    ["CC", field.A([field.S("celery"), field.S("copies")])],
    ["x-death", DEATH],
    ["x-first-death-queue", field.S("celery")],
    ["x-delay", field.I(5000)],
    ["x-deduplication-header", field.S("k")],
    ["x-delivery-count", field.l(2n)],
  ];

  it("are kept by a dead letter where the broker does not look, and by no retry", async () => {
    await raw.current.declare("copies");
    await startWorker((app) => app.task("again", again), {}, { deadLetter: "publish" });
    const federated: Fields = [["x-received-from", field.A([field.F([["uri", field.S("amqp://a")]])])]];
    const more = { priority: 3, expiration: "600000" };
    await send("again", [...ACTED_UPON, ...federated, ["x-tenant", field.L(5n)]], more);
    const dead = await next("celery-dlq");
    const headers = headersOf(dead);
    expect([...headers.keys()].filter((name) => /^(CC|BCC|x-(?!dead-letter))/.test(name))).toEqual(["x-tenant"]);
    expect(["x-tenant", headers.get("x-tenant")]).toEqual((await passed([["x-tenant", field.L(5n)]]))[0]);
    expect(headers.get("x-dead-letter-priority")).toEqual(field.I(3));
    expect(headers.get("x-dead-letter-withheld")).toEqual(field.F(federated));
    // Neither a priority nor a time to live.
    expect(dead.properties.readUInt16BE(0) & (0x0800 | 0x0100)).toBe(0);
    // The first message was copied, as its sender wanted; its second attempt and its dead letter were not.
    expect([await raw.current.get("copies"), await raw.current.get("copies")]).toEqual([expect.anything(), null]);
    expect(await raw.current.get("celery-dlq")).toBeNull();
  });

  it("of a message that never ran are all in its dead letter", async () => {
    await startWorker((app) => app.task("good", () => 1), {}, { deadLetter: "publish" });
    await send("unknown.task", ACTED_UPON.slice(1));
    const dead = await next("celery-dlq");
    const withheld = fieldsOf(headersOf(dead).get("x-dead-letter-withheld")?.subarray(1) ?? table([]));
    expect(withheld).toEqual(new Map((await passed(ACTED_UPON.slice(1))) as [string, Buffer][]));
  });
});
