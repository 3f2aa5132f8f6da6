import { type Logger, pino } from "pino";
import { type AppOptions, Celery, type Settings } from "../../celery/index.js";
import { BrokerConnection, compileSettings, connect } from "../../celery/tooling.js";
import { asError, ControlRegistry, displayUrl, parseBrokerUrl } from "../../celery/values.js";
import { celerySettings } from "../../plosolver/celery-settings.js";
import { loadConfig } from "../../plosolver/config/config.js";
import { CliError, EXIT_UNAVAILABLE, type GlobalFlags } from "../globals.js";

/** Shown in RabbitMQ's management pages. */
const COMMAND = `celery command ${process.pid}`;

/** The app that `-A` names, as far as commands need it. */
export interface CliApp {
  readonly settings: Settings;
  readonly registry: ControlRegistry;
  /** Queues the app's worker consumes. */
  readonly queues: readonly string[];
  /** Null for the built-in app, whose settings come from the environment. */
  readonly app: Celery | null;
}

/** What a command has of an app that sends tasks and commands workers. */
export interface AppSession extends CliApp {
  /** An app with these settings and no task; it connects when it must. */
  readonly client: Celery;
  readonly log: Logger;
  /** Connects the client: a command does not wait for a broker that is away. @throws CliError */
  connect(): Promise<void>;
}

/** A command that speaks with the broker itself. */
export interface BrokerSession extends AppSession {
  readonly connection: BrokerConnection;
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

/** Gives a command the app that `-A` names; nothing is connected yet. */
export async function withApp<Result>(
  flags: GlobalFlags,
  work: (session: AppSession) => Promise<Result>,
): Promise<Result> {
  const resolved = await resolveApp(flags);
  const { settings } = resolved;
  const log = pino({ level: "silent" });
  const client = new Celery(COMMAND, { ...settings, log } as AppOptions);
  try {
    return await work({ ...resolved, client, log, connect: () => reach(settings, client.connect()) });
  } finally {
    await client.close();
    await resolved.app?.close();
  }
}

/** As {@link withApp}, with a connection of its own. @throws CliError when the broker is away */
export async function withBroker<Result>(
  flags: GlobalFlags,
  work: (session: BrokerSession) => Promise<Result>,
): Promise<Result> {
  return await withApp(flags, async (session) => {
    const { settings, log } = session;
    const addresses = parseBrokerUrl(settings.brokerUrl);
    const connectTimeoutMs = settings.brokerConnectionTimeout * 1000;
    const connection = new BrokerConnection({ addresses, name: COMMAND, log, connectTimeoutMs });
    try {
      await reach(settings, connect(connection, addresses.length));
      return await work({ ...session, connection });
    } finally {
      await connection.close();
    }
  });
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

async function reach({ brokerUrl }: Settings, connecting: Promise<void>): Promise<void> {
  try {
    await connecting;
  } catch (cause) {
    const tried = parseBrokerUrl(brokerUrl).map(displayUrl).join(", ");
    const why = asError(cause).message.replace("cannot connect to the broker: ", "");
    throw new CliError(
      `Could not connect to the message broker ${tried}: ${why}. Is it running, and is the URL right (-b, CELERY_BROKER_URL)?`,
      EXIT_UNAVAILABLE,
      { cause },
    );
  }
}
