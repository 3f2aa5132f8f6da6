import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AppOptions, WorkerOptions } from "../../src/celery/app.js";
import type { Worker } from "../../src/celery/worker/worker.js";
import { DatabaseProbe } from "../../src/http/database-probe.js";
import { Health } from "../../src/http/health.js";
import { useBareClient, useWorkers } from "../support/celery-worker.js";
import { FaultyProxy } from "../support/proxy.js";
import { useVhost } from "../support/services.js";
import { waitUntil } from "../support/wait-until.js";
import { keptLog } from "../support/worker-log.js";

const vhost = useVhost();
const client = useBareClient(() => vhost.url);
let proxy: FaultyProxy;
let workerUrl: string;

beforeAll(async () => {
  const { hostname, port } = new URL(vhost.url);
  proxy = await FaultyProxy.open(hostname, Number(port));
});
afterAll(() => proxy.close());
const startWorker = useWorkers(() => proxy.through(workerUrl));

/** Something that stands in the way of dead letters; `clear` takes it away. */
interface Obstacle {
  readonly settings?: AppOptions;
  readonly reason: RegExp;
  clear(): Promise<void>;
}

const OBSTACLES: Record<string, (queue: string) => Promise<Obstacle>> = {
  "no permission to declare the queue": async () => {
    const account = await vhost.account({ configure: "^(?!.*-dlq$).*$" });
    workerUrl = account.url;
    return { reason: /ACCESS_REFUSED/, clear: () => account.permit({}) };
  },
  "no permission to write to the exchange": async (queue) => {
    const exchange = `${queue}-dead`;
    await client.current.channel.assertExchange(exchange, "direct");
    const account = await vhost.account({ write: `^(?!${exchange}$).*$` });
    workerUrl = account.url;
    return { settings: { deadLetterExchange: exchange }, reason: /ACCESS_REFUSED/, clear: () => account.permit({}) };
  },
  "a full queue that refuses": async (queue) => {
    await client.current.channel.assertQueue(`${queue}-dlq`, {
      arguments: { "x-max-length": 1, "x-overflow": "reject-publish" },
    });
    await client.current.publish(`${queue}-dlq`, Buffer.from("fills it"));
    return {
      reason: /refused a message for queue .*-dlq/,
      clear: async () => {
        await client.current.channel.deleteQueue(`${queue}-dlq`);
      },
    };
  },
  "a queue that is missing, where nothing may be declared": async (queue) => ({
    settings: { topologyMode: "passive" },
    reason: /no dead-letter queue .*-dlq, and topology mode passive declares nothing/,
    clear: async () => {
      await client.current.channel.assertQueue(`${queue}-dlq`);
    },
  }),
  "an exchange that is missing, where nothing may be declared": async (queue) => ({
    settings: { topologyMode: "passive", deadLetterExchange: `${queue}-dead` },
    reason: /no dead-letter exchange .*-dead with a binding for/,
    clear: async () => {
      await client.current.channel.assertQueue(`${queue}-dlq`);
      await client.current.channel.assertExchange(`${queue}-dead`, "direct");
      await client.current.channel.bindQueue(`${queue}-dlq`, `${queue}-dead`, `${queue}-dlq`);
    },
  }),
  "an exchange without a binding, where nothing may be declared": async (queue) => {
    await client.current.channel.assertExchange(`${queue}-dead`, "direct");
    await client.current.channel.assertQueue(`${queue}-dlq`);
    return {
      settings: { topologyMode: "passive", deadLetterExchange: `${queue}-dead` },
      reason: /no dead-letter exchange .*-dead with a binding for/,
      clear: async () => {
        await client.current.channel.bindQueue(`${queue}-dlq`, `${queue}-dead`, `${queue}-dlq`);
      },
    };
  },
};

interface Stage {
  readonly worker: Worker;
  readonly queue: string;
  readonly runs: string[];
  lines(text: string): readonly { readonly [field: string]: unknown }[];
  held(): number;
}

let stages = 0;

/** A worker in front of an obstacle, with a window of two messages. */
async function stage(obstacle: keyof typeof OBSTACLES, options: WorkerOptions = {}): Promise<Stage & Obstacle> {
  stages += 1;
  const queue = `stage-${stages}`;
  workerUrl = vhost.url;
  await client.current.channel.assertQueue(queue);
  const made = await (OBSTACLES[obstacle] as (typeof OBSTACLES)[string])(queue);
  const { log, lines } = keptLog();
  const runs: string[] = [];
  const worker = await startWorker(
    (app) => {
      app.task("good", (_ctx, n: number) => n);
      app.task("fails", (_ctx, name: string) => {
        runs.push(name);
        throw new Error(`${name} cannot be done`);
      });
    },
    { queues: [queue], concurrency: 1, prefetchMultiplier: 2, ...options },
    { deadLetter: "publish", log, ...made.settings },
  );
  return {
    ...made,
    worker,
    queue,
    runs,
    lines: (text) => lines.filter(({ msg }) => msg.includes(text)),
    held: () => worker.unsettled.reduce((sum, { count }) => sum + count, 0),
  };
}

const health = (worker: Worker) =>
  new Health(worker, new DatabaseProbe({ look: async () => null, trouble: null, waiting: 0 }), () => null);

const CANNOT = "a message cannot be settled";
const DONE = "that could not be settled (dead-letter) is done";
const JSON_TYPE = { contentType: "application/json", contentEncoding: "utf-8" } as const;

/** Six messages that become dead letters, of every kind: unreadable, of no known task, of a task that fails. */
async function sendBad(queue: string): Promise<void> {
  for (let n = 0; n < 2; n++) {
    await client.current.publish(queue, Buffer.from(`not JSON ${n}`), {
      ...JSON_TYPE,
      headers: { task: "good", id: `${n}` },
    });
    await client.current.send(queue, "nobody.knows", [n]);
    await client.current.send(queue, "fails", [`f${n}`]);
  }
}

async function sendGood(queue: string, count: number): Promise<void> {
  const ids = await Promise.all(Array.from({ length: count }, (_, n) => client.current.send(queue, "good", [n])));
  for (const [n, id] of ids.entries()) expect((await client.current.result(id)).result).toBe(n);
}

/** Messages in a queue, ready or not; undefined when there is no such queue. Asks in a way that closes no channel. */
const depthOf = async (queue: string) => ((await vhost.get("queues", queue)) as { messages?: number }).messages;

/** Everything is settled: each bad message once, in the dead letters. */
async function expectSettled(at: Stage): Promise<void> {
  await waitUntil(async () => ((await depthOf(`${at.queue}-dlq`)) ?? 0) >= 6, "six dead letters", 40_000);
  const dead = await client.current.drain(`${at.queue}-dlq`);
  expect(dead).toHaveLength(6);
  await waitUntil(() => at.held() === 0 && [...at.worker.requests].length === 0, "nothing that waits");
  await waitUntil(async () => (await depthOf(at.queue)) === 0, "an empty queue");
  expect(at.runs.sort()).toEqual(["f0", "f1"]);
  expect(await client.current.drain(`${at.queue}-dlq`)).toEqual([]);
}

describe.each(Object.keys(OBSTACLES))("dead letters before %s", (obstacle) => {
  it("wait outside the window, good jobs flow, each is named once and settled once", async () => {
    const at = await stage(obstacle);
    await sendBad(at.queue);
    await sendGood(at.queue, 20);
    await waitUntil(() => at.held() === 6, "six messages that wait");
    await sendGood(at.queue, 20);
    expect(at.worker.unsettled).toMatchObject([{ queue: at.queue, step: "dead-letter", count: 6 }]);
    expect(at.worker.unsettled[0]?.reason).toMatch(at.reason);
    const readiness = await health(at.worker).readiness();
    expect(readiness.reasons).toEqual([
      expect.stringMatching(`^queue ${at.queue}: 6 messages cannot be settled \\(dead-letter\\) since `),
    ]);
    expect(at.lines(CANNOT)).toHaveLength(6);
    // Longer than the first pauses: nothing goes round.
    await new Promise((resolve) => setTimeout(resolve, 2500));
    expect(at.lines(CANNOT)).toHaveLength(6);
    expect(at.held()).toBe(6);
    await at.clear();
    await expectSettled(at);
    expect((await health(at.worker).readiness()).reasons).toEqual([]);
    expect(at.lines(DONE)).toHaveLength(6);
    expect(at.worker.isConnected).toBe(true);
  });
});

describe("dead letters that wait", () => {
  it("outlast lost connections: no task runs again, and none is published twice (10 cuts)", async () => {
    const at = await stage("a full queue that refuses");
    await sendBad(at.queue);
    await waitUntil(() => at.held() === 6, "six messages that wait");
    for (let cut = 0; cut < 10; cut++) {
      proxy.cut();
      await waitUntil(() => at.worker.consumers.every(({ confirmed }) => confirmed), "a consumer");
      await new Promise((resolve) => setTimeout(resolve, cut * 30));
    }
    await sendGood(at.queue, 10);
    // Cut off before its answer came, one may be told of twice.
    await waitUntil(() => at.held() === 6, "the same six");
    expect(at.runs.sort()).toEqual(["f0", "f1"]);
    await at.clear();
    await expectSettled(at);
  });

  it("go back with their channel when the worker stops, once, and it does not wait for them", async () => {
    const at = await stage("a full queue that refuses");
    await sendBad(at.queue);
    await waitUntil(() => at.held() === 6, "six messages that wait");
    const startedAt = performance.now();
    await at.worker.stop(60);
    expect(performance.now() - startedAt).toBeLessThan(30_000);
    await waitUntil(async () => (await client.current.depth(at.queue)) === 6, "six messages in the queue");
    expect(await client.current.depth(`${at.queue}-dlq`)).toBe(1);
    expect(at.lines(DONE)).toEqual([]);
    await at.clear();
    await client.current.drain(at.queue);
  });
});
