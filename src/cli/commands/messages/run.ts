import { type AsyncResult, RemoteTaskError, TimeoutError } from "../../../celery/index.js";
import { purgeQueue } from "../../../celery/tooling.js";
import { pythonRepr, stringifyJson } from "../../../celery/values.js";
import { jobKindOfTask } from "../../../plosolver/job-kinds.js";
import { CliError, type GlobalFlags } from "../../globals.js";
import { resolveApp, withApp, withBroker } from "../../session/broker-session.js";
import { confirm } from "../../terminal/confirm.js";
import { Output, plural } from "../../terminal/output.js";

/** Options of `celery call`. */
export interface CallFlags extends GlobalFlags {
  readonly args?: unknown[];
  readonly kwargs?: Record<string, unknown>;
  readonly eta?: Date;
  readonly countdown?: number;
  readonly expires?: Date | number;
  readonly serializer?: "json" | "yaml" | "msgpack";
  readonly queue?: string;
  readonly exchange?: string;
  readonly routingKey?: string;
  readonly json?: boolean;
}

/** Options of `celery purge`. */
export interface PurgeFlags extends GlobalFlags {
  readonly force?: boolean;
  readonly queues?: string[];
  readonly excludeQueues?: string[];
  readonly json?: boolean;
}

/** Options of `celery result`. */
export interface ResultFlags extends GlobalFlags {
  readonly traceback?: boolean;
  readonly timeout?: number;
  readonly json?: boolean;
}

/** `celery call`: prints the task's id once the broker has confirmed the message. */
export async function runCall(name: string, flags: CallFlags): Promise<void> {
  const output = new Output(flags);
  const { eta, countdown, expires, serializer, exchange, routingKey } = flags;
  const id = await withApp(flags, async (session) => {
    const queue =
      flags.queue ?? (session.app === null && exchange === undefined ? jobKindOfTask(name)?.queues[0] : undefined);
    const options = { eta, countdown, expires, serializer, queue, exchange, routingKey };
    const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
    await session.connect();
    return (await session.client.sendTask(name, flags.args ?? [], flags.kwargs ?? {}, given)).id;
  });
  if (flags.json === true) output.json({ task_id: id });
  else output.line(id);
}

/** `celery result`: waits for the result of a task, and prints it. */
export async function runResult(taskId: string, flags: ResultFlags): Promise<void> {
  const output = new Output(flags);
  await withApp(flags, async ({ client, settings }) => {
    const [backend = ""] = (settings.resultBackend ?? "").split(":");
    if (["", "rpc", "disabled"].includes(backend))
      throw new CliError(
        `the result backend ${backend || "disabled"} keeps no results to look up: name a redis:// or db+postgresql:// one with --result-backend`,
      );
    const result = client.asyncResult(taskId);
    if (flags.traceback !== true) await ended(result, flags.timeout);
    const stored = await result.info();
    if (flags.json === true) output.line(stringifyJson(stored));
    else if (flags.traceback === true) output.line(stored?.traceback ?? "None");
    else if (stored?.status === "SUCCESS") output.line(shown(stored.result));
    else throw new CliError(`task ${taskId} ended as ${stored?.status}: ${failureText(await result.result())}`);
  });
}

async function ended(result: AsyncResult, timeout: number | undefined): Promise<void> {
  try {
    await result.get({ propagate: false, ...(timeout === undefined ? {} : { timeout }) });
  } catch (cause) {
    if (!(cause instanceof TimeoutError)) throw cause;
    throw new CliError(`task ${result.id} has no result yet`, 1, { cause });
  }
}

function shown(result: unknown): string {
  return typeof result === "string"
    ? result
    : pythonRepr(result, { escape: true, maxLength: Number.POSITIVE_INFINITY });
}

function failureText(error: unknown): string {
  return error instanceof RemoteTaskError ? `${error.pythonType}: ${error.message}` : String(error);
}

/** `celery purge`: empties queues, after asking. */
export async function runPurge(flags: PurgeFlags): Promise<void> {
  const output = new Output(flags);
  const { queues } = await resolveApp(flags);
  const names = [...new Set(flags.queues ?? queues)].filter((name) => !flags.excludeQueues?.includes(name)).sort();
  if (names.length === 0) return;
  if (flags.force !== true) await confirmPurge(names, output);
  await withBroker(flags, async (session) => {
    const counts = new Map<string, number>();
    for (const name of names) counts.set(name, await purgeQueue(session.connection, name));
    const messages = [...counts.values()].reduce((sum, count) => sum + count, 0);
    const headline = names.length === 1 ? "queue" : "queues";
    if (flags.json === true) output.json(Object.fromEntries(counts));
    else if (messages === 0) output.line(`No messages purged from ${names.length} ${headline}.`);
    else output.line(`Purged ${plural(messages, "message")} from ${names.length} known task ${headline}.`);
  });
}

async function confirmPurge(names: readonly string[], output: Output): Promise<void> {
  const headline = names.length === 1 ? "queue" : "queues";
  await confirm(
    [
      `${output.style("WARNING", "red")}:This will remove all tasks from ${headline}: ${names.join(", ")}.`,
      "         There is no undo for this operation!",
      "",
      "(to skip this prompt use the -f option)",
      "Are you sure you want to delete all tasks?",
    ].join("\n"),
  );
}
