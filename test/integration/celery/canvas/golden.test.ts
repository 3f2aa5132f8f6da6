import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Celery } from "../../../../src/celery/app.js";
import { chain, chord, group, type SignatureLike, type TaskContext } from "../../../../src/celery/index.js";
import { useBareClient, useWorkers } from "../../../support/celery-worker.js";
import { useRedis } from "../../../support/redis.js";
import { redisUrl, useDatabase, useVhost } from "../../../support/services.js";
import { waitUntil } from "../../../support/wait-until.js";
import { type Capture, rawMessage } from "../../../unit/celery/protocol/captures.js";
import { type Comparable, capture, fromCapture, fromMessage, withHeadersOf } from "./golden.js";

/** Messages that a real Celery published, against ours in the same situation. */
const vhost = useVhost();
const client = useBareClient(() => vhost.url);
const database = useDatabase();
const redis = useRedis();
const startWorker = useWorkers(() => vhost.url);
const log = pino({ level: "silent" });

async function published(count: number): Promise<Comparable[]> {
  const messages: Comparable[] = [];
  await waitUntil(async () => {
    messages.push(...(await client.current.drain("celery")).map(fromMessage));
    return messages.length >= count;
  }, `${count} messages`);
  return messages;
}

function expectSame(messages: readonly Comparable[], names: readonly string[]): void {
  const expected = names.map((name) => fromCapture(counted(capture(name))));
  expect(messages.map((message, index) => withHeadersOf(message, expected[index] ?? message))).toEqual(expected);
}

/** Members of groups have counted since 5.3, and ours count for older peers too; a priority of none is 0. */
function counted(captured: Capture): Capture {
  const member = /-worker(\d)$/.exec(captured.name);
  const isOld = captured.name.startsWith("task-5.2.6-") && typeof captured.headers.group === "string";
  const group_index = isOld && member !== null ? Number(member[1]) - 1 : captured.headers.group_index;
  return {
    ...captured,
    properties: { priority: 0, ...captured.properties },
    headers: { ...captured.headers, group_index },
  };
}

describe("what our client sends", () => {
  const apps: Celery[] = [];
  const open = (settings: object = {}) => {
    const app = new Celery("golden", { broker: vhost.url, backend: "rpc://", log, ...settings });
    apps.push(app);
    return app;
  };
  let app: Celery;
  beforeAll(async () => {
    app = open();
    await client.current.channel.assertQueue("celery", { durable: true });
  });
  afterAll(() => Promise.all(apps.map((each) => each.close())));
  const s = (name: string, ...args: unknown[]) => app.signature(`t.${name}`, args);
  const si = (name: string, ...args: unknown[]) => app.signature(`t.${name}`, args, {}, { immutable: true });

  const cases: Record<string, () => SignatureLike> = {
    chain_first: () =>
      chain(s("add", 1, 2), s("add", 3), s("add", 4).set({ queue: "spot_simulation", priority: 3 })).linkError(
        s("onerr_old"),
      ),
    chain_immutable: () => chain(s("add", 1, 2), si("add", 3, 4)),
    chain_failing: () => chain(s("fail"), s("add", 1), s("add", 2)).linkError(s("onerr_old")),
    link_and_link_error: () => s("add", 1, 2).link(s("add", 10)).linkError(s("onerr_old")).linkError(s("onerr_new")),
    link_two: () => s("add", 1, 2).link(s("add", 10)).link(si("echo", "imm")),
    link_group: () => s("add", 1, 2).link(group(s("add", 5), s("add", 6))),
    link_chain: () => s("add", 1, 2).link(chain(s("add", 5), s("add", 6))),
  };
  const names = Object.keys(cases);

  it.each(names)("%s is what Celery 5.6 sends", async (name) => {
    await app.apply(cases[name]?.() as SignatureLike);
    expectSame(await published(1), [`task-5.6.2-${name}`]);
  });

  it.each(names)("%s is what Celery 5.2 sends", async (name) => {
    await app.apply(cases[name]?.() as SignatureLike);
    expectSame(await published(1), [`task-5.2.6-${name}`]);
  });

  it("group2: every member by itself", async () => {
    await app.apply(group(s("add", 1, 1), s("add", 2, 2)));
    expectSame(await published(2), ["task-5.6.2-group2", "task-5.6.2-group2-producer2"]);
  });

  it("chunks: a starmap for each part", async () => {
    await app.apply({
      task: "celery.chunks",
      args: [],
      kwargs: {
        task: s("add").toJSON(),
        it: [
          [1, 2],
          [3, 4],
          [5, 6],
        ],
        n: 2,
      },
      options: {},
      subtask_type: null,
      immutable: true,
    });
    expectSame(await published(2), ["task-5.6.2-chunks", "task-5.6.2-chunks-producer2"]);
  });

  it("tg_first: a chain that ends in a group", async () => {
    await app.apply(chain(s("add", 1, 1), group(s("add", 10), s("add", 20))));
    expectSame(await published(1), ["task-5.6.2-tg_first"]);
  });

  it("stamped tasks and chains", async () => {
    await app.apply(s("add", 1, 1).stamp({ stampA: "v1", stampB: [1, 2] }));
    expectSame(await published(1), ["task-5.6.2-stamped"]);
    await app.apply(chain(s("add", 1, 1), s("add", 2)).stamp({ monitoring_id: "m-1", tags: ["a", "b"] }));
    expectSame(await published(1), ["task-5.6.2-stamped_chain_first"]);
  });

  it("protocol 1: a chain by callbacks in callbacks", async () => {
    await open({ taskProtocol: 1 }).apply(chain(s("add", 1, 2), s("add", 3)));
    expectSame(await published(1), ["task-5.6.2-proto1_chain_first"]);
  });

  it("chords on redis://, and a chain that becomes one", async () => {
    const redis = open({ backend: redisUrl() });
    await redis.apply(chord([s("add", 1, 1), s("add", 2, 2)], s("xsum")));
    expectSame(await published(2), ["task-5.6.2-chord_hdr", "task-5.6.2-chord_hdr-producer2"]);
    await redis.apply(chord([s("add", 1, 1), s("fail")], s("xsum").linkError(s("onerr_old"))));
    expectSame(await published(2), ["task-5.6.2-cerr_hdr", "task-5.6.2-cerr_hdr-producer2"]);
    await redis.apply(chain(s("add", 1, 1), group(s("add", 10), s("add", 20)), s("xsum"), s("add", 5)));
    expectSame(await published(1), ["task-5.6.2-chain_group_sum"]);
  });

  it("a chord on db+postgresql:// by celery.chord_unlock", async () => {
    const stored = open({ backend: `db+${database.url}` });
    await stored.apply(chord([s("add", 1, 1), s("add", 2, 2)], s("xsum")));
    const [unlock] = await published(3);
    expectSame(unlock === undefined ? [] : [unlock], ["task-5.6.2-chord_unlock-producer"]);
  });
});

describe("what our worker sends after a captured message", () => {
  const define = (app: Celery) => {
    app.task("t.add", (_: TaskContext, x: number, y: number) => x + y);
    app.task("t.xsum", (_: TaskContext, numbers: number[]) => numbers.reduce((sum, x) => sum + x, 0));
    app.task("t.echo", (_: TaskContext, x: unknown) => x);
    app.task("t.fail", () => {
      throw new Error("boom");
    });
    app.task("t.onerr_new", (_: TaskContext, __: unknown, ___: unknown, ____: unknown) => undefined);
    app.task("t.children", async (ctx: TaskContext) => {
      await ctx.sendTask("t.add", [1, 1]);
      return "parent";
    });
    app.task("t.replace", async (ctx: TaskContext) => ctx.replace(app.signature("t.add", [5, 6])));
  };
  const start = (settings: object = {}) => startWorker(define, { queues: ["golden"] }, settings);

  async function feed(...captured: Capture[]): Promise<void> {
    await client.current.channel.assertQueue("celery", { durable: true });
    for (const message of captured) {
      const { correlation_id, reply_to, content_type, content_encoding, priority } = message.properties;
      await client.current.publish("golden", rawMessage(message).body, {
        headers: integers(message.headers) as Record<string, unknown>,
        correlationId: String(correlation_id),
        replyTo: String(reply_to),
        contentType: String(content_type),
        contentEncoding: String(content_encoding),
        priority: Number(priority ?? 0),
      });
    }
  }

  const worker = { "5.6.2": 1, "5.2.6": 1 };
  const followUps: Record<string, number> = {
    chain_first: 1,
    chain_immutable: 1,
    chain_failing: 1,
    fail_errbacks: 1,
    link_and_link_error: 1,
    link_two: 2,
    link_group: 2,
    link_chain: 1,
    children: 1,
    proto1_link: 1,
    proto1_chain_first: 1,
  };

  it.each(Object.keys(worker))("follow-ups are those of Celery %s", async (version) => {
    await start();
    for (const [name, count] of Object.entries(followUps)) {
      await feed(capture(`task-${version}-${name}`));
      const names = Array.from({ length: count }, (_, index) => `task-${version}-${name}-worker${index + 1}`);
      expectSame(await published(count), names);
    }
    await feed(capture(`task-${version}-link_chain-worker1`));
    expectSame(await published(1), [`task-${version}-link_chain-worker2`]);
  });

  it("members of a group at the end of a chain, stamped steps", async () => {
    await start();
    await feed(capture("task-5.6.2-tg_first"));
    expectSame(await published(2), ["task-5.6.2-tg-worker1", "task-5.6.2-tg-worker2"]);
    await feed(capture("task-5.6.2-stamped_chain_first"));
    expectSame(await published(1), ["task-5.6.2-stamped_chain_last-worker1"]);
  });

  it("a chord in a chain, from its header to the step after its body", async () => {
    await start({ backend: redisUrl() });
    const scenario = "task-5.6.2-chain_group_sum";
    await feed(capture(scenario));
    expectSame(await published(2), [`${scenario}-worker1`, `${scenario}-worker2`]);
    await feed(capture(`${scenario}-worker1`));
    await recordedParts("cecafb9b-40b5-4db6-b8a4-f559c4a11147", 1);
    await feed(capture(`${scenario}-worker2`));
    expectSame(await published(1), [`${scenario}-worker3`]);
    await feed(capture(`${scenario}-worker3`));
    expectSame(await published(1), [`${scenario}-worker4`]);
  });

  it("the body of a chord, and the errbacks of one whose header failed", async () => {
    await start({ backend: redisUrl() });
    for (const [scenario, group] of [
      ["chord", "416da9bd-bf3c-4e07-9c1d-e24cba2ada89"],
      ["cerr", "829dea3e-9a4d-4bb4-ac8f-6ec0f526586d"],
    ] as const) {
      const header = [capture(`task-5.6.2-${scenario}_hdr`), capture(`task-5.6.2-${scenario}_hdr-producer2`)] as const;
      await redis.current.set(`celery-taskset-meta-${group}.s`, "2");
      await feed(header[0]);
      await recordedParts(group, 1);
      await feed(header[1]);
      expectSame(await published(1), [`task-5.6.2-${scenario}_body-worker1`]);
    }
  });

  async function recordedParts(group: string, count: number): Promise<void> {
    const key = `celery-taskset-meta-${group}.j`;
    await waitUntil(async () => (await redis.current.zCard(key)) === count, `${count} parts of ${group}`);
  }

  it("replaces a task; its result goes to the caller, where Celery's goes to nobody", async () => {
    await start();
    const replaced = capture("task-5.6.2-replace");
    await feed(replaced);
    const golden = capture("task-5.6.2-replace-worker1");
    const expected = fromCapture({
      ...golden,
      properties: { ...golden.properties, reply_to: replaced.properties.reply_to },
    });
    const messages = await published(1);
    expect(messages.map((message) => withHeadersOf(message, expected))).toEqual([expected]);
  });
});

/** Python sends integers as 32 bits; amqplib would send small ones as types that are not the same. */
function integers(value: unknown): unknown {
  if (typeof value === "number" && Number.isInteger(value)) return { "!": "int", value };
  if (Array.isArray(value)) return value.map(integers);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, integers(item)]));
}
