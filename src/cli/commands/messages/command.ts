import { type Command, InvalidArgumentError } from "commander";
import { parseIso, parseJson } from "../../../celery/values.js";
import { commaSeparated, type GlobalFlags } from "../../globals.js";
import type { CallFlags, PurgeFlags, ResultFlags } from "./run.js";

/** `celery call`, `result`, `purge` and `list bindings`. */
export function registerMessages(program: Command): void {
  program
    .command("call")
    .description("Call a task by name.")
    .argument("<name>", "task name")
    .option("-a, --args <json>", "Positional arguments, a JSON array.", jsonArray)
    .option("-k, --kwargs <json>", "Keyword arguments, a JSON object.", jsonObject)
    .option("--eta <time>", "scheduled time, ISO 8601.", isoTime)
    .option("--countdown <seconds>", "eta in seconds from now.", number)
    .option("--expires <time>", "expiry time, ISO 8601 or seconds from now.", timeOrSeconds)
    .option("--serializer <name>", "task serializer: json, yaml or msgpack.", serializer)
    .option("--queue <name>", "custom queue name.")
    .option("--exchange <name>", "custom exchange name.")
    .option("--routing-key <key>", "custom routing key.")
    .option("-j, --json", "print JSON")
    .action(async (name: string, _flags: unknown, command: Command) => {
      const { runCall } = await import("./run.js");
      await runCall(name, command.optsWithGlobals<CallFlags>());
    });

  program
    .command("result")
    .description("Print the return value for a given task id.")
    .argument("<task_id>", "task id")
    .option("-t, --task <name>", "accepted and ignored: results do not depend on the task")
    .option("--traceback", "Show traceback instead.")
    .option("--timeout <seconds>", "stop waiting after this long (default: wait)", number)
    .option("-j, --json", "print JSON")
    .action(async (taskId: string, _flags: unknown, command: Command) => {
      const { runResult } = await import("./run.js");
      await runResult(taskId, command.optsWithGlobals<ResultFlags>());
    });

  program
    .command("purge")
    .description("Erase all messages from all known task queues. There is no undo.")
    .option("-f, --force", "Don't prompt for verification.")
    .option("-Q, --queues <names>", "Comma separated list of queue names to purge.", commaSeparated)
    .option("-X, --exclude-queues <names>", "Comma separated list of queues names not to purge.", commaSeparated)
    .option("-j, --json", "print JSON")
    .action(async (_flags: unknown, command: Command) => {
      const { runPurge } = await import("./run.js");
      await runPurge(command.optsWithGlobals<PurgeFlags>());
    });

  program
    .command("list")
    .description("Get info from broker.")
    .command("bindings")
    .description("Inspect queue bindings (needs RabbitMQ's management plugin; RABBITMQ_MANAGEMENT_URL names it).")
    .option("-j, --json", "print JSON")
    .action(async (_flags: unknown, command: Command) => {
      const { runListBindings } = await import("./list-bindings.js");
      await runListBindings(command.optsWithGlobals<GlobalFlags & { readonly json?: boolean }>());
    });
}

function json(value: string): unknown {
  try {
    return parseJson(value);
  } catch {
    throw new InvalidArgumentError("it is not JSON");
  }
}

function jsonArray(value: string): unknown[] {
  const array = json(value);
  if (!Array.isArray(array)) throw new InvalidArgumentError(`${value} was not an array`);
  return array;
}

function jsonObject(value: string): Record<string, unknown> {
  const object = json(value);
  if (typeof object !== "object" || object === null || Array.isArray(object))
    throw new InvalidArgumentError(`${value} was not an object`);
  return object as Record<string, unknown>;
}

function number(value: string): number {
  const seconds = Number(value);
  if (value.trim() === "" || !Number.isFinite(seconds)) throw new InvalidArgumentError("it must be a number");
  return seconds;
}

function isoTime(value: string): Date {
  try {
    return parseIso(value);
  } catch {
    throw new InvalidArgumentError("it must be a time such as 2030-01-31T12:00:00+00:00");
  }
}

function timeOrSeconds(value: string): Date | number {
  return Number.isFinite(Number(value)) ? number(value) : isoTime(value);
}

function serializer(value: string): "json" | "yaml" | "msgpack" {
  if (value === "json" || value === "yaml" || value === "msgpack") return value;
  throw new InvalidArgumentError("it must be json, yaml or msgpack");
}
