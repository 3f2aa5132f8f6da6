import type { Celery, WorkerOptions } from "../celery/app.js";
import type { SettingsInput } from "../celery/settings.js";
import { expandNodename } from "../celery/worker/nodename.js";
import type { Worker } from "../celery/worker/worker.js";
import { type Config, loadConfig } from "../config.js";
import { isReadable } from "../log.js";
import { createPloSolver } from "../main.js";
import { loadApp, parseAppReference } from "./app-loader.js";
import { startupBanner } from "./banner.js";
import { CliError, EXIT_USAGE } from "./globals.js";
import { plural } from "./output.js";
import { createPidFile } from "./pid-file.js";
import type { WorkerFlags } from "./worker-flags.js";

/** A program that runs until it is stopped. */
interface Program {
  readonly app: Celery;
  readonly worker: Worker;
  start(): Promise<void>;
  stop(deadlineSeconds?: number | null): Promise<void>;
}

/**
 * Builds the program that `-A` names and runs it until SIGTERM, SIGINT or a remote shutdown; a second signal, or
 * SIGQUIT, does not wait for tasks.
 */
export async function runWorker(flags: WorkerFlags): Promise<void> {
  const nodename = expandNodename(flags.hostname);
  if (flags.pidfile !== undefined) createPidFile(expandPath(flags.pidfile, nodename));
  const program = await build(flags, nodename);
  stopOnRequest(program);
  process.on("unhandledRejection", (error) =>
    program.worker.core.log.error({ err: error }, "a promise was rejected and nobody handled it"),
  );
  if (flags.quiet !== true && flags.logfile === undefined && isReadable(logFormat()))
    process.stdout.write(startupBanner(program.app, program.worker));
  if (flags.purge === true) await purge(flags, program.worker);
  overrideTimeLimits(program.app, flags);
  await program.start();
}

function stopOnRequest(program: Program): void {
  const { worker } = program;
  const { log } = worker.core;
  let stopping = false;
  const stop = (deadlineSeconds?: number) => {
    stopping = true;
    void program.stop(deadlineSeconds).then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, "the worker could not stop as it should");
        process.exit(1);
      },
    );
  };
  const warm = (signal: NodeJS.Signals) => {
    if (stopping) return cold(signal);
    log.info({ signal }, "stopping: running tasks may end (a second signal does not wait)");
    stop();
  };
  const cold = (signal: NodeJS.Signals) => {
    const seconds = worker.core.settings.workerSoftShutdownTimeout;
    log.warn({ signal, seconds }, "stopping without waiting longer: tasks that still run go back to their queue");
    stop(seconds);
  };
  process.on("SIGTERM", process.env.REMAP_SIGTERM === "SIGQUIT" ? cold : warm);
  process.on("SIGINT", warm);
  process.on("SIGQUIT", cold);
  // Remote shutdown stops the worker; what surrounds it has to end too.
  worker.events.on("draining", () => {
    if (!stopping) stop();
  });
}

async function build(flags: WorkerFlags, nodename: string): Promise<Program> {
  const reference = parseAppReference(flags.app);
  const options = workerOptions(flags);
  if (reference.kind === "built-in") {
    const { loglevel, logfile } = flags;
    return createPloSolver(loadConfig(), {
      ...options,
      ...(loglevel === undefined ? {} : { logLevel: loglevel }),
      ...(logfile === undefined ? {} : { logFile: expandPath(logfile, nodename) }),
    });
  }
  if (flags.logfile !== undefined)
    throw new CliError(
      `-f ${flags.logfile}: the app of ${reference.path} makes its own log; give it its file there`,
      EXIT_USAGE,
    );
  const app = await loadApp(reference.path, reference.attribute);
  if (flags.loglevel !== undefined) app.log.level = flags.loglevel;
  const worker = app.worker(options);
  return {
    app,
    worker,
    start: () => worker.start(),
    stop: async (deadline) => {
      await worker.stop(deadline);
      await app.close();
    },
  };
}

function workerOptions(flags: WorkerFlags): WorkerOptions {
  const { queues, excludeQueues, prefetchMultiplier, hostname, autoscale } = flags;
  const concurrency =
    autoscale !== undefined ? Math.max(1, autoscale.min) : flags.pool === "solo" ? 1 : flags.concurrency;
  return {
    ...given({ queues, excludeQueues, concurrency, prefetchMultiplier, hostname }),
    settings: settingsOf(flags),
  };
}

function settingsOf(flags: WorkerFlags): SettingsInput {
  return given({
    brokerUrl: flags.broker,
    resultBackend: flags.resultBackend,
    workerSendTaskEvents: flags.taskEvents,
    workerMaxTasksPerChild: flags.maxTasksPerChild,
    workerMaxMemoryPerChild: flags.maxMemoryPerChild,
    workerStateDb: flags.statedb,
    workerAutoscale: flags.autoscale,
    workerGossip: flags.withoutGossip === true ? false : undefined,
    workerMingle: flags.withoutMingle === true ? false : undefined,
    workerHeartbeat: flags.withoutHeartbeat === true ? false : undefined,
    workerHeartbeatInterval: flags.heartbeatInterval,
    taskTimeLimit: flags.timeLimit,
    taskSoftTimeLimit: flags.softTimeLimit,
  });
}

/** Without the options that were not given. */
function given<Options extends object>(
  options: Options,
): { [Key in keyof Options]?: Exclude<Options[Key], undefined> } {
  const entries = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [Key in keyof Options]?: Exclude<Options[Key], undefined> };
}

/** The limits of the command line replace the app's, not those that a task has of its own. */
function overrideTimeLimits({ tasks, settings }: Celery, { timeLimit, softTimeLimit }: WorkerFlags): void {
  for (const task of tasks.values()) {
    if (timeLimit !== undefined && task.timeLimit === settings.taskTimeLimit) task.timeLimit = timeLimit;
    if (softTimeLimit !== undefined && task.softTimeLimit === settings.taskSoftTimeLimit)
      task.softTimeLimit = softTimeLimit;
  }
}

async function purge(flags: WorkerFlags, worker: Worker): Promise<void> {
  const { withBroker } = await import("./broker-session.js");
  const { purgeQueue } = await import("../celery/amqp/topology.js");
  await withBroker(flags, async (session) => {
    let count = 0;
    for (const { name } of worker.queues) count += await purgeQueue(session.connection, name);
    worker.core.log.info(`purge: Erased ${plural(count, "message")} from the queue.`);
  });
}

/** `%n`, `%h` and `%d` in a path stand for parts of the node name. */
function expandPath(path: string, nodename: string): string {
  const [name = "", host = ""] = nodename.split("@");
  const domain = host.split(".").slice(1).join(".");
  return path.replace(/%[nhdiI%]/g, (code) => {
    if (code === "%n") return name;
    if (code === "%h") return nodename;
    if (code === "%d") return domain;
    return code === "%%" ? "%" : "0";
  });
}

function logFormat(): Config["log"]["format"] {
  return loadConfig().log.format;
}
