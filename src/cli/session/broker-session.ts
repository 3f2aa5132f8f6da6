import { type Logger, pino } from "pino";
import type { Celery, Settings } from "../../celery/index.js";
import { BrokerConnection, compileSettings, LamportClock, MailboxClient } from "../../celery/tooling.js";
import { asError, ControlRegistry, displayUrl, parseBrokerUrl } from "../../celery/values.js";
import { celerySettings } from "../../plosolver/celery-settings.js";
import { loadConfig } from "../../plosolver/config/config.js";
import { CliError, EXIT_UNAVAILABLE, type GlobalFlags } from "../globals.js";

/** The app that `-A` names, as far as commands need it. */
export interface CliApp {
  readonly settings: Settings;
  readonly registry: ControlRegistry;
  /** Queues the app's worker consumes. */
  readonly queues: readonly string[];
  /** Null for the built-in app, whose settings come from the environment. */
  readonly app: Celery | null;
}

/** A command's connection to the broker. */
export interface BrokerSession extends CliApp {
  readonly connection: BrokerConnection;
  readonly control: MailboxClient;
  readonly clock: LamportClock;
  readonly log: Logger;
}

/** Settings and queues of the app; nothing is connected, and no database is needed. */
export async function resolveApp(flags: GlobalFlags): Promise<CliApp> {
  const { loadApp, parseAppReference } = await import("./app-loader.js");
  const reference = parseAppReference(flags.app);
  if (reference.kind === "built-in") return builtInApp(flags);
  const app = await loadApp(reference.path, reference.attribute);
  const settings = compileSettings({
    ...app.settings,
    ...(flags.broker === undefined ? {} : { brokerUrl: flags.broker }),
    ...(flags.resultBackend === undefined ? {} : { resultBackend: flags.resultBackend }),
  });
  const { taskQueues, taskDefaultQueue } = settings;
  const queues = taskQueues.length > 0 ? taskQueues.map(({ name }) => name) : [taskDefaultQueue];
  return { settings, registry: app.controlCommands, queues, app };
}

/** Connects once: a command does not wait for a broker that is away. */
export async function withBroker<Result>(
  flags: GlobalFlags,
  work: (session: BrokerSession) => Promise<Result>,
): Promise<Result> {
  const resolved = await resolveApp(flags);
  const log = pino({ level: "silent" });
  const connection = await connect(resolved.settings, log);
  const clock = new LamportClock();
  const control = new MailboxClient(connection, resolved.settings, clock);
  try {
    return await work({ ...resolved, connection, control, clock, log });
  } finally {
    await connection.close();
    await resolved.app?.close();
  }
}

function builtInApp(flags: GlobalFlags): CliApp {
  const config = loadConfig();
  const settings = compileSettings({
    ...celerySettings(config),
    ...(flags.broker === undefined ? {} : { brokerUrl: flags.broker }),
    ...(flags.resultBackend === undefined ? {} : { resultBackend: flags.resultBackend }),
  });
  return {
    settings,
    registry: new ControlRegistry(),
    queues: config.topology.queues.map(({ name }) => name),
    app: null,
  };
}

async function connect(settings: Settings, log: Logger): Promise<BrokerConnection> {
  const addresses = parseBrokerUrl(settings.brokerUrl);
  const connection = new BrokerConnection({
    addresses,
    name: `celery command ${process.pid}`,
    log,
    connectTimeoutMs: settings.brokerConnectionTimeout * 1000,
  });
  let failures = 0;
  try {
    await new Promise<void>((resolve, reject) => {
      connection.on("connected", () => resolve());
      connection.on("failed", (error) => {
        failures += 1;
        if (failures >= addresses.length) reject(error);
      });
      connection.start();
    });
  } catch (cause) {
    await connection.close();
    const tried = addresses.map(displayUrl).join(", ");
    throw new CliError(
      `Could not connect to the message broker ${tried}: ${reasonOf(cause)}. Is it running, and is the URL right (-b, CELERY_BROKER_URL)?`,
      EXIT_UNAVAILABLE,
      { cause },
    );
  }
  return connection;
}

function reasonOf(cause: unknown): string {
  const first: unknown = cause instanceof AggregateError ? cause.errors[0] : cause;
  return asError(first).message || String((first as { readonly code?: unknown }).code ?? "no answer");
}
