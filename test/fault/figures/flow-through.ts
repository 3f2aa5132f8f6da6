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
  readonly perSecond?: number;
  readonly rabbitmqSettings?: readonly string[];
  /** The database of the jobs, when it is not the services' own. */
  readonly database?: (services: Services) => Promise<string>;
}

/** Messages of before the fault, and of after it. */
const AROUND_SECONDS = 4;

/** Two workers and jobs at a steady pace before, in and after the fault. @returns their figures; recovery from the fault's end */
export async function flowThrough(
  stage: Stage,
  { holdMs, stops, perSecond = 20, rabbitmqSettings, database }: FlowOptions,
  prepare: (scene: Scene) => Promise<PassingFault> | PassingFault,
): Promise<Figures> {
  const services = await stage.services({
    rabbitmq: true,
    postgres: true,
    ...(rabbitmqSettings === undefined ? {} : { rabbitmqSettings }),
  });
  const databaseUrl = (await database?.(services)) ?? services.databaseUrl;
  const flow = await JobFlow.open(stage, {
    databaseUrl,
    brokerUrls: [services.brokerUrl],
    managementUrls: [services.managementUrl],
  });
  const fault = await prepare({ stage, services, flow });
  const env = { CELERY_BROKER_URL: services.brokerUrl, DATABASE_URL: flow.workerDatabaseUrl, ...fault.env };
  for (let count = 0; count < 2; count++) stage.worker({ ...env, CELERY_WORKER_CONCURRENCY: "2" });
  const ids = await flow.insert(Math.ceil((2 * AROUND_SECONDS + holdMs / 1000) * perSecond));
  const sending = flow.send(ids, perSecond);
  await flow.reach(AROUND_SECONDS * perSecond * 0.8);
  const beganAt = Date.now();
  await fault.begin();
  await delay(holdMs);
  await fault.end();
  const endedAt = Date.now();
  const recoverySeconds = await flow.nextAfter(endedAt);
  const pause = await flow.longestPause(beganAt, endedAt);
  if (stops && pause * 1000 < holdMs / 2) throw new Error(`the fault stopped nothing: longest pause ${pause} s`);
  await sending;
  await flow.end(120_000);
  return await flow.figures(recoverySeconds);
}
