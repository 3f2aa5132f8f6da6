import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import { inspect } from "node:util";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findPython } from "../../scripts/local/provision.js";
import { Celery, type TaskContext } from "../../src/celery/index.js";
import { Decimal } from "../../src/celery/protocol/typed-values.js";
import { runBuiltCelery } from "../support/celery-command.js";
import { useBareClient, useWorkers } from "../support/celery-worker.js";
import { useVhost } from "../support/services.js";
import { waitUntil } from "../support/wait-until.js";

const SCRIPT = fileURLToPath(new URL("../support/python/amqp_fields.py", import.meta.url));
const EMBED = { callbacks: null, errbacks: null, chain: null, chord: null };
/** What the headers of the script are here. */
const VALUES = {
  own_text: "ä😀",
  own_bytes: Buffer.from([0, 255]),
  own_true: true,
  own_int: -70_000,
  own_long: 1_795_691_318_276,
  own_least: -(2n ** 63n),
  own_float: 1e308,
  own_time: new Date("2026-11-23T20:05:04Z"),
  own_none: null,
  own_list: [1, 2 ** 40, "x", null, [true], { deep: 2n ** 62n }],
  own_dict: { empty: {}, list: [], n: 2 ** 33, f: 2 },
};

const vhost = useVhost();
const bare = useBareClient(() => vhost.url);
const startWorker = useWorkers(() => vhost.url);
let python = "";
beforeAll(async () => {
  python = (await findPython(["kombu"])) ?? "";
});

interface Read {
  readonly changed: Readonly<Record<string, string>>;
  readonly properties: Readonly<Record<string, string>>;
}

function kombu<Answer>(command: object): Answer {
  const { stdout, stderr, status } = spawnSync(python, [SCRIPT, vhost.url], {
    input: JSON.stringify(command),
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Answer;
}

const publish = (exchange: string, routing_key: string, body: unknown, headers: object = {}, properties: object = {}) =>
  kombu<true>({ do: "publish", exchange, routing_key, body, headers, properties });

/** Sends a task whose headers hold a field of every type. @returns its id */
function sendTask(task: string): string {
  const id = randomUUID();
  const headers = { lang: "py", task, id, root_id: id, retries: 0 };
  publish("", "celery", [[], {}, EMBED], headers, { correlation_id: id, delivery_mode: 2 });
  return id;
}

/** What the broker itself changes on the way, as py-amqp reads it: RabbitMQ 4 writes `L` as `l`, which is unsigned there. */
async function changedByBroker(): Promise<Read["changed"]> {
  await bare.current.channel.assertQueue("passed");
  publish("", "passed", null);
  return (await waitUntil(() => kombu<Read | null>({ do: "read", queue: "passed" }), "the message")).changed;
}

describe("fields of every type that py-amqp writes", () => {
  it("reach a task and its next attempt, and its dead letter as they were", async () => {
    const seen: Readonly<Record<string, unknown>>[] = [];
    const again = (ctx: TaskContext): Promise<never> => {
      seen.push(ctx.request.headers);
      if (ctx.request.retries === 0) return ctx.retry({ countdown: 0 });
      throw new RangeError("no more");
    };
    const worker = await startWorker((app) => app.task("again", again), {}, { deadLetter: "publish" });
    const id = sendTask("again");
    await waitUntil(async () => {
      await bare.current.channel.assertQueue("celery-dlq");
      return (await bare.current.depth("celery-dlq")) === 1;
    }, "the dead letter");
    expect(seen).toHaveLength(2);
    for (const headers of seen) {
      const own = Object.fromEntries(Object.keys(VALUES).map((name) => [name, headers[name]]));
      expect(inspect(structuredClone(own))).toBe(inspect(structuredClone(VALUES)));
      expect(headers.own_decimal).toEqual(new Decimal("-1.1"));
    }
    await worker.stop(5);
    const env = { CELERY_BROKER_URL: vhost.url };
    const listed = await runBuiltCelery(["dlq", "list", "-Q", "celery-dlq"], env);
    expect(listed).toMatchObject({ code: 0, stderr: "", stdout: expect.stringContaining(id) });
    const shown = await runBuiltCelery(["dlq", "show", id, "-Q", "celery-dlq"], env);
    expect(shown.stdout).toContain('"own_least": -9223372036854775808');
    expect(await runBuiltCelery(["dlq", "retry", id, "-Q", "celery-dlq"], env)).toMatchObject({ code: 0, stderr: "" });
    expect(kombu<Read>({ do: "read", queue: "celery" }).changed).toEqual(await changedByBroker());
  });

  it("reach a dead letter of a task that nobody knows", async () => {
    const worker = await startWorker(() => undefined, {}, { deadLetter: "publish" });
    sendTask("nobody.knows");
    const dead = await waitUntil(() => kombu<Read | null>({ do: "read", queue: "celery-dlq" }), "the dead letter");
    expect(dead.changed).toEqual(await changedByBroker());
    await worker.stop(5);
  });

  it("beside a control command and an event disturb nobody", async () => {
    const hostname = "fields@test";
    await startWorker(() => undefined, { hostname });
    const sentAt = Date.now() / 1000;
    const event = { hostname: "python@test", utcoffset: 0, pid: 1, clock: 1, timestamp: sentAt, freq: 2 };
    for (const type of ["worker-online", "worker-heartbeat"])
      publish("celeryev", "worker.heartbeat", { ...event, type }, { hostname: "python@test" });
    const ticket = randomUUID();
    const reply_to = { exchange: "", routing_key: bare.current.replyQueue };
    const ping = { method: "ping", arguments: {}, destination: null, pattern: null, matcher: null, ticket, reply_to };
    publish("celery.pidbox", "", ping, { clock: 3, expires: sentAt + 60 });
    const replies = bare.current.states as unknown as Record<string, unknown>[];
    const reply = () => replies.find((state) => hostname in state);
    expect(await waitUntil(reply, "a reply")).toEqual({ [hostname]: { ok: "pong" } });
  });
});

describe("a result whose headers hold fields of every type", () => {
  let client: Celery;
  beforeAll(() => {
    client = new Celery("client", { broker: vhost.url, backend: "rpc://", log: pino({ level: "silent" }) });
  });
  afterAll(() => client.close());

  it("is read", async () => {
    await bare.current.channel.assertQueue("asked");
    const sent = await client.sendTask("ask", [], {}, { queue: "asked" });
    const asked = await waitUntil(() => kombu<Read | null>({ do: "read", queue: "asked" }), "the task");
    const result = { task_id: sent.id, status: "SUCCESS", result: 42, traceback: null, children: [] };
    publish("", asked.properties.reply_to ?? "", result, {}, { correlation_id: sent.id });
    expect(await sent.get({ timeout: 60 })).toBe(42);
  });
});
