import { setTimeout as delay } from "node:timers/promises";
import type { Services } from "../../../scripts/local/services.js";
import type { Figures } from "./fault-case.js";
import { JobFlow } from "./job-flow.js";
import type { Stage } from "./stage.js";

/** What a fault needs to know. */
export interface Scene {
  readonly stage: Stage;
  readonly services: Services;
  readonly flow: JobFlow;
}

/** A fault that comes while jobs flow, lasts, and goes. */
export interface PassingFault {
  begin(): Promise<unknown> | unknown;
  end(): Promise<unknown> | unknown;
  /** Environment of the workers, beside broker and database. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface FlowOptions {
  /** How long the fault lasts. */
  readonly holdMs: number;
  /** Whether no job can be done meanwhile: a fault that has no effect shows nothing, and is an error of its case. */
  readonly stops: boolean;
  /** Whether jobs have to go on while the fault lasts: recovery is then the longest pause from its begin on. */
  readonly recoversMeanwhile?: boolean;
  readonly perSecond?: number;
  /** The database of the jobs, when it is not the services' own. */
  readonly database?: (services: Services) => Promise<string>;
}

const BEFORE_MS = 4000;
/** Enough jobs for so long, also on a machine that is busy. */
const LONGEST_SECONDS = 150;

/** Two workers and jobs at a steady pace before, in and after the fault. @returns their figures */
export async function flowThrough(
  stage: Stage,
  { holdMs, stops, recoversMeanwhile = false, perSecond = 10, database }: FlowOptions,
  prepare: (scene: Scene) => Promise<PassingFault> | PassingFault,
): Promise<Figures> {
  const services = await stage.services({ rabbitmq: true, postgres: true });
  const databaseUrl = (await database?.(services)) ?? services.databaseUrl;
  const flow = await JobFlow.open(stage, {
    databaseUrl,
    brokerUrls: [services.brokerUrl],
    managementUrls: [services.managementUrl],
  });
  const fault = await prepare({ stage, services, flow });
  const env = { CELERY_BROKER_URL: services.brokerUrl, DATABASE_URL: flow.workerDatabaseUrl, ...fault.env };
  for (let count = 0; count < 2; count++)
    stage.worker({ ...env, CELERY_WORKER_CONCURRENCY: "2" }, ["-n", `w${count}@%h`]);
  await flow.send(await flow.insert(2));
  await flow.reach(2);
  // Rows are made before, because the fault may be the database's.
  const ids = await flow.insert(LONGEST_SECONDS * perSecond);
  const over = new AbortController();
  const flowing = flow.sendFrom(ids, perSecond, over.signal);
  await delay(BEFORE_MS);
  const beginsAt = Date.now();
  await fault.begin();
  const beganAt = Date.now();
  await delay(holdMs);
  await fault.end();
  const endedAt = Date.now();
  const next = await flow.nextAfter(endedAt);
  over.abort();
  await flowing;
  await flow.withdraw(ids);
  const pause = await flow.longestPause(stops ? beganAt : beginsAt, endedAt);
  if (stops && pause * 1000 < holdMs / 3) throw new Error(`the fault stopped nothing: longest pause ${pause} s`);
  await flow.end();
  return await flow.figures(recoversMeanwhile ? Math.max(pause, next) : next);
}
