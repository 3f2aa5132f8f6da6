import { type DatabaseProblem, describeDatabaseError, reasonOf, sqlState } from "./errors.js";

/** What keeps the database from being used. */
export interface Trouble {
  readonly problem: DatabaseProblem;
  /** In the server's own words, with its SQLSTATE. */
  readonly reason: string;
}

/** The two lines that an outage writes; pino's loggers have them. */
export interface OutageLog {
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
}

/**
 * What one process knows of a database that cannot be used: who waits for it, and why. However many wait, each kind of
 * trouble is named once in the log, and its end once.
 */
export class Outage {
  readonly #waiters = new Map<object, Trouble>();
  readonly #named = new Set<DatabaseProblem>();
  #since = 0;

  /** @param name what is not available, as the log calls it */
  constructor(
    private readonly log: OutageLog,
    private readonly name = "the database",
  ) {}

  /** Operations that wait now. */
  get waiting(): number {
    return this.#waiters.size;
  }

  /** The newest reason of those that wait; null when nobody does. */
  get trouble(): Trouble | null {
    return [...this.#waiters.values()].at(-1) ?? null;
  }

  /** An operation failed, and is tried again. */
  failed(waiter: object, error: unknown): void {
    const { problem } = describeDatabaseError(error);
    const trouble = { problem, reason: reasonOf(error) };
    if (this.#named.size === 0) this.#since = performance.now();
    this.#waiters.delete(waiter);
    this.#waiters.set(waiter, trouble);
    if (this.#named.has(problem)) return;
    this.#named.add(problem);
    const state = sqlState(error);
    const fields = { problem, ...(state === "" ? {} : { sqlState: state }), reason: trouble.reason };
    this.log.warn(fields, `${this.name} is not available: waiting for it`);
  }

  /** An operation went through, whether it had waited or not. */
  passed(waiter: object): void {
    this.#waiters.delete(waiter);
    if (this.#waiters.size > 0 || this.#named.size === 0) return;
    this.#named.clear();
    const seconds = Math.round(performance.now() - this.#since) / 1000;
    this.log.info({ seconds }, `${this.name} is available again`);
  }

  /** The operation is not tried any more: the outage lasts until another one goes through. */
  gaveUp(waiter: object): void {
    this.#waiters.delete(waiter);
  }
}
