import { EventEmitter } from "node:events";
import { Celery, type QueueDefinition, type Tracing, type Worker, type WorkerOptions } from "../celery/index.js";
import { type HttpServer, startHttpServer } from "../http/server.js";
import { countJobs } from "../jobs/census.js";
import { openDatabase } from "../jobs/database.js";
import { DatabaseWatch } from "../jobs/database-watch.js";
import { JobRepository } from "../jobs/repository.js";
import { Outage } from "../postgres/outage.js";
import type { JobKind, WarmUpServices } from "../tasks/job-kind.js";
import { refusedJobs } from "../tasks/refused-job.js";
import { celerySettings } from "./celery-settings.js";
import { type Config, requireDatabaseUrl } from "./config/config.js";
import { JOB_KINDS, taskNames } from "./job-kinds.js";
import { createLogger } from "./log.js";

/** What the command line may change. */
export type PloSolverOptions = WorkerOptions & {
  readonly logLevel?: string;
  /** JSON lines go to this file instead of standard output. */
  readonly logFile?: string;
};

/** The PLOSolver worker, assembled and not yet started. */
export interface PloSolver {
  readonly app: Celery;
  readonly worker: Worker;
  start(): Promise<void>;
  /** After {@link start}: resolves once threads and tables are warm, or could not be warmed. */
  warm(): Promise<void>;
  /** @param deadlineSeconds how long running tasks may take; default: the configuration's */
  stop(deadlineSeconds?: number | null): Promise<void>;
}

/** Composition root: builds every object that lives as long as the process. */
export async function createPloSolver(
  config: Config,
  { logLevel, logFile, ...options }: PloSolverOptions = {},
): Promise<PloSolver> {
  const log = createLogger(
    logLevel === undefined ? config.log : { ...config.log, level: logLevel as Config["log"]["level"] },
    logFile,
  );
  for (const warning of config.warnings) log.warn(warning);
  const shutdown = new AbortController();
  const database = openDatabase({
    url: requireDatabaseUrl(config),
    poolSize: config.database.poolSize,
    connectTimeoutSeconds: config.database.connectTimeoutSeconds,
    statementTimeoutSeconds: config.database.statementTimeoutSeconds,
    onConnectionError: (error) => log.warn({ reason: error.message }, "a database connection was lost"),
  });
  const tracing = await findTracing();
  const app = new Celery("plosolver_backend", {
    ...celerySettings(config),
    log,
    ...(tracing === null ? {} : { tracing }),
  });
  const outage = new Outage(log);
  const watch = new DatabaseWatch(database, outage);
  const repository = new JobRepository(database);
  const claims = new EventEmitter<{ first: [jobType: string, waitedSeconds: number] }>();
  const settings = {
    repository,
    log,
    outage,
    staleAfterSeconds: config.jobs.staleAfterSeconds,
    arrivalTimeoutSeconds: config.jobs.arrivalTimeoutSeconds,
    shutdownSignal: shutdown.signal,
    onFirstClaim: (jobType: string, waitedSeconds: number) => claims.emit("first", jobType, waitedSeconds),
  };
  const jobs = await Promise.all(JOB_KINDS.map(async (kind: JobKind) => ({ kind, work: await kind.load() })));
  for (const { kind, work } of jobs) {
    const { slotGroup } = kind;
    const given = { ...settings, ...(slotGroup === undefined ? {} : { slotGroup }) };
    const services = {
      database,
      outage,
      slots: () => worker.slots.groups.get(slotGroup ?? "")?.limit ?? 1,
      threads: () => worker.slots.limit,
      solverMemoryMebibytes: config.worker.solverMemoryMebibytes,
      solverCheckpoints: config.worker.solverCheckpoints,
    };
    const task = work.task(given, services);
    for (const name of taskNames(kind)) app.task(name, task.options, task.handler);
    for (const [name, part] of Object.entries(work.parts?.(given, services) ?? {}))
      app.task(name, part.options, part.handler);
  }
  const worker: Worker = app.worker({ queues: queuesOf(config), onRefused: refusedJobs(settings), ...options });
  let http: HttpServer | null = null;
  let warming: Promise<unknown> = Promise.resolve();
  return {
    app,
    worker,
    async start() {
      http = await startHttpServer({
        worker,
        database: watch,
        resultTrouble: () => worker.resultTrouble,
        queueSizes: () => worker.queueSizes(),
        jobs: JOB_KINDS,
        census: (statuses) => countJobs(database, statuses),
        onFirstClaim: (listener) => claims.on("first", listener),
        ...config.http,
      });
      const { url, metricsUrl } = http;
      log.info({ url, ...(metricsUrl === null ? {} : { metricsUrl }) }, "health endpoints are open");
      // A database that is away is told at once, not when the first job needs it.
      void watch.look();
      await worker.start();
      // The start does not wait for it: a job that comes meanwhile has its turn beside it.
      const { signal } = shutdown;
      const compute: WarmUpServices["compute"] = (kernel, input) => worker.compute(kernel, input, { signal });
      warming = Promise.all(
        jobs.map(({ work }) =>
          work
            .warmUp?.({ compute, signal })
            .catch((error: unknown) => log.debug({ err: error }, "the threads are not warm")),
        ),
      );
    },
    async warm() {
      await warming;
    },
    async stop(deadlineSeconds) {
      await worker.stop(deadlineSeconds);
      shutdown.abort(new Error("the worker stops"));
      await app.close();
      watch.stop();
      await database.destroy();
      await http?.close();
    },
  };
}

/** Where OpenTelemetry's API keeps the SDK that a program has loaded. */
const OPENTELEMETRY = Symbol.for("opentelemetry.js.api.1");

/** Tasks are traced when an SDK was loaded before, as by `NODE_OPTIONS=--import ./tracing.mjs`. */
async function findTracing(): Promise<Tracing | null> {
  if (!(OPENTELEMETRY in globalThis)) return null;
  const { openTelemetry } = await import("../celery/opentelemetry.js");
  return openTelemetry();
}

function queuesOf({ topology }: Config): QueueDefinition[] {
  const { mainExchange } = topology;
  return topology.queues.map(({ name }) => ({
    name,
    ...(mainExchange === null ? {} : { bindings: [{ exchange: mainExchange, routingKey: name }] }),
  }));
}
