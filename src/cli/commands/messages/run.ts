import { pino } from "pino";
import { type AppOptions, Celery } from "../../../celery/index.js";
import {
  BrokerConnection,
  createBackend,
  decodeException,
  isStored,
  Publisher,
  purgeQueue,
} from "../../../celery/tooling.js";
import { parseBrokerUrl, pythonRepr, stringifyJson } from "../../../celery/values.js";
import { jobKindOfTask } from "../../../plosolver/job-kinds.js";
import { CliError, type GlobalFlags } from "../../globals.js";
import { type BrokerSession, resolveApp, withBroker } from "../../session/broker-session.js";
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
  const id = await withBroker(flags, async (session) => {
    const queue =
      flags.queue ?? (session.app === null && exchange === undefined ? jobKindOfTask(name)?.queues[0] : undefined);
    const options = { eta, countdown, expires, serializer, queue, exchange, routingKey };
    const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
    return await sendTask(session, name, flags.args ?? [], flags.kwargs ?? {}, given);
  });
  if (flags.json === true) output.json({ task_id: id });
  else output.line(id);
}

/** Sends a task with the app's settings. @returns its id once the broker has confirmed the message */
export async function sendTask(
  { settings, log }: BrokerSession,
  name: string,
  args: readonly unknown[],
  kwargs: Readonly<Record<string, unknown>>,
  options: SendOptions,
): Promise<string> {
  const app = new Celery("celery call", { ...settings, log } as AppOptions);
  try {
    return (await app.sendTask(name, args, kwargs, options)).id;
  } finally {
    await app.close();
  }
}

type SendOptions = NonNullable<Parameters<Celery["sendTask"]>[3]>;

/** `celery result`: waits for the result of a task, and prints it. */
export async function runResult(taskId: string, flags: ResultFlags): Promise<void> {
  const output = new Output(flags);
  const { settings } = await resolveApp(flags);
  const log = pino({ level: "silent" });
  const idle = new BrokerConnection({ addresses: parseBrokerUrl(settings.brokerUrl), name: "unused", log });
  const backend = createBackend(settings, new Publisher(idle, log), log);
  if (!isStored(backend))
    throw new CliError(
      `the result backend ${backend.name} keeps no results to look up: name a redis:// or db+postgresql:// one with --result-backend`,
    );
  try {
    await backend.start();
    const signal = flags.timeout === undefined ? undefined : AbortSignal.timeout(flags.timeout * 1000);
    const stored = await (flags.traceback === true
      ? backend.get(taskId)
      : backend.waitFor(taskId, signal === undefined ? {} : { signal })
    ).catch((cause: unknown) => {
      if (signal?.aborted) throw new CliError(`task ${taskId} has no result yet`, 1, { cause });
      throw cause;
    });
    if (flags.json === true) output.line(stringifyJson(stored));
    else if (flags.traceback === true) output.line(stored?.traceback ?? "None");
    else if (stored?.status === "SUCCESS") output.line(shown(stored.result));
    else throw new CliError(`task ${taskId} ended as ${stored?.status}: ${failureText(stored?.result)}`);
  } finally {
    await backend.close();
  }
}

function shown(result: unknown): string {
  return typeof result === "string"
    ? result
    : pythonRepr(result, { escape: true, maxLength: Number.POSITIVE_INFINITY });
}

function failureText(result: unknown): string {
  const { pythonType, message } = decodeException(result);
  return `${pythonType}: ${message}`;
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
