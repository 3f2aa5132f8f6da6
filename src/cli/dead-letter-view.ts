import type { TakenMessage } from "../celery/amqp/message-queue.js";
import { isRecord } from "../celery/control/message.js";
import { decodeTaskMessage } from "../celery/protocol/message.js";
import type { TaskMessage } from "../celery/protocol/types.js";
import { DEAD_LETTER_HEADERS } from "../celery/worker/dead-letter.js";
import { jobIdOf } from "../tasks/job-arguments.js";

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
export function describeDeadLetter(message: TakenMessage): DeadLetterView {
  const { headers } = message;
  const [death] = Array.isArray(headers["x-death"]) ? headers["x-death"] : [];
  const native = isRecord(death) ? death : {};
  const decoded = decode(message);
  return {
    id: decoded?.id ?? textOf(headers.id) ?? message.correlationId ?? null,
    task: decoded?.task ?? textOf(headers.task),
    jobId: decoded === null ? null : jobOf(decoded),
    queue: textOf(headers[DEAD_LETTER_HEADERS.queue]) ?? textOf(native.queue),
    reason: textOf(headers[DEAD_LETTER_HEADERS.reason]) ?? textOf(native.reason) ?? "unknown",
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
export function revived({ headers, body }: TakenMessage): { headers: Record<string, unknown>; body: Buffer } {
  if (typeof headers.task === "string") {
    const expires = isPast(headers.expires) ? null : (headers.expires ?? null);
    return { headers: { ...headers, retries: 0, eta: null, expires }, body };
  }
  const parsed = parseBody(body);
  if (!isRecord(parsed) || typeof parsed.task !== "string") return { headers: { ...headers }, body };
  const expires = isPast(parsed.expires) ? null : (parsed.expires ?? null);
  const fresh = { ...parsed, retries: 0, eta: null, expires };
  return { headers: { ...headers }, body: Buffer.from(JSON.stringify(fresh), "utf8") };
}

function decode(message: TakenMessage): TaskMessage | null {
  try {
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

/** An AMQP timestamp, as amqplib gives it. */
function timestampOf(value: unknown): string | null {
  return isRecord(value) && typeof value.value === "number" ? new Date(value.value * 1000).toISOString() : null;
}
