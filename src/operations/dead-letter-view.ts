import {
  compressionOf,
  DEAD_LETTER_HEADERS,
  decodeTaskMessage,
  headersOfNextAttempt,
  type MovedMessage,
  prepare,
  type TakenMessage,
  type TaskMessage,
} from "../celery/tooling.js";
import { isRecord } from "../celery/values.js";
import { jobIdOf } from "../tasks/job-arguments.js";
import { idsNamedBy } from "../tasks/named-jobs.js";

/** A dead letter as the commands show it. */
export interface DeadLetterView {
  readonly id: string | null;
  readonly task: string | null;
  /** Null when the message names no job. */
  readonly jobId: string | null;
  /** Where it came from, and goes to when it is retried; null when nothing says so. */
  readonly queue: string | null;
  readonly reason: string;
  readonly attempts: number | null;
  readonly time: string | null;
  readonly args: unknown;
  readonly kwargs: unknown;
}

const JSON_ONLY = new Set(["application/json", "application/x-yaml", "application/x-msgpack"]);

/** Reads what the worker or the broker (`x-death`) wrote about a dead letter. */
export async function describeDeadLetter(message: TakenMessage): Promise<DeadLetterView> {
  const { headers, unreadable } = message;
  const native = deathOf(headers);
  const decoded = await decode(message);
  return {
    id: decoded?.id ?? textOf(headers.id) ?? message.correlationId ?? null,
    task: decoded?.task ?? textOf(headers.task),
    jobId: decoded === null ? onlyOne(idsNamedBy(message)) : jobOf(decoded),
    queue: textOf(headers[DEAD_LETTER_HEADERS.queue]) ?? textOf(native.queue),
    reason: unreadable?.reason ?? textOf(headers[DEAD_LETTER_HEADERS.reason]) ?? textOf(native.reason) ?? "unknown",
    attempts: numberOf(headers[DEAD_LETTER_HEADERS.attempts]),
    time: textOf(headers[DEAD_LETTER_HEADERS.time]) ?? timestampOf(native.time),
    args: decoded?.args ?? null,
    kwargs: decoded?.kwargs ?? null,
  };
}

/**
 * The message as it is sent again: with all its attempts before it, and without an expiry that has passed. The headers
 * of the dead letter stay, by which a job knows that it was sent again on purpose.
 */
export function revived(message: TakenMessage): Omit<MovedMessage, "queue"> {
  const { headers, body, properties } = message;
  const own = ownHeaders(headers);
  const priority = numberOf(headers[DEAD_LETTER_HEADERS.priority]) ?? numberOf(properties.priority) ?? undefined;
  if (typeof headers.task !== "string") return { headers: own, body: revivedBody(body), priority };
  const expires = isPast(headers.expires) ? null : (headers.expires ?? null);
  return { headers: { ...own, retries: 0, eta: null, expires }, body, priority };
}

/** Without what a broker acts upon; of what was withheld from the dead letter, what the message had for its way. */
function ownHeaders(headers: TakenMessage["headers"]): Record<string, unknown> {
  const { [DEAD_LETTER_HEADERS.withheld]: withheld, ...others } = headers;
  const own = { ...(isRecord(withheld) ? headersOfNextAttempt(withheld) : {}), ...headersOfNextAttempt(others) };
  const { queue, reason } = deathOf(headers);
  // The broker's own sign of a dead letter goes, so ours takes its place.
  return queue === undefined
    ? own
    : { [DEAD_LETTER_HEADERS.queue]: queue, [DEAD_LETTER_HEADERS.reason]: reason, ...own };
}

/**
 * A body of protocol 1 says itself which attempt it is for. Of two members of one name the later counts, for Python as
 * for JSON.parse: so the rest stays as it was written, the types of its numbers included.
 */
function revivedBody(body: Buffer): Buffer {
  const parsed = parseBody(body);
  if (!isRecord(parsed) || typeof parsed.task !== "string") return body;
  const text = body.toString("utf8").trimEnd();
  const expires = isPast(parsed.expires) ? ', "expires": null' : "";
  return Buffer.from(`${text.slice(0, -1)}, "retries": 0, "eta": null${expires}}`, "utf8");
}

/** The last time the broker made it a dead letter. */
function deathOf(headers: TakenMessage["headers"]): Readonly<Record<string, unknown>> {
  const [death] = Array.isArray(headers["x-death"]) ? headers["x-death"] : [];
  return isRecord(death) ? death : {};
}

async function decode(message: TakenMessage): Promise<TaskMessage | null> {
  try {
    const method = compressionOf(message.headers.compression);
    if (method !== null) await prepare(method);
    return decodeTaskMessage(message, { accept: JSON_ONLY, timezone: "UTC" });
  } catch {
    // A message that no worker could read became a dead letter for that.
    return null;
  }
}

function jobOf({ args, kwargs }: TaskMessage): string | null {
  try {
    return jobIdOf(args, kwargs);
  } catch {
    return null;
  }
}

function onlyOne(ids: readonly string[]): string | null {
  return ids.length === 1 ? (ids[0] ?? null) : null;
}

function parseBody(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    return null;
  }
}

function isPast(time: unknown): boolean {
  return typeof time === "string" && Date.parse(time) <= Date.now();
}

function textOf(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

function numberOf(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}

function timestampOf(value: unknown): string | null {
  return value instanceof Date ? value.toISOString() : null;
}
