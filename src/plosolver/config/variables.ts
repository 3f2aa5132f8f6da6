import { isIP } from "node:net";
import { isAbsolute } from "node:path";
import { z } from "zod";
import { MAX_CONCURRENCY } from "../../celery/values.js";
import { JOB_KINDS } from "../job-kinds.js";
import { BROKER_VARIABLES } from "./broker-variables.js";
import {
  flag,
  host,
  integer,
  isShortName,
  limit,
  name,
  names,
  oneOf,
  password,
  port,
  postgresUrl,
  resultBackend,
  shortName,
} from "./forms.js";
import { withDefault, withoutDefault } from "./variable.js";

const YEAR_SECONDS = 31_536_000;
/** All that 32-bit addresses reach. */
const MOST_SOLVER_MEBIBYTES = 4096;
const queues = names("queue names (at most 255 bytes each)", isShortName);

const headerName = name("the name of a header", (text) => /^[A-Za-z][A-Za-z0-9-]*$/.test(text));
const networks = names("addresses or networks such as 10.0.0.0/8", isNetwork);

type Kind = (typeof JOB_KINDS)[number];
type KindVariable<Word extends string, Suffix extends string> = `RABBITMQ_${Uppercase<Word>}_${Suffix}`;

/** The variable of a kind of job, such as `RABBITMQ_SPOT_QUEUE`. */
export function kindVariable<Word extends Kind["word"], Suffix extends string>(word: Word, suffix: Suffix) {
  return `RABBITMQ_${word.toUpperCase()}_${suffix}` as KindVariable<Word, Suffix>;
}

/** One variable for each kind of job. */
function ofEachKind<Suffix extends string, V>(suffix: Suffix, make: (kind: Kind, index: number) => V) {
  const variables = JOB_KINDS.map((kind, index) => [kindVariable(kind.word, suffix), make(kind, index)]);
  return Object.fromEntries(variables) as { readonly [Word in Kind["word"] as KindVariable<Word, Suffix>]: V };
}

/** Every environment variable the worker reads, in the order of `.env.example`. */
export const VARIABLES = {
  ...BROKER_VARIABLES,

  CELERY_RESULT_BACKEND: withDefault(resultBackend(), {
    section: "Results",
    about: "Where results of tasks go.",
    initial: "rpc://",
    url: true,
  }),
  CELERY_RESULT_EXPIRES: withDefault(limit(YEAR_SECONDS), {
    about: "Seconds a stored result is kept.",
    initial: "3600",
  }),
  CELERY_RESULT_SERIALIZER: withDefault(oneOf(["json", "yaml", "msgpack"]), {
    about: "How results are written.",
    initial: "json",
  }),
  CELERY_RESULT_COMPRESSION: withDefault(
    oneOf(["gzip", "bzip2", "zstd", "brotli", "none"], { zlib: "gzip", zstandard: "zstd" }),
    {
      about: "How results are compressed.",
      initial: "gzip",
    },
  ),
  CELERY_ACCEPT_CONTENT: withDefault(
    names("content types (json, yaml, msgpack, raw)", (name) =>
      /^(json|yaml|msgpack|raw|application\/(json|x-yaml|x-msgpack|data))$/.test(name),
    ),
    { about: "Content types of messages that are accepted; pickle never is.", initial: "['json']" },
  ),
  CELERY_MAX_BODY_BYTES: withDefault(integer(65_536, 134_217_728), {
    about:
      "Largest message body of JSON in bytes, unpacked; msgpack may have a quarter of it, YAML a 32nd. Larger ones become dead letters.",
    initial: "16777216",
  }),

  ...ofEachKind("QUEUE", ({ plural, queues: known }, index) =>
    withoutDefault(queues, {
      ...(index === 0 ? { section: "Queues" } : {}),
      about: `Further queues of ${plural}, consumed as well as ${known.join(" and ")}.`,
    }),
  ),
  CELERY_WORKER_QUEUES: withoutDefault(queues, {
    about: "Exactly the queues to consume, instead of all the above; the -Q option of `celery worker` does the same.",
  }),
  ...ofEachKind("DLQ", ({ word }) =>
    withoutDefault(shortName, {
      about: `Dead-letter queue of every ${word} queue. Default: the queue's name with -dlq appended.`,
    }),
  ),
  RABBITMQ_MAIN_EXCHANGE: withoutDefault(shortName, {
    about: "Durable direct exchange the queues are bound to besides Celery's own bindings, each by its own name.",
  }),
  RABBITMQ_DLQ_EXCHANGE: withoutDefault(shortName, {
    about: "Durable direct exchange that dead letters are published through. Default: the default exchange.",
  }),
  CELERY_DEAD_LETTER_MODE: withDefault(oneOf(["publish", "native", "off"]), {
    about:
      "publish: the worker publishes dead letters itself and then acknowledges. native: it rejects, and the queue's own dead-letter exchange takes over. off: failed messages are acknowledged, as Celery does.",
    initial: "publish",
  }),
  CELERY_TOPOLOGY_MODE: withDefault(oneOf(["declare", "passive"]), {
    about: "declare: queues are declared as Celery does. passive: they must exist and are used as they are.",
    initial: "declare",
  }),

  CELERY_WORKER_CONCURRENCY: withoutDefault(integer(1, MAX_CONCURRENCY), {
    section: "Worker",
    about: "Tasks that run at once, and worker threads. Default: the number of CPUs that the process may use.",
  }),
  CELERY_WORKER_SOLVER_SLOTS: withoutDefault(integer(1, MAX_CONCURRENCY), {
    about:
      "Solver analyses that run at once. Default: one fewer than the concurrency, so that a simulation finds a slot; with a concurrency of 1 a simulation waits for the solve that runs.",
  }),
  CELERY_WORKER_SOLVER_MEMORY: withoutDefault(integer(32, MOST_SOLVER_MEBIBYTES), {
    about:
      "Memory that one solver analysis may take, in MiB; a spot that needs more is solved in a smaller version. Default: the machine's or the container's, less what the worker itself needs, divided among the solves that may run at once.",
  }),
  CELERY_WORKER_SOLVER_CHECKPOINTS: withoutDefault(name("the absolute path of a folder", isAbsolute), {
    about:
      "Folder that unfinished solves are kept in, so that after a kill the next attempt goes on instead of starting anew; workers may share it. Default: none is kept.",
  }),
  CELERY_WORKER_SOLVER_CHECKPOINT_DISK: withDefault(integer(1, 2 ** 24), {
    about: "What that folder may hold, in MiB: a checkpoint that finds no room is left out.",
    initial: "4096",
  }),
  CELERY_WORKER_SOLVER_CHECKPOINT_INTERVAL: withDefault(integer(1, 86_400), {
    about: "Seconds between two checkpoints of a solve, at least; large ones are written more rarely.",
    initial: "15",
  }),
  CELERY_WORKER_PREFETCH_MULTIPLIER: withDefault(integer(0, 10_000), {
    about: "Messages fetched ahead: this times the concurrency; 0 means without limit.",
    initial: "1",
  }),
  CELERY_TASK_TIME_LIMIT: withDefault(limit(YEAR_SECONDS), {
    about: "Hard limit of a task in seconds: its thread is ended.",
    initial: "30*60",
  }),
  CELERY_TASK_SOFT_TIME_LIMIT: withoutDefault(limit(YEAR_SECONDS), {
    about:
      "Soft limit of a task in seconds: it is asked to end. Default: 25*60, or five sixths of a shorter hard limit.",
  }),
  CELERY_TASK_ACKS_LATE: withDefault(flag(), { about: "Acknowledge after the outcome is stored.", initial: "True" }),
  CELERY_TASK_REJECT_ON_WORKER_LOST: withDefault(flag(), {
    about: "Requeue the message of a task whose thread died.",
    initial: "True",
  }),
  CELERY_TASK_TRACK_STARTED: withDefault(flag(), { about: "Store the STARTED state.", initial: "False" }),
  CELERY_WORKER_SEND_TASK_EVENTS: withDefault(flag(), {
    about: "Send task events (Flower, `celery events`) from the start, as -E does.",
    initial: "False",
  }),
  CELERY_WORKER_ENABLE_REMOTE_CONTROL: withDefault(flag(), {
    about:
      "Answer `celery inspect` and `celery control`, Flower and `app.control`. Whoever may use the broker may send commands, shutdown among them: switch it off where that is too many.",
    initial: "True",
  }),
  CELERY_WORKER_ENABLE_DEBUG_COMMANDS: withDefault(flag(), {
    about:
      "Answer the inspect commands objgraph, memsample and memdump. objgraph writes a heap snapshot, which holds passwords, and stops the worker while it does.",
    initial: "False",
  }),
  CELERY_WORKER_MAX_TASKS_PER_CHILD: withDefault(limit(1_000_000_000), {
    about: "A worker thread is replaced after so many tasks.",
    initial: "0",
  }),
  CELERY_WORKER_MAX_MEMORY_PER_CHILD: withDefault(limit(1_073_741_824), {
    about: "Heap of one worker thread in KiB; a thread that needs more ends, and only its own task fails.",
    initial: "0",
  }),
  CELERY_WORKER_SHUTDOWN_TIMEOUT: withDefault(integer(0, 86_400), {
    about: "Seconds running tasks get to finish after SIGTERM; then they are requeued.",
    initial: "25",
  }),

  DATABASE_URL: withoutDefault(
    postgresUrl(
      ["postgresql", "postgres", "postgresql+psycopg2", "postgresql+psycopg", "postgresql+asyncpg"],
      "postgresql://user:password@host:5432/plosolver",
    ),
    { section: "Database", about: "PostgreSQL with the backend's tables. The PLOSolver tasks need it.", url: true },
  ),
  DATABASE_POOL_SIZE: withDefault(integer(1, 1000), { about: "Most connections held at once.", initial: "10" }),
  DATABASE_CONNECT_TIMEOUT: withDefault(integer(1, 300), { about: "Seconds to wait for a connection.", initial: "5" }),
  DATABASE_STATEMENT_TIMEOUT: withDefault(integer(1, 3600), {
    about: "Seconds one statement may take.",
    initial: "10",
  }),
  JOB_STALE_AFTER: withDefault(integer(5, 86_400), {
    about: "Seconds without a sign of life after which another message may take over a job that is PROCESSING.",
    initial: "60",
  }),
  JOB_ARRIVAL_TIMEOUT: withDefault(integer(0, 3600), {
    about: "Seconds to wait for the row of a job whose message came first.",
    initial: "10",
  }),

  CELERY_HEALTH_PORT: withDefault(port(0), {
    section: "Health and logs",
    about: "Port of /health, /live, /ready and /metrics; 0 takes a free one.",
    initial: "5002",
  }),
  CELERY_HEALTH_HOST: withDefault(host(), { about: "Address that port is opened on.", initial: "0.0.0.0" }),
  METRICS_PORT: withoutDefault(port(0), {
    about: "A further port for /metrics alone, as the Python worker had (8001). Default: none.",
  }),
  CELERY_WEB: withDefault(flag(), {
    section: "Web view",
    about: "Serve the web view beside a worker; `celery web` serves it alone.",
    initial: "False",
  }),
  CELERY_WEB_HOST: withDefault(host(), {
    about: "Address it is opened on. Any but a loopback address needs one of the ways to log in below.",
    initial: "127.0.0.1",
  }),
  CELERY_WEB_PORT: withDefault(port(0), { about: "Its port; 0 takes a free one.", initial: "5556" }),
  CELERY_WEB_TOKEN: withoutDefault(password(), {
    about: "Log in with this token of at least 16 characters; scripts send it as `Authorization: Bearer`.",
    secret: true,
  }),
  CELERY_WEB_PASSWORD: withoutDefault(password(), {
    about: "Log in with a name and a password of at least 8 characters, written name:password.",
    secret: true,
  }),
  CELERY_WEB_PROXY_HEADER: withoutDefault(headerName, {
    about: "A proxy in front has asked who it is, and names the user in this header, such as X-Forwarded-User.",
  }),
  CELERY_WEB_TRUSTED_PROXIES: withoutDefault(networks, {
    about: "Addresses or networks of the proxies whose header is believed, such as 10.0.0.0/8.",
  }),
  CELERY_WEB_READ_ONLY: withDefault(flag(), { about: "Show everything and change nothing.", initial: "False" }),
  LOG_LEVEL: withDefault(
    oneOf(["trace", "debug", "info", "warn", "error", "fatal", "silent"], { warning: "warn", critical: "fatal" }),
    { about: "Least severe level that is logged.", initial: "info" },
  ),
  LOG_FORMAT: withDefault(oneOf(["auto", "json", "pretty"]), {
    about: "auto is pretty on a terminal and JSON elsewhere.",
    initial: "auto",
  }),
};

type Variables = typeof VARIABLES;
export type VariableName = keyof Variables;

/** Every variable's schema as one zod object; unknown keys fall away. */
export const environmentSchema = z.object(
  Object.fromEntries(Object.entries(VARIABLES).map(([name, variable]) => [name, variable.schema])) as {
    [Name in VariableName]: Variables[Name]["schema"];
  },
);

/** The environment as read: one typed value a variable. */
export type Environment = z.output<typeof environmentSchema>;

function isNetwork(text: string): boolean {
  const [address = "", bits, ...rest] = text.split("/");
  const longest = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
  return (
    longest > 0 && rest.length === 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= longest))
  );
}

export function isVariable(name: string): name is VariableName {
  return Object.hasOwn(VARIABLES, name);
}
