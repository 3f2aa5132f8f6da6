import { setTimeout as delay } from "node:timers/promises";

/**
 * How an error of the database is to be taken.
 * - `unavailable`: the statement may or may not have been carried out; try again until the database is back.
 * - `conflict`: the statement was rolled back because of others; try again.
 * - `permanent`: the same statement would fail again.
 */
export type DatabaseErrorKind = "unavailable" | "conflict" | "permanent";

const NETWORK_CODES = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "EHOSTDOWN",
  "ENETUNREACH",
  "ENETDOWN",
  "ENOENT",
]);

/**
 * SQLSTATE classes and codes that pass with time: connection (08), authorization and missing database while a server
 * is restored or its password rotates (28, 3D000), resources (53), operator intervention (57), system (58), and a
 * server that is read-only during a failover (25006).
 */
const UNAVAILABLE_STATE = /^(08|28|53|57|58)...$|^3D000$|^25006$/;
const CONFLICT_STATE = /^40...$|^55P03$/;
/** pg reports a lost connection by message alone. */
const LOST_CONNECTION =
  /connection (terminated|ended|timeout|error)|timeout exceeded when trying to connect|not queryable|client was closed|read timeout/i;

/** Errors from before a connection was ready for the statement. */
const NEVER_SENT =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|EHOSTDOWN|ENETUNREACH|ENETDOWN|ENOENT|28...|3D000|53300|57P03)$/;

/** Classifies what pg, Kysely or the socket threw. */
export function classifyDatabaseError(error: unknown): DatabaseErrorKind {
  if (error instanceof AggregateError && error.errors.length > 0) return classifyDatabaseError(error.errors[0]);
  if (!(error instanceof Error)) return "permanent";
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  if (NETWORK_CODES.has(code) || UNAVAILABLE_STATE.test(code)) return "unavailable";
  if (CONFLICT_STATE.test(code)) return "conflict";
  return code === "" && LOST_CONNECTION.test(error.message) ? "unavailable" : "permanent";
}

/** True when the row names another that does not exist. */
export function violatesForeignKey(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "23503";
}

/** True for errors after which the same statement may succeed later. */
export function isTransientDatabaseError(error: unknown): boolean {
  return classifyDatabaseError(error) !== "permanent";
}

/** True when the statement may have taken effect although it failed: its connection was lost under it. */
export function mayHaveBeenCarriedOut(error: unknown): boolean {
  const first = error instanceof AggregateError ? error.errors[0] : error;
  if (classifyDatabaseError(first) !== "unavailable" || !(first instanceof Error)) return false;
  if ("code" in first && typeof first.code === "string") return !NEVER_SENT.test(first.code);
  return !/when trying to connect/i.test(first.message);
}

export interface AvailabilityOptions {
  /** Ends the waiting; its reason is thrown. */
  readonly signal?: AbortSignal;
  /** First pause. Default 100. */
  readonly initialMs?: number;
  /** Longest pause. Default 3000. */
  readonly maximumMs?: number;
  /** Told of every failed attempt, before the pause. */
  readonly onUnavailable?: (error: Error, attempt: number) => void;
}

/**
 * Runs an operation again, with jittered and growing pauses, until the database carries it out or fails it for good.
 * The operation must bear repetition: after a lost connection nobody knows whether it was carried out.
 * @throws the signal's reason, or the operation's first permanent error.
 */
export async function untilAvailable<T>(
  operation: (attempt: number) => Promise<T>,
  options: AvailabilityOptions = {},
): Promise<T> {
  const { signal, initialMs = 100, maximumMs = 3000, onUnavailable } = options;
  for (let attempt = 0; ; attempt++) {
    signal?.throwIfAborted();
    try {
      return await operation(attempt);
    } catch (error) {
      if (!(error instanceof Error) || !isTransientDatabaseError(error)) throw error;
      onUnavailable?.(error, attempt);
      const ceiling = Math.min(maximumMs, initialMs * 2 ** Math.min(attempt, 20));
      await pause(ceiling * (0.5 + Math.random() / 2), signal);
    }
  }
}

/** @throws the signal's reason when it aborts first. */
export async function pause(durationMs: number, signal?: AbortSignal): Promise<void> {
  try {
    await delay(durationMs, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}
