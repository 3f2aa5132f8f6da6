import { setTimeout as delay } from "node:timers/promises";
import { type Fields, field, nested, table } from "../../../support/amqp-bytes.js";
import { hostileBody } from "../../../support/hostile/bodies.js";
import { Seeded } from "../../../support/hostile/random.js";
import { RawAmqp } from "../../../support/raw-amqp.js";
import { EffectFlow } from "../effect-flow.js";
import type { FaultCase, Figures } from "../fault-case.js";
import type { Stage } from "../stage.js";

const COUNT = 100_000;
/** A good message after so many hostile ones. */
const GOOD_EVERY = 20;
const DEAD = "effects-dlq";
/** Longer than the worker needs for what it has taken ahead. */
const QUIET_MS = 60_000;
const PING_MS = 1000;

/** A field of any type with any value that RabbitMQ lets in: it takes no infinite float. */
function anyField(random: Seeded, depth = 0): Buffer {
  const n = random.below(2 ** 31);
  const big = BigInt(n) * BigInt(random.below(2 ** 31)) - 2n ** 61n;
  const text = "é😀\u0000x".repeat(random.below(60));
  const makers: readonly (() => Buffer)[] = [
    () => field.t(n % 2),
    () => field.b(n),
    () => field.B(n),
    () => field.s(n),
    () => field.u(n),
    () => field.I(n),
    () => field.i(n),
    () => field.l(big),
    () => field.L(big),
    () => field.f(n / 7),
    () => field.d(random.pick([1e308, 5e-324, -0, n, n / 3])),
    () => field.D(random.below(256), n),
    () => field.S(text),
    () => field.S(Buffer.from([0xff, 0xfe, 0x00])),
    () => field.x(Buffer.alloc(random.below(300), n)),
    () => field.T(big < 0n ? -big : big),
    () => field.V(),
    () => nested(random.below(30)),
    () => field.A(depth > 2 ? [] : Array.from({ length: random.below(5) }, () => anyField(random, depth + 1))),
    () => field.F(depth > 2 ? [] : anyFields(random, depth + 1)),
  ];
  return random.pick(makers)();
}

/** Names that mean something to a worker, to a broker or to JavaScript. */
const NAMES = [
  ...["lang", "root_id", "parent_id", "group", "eta", "expires", "retries", "timelimit", "argsrepr", "kwargsrepr"],
  ...["origin", "shadow", "stamps", "stamped_headers", "ignore_result", "replaced_task_nesting", "compression"],
  ...["x-death", "x-delay", "CC", "BCC", "__proto__", "constructor", "toString", "", "x".repeat(200)],
];

function anyFields(random: Seeded, depth = 0): Fields {
  return Array.from({ length: random.below(6) }, () => [random.pick(NAMES), anyField(random, depth)] as const);
}

/** An eta that is understood would only be waited for, and an expired task is thrown away as it should be. */
const WAITING = new Set(["eta", "expires", "x-delay", "CC", "BCC"]);

async function sendHostile(raw: RawAmqp, n: number): Promise<void> {
  const { body, contentType, contentEncoding, compression } = hostileBody(n);
  const random = new Seeded(n + 7);
  const others = anyFields(random).filter(([name]) => !WAITING.has(String(name)));
  const own: Fields = [
    ["task", field.S("hostile")],
    ["id", field.S(`hostile-${n};`)],
    ...(compression === null ? [] : ([["compression", field.S(compression)]] as const)),
  ];
  const names = new Set(own.map(([name]) => name));
  const headers = table([...others.filter(([name]) => !names.has(name)), ...own]);
  await raw.publish("effects", { contentType, contentEncoding, headers, deliveryMode: 2 }, body);
}

/** Which hostile messages have become dead letters, and how often. Read as bytes: no client could read all of their headers. */
async function takeDead(raw: RawAmqp, dead: Map<string, number>): Promise<number> {
  let taken = 0;
  for (let letter = await raw.get(DEAD); letter !== null; letter = await raw.get(DEAD)) {
    const id = /hostile-(\d+);/.exec(letter.properties.toString("latin1"))?.[1] ?? "?";
    dead.set(id, (dead.get(id) ?? 0) + 1);
    taken += 1;
  }
  return taken;
}

async function hostile(stage: Stage): Promise<Figures> {
  const count = stage.some(COUNT);
  const flow = await EffectFlow.open(stage);
  const [sender, reader] = [await RawAmqp.open(flow.brokerUrl), await RawAmqp.open(flow.brokerUrl)];
  stage.atEnd(() => {
    sender.close();
    reader.close();
  });
  await reader.declare(DEAD);
  const dead = new Map<string, number>();
  const over = new AbortController();
  const pinging = flow.pinger.pingUntil(over.signal, 500);
  for (let n = 0; n < count; n++) {
    await sendHostile(sender, n);
    if (n % GOOD_EVERY === 0) await flow.send(1);
    if (n % 200 === 0) {
      await takeDead(reader, dead);
      // So that the broker's memory, and not the worker, stays out of the figures.
      while ((await flow.depth()) > 500) await delay(50);
    }
    if (n % 10_000 === 0) stage.say(`${n} hostile messages, ${dead.size} of them dead letters`);
  }
  await flow.end();
  let seen = -1;
  for (let quietAt = Date.now() + QUIET_MS; Date.now() < quietAt; await delay(200)) {
    await takeDead(reader, dead);
    const ended = dead.size + (await flow.effects("hostile"));
    if (ended >= count && (await flow.depth()) === 0) break;
    if (ended !== seen) quietAt = Date.now() + QUIET_MS;
    seen = ended;
  }
  over.abort();
  const pings = await pinging;
  return await flow.figures([{ what: "slowest ping", value: Math.max(...pings), atMost: PING_MS, unit: "ms" }], {
    count,
    dead,
  });
}

export const hostiles: readonly FaultCase[] = [
  {
    name: "hostile",
    about: `${COUNT} messages of every field type, header and body: each is run once or is one dead letter; good ones between them`,
    set: "full",
    recoverWithin: null,
    deadline: 3600,
    run: hostile,
  },
];
