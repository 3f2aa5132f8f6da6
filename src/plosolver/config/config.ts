import { inspect } from "node:util";
import {
  type BrokerUseSsl,
  createRedactor,
  envValue,
  MAX_CONCURRENCY,
  machine,
  redactText,
  redactUrl,
  redactValue,
} from "../../celery/values.js";
import { JOB_KINDS } from "../job-kinds.js";
import { brokerUrl, brokerUseSsl } from "./broker.js";
import { ConfigError } from "./config-error.js";
import { describeUnknownVariables } from "./unknown-variables.js";
import type { Variable } from "./variable.js";
import { type Environment, environmentSchema, isVariable, kindVariable, VARIABLES } from "./variables.js";

export { ConfigError } from "./config-error.js";

/** One queue that is consumed, and where its dead letters go. */
export interface QueueConfig {
  readonly name: string;
  readonly deadLetterQueue: string;
}

/** How the web view knows who asks. */
export type WebAuthentication =
  | { readonly kind: "none" }
  | { readonly kind: "token"; readonly token: string }
  | { readonly kind: "password"; readonly user: string; readonly password: string }
  /** A proxy has asked already: its header names the user, and counts only where it comes from one of these. */
  | { readonly kind: "proxy"; readonly header: string; readonly trusted: readonly string[] };

/** The whole configuration, frozen. Printing it (JSON or `util.inspect`) shows no credentials. */
export interface Config {
  readonly broker: {
    /** As Celery reads it: the vhost is the decoded path, several URLs are separated by `;`. */
    readonly url: string;
    readonly heartbeatSeconds: number | null;
    /** TLS: whether, and with which files. Celery's `broker_use_ssl`. */
    readonly useSsl: BrokerUseSsl;
  };
  readonly results: {
    /** `rpc://`, `redis://…`, `rediss://…`, `db+postgresql://…` or `disabled://`. */
    readonly backend: string;
    readonly expiresSeconds: number | null;
    readonly serializer: Environment["CELERY_RESULT_SERIALIZER"];
    readonly compression: Exclude<Environment["CELERY_RESULT_COMPRESSION"], "none"> | null;
  };
  readonly topology: {
    readonly queues: readonly QueueConfig[];
    readonly mode: "declare" | "passive";
    readonly deadLetterMode: "publish" | "native" | "off";
    /** Null: the queues are bound as Celery binds them and to nothing else. */
    readonly mainExchange: string | null;
    /** Null: dead letters go through the default exchange. */
    readonly deadLetterExchange: string | null;
  };
  readonly worker: {
    readonly concurrency: number;
    /** Solves at once; null: all slots but one. */
    readonly solverSlots: number | null;
    /** Memory of one solve; null: what the machine has for it. */
    readonly solverMemoryMebibytes: number | null;
    /** Where unfinished solves are kept for the next attempt; null: nowhere. */
    readonly solverCheckpoints: {
      readonly folder: string;
      readonly maxMebibytes: number;
      readonly everySeconds: number;
    } | null;
    /** 0 means without limit. */
    readonly prefetchMultiplier: number;
    readonly timeLimitSeconds: number | null;
    readonly softTimeLimitSeconds: number | null;
    readonly acksLate: boolean;
    readonly rejectOnWorkerLost: boolean;
    readonly trackStarted: boolean;
    readonly sendTaskEvents: boolean;
    readonly enableRemoteControl: boolean;
    readonly enableDebugCommands: boolean;
    readonly acceptContent: readonly string[];
    /** Of JSON, unpacked. */
    readonly maxBodyBytes: number;
    readonly maxTasksPerChild: number | null;
    readonly maxMemoryPerChildKib: number | null;
    readonly shutdownTimeoutSeconds: number;
  };
  readonly database: {
    /** A `postgresql://` URL; null when `DATABASE_URL` is not set. */
    readonly url: string | null;
    readonly poolSize: number;
    readonly connectTimeoutSeconds: number;
    readonly statementTimeoutSeconds: number;
  };
  readonly jobs: {
    readonly staleAfterSeconds: number;
    readonly arrivalTimeoutSeconds: number;
  };
  readonly http: { readonly host: string; readonly port: number; readonly metricsPort: number | null };
  readonly web: {
    readonly besideWorker: boolean;
    readonly host: string;
    readonly port: number;
    readonly authentication: WebAuthentication;
    readonly readOnly: boolean;
  };
  readonly log: { readonly level: Environment["LOG_LEVEL"]; readonly format: "auto" | "json" | "pretty" };
  /** Sentences about settings that are accepted but look like mistakes; to be logged once at the start. */
  readonly warnings: readonly string[];
}

const DEFAULT_SOFT_LIMIT_SECONDS = 1500;
const LONGEST_SHOWN = 200;

/**
 * Reads the environment once into a frozen, validated {@link Config}. Blank values count as not set, and quotes around a
 * value are none of it: `docker --env-file` hands them on.
 * @throws ConfigError; its message shows no password
 */
export function loadConfig(env: Readonly<Record<string, string | undefined>> = process.env): Config {
  const values = Object.entries(env).map(
    ([name, text]) =>
      [name, envValue(text, { verbatim: isVariable(name) && VARIABLES[name].secret === true })] as const,
  );
  const given = Object.fromEntries(values.filter(([, value]) => value !== undefined));
  const parsed = environmentSchema.safeParse(given);
  if (!parsed.success) throw new ConfigError(createRedactor(env)(describeIssues(parsed.error.issues, given)));
  const settings = parsed.data;
  const { limits, warning } = timeLimits(settings);
  const warnings = [...describeUnknownVariables(given), ...(warning === null ? [] : [warning])];
  return hideCredentials(deepFreeze(assemble(settings, given, limits, warnings)));
}

/**
 * The database's URL, for commands that cannot do without.
 * @throws ConfigError when `DATABASE_URL` is not set.
 */
export function requireDatabaseUrl(config: Config): string {
  if (config.database.url !== null) return config.database.url;
  throw new ConfigError(
    "DATABASE_URL is not set: it must be a URL such as postgresql://user:password@host:5432/plosolver",
  );
}

/** Where dead letters of a queue go by default. */
function defaultDeadLetterQueue(queue: string): string {
  return `${queue}-dlq`;
}

function webAuthentication(settings: Environment): WebAuthentication {
  const { CELERY_WEB_TOKEN: token, CELERY_WEB_PASSWORD: pair, CELERY_WEB_PROXY_HEADER: header } = settings;
  if ([token, pair, header].filter((value) => value !== undefined).length > 1)
    throw new ConfigError("set one of CELERY_WEB_TOKEN, CELERY_WEB_PASSWORD and CELERY_WEB_PROXY_HEADER, not several");
  if (token !== undefined) return { kind: "token", token };
  if (header !== undefined) return { kind: "proxy", header, trusted: settings.CELERY_WEB_TRUSTED_PROXIES ?? [] };
  if (pair === undefined) return { kind: "none" };
  const colon = pair.indexOf(":");
  if (colon < 1) throw new ConfigError("CELERY_WEB_PASSWORD must be a name and a password: name:password");
  return { kind: "password", user: pair.slice(0, colon), password: pair.slice(colon + 1) };
}

/** Null where the health port tells the metrics anyway. */
function metricsPort({ METRICS_PORT: port, CELERY_HEALTH_PORT: healthPort }: Environment): number | null {
  return port === undefined || (port === healthPort && port !== 0) ? null : port;
}

type TimeLimits = Pick<Config["worker"], "timeLimitSeconds" | "softTimeLimitSeconds">;

function assemble(
  settings: Environment,
  given: Record<string, string | undefined>,
  limits: TimeLimits,
  warnings: readonly string[],
): Config {
  const compression = settings.CELERY_RESULT_COMPRESSION;
  return {
    broker: {
      url: brokerUrl(settings, given),
      heartbeatSeconds: settings.CELERY_BROKER_HEARTBEAT,
      useSsl: brokerUseSsl(settings),
    },
    results: {
      backend: settings.CELERY_RESULT_BACKEND,
      expiresSeconds: settings.CELERY_RESULT_EXPIRES,
      serializer: settings.CELERY_RESULT_SERIALIZER,
      compression: compression === "none" ? null : compression,
    },
    topology: {
      queues: consumedQueues(settings),
      mode: settings.CELERY_TOPOLOGY_MODE,
      deadLetterMode: settings.CELERY_DEAD_LETTER_MODE,
      mainExchange: settings.RABBITMQ_MAIN_EXCHANGE ?? null,
      deadLetterExchange: settings.RABBITMQ_DLQ_EXCHANGE ?? null,
    },
    worker: {
      ...limits,
      concurrency: settings.CELERY_WORKER_CONCURRENCY ?? Math.min(machine().cpus, MAX_CONCURRENCY),
      solverSlots: settings.CELERY_WORKER_SOLVER_SLOTS ?? null,
      solverMemoryMebibytes: settings.CELERY_WORKER_SOLVER_MEMORY ?? null,
      solverCheckpoints:
        settings.CELERY_WORKER_SOLVER_CHECKPOINTS === undefined
          ? null
          : {
              folder: settings.CELERY_WORKER_SOLVER_CHECKPOINTS,
              maxMebibytes: settings.CELERY_WORKER_SOLVER_CHECKPOINT_DISK,
              everySeconds: settings.CELERY_WORKER_SOLVER_CHECKPOINT_INTERVAL,
            },
      prefetchMultiplier: settings.CELERY_WORKER_PREFETCH_MULTIPLIER,
      acksLate: settings.CELERY_TASK_ACKS_LATE,
      rejectOnWorkerLost: settings.CELERY_TASK_REJECT_ON_WORKER_LOST,
      trackStarted: settings.CELERY_TASK_TRACK_STARTED,
      sendTaskEvents: settings.CELERY_WORKER_SEND_TASK_EVENTS,
      enableRemoteControl: settings.CELERY_WORKER_ENABLE_REMOTE_CONTROL,
      enableDebugCommands: settings.CELERY_WORKER_ENABLE_DEBUG_COMMANDS,
      acceptContent: settings.CELERY_ACCEPT_CONTENT,
      maxBodyBytes: settings.CELERY_MAX_BODY_BYTES,
      maxTasksPerChild: settings.CELERY_WORKER_MAX_TASKS_PER_CHILD,
      maxMemoryPerChildKib: settings.CELERY_WORKER_MAX_MEMORY_PER_CHILD,
      shutdownTimeoutSeconds: settings.CELERY_WORKER_SHUTDOWN_TIMEOUT,
    },
    database: {
      url: settings.DATABASE_URL ?? null,
      poolSize: settings.DATABASE_POOL_SIZE,
      connectTimeoutSeconds: settings.DATABASE_CONNECT_TIMEOUT,
      statementTimeoutSeconds: settings.DATABASE_STATEMENT_TIMEOUT,
    },
    jobs: { staleAfterSeconds: settings.JOB_STALE_AFTER, arrivalTimeoutSeconds: settings.JOB_ARRIVAL_TIMEOUT },
    http: {
      host: settings.CELERY_HEALTH_HOST,
      port: settings.CELERY_HEALTH_PORT,
      metricsPort: metricsPort(settings),
    },
    web: {
      besideWorker: settings.CELERY_WEB,
      host: settings.CELERY_WEB_HOST,
      port: settings.CELERY_WEB_PORT,
      authentication: webAuthentication(settings),
      readOnly: settings.CELERY_WEB_READ_ONLY,
    },
    log: { level: settings.LOG_LEVEL, format: settings.LOG_FORMAT },
    warnings,
  };
}

function consumedQueues(settings: Environment): QueueConfig[] {
  const kinds = JOB_KINDS.map(({ queues, word }) => ({
    names: [...queues, ...(settings[kindVariable(word, "QUEUE")] ?? [])],
    deadLetterQueue: settings[kindVariable(word, "DLQ")],
  }));
  const chosen = settings.CELERY_WORKER_QUEUES ?? [...new Set(kinds.flatMap(({ names }) => names))];
  return chosen.map((name) => {
    const configured = kinds.find(({ names }) => names.includes(name))?.deadLetterQueue;
    return { name, deadLetterQueue: configured || defaultDeadLetterQueue(name) };
  });
}

function timeLimits(settings: Environment): { limits: TimeLimits; warning: string | null } {
  const hard = settings.CELERY_TASK_TIME_LIMIT;
  const explicit = settings.CELERY_TASK_SOFT_TIME_LIMIT;
  const derived = hard === null ? DEFAULT_SOFT_LIMIT_SECONDS : Math.min(DEFAULT_SOFT_LIMIT_SECONDS, (hard * 5) / 6);
  const soft = explicit === undefined ? Math.max(1, Math.floor(derived)) : explicit;
  const never = hard !== null && typeof explicit === "number" && explicit >= hard;
  const warning = `CELERY_TASK_SOFT_TIME_LIMIT=${explicit} is not below CELERY_TASK_TIME_LIMIT=${hard}: the soft limit never acts`;
  return { limits: { timeLimitSeconds: hard, softTimeLimitSeconds: soft }, warning: never ? warning : null };
}

function describeIssues(
  issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[],
  given: Record<string, string | undefined>,
): string {
  const lines = issues.map((issue) => {
    const name = String(issue.path[0]);
    return `${name}=${JSON.stringify(shownValue(name, given[name] ?? ""))} is not allowed: it must be ${issue.message}`;
  });
  return lines.join("; ");
}

/** The value of a variable as an error may show it. One that looks like a URL or a DSN is hidden, whatever it is for. */
function shownValue(name: string, value: string): string {
  const variable: Variable | undefined = isVariable(name) ? VARIABLES[name] : undefined;
  if (variable?.secret === true) return "***";
  if (variable?.url === true) return redactUrl(value);
  const shown = redactValue(value);
  return shown.length > LONGEST_SHOWN ? `${shown.slice(0, LONGEST_SHOWN)}…` : shown;
}

function deepFreeze<T extends object>(value: T): T {
  for (const inner of Object.values(value)) if (typeof inner === "object" && inner !== null) deepFreeze(inner);
  return Object.isFrozen(value) ? value : Object.freeze(value);
}

/** Replaces how the configuration as a whole is printed; its single values stay what they are. */
function hideCredentials(config: Config): Config {
  const { broker, results, database, web } = config;
  const redacted = {
    ...config,
    broker: { ...broker, url: redactUrl(broker.url) },
    results: { ...results, backend: redactUrl(results.backend) },
    database: { ...database, url: database.url === null ? null : redactUrl(database.url) },
    web: { ...web, authentication: { kind: web.authentication.kind } },
    warnings: config.warnings.map((warning) => redactText(warning)),
  };
  const printing = { toJSON: { value: () => redacted }, [inspect.custom]: { value: () => redacted } };
  return Object.freeze(Object.assign(Object.create({}, printing), config));
}
