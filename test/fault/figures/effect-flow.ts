import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { createClient } from "redis";
import type { Services } from "../../../scripts/local/services.js";
import { BareClient } from "../../support/celery-worker.js";
import { waitUntil } from "../../support/wait-until.js";
import type { WorkerProcess } from "../../support/worker-process.js";
import type { Figures, Measure } from "./fault-case.js";
import { leftOver, versionOf } from "./left-over.js";
import { Pinger } from "./pinger.js";
import type { Stage } from "./stage.js";

const APP = `${fileURLToPath(new URL("../../fixtures/effects-app.mjs", import.meta.url))}:app`;
const QUEUE = "effects";
const BATCH = 500;
const QUIET_MS = 120_000;

const NO_HOSTILE: { readonly count: number; readonly dead: ReadonlyMap<string, number> } = {
  count: 0,
  dead: new Map(),
};

const open = (url: string) => createClient({ url }).connect();

/** Tasks of a few bytes, whose effects are counted in Redis. */
export class EffectFlow {
  #sent = 0;

  private constructor(
    private readonly stage: Stage,
    private readonly services: Services,
    private readonly client: BareClient,
    private readonly redis: Awaited<ReturnType<typeof open>>,
    readonly pinger: Pinger,
    private readonly worker: WorkerProcess,
  ) {}

  static async open(stage: Stage): Promise<EffectFlow> {
    const services = await stage.services({ rabbitmq: true, redis: true });
    const client = await BareClient.open(services.brokerUrl);
    stage.atEnd(() => client.close());
    await client.channel.assertQueue(QUEUE, { durable: true });
    const redis = await open(services.redisUrl);
    stage.atEnd(() => redis.destroy());
    const env = { CELERY_BROKER_URL: services.brokerUrl, EFFECTS_REDIS: services.redisUrl };
    const worker = stage.worker(env, ["-b", services.brokerUrl, "-c", "32", "-l", "error"], APP);
    const pinger = await Pinger.open(services.brokerUrl);
    stage.atEnd(() => pinger.close());
    await waitUntil(() => pinger.ask("ping", 1000).catch(() => null), "an answer of the worker");
    return new EffectFlow(stage, services, client, redis, pinger, worker);
  }

  /** Sends so many tasks, each confirmed. */
  async send(count: number, headers: Readonly<Record<string, unknown>> = {}): Promise<void> {
    for (const end = this.#sent + count; this.#sent < end; ) {
      const keys = Array.from({ length: Math.min(BATCH, end - this.#sent) }, () => this.#sent++);
      await Promise.all(
        keys.map((key) => this.client.send(QUEUE, "effect", [key], { ignore_result: true, ...headers })),
      );
    }
  }

  /** Waits until every task has had an effect, or none has had for two minutes: what is missing then is lost. */
  async end(): Promise<void> {
    for (let done = await this.effects(); done < this.#sent; done = await this.effects()) {
      try {
        const more = async () => (await this.effects()) > done;
        await waitUntil(more, "an effect of a task", QUIET_MS);
      } catch {
        this.stage.say(`${this.#sent - done} of ${this.#sent} tasks have no effect`);
        this.stage.sayWorkers();
        return;
      }
      await delay(100);
    }
  }

  /** Messages that wait in the queue and have been given to no worker. */
  depth(): Promise<number> {
    return this.client.depth(QUEUE);
  }

  /** Tasks that have had an effect. */
  effects(task: "effects" | "hostile" = "effects"): Promise<number> {
    return this.redis.hLen(task);
  }

  get brokerUrl(): string {
    return this.services.brokerUrl;
  }

  /** Resident memory of the worker, as the kernel counts it. */
  residentMegabytes(): number {
    const status = readFileSync(`/proc/${this.worker.child.pid}/status`, "utf8");
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
  }

  /** Ends the worker, and counts. @param hostile messages that are to have had an effect or to be a dead letter, and which are */
  async figures(measures: readonly Measure[], hostile = NO_HOSTILE): Promise<Figures> {
    const ended = await this.stage.endWorkers();
    if (this.stage.spoils) {
      await this.redis.hDel(QUEUE, "0");
      await this.redis.hIncrBy(QUEUE, "1", 1);
      await this.client.send(QUEUE, "spoiled");
    }
    const done = Object.entries(await this.redis.hGetAll(QUEUE)).map(([key, times]) => [key, Number(times)] as const);
    const counts = done.map(([, times]) => times);
    const ends = new Map(hostile.dead);
    for (const [id, times] of Object.entries(await this.redis.hGetAll("hostile"))) {
      const n = /\d+/.exec(id)?.[0] ?? id;
      ends.set(n, (ends.get(n) ?? 0) + Number(times));
    }
    for (const [id, times] of [...done, ...ends])
      if (times > 1)
        this.stage.say(`${id} ended ${times} times, ${hostile.dead.get(id) ?? 0} of them as a dead letter`);
    return {
      broker: await versionOf(this.services),
      jobs: this.#sent + hostile.count,
      lost: this.#sent - counts.length + hostile.count - ends.size,
      twice: [...counts, ...ends.values()].reduce((sum, times) => sum + times - 1, 0),
      leftOver: await leftOver(this.services),
      recoverySeconds: null,
      measures: [ended, ...measures],
    };
  }
}
