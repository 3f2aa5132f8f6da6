import { z } from "zod";
import type { QueueDefinition } from "./amqp/topology.js";
import { withBrokerSsl } from "./amqp/use-ssl.js";
import type { AnnotationFunction } from "./annotations.js";
import { ImproperlyConfigured } from "./errors.js";
import { MAX_CONCURRENCY, MAX_HEARTBEAT_INTERVAL_SECONDS } from "./limits.js";
import { machine } from "./machine.js";
import { camelCase } from "./names.js";
import { nearest } from "./nearest.js";
import { DEFAULT_MAX_BODY_BYTES } from "./protocol/limits.js";

const concurrency = z.int().positive().max(MAX_CONCURRENCY);
const seconds = z.number().nonnegative();
const optionalSeconds = seconds.nullable().default(null);
const count = z.int().nonnegative();
const table = z.record(z.string(), z.unknown());
/** A switch of Celery's that has one position here; the other is refused. */
const only = (position: boolean, reason: string) =>
  z
    .boolean()
    .refine((value) => value === position, `it cannot be ${!position} here: ${reason}`)
    .default(position);

const queue = z.union([
  z
    .string()
    .min(1)
    .transform((name): QueueDefinition => ({ name })),
  z.strictObject({
    name: z.string().min(1),
    exchange: z.string().exactOptional(),
    exchangeType: z.enum(["direct", "topic", "fanout", "headers"]).exactOptional(),
    routingKey: z.string().exactOptional(),
    arguments: table.exactOptional(),
    durable: z.boolean().exactOptional(),
    autoDelete: z.boolean().exactOptional(),
    exclusive: z.boolean().exactOptional(),
    passive: z.boolean().exactOptional(),
    bindings: z
      .array(z.strictObject({ exchange: z.string(), exchangeType: z.string().exactOptional(), routingKey: z.string() }))
      .exactOptional(),
    consumerArguments: table.exactOptional(),
  }),
]);

const route = z.strictObject({
  queue: z.string().exactOptional(),
  exchange: z.string().exactOptional(),
  routingKey: z.string().exactOptional(),
  priority: z.int().exactOptional(),
});
/** Options that routing gives to a task that is sent. */
export type Route = z.output<typeof route>;
/** Routes a task by code: null leaves it to the next route. */
export type RouteFunction = (
  name: string,
  args: readonly unknown[],
  kwargs: Readonly<Record<string, unknown>>,
) => Route | string | null;

/** An object whose keys may be Celery's own. */
function withCamelCaseKeys(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [camelCase(key), part]));
}

/** TLS to the broker. `certReqs` is `required` (the default), `optional` or `none`. */
const useSsl = z.preprocess(
  withCamelCaseKeys,
  z.union([
    z.boolean(),
    z.strictObject({
      caCerts: z.string().exactOptional(),
      certfile: z.string().exactOptional(),
      keyfile: z.string().exactOptional(),
      certReqs: z.enum(["required", "optional", "none"]).exactOptional(),
      serverHostname: z.string().exactOptional(),
    }),
  ]),
);

const retryPolicy = z.preprocess(
  withCamelCaseKeys,
  z.strictObject({
    maxRetries: count.nullable().default(3),
    intervalStart: seconds.default(0),
    intervalStep: seconds.default(0.2),
    intervalMax: seconds.default(1),
  }),
);

const routeFunction = z.custom<RouteFunction>((value) => typeof value === "function", "expected a function");
const routeTable = z.record(z.string(), z.union([route, z.string().transform((name): Route => ({ queue: name }))]));

const annotationFunction = z.custom<AnnotationFunction>((value) => typeof value === "function", "expected a function");
const annotation = z.union([annotationFunction, z.record(z.string(), table)]);

/**
 * Celery's settings under camelCase names, with Celery's defaults. {@link compileSettings} also takes Celery's own
 * snake_case names. Durations are in seconds.
 */
const schema = z.strictObject({
  brokerUrl: z.string().default("amqp://"),
  /** TLS to the broker, with certificates from files; compiled settings have it in `brokerUrl`. */
  brokerUseSsl: useSsl.default(false),
  brokerHeartbeat: seconds.default(120),
  brokerConnectionTimeout: seconds.default(4),
  resultBackend: z.string().nullable().default(null),
  acceptContent: z.array(z.string()).default(["json"]),
  resultAcceptContent: z.array(z.string()).nullable().default(null),
  /** Ours: largest body of JSON in bytes, unpacked; YAML may have a 32nd of it, msgpack a quarter. Larger ones are refused. */
  maxBodyBytes: z.int().positive().default(DEFAULT_MAX_BODY_BYTES),
  /** Ours: bytes of memory that all bodies together take that are not small; one alone may take a quarter of the heap. */
  maxBodyMemory: z
    .int()
    .positive()
    .default(256 * 1024 * 1024),
  timezone: z.string().default("UTC"),
  enableUtc: only(true, "messages carry times with their offset, in UTC"),

  taskSerializer: z.enum(["json", "yaml", "msgpack", "raw"]).default("json"),
  taskCompression: z.string().nullable().default(null),
  taskProtocol: z.union([z.literal(1), z.literal(2)]).default(2),
  taskDefaultQueue: z.string().default("celery"),
  taskDefaultExchange: z.string().nullable().default(null),
  taskDefaultExchangeType: z.enum(["direct", "topic", "fanout", "headers"]).default("direct"),
  taskDefaultRoutingKey: z.string().nullable().default(null),
  taskDefaultQueueType: z.enum(["classic", "quorum"]).default("classic"),
  taskDefaultDeliveryMode: z.union([z.literal(1), z.literal(2)]).default(2),
  taskDefaultPriority: count.nullable().default(null),
  taskDefaultRateLimit: z.union([z.string(), z.number()]).nullable().default(null),
  taskInheritParentPriority: z.boolean().default(false),
  taskQueues: z.array(queue).default([]),
  taskQueueMaxPriority: count.nullable().default(null),
  taskRoutes: z.union([routeFunction, routeTable, z.array(z.union([routeFunction, routeTable]))]).default({}),
  taskCreateMissingQueues: z.boolean().default(true),
  taskCreateMissingQueueType: z.enum(["classic", "quorum"]).nullable().default(null),
  taskCreateMissingQueueExchangeType: z.enum(["direct", "topic"]).nullable().default(null),
  taskAcksLate: z.boolean().default(false),
  taskAcksOnFailureOrTimeout: z.boolean().default(true),
  taskRejectOnWorkerLost: z.boolean().default(false),
  taskTrackStarted: z.boolean().default(false),
  taskIgnoreResult: z.boolean().default(false),
  taskStoreErrorsEvenIfIgnored: z.boolean().default(false),
  taskTimeLimit: optionalSeconds,
  taskSoftTimeLimit: optionalSeconds,
  taskSendSentEvent: z.boolean().default(false),
  taskPublishRetry: z.boolean().default(true),
  /** How long a client waits for a broker that is away; Celery's names in it are taken, too. */
  taskPublishRetryPolicy: retryPolicy.default({ maxRetries: 3, intervalStart: 0, intervalStep: 0.2, intervalMax: 1 }),
  taskAllowErrorCbOnChordHeader: z.boolean().default(false),
  taskRemoteTracebacks: only(false, "it revives Python frames, which a JavaScript error does not have"),
  /** Changes options of tasks, by name or for all under `*`; a function is given each name. */
  taskAnnotations: z.union([annotation, z.array(annotation)]).default({}),

  resultSerializer: z.enum(["json", "yaml", "msgpack"]).default("json"),
  resultCompression: z.string().nullable().default(null),
  resultExpires: seconds.nullable().default(86_400),
  resultPersistent: z.boolean().default(false),
  resultExtended: z.boolean().default(false),
  resultChordJoinTimeout: seconds.default(3),
  resultChordRetryInterval: seconds.default(1),
  databaseTableNames: z
    .strictObject({ task: z.string(), group: z.string() })
    .default({ task: "celery_taskmeta", group: "celery_tasksetmeta" }),
  databaseTableSchemas: z.strictObject({ task: z.string(), group: z.string() }).nullable().default(null),
  redisGlobalKeyprefix: z.string().default(""),
  redisChordOrdered: z.boolean().default(true),

  /** The default is what the process may use of its host: see {@link machine}. */
  workerConcurrency: concurrency.default(() => Math.min(machine().cpus, MAX_CONCURRENCY)),
  /** Ours: slots of tasks with the option `inline`; null lets them share `workerConcurrency`. */
  workerInlineConcurrency: z.int().positive().nullable().default(null),
  /**
   * Ours: what groups of tasks may take of the slots. `limit` is the most, `leaves` how many are left to all others, however
   * many there are; a group may always take one. Tasks name theirs with the option `slotGroup`.
   */
  workerSlotGroups: z
    .record(z.string(), z.strictObject({ limit: concurrency.exactOptional(), leaves: count.exactOptional() }))
    .default({}),
  workerPrefetchMultiplier: count.default(4),
  /**
   * Ours: seconds that a message may have been taken ahead while no task of its kind could start; then it goes back to its
   * queue, which is consumed again when one can. Null keeps what was taken, as Celery does.
   */
  workerReservedTimeout: z.number().positive().nullable().default(null),
  workerMaxTasksPerChild: z.int().positive().nullable().default(null),
  /** Kilobytes, as in Celery. */
  workerMaxMemoryPerChild: z.int().positive().nullable().default(null),
  /** Megabytes of heap that V8 allows a thread before it ends it. Ours; null takes V8's own. */
  workerThreadHeapMegabytes: z.int().positive().nullable().default(null),
  workerEtaTaskLimit: z.int().positive().nullable().default(null),
  workerDisableRateLimits: z.boolean().default(false),
  workerSendTaskEvents: z.boolean().default(false),
  workerEnableRemoteControl: z.boolean().default(true),
  /** Ours: the commands that look into the process's memory; a heap snapshot stops the worker and holds its passwords. */
  workerEnableDebugCommands: z.boolean().default(false),
  workerDirect: z.boolean().default(false),
  workerStateDb: z.string().nullable().default(null),
  workerSoftShutdownTimeout: seconds.default(0),
  workerEnableSoftShutdownOnIdle: only(false, "without running tasks there is nothing to wait for"),
  workerDetectQuorumQueues: z.boolean().default(true),
  brokerNativeDelayedDeliveryQueueType: z.enum(["classic", "quorum"]).default("quorum"),

  controlExchange: z.string().default("celery"),
  controlQueueTtl: seconds.default(300),
  controlQueueExpires: seconds.default(10),
  /** RabbitMQ 4.3 refuses transient queues that are not exclusive; no client ever declares this one. */
  controlQueueExclusive: z.boolean().default(true),
  eventExchange: z.string().default("celeryev"),
  eventQueuePrefix: z.string().default("celeryev"),
  eventQueueTtl: seconds.default(5),
  eventQueueExpires: seconds.default(60),
  eventQueueExclusive: z.boolean().default(true),
  eventSerializer: z.enum(["json", "yaml", "msgpack"]).default("json"),

  workerPoolRestarts: z.boolean().default(false),
  /** Ours, the flags `--without-mingle`, `--without-gossip`, `--without-heartbeat` and `--heartbeat-interval`. */
  workerMingle: z.boolean().default(true),
  workerGossip: z.boolean().default(true),
  workerHeartbeat: z.boolean().default(true),
  workerHeartbeatInterval: z.number().positive().max(MAX_HEARTBEAT_INTERVAL_SECONDS).default(2),
  /** Ours, the flag `--autoscale`: the pool's size follows the load between these bounds. */
  workerAutoscale: z
    .strictObject({ max: concurrency, min: count.max(MAX_CONCURRENCY) })
    .nullable()
    .default(null),

  /**
   * Ours: where messages go that fail for good or cannot be read. `publish` sends them, confirmed, to the queue that
   * `deadLetterQueue` names; `native` leaves it to the queue's own dead-letter exchange; `off` is Celery's behaviour.
   */
  deadLetter: z.enum(["off", "publish", "native"]).default("off"),
  /** Ours: names the dead-letter queue of a queue. Default `<queue>-dlq`. */
  deadLetterQueue: z
    .custom<(queue: string) => string>((value) => typeof value === "function", "expected a function")
    .default(() => (name: string) => `${name}-dlq`),
  /** Ours: direct exchange that dead letters go through; null takes the default exchange. */
  deadLetterExchange: z.string().nullable().default(null),
  /** Ours: `passive` uses queues and exchanges as they are and declares none; what is missing is waited for. */
  topologyMode: z.enum(["declare", "passive"]).default("declare"),
  /** Ours: seconds that a warm shutdown waits for running tasks before their messages go back; null waits for ever. */
  workerShutdownTimeout: optionalSeconds,
});

/** Compiled settings: complete, frozen. */
export type Settings = Readonly<z.output<typeof schema>>;

/** Settings as an app gives them: any subset, under camelCase names. */
export type SettingsInput = z.input<typeof schema>;

const KNOWN = Object.keys(schema.shape);
const SHORT_NAMES = new Map([
  ["broker", "brokerUrl"],
  ["backend", "resultBackend"],
]);

/**
 * Checks settings and fills in Celery's defaults.
 *
 * @param input camelCase or Celery's own snake_case names; `broker` and `backend` stand for the two URLs
 * @throws ImproperlyConfigured naming each wrong setting, and the nearest name for an unknown one
 */
export function compileSettings(input: Readonly<Record<string, unknown>>): Settings {
  const named: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(input)) {
    if (value !== undefined) named[SHORT_NAMES.get(key) ?? camelCase(key)] = value;
  }
  const unknown = Object.keys(named).find((key) => !KNOWN.includes(key));
  if (unknown !== undefined) {
    throw new ImproperlyConfigured(`unknown setting ${unknown}: did you mean ${nearest(unknown, KNOWN)}?`);
  }
  const result = schema.safeParse(named);
  if (!result.success) {
    const problems = result.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
    throw new ImproperlyConfigured(`bad settings: ${problems.join("; ")}`);
  }
  const { brokerUrl, brokerUseSsl } = result.data;
  return Object.freeze({ ...result.data, brokerUrl: withBrokerSsl(brokerUrl, brokerUseSsl) });
}
