import { readFileSync } from "node:fs";
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

  /** Waits until every task has had an effect, or the time is over: what is missing then is lost. */
  async end(timeoutMs: number): Promise<void> {
    const all = async () => (await this.redis.hLen(QUEUE)) >= this.#sent;
    await waitUntil(all, "an effect of every task", timeoutMs).catch((error: Error) => this.stage.say(error.message));
  }

  /** Messages that wait in the queue and have been given to no worker. */
  depth(): Promise<number> {
    return this.client.depth(QUEUE);
  }

  effects(): Promise<number> {
    return this.redis.hLen(QUEUE);
  }

  /** Resident memory of the worker, as the kernel counts it. */
  residentMegabytes(): number {
    const status = readFileSync(`/proc/${this.worker.child.pid}/status`, "utf8");
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
  }

  /** Ends the worker, and counts. */
  async figures(measures: readonly Measure[]): Promise<Figures> {
    const ended = await this.stage.endWorkers();
    if (this.stage.spoils) {
      await this.redis.hDel(QUEUE, "0");
      await this.redis.hIncrBy(QUEUE, "1", 1);
      await this.client.send(QUEUE, "spoiled");
    }
    const counts = await this.redis.hVals(QUEUE);
    return {
      broker: await versionOf(this.services),
      jobs: this.#sent,
      lost: this.#sent - counts.length,
      twice: counts.reduce((sum, count) => sum + Number(count) - 1, 0),
      leftOver: await leftOver(this.services),
      recoverySeconds: null,
      measures: [ended, ...measures],
    };
  }
}
