import type { Celery, SettingsInput, Worker, WorkerOptions } from "../../../celery/index.js";
import { expandNodename } from "../../../celery/values.js";
import { type Config, loadConfig } from "../../../plosolver/config/config.js";
import { isReadable } from "../../../plosolver/log.js";
import { CliError, EXIT_USAGE } from "../../globals.js";
import { loadApp, parseAppReference } from "../../session/app-loader.js";
import { optionalPart } from "../../session/optional-part.js";
import { plural } from "../../terminal/output.js";
import type { WorkerFlags } from "./flags.js";
import { checkLogFile } from "./log-file.js";
import { createPidFile } from "./pid-file.js";
import type { StoppableProgram, WorkerSignals } from "./signals.js";
import { startupBanner } from "./text.js";
import { letYoungGenerationGrow } from "./young-generation.js";

/** What runs until it is stopped, and the app it belongs to. */
interface Program extends StoppableProgram {
  readonly app: Celery;
  start(): Promise<void>;
  /** Resolves once nothing more is prepared for the first tasks. */
  warm?(): Promise<void>;
}

/**
 * Builds the program that `-A` names and runs it until a signal (see {@link WorkerSignals}) or a remote shutdown.
 * @param signals held back until now
 */
export async function runWorker(flags: WorkerFlags, signals: WorkerSignals): Promise<void> {
  const nodename = expandNodename(flags.hostname);
  if (flags.pidfile !== undefined) createPidFile(expandPath(flags.pidfile, nodename));
  const program = withWeb(await build(flags, nodename), flags);
  const { log } = program.worker;
  signals.attach(program);
  process.prependListener("uncaughtException", (error) => {
    log.fatal({ err: error }, "an error that nobody caught ends the worker: its messages go back to their queues");
  });
  process.on("unhandledRejection", (error) =>
    log.error({ err: error }, "a promise was rejected and nobody handled it"),
  );
  if (flags.quiet !== true && flags.logfile === undefined && isReadable(logFormat()))
    process.stdout.write(startupBanner(program.app, program.worker, healthUrl(flags)));
  if (flags.purge === true) await purge(flags, program.worker);
  overrideTimeLimits(program.app, flags);
  await program.start();
  await program.warm?.();
  letYoungGenerationGrow();
}

async function build(flags: WorkerFlags, nodename: string): Promise<Program> {
  const reference = parseAppReference(flags.app);
  const options = workerOptions(flags);
  if (reference.kind === "built-in") {
    const { loglevel } = flags;
    const logFile = flags.logfile === undefined ? undefined : expandPath(flags.logfile, nodename);
    if (logFile !== undefined) checkLogFile(logFile);
    const { createPloSolver } = await optionalPart(
      () => import("../../../plosolver/app.js"),
      "there is no built-in app here: name the module of yours, as -A ./app.mjs",
    );
    return await createPloSolver(loadConfig(), {
      ...options,
      ...(loglevel === undefined ? {} : { logLevel: loglevel }),
      ...(logFile === undefined ? {} : { logFile }),
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

/** With the web view beside it, where CELERY_WEB asks for one: opened first, so that a taken port costs no task. */
function withWeb(program: Program, flags: WorkerFlags): Program {
  const config = loadConfig();
  if (!config.web.besideWorker) return program;
  let web: { close(): Promise<void> } | null = null;
  return {
    ...program,
    start: async () => {
      const { openWeb } = await optionalPart(() => import("../web/run.js"), "CELERY_WEB: there is no web view here");
      web = await openWeb(flags, config, program.worker.log);
      await program.start();
    },
    stop: async (deadline) => {
      await web?.close();
      await program.stop(deadline);
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
  const { withBroker } = await import("../../session/broker-session.js");
  const { purgeQueue } = await import("../../../celery/tooling.js");
  await withBroker(flags, async (session) => {
    let count = 0;
    for (const { name } of worker.queues) count += await purgeQueue(session.connection, name);
    worker.log.info(`purge: Erased ${plural(count, "message")} from the queue.`);
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

/** Only the built-in program opens a port for its health. */
function healthUrl(flags: WorkerFlags): string | null {
  if (parseAppReference(flags.app).kind !== "built-in") return null;
  const { host, port } = loadConfig().http;
  const reached = host === "0.0.0.0" ? "127.0.0.1" : host.includes(":") ? `[${host}]` : host;
  return `http://${reached}:${port === 0 ? "<a free port>" : port}/health`;
}

function logFormat(): Config["log"]["format"] {
  return loadConfig().log.format;
}
