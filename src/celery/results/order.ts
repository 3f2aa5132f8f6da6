import { type Attempt, READY_STATES, type ResultTarget, type State } from "./backend.js";

/** A state as far as it decides what may replace it. */
export interface OrderedState {
  readonly status: State;
  /** Null when it is not known: Python workers do not store it. */
  readonly attempt: Attempt | null;
}

/** States of tasks that nobody runs at the moment. */
export const WAITING_STATES: ReadonlySet<string> = new Set(["PENDING", "RECEIVED", "RETRY"]);

/** The attempt that a state is of. */
export function attemptOf(target: Pick<ResultTarget, "attempt" | "retries">): Attempt | null {
  return target.attempt === undefined ? [0, target.retries] : target.attempt;
}

/**
 * Whether a state may take the place of the one that is stored. Writers do not wait for each other: a run may be slow,
 * cut off or a duplicate, and its states come late.
 *
 * - SUCCESS of any attempt replaces everything, and nothing replaces it: Celery's rule.
 * - A state of an earlier attempt replaces nothing else.
 * - FAILURE and REVOKED are replaced by another end only.
 * - REVOKED without an attempt is of a worker that has not got the task: it replaces only states of tasks that wait.
 */
export function mayReplace(next: OrderedState, stored: OrderedState): boolean {
  if (stored.status === "SUCCESS") return false;
  if (next.status === "SUCCESS") return true;
  if (isRevokedUnseen(next)) return WAITING_STATES.has(stored.status);
  if (READY_STATES.has(stored.status) && !READY_STATES.has(next.status)) return false;
  return next.attempt === null || stored.attempt === null || compare(next.attempt, stored.attempt) >= 0;
}

/** Whether the state is of a worker that was told to revoke a task which it has not got. */
export function isRevokedUnseen({ status, attempt }: OrderedState): boolean {
  return status === "REVOKED" && attempt === null;
}

function compare([replaced, retries]: Attempt, [otherReplaced, otherRetries]: Attempt): number {
  return replaced - otherReplaced || retries - otherRetries;
}

/** An attempt as it stands beside a stored state; null for anything else. */
export function readAttempt(value: unknown): Attempt | null {
  if (!Array.isArray(value) || value.length !== 2) return null;
  const [replaced, retries] = value as [unknown, unknown];
  return typeof replaced === "number" && typeof retries === "number" ? [replaced, retries] : null;
}
