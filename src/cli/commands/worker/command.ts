import { type Command, InvalidArgumentError, Option } from "commander";
import type { AutoscaleBounds } from "../../../celery/index.js";
import { MAX_CONCURRENCY, MAX_HEARTBEAT_INTERVAL_SECONDS } from "../../../celery/values.js";
import { CliError, commaSeparated, EXIT_USAGE } from "../../globals.js";
import type { WorkerFlags } from "./flags.js";
import { keepYoungGenerationSmall } from "./young-generation.js";

const LOG_LEVELS = new Map([
  ["debug", "debug"],
  ["info", "info"],
  ["warning", "warn"],
  ["error", "error"],
  ["critical", "fatal"],
  ["fatal", "fatal"],
]);

const POOLS = ["prefork", "threads", "processes", "solo", "eventlet", "gevent"];

/** Options of Celery's worker that this one refuses, and what to do instead. */
const REFUSED: readonly (readonly [flags: string, instead: string])[] = [
  ["-D, --detach", "let systemd, Docker or your shell run it in the background"],
  ["-B, --beat", "run Python's `celery beat` beside it"],
  ["-I, --include <modules>", "import them in the module that -A names"],
  ["--uid <user>", "start it as that user"],
  ["--gid <group>", "start it as that group"],
  ["--umask <mask>", "set it before the start"],
  ["--executable <path>", "start it with the Node.js you want"],
];

/** `celery worker`: consumes queues until it is told to stop. */
export function registerWorker(program: Command): void {
  const command = program.command("worker").description("Start worker instance.");
  workerOptions(command);
  poolOptions(command);
  queueOptions(command);
  featureOptions(command);
  for (const [flags, instead] of REFUSED) {
    const refuse = () => {
      throw new CliError(`${flags.split(/[ ,]/)[0]} is not available: ${instead}`, EXIT_USAGE);
    };
    command.addOption(new Option(flags, `not available: ${instead}`).hideHelp());
    command.on(`option:${new Option(flags).name()}`, refuse);
  }
  command.action(async (_flags: WorkerFlags, self: Command) => {
    const { WorkerSignals } = await import("./signals.js");
    const signals = new WorkerSignals();
    keepYoungGenerationSmall();
    const { runWorker } = await import("./run.js");
    await runWorker(self.optsWithGlobals<WorkerFlags>(), signals);
  });
}

function workerOptions(command: Command): void {
  command
    .optionsGroup("Worker Options:")
    .option(
      "-n, --hostname <name>",
      "Set custom hostname (e.g., 'w1@%h'). Expands: %h (hostname), %n (name) and %d, (domain). (default: celery@%h)",
    )
    .option("-S, --statedb <path>", "Path to the state database: revoked tasks and clock, kept across restarts.")
    .addOption(
      new Option(
        "-l, --loglevel <level>",
        "Logging level: DEBUG, INFO, WARNING, ERROR, CRITICAL or FATAL. (default: LOG_LEVEL)",
      ).argParser(logLevel),
    )
    .option("-f, --logfile <path>", "Log destination, JSON lines; %n, %h and %d are expanded. (default: stdout)")
    .option("--pidfile <path>", "PID file path; defaults to no PID file.")
    .addOption(
      new Option("-O, --optimization <profile>", "Accepted: tasks always go to a free slot, as with fair.").choices([
        "default",
        "fair",
      ]),
    )
    .option(
      "--prefetch-multiplier <n>",
      "Messages taken ahead, for each queue and unit of concurrency; 0 is without limit.",
      wholeNumber(0),
    );
}

function poolOptions(command: Command): void {
  command
    .optionsGroup("Pool Options:")
    .option(
      "-c, --concurrency <n>",
      "Tasks that run at once. (default: CELERY_WORKER_CONCURRENCY, else the number of CPUs)",
      wholeNumber(1, MAX_CONCURRENCY),
    )
    .addOption(
      new Option("-P, --pool <name>", "Accepted: computation always runs in threads; solo means one.").choices(POOLS),
    )
    .option("-E, --task-events", "Send task-related events that can be captured by monitors like celery events.")
    .addOption(new Option("--events", "the same").implies({ taskEvents: true }).hideHelp())
    .option("--time-limit <seconds>", "Enables a hard time limit (in seconds int/float) for tasks.", seconds)
    .option("--soft-time-limit <seconds>", "Enables a soft time limit (in seconds int/float) for tasks.", seconds)
    .option(
      "--max-tasks-per-child <n>",
      "Calls a pool thread carries out before it is replaced by a new one.",
      wholeNumber(1),
    )
    .option(
      "--max-memory-per-child <KiB>",
      "Heap of a pool thread, in KiB, after which it is replaced between calls.",
      wholeNumber(1),
    );
}

function queueOptions(command: Command): void {
  command
    .optionsGroup("Queue Options:")
    .option("--purge", "Erase all messages of the queues first.")
    .addOption(new Option("--discard", "the same").implies({ purge: true }).hideHelp())
    .option("-Q, --queues <names>", "Queues to consume, separated by commas.", names)
    .option("-X, --exclude-queues <names>", "Queues not to consume, separated by commas.", names);
}

function featureOptions(command: Command): void {
  command
    .optionsGroup("Features:")
    .option("--without-gossip", "Don't listen to the other workers' events.")
    .option("--without-mingle", "Don't ask the other workers for revoked tasks at the start.")
    .option("--without-heartbeat", "Don't send heartbeat events.")
    .option("--heartbeat-interval <seconds>", "Seconds between heartbeat events. (default: 2)", interval)
    .option("--autoscale <max,min>", "Concurrency that follows the load between these bounds.", autoscale);
}

function names(value: string): string[] {
  const queues = commaSeparated(value);
  if (queues.length === 0) throw new InvalidArgumentError("give at least one queue name");
  return queues;
}

function wholeNumber(minimum: number, maximum = Number.MAX_SAFE_INTEGER): (value: string) => number {
  return (value) => {
    const number = Number(value);
    if (value.trim() === "" || !Number.isInteger(number) || number < minimum || number > maximum)
      throw new InvalidArgumentError(
        `it must be a whole number of at least ${minimum}${maximum < Number.MAX_SAFE_INTEGER ? ` and at most ${maximum}` : ""}`,
      );
    return number;
  };
}

function seconds(value: string): number {
  const number = Number(value);
  if (value.trim() === "" || !Number.isFinite(number) || number < 0)
    throw new InvalidArgumentError("it must be a number of seconds");
  return number;
}

function interval(value: string): number {
  const number = seconds(value);
  if (number === 0 || number > MAX_HEARTBEAT_INTERVAL_SECONDS)
    throw new InvalidArgumentError(`it must be above 0 and at most ${MAX_HEARTBEAT_INTERVAL_SECONDS}`);
  return number;
}

/** `10,3` in either order, or `10` for 0 to 10. */
function autoscale(value: string): AutoscaleBounds {
  const [first = Number.NaN, second = 0, ...rest] = value.split(",").map(Number);
  const bounds = { max: Math.max(first, second), min: Math.min(first, second) };
  if (rest.length > 0 || !Number.isInteger(first) || !Number.isInteger(second) || bounds.min < 0 || bounds.max < 1)
    throw new InvalidArgumentError("expected two comma separated integers or one integer");
  if (bounds.max > MAX_CONCURRENCY) throw new InvalidArgumentError(`the most is ${MAX_CONCURRENCY}`);
  return bounds;
}

function logLevel(value: string): string {
  const level = LOG_LEVELS.get(value.toLowerCase());
  if (level === undefined) throw new InvalidArgumentError(`it must be one of ${[...LOG_LEVELS.keys()].join(", ")}`);
  return level;
}
