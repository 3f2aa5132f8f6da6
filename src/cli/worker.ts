import { type Command, InvalidArgumentError, Option } from "commander";
import type { WorkerFlags } from "./worker-flags.js";

const LOG_LEVELS = new Map([
  ["debug", "debug"],
  ["info", "info"],
  ["warning", "warn"],
  ["error", "error"],
  ["critical", "fatal"],
  ["fatal", "fatal"],
]);

/** `celery worker`: consumes queues until it is told to stop. */
export function registerWorker(program: Command): void {
  program
    .command("worker")
    .description("start a worker")
    .option("-A, --app <app>", "app module, as before the command")
    .option("-Q, --queues <names>", "queues to consume, separated by commas", names)
    .option(
      "-c, --concurrency <n>",
      "tasks that run at once (default: CELERY_WORKER_CONCURRENCY, else the number of CPUs)",
      atLeast(1),
    )
    .option("-n, --hostname <name>", "node name; %h host, %n its first part, %d its domain (default: celery@%h)")
    .addOption(
      new Option(
        "-l, --loglevel <level>",
        "debug, info, warning, error, critical or fatal (default: LOG_LEVEL)",
      ).argParser(logLevel),
    )
    .option(
      "--prefetch-multiplier <n>",
      "messages taken ahead, for each queue and unit of concurrency; 0 is without limit",
      atLeast(0),
    )
    .action(async (_flags: WorkerFlags, command: Command) => {
      const { runWorker } = await import("./run-worker.js");
      await runWorker(command.optsWithGlobals<WorkerFlags>());
    });
}

function names(value: string): string[] {
  const queues = value
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  if (queues.length === 0) throw new InvalidArgumentError("give at least one queue name");
  return queues;
}

function atLeast(minimum: number): (value: string) => number {
  return (value) => {
    const number = Number(value);
    if (!Number.isInteger(number) || number < minimum)
      throw new InvalidArgumentError(`it must be a whole number of at least ${minimum}`);
    return number;
  };
}

function logLevel(value: string): string {
  const level = LOG_LEVELS.get(value.toLowerCase());
  if (level === undefined) throw new InvalidArgumentError(`it must be one of ${[...LOG_LEVELS.keys()].join(", ")}`);
  return level;
}
