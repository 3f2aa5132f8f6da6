import { setTimeout as sleep } from "node:timers/promises";
import { TimeoutError } from "../errors.js";
import { decodeException } from "../protocol/exception.js";
import { READY_STATES, type ResultTuple, type State, type StoredResult } from "../results/backend.js";
import type { WaitOptions } from "../results/stored.js";

/** Where results are looked up. */
export interface ResultReader {
  /** The last state known; null when there is none, which Celery calls PENDING. */
  get(taskId: string): Promise<StoredResult | null>;
  /** Resolves with the final state. */
  waitFor(taskId: string, options?: WaitOptions): Promise<StoredResult>;
  forget(taskId: string): Promise<void>;
  revoke(taskIds: readonly string[], options: RevokeOptions): Promise<void>;
  saveGroup(groupId: string, group: ResultTuple): Promise<void>;
  deleteGroup(groupId: string): Promise<void>;
}

/** Options of `revoke`. */
export interface RevokeOptions {
  /** End the task even when it runs. Default false. */
  readonly terminate?: boolean;
  /** For a Python worker's process. Default `SIGTERM`. */
  readonly signal?: string;
}

/** Options of `get`. */
export interface GetOptions {
  /** Seconds to wait; default: for ever. */
  readonly timeout?: number;
  /** The same in milliseconds. */
  readonly timeoutMs?: number;
  /** Throw the task's error; false returns it. Default true. */
  readonly propagate?: boolean;
  /** Throw the error of a task that this one waits for. Default true. */
  readonly followParents?: boolean;
  /** Ends the wait. */
  readonly signal?: AbortSignal;
}

/** A task or a group. */
export type AnyResult = AsyncResult | GroupResult;

/** How long an error of a parent waits for this task's own state, which tells the same more closely. */
const PARENT_GRACE_MS = 500;

/** The result of a task that was sent. */
export class AsyncResult<Result = unknown> {
  #final: StoredResult | null = null;

  constructor(
    readonly id: string,
    private readonly reader: ResultReader,
    /** The task before this one in its chain, or the header of the chord whose body this is. */
    readonly parent: AnyResult | null = null,
    /** The task was sent with `ignoreResult`: there is nothing to wait for. */
    readonly isIgnored: boolean = false,
  ) {}

  /**
   * Waits for the result.
   *
   * @returns what the task returned; undefined for a task sent with `ignoreResult`; the error when `propagate` is false
   * @throws RemoteTaskError with the task's error; TimeoutError when the time is up
   */
  async get(options: GetOptions = {}): Promise<Result> {
    if (this.isIgnored) return undefined as Result;
    const { propagate = true } = options;
    const final = await withDeadline(options, (signal) =>
      this.#wait(signal, propagate && options.followParents !== false),
    );
    if (final.status === "SUCCESS") return final.result as Result;
    const error = errorOf(final);
    if (propagate) throw error;
    return error as Result;
  }

  async #wait(signal: AbortSignal, followParents: boolean): Promise<StoredResult> {
    if (this.#final !== null) return this.#final;
    const done = new AbortController();
    const stop = AbortSignal.any([signal, done.signal]);
    try {
      const own = this.reader.waitFor(this.id, { signal: stop });
      this.#final = await (followParents && this.parent !== null
        ? Promise.race([own, parentFails(this.parent, stop)])
        : own);
      return this.#final;
    } finally {
      done.abort();
    }
  }

  /** What is stored now; null when nothing is. */
  async info(): Promise<StoredResult | null> {
    if (this.#final !== null) return this.#final;
    const stored = await this.reader.get(this.id);
    if (stored !== null && READY_STATES.has(stored.status)) this.#final = stored;
    return stored;
  }

  async state(): Promise<State> {
    return (await this.info())?.status ?? "PENDING";
  }

  /** What the task returned, the error it ended with, or the meta of a custom state; null while there is none. */
  async result(): Promise<unknown> {
    const stored = await this.info();
    if (stored === null) return null;
    const isError = stored.status === "FAILURE" || stored.status === "REVOKED" || stored.status === "RETRY";
    return isError && stored.result !== null ? errorOf(stored) : stored.result;
  }

  async traceback(): Promise<string | null> {
    return (await this.info())?.traceback ?? null;
  }

  /** Tasks that the task sent: callbacks, the next step of its chain, and what its handler sent. */
  async children(): Promise<AnyResult[]> {
    return ((await this.info())?.children ?? []).map((child) => resultFromTuple(child, this.reader));
  }

  /** True in a final state. */
  async ready(): Promise<boolean> {
    return READY_STATES.has(await this.state());
  }

  async successful(): Promise<boolean> {
    return (await this.state()) === "SUCCESS";
  }

  async failed(): Promise<boolean> {
    return (await this.state()) === "FAILURE";
  }

  /** Removes the stored result, and those of its parents. */
  async forget(): Promise<void> {
    this.#final = null;
    await this.parent?.forget();
    await this.reader.forget(this.id);
  }

  /** Tells every worker not to run the task, or with `terminate` to end it. Resolves when the broker has the command. */
  async revoke(options: RevokeOptions = {}): Promise<void> {
    await this.reader.revoke([this.id], options);
  }

  /** The form results have in messages. */
  asTuple(): ResultTuple {
    return [[this.id, this.parent?.asTuple() ?? null], null];
  }

  toJSON(): ResultTuple {
    return this.asTuple();
  }
}

/** The results of a group. */
export class GroupResult<Result = unknown> {
  constructor(
    readonly id: string,
    readonly results: readonly AnyResult[],
    private readonly reader: ResultReader,
    readonly parent: AnyResult | null = null,
  ) {}

  /**
   * Waits for every member.
   * @returns their results in the order of the group, nested groups as lists
   * @throws the first member's error; TimeoutError when the time for all is up
   */
  async get(options: GetOptions = {}): Promise<Result[]> {
    return await withDeadline(options, async (signal) => {
      const { timeout: _, timeoutMs: __, ...rest } = options;
      const done = new AbortController();
      const stop = AbortSignal.any([signal, done.signal]);
      try {
        const waits = this.results.map((result) => result.get({ ...rest, signal: stop }));
        return (await Promise.all(waits)) as Result[];
      } finally {
        done.abort();
      }
    });
  }

  async ready(): Promise<boolean> {
    return (await Promise.all(this.results.map((result) => result.ready()))).every(Boolean);
  }

  async successful(): Promise<boolean> {
    return (await Promise.all(this.results.map((result) => result.successful()))).every(Boolean);
  }

  async failed(): Promise<boolean> {
    return (await Promise.all(this.results.map((result) => result.failed()))).some(Boolean);
  }

  /** Members that have succeeded. */
  async completedCount(): Promise<number> {
    return (await Promise.all(this.results.map((result) => result.successful()))).filter(Boolean).length;
  }

  async forget(): Promise<void> {
    await Promise.all(this.results.map((result) => result.forget()));
  }

  async revoke(options: RevokeOptions = {}): Promise<void> {
    await this.reader.revoke(this.#taskIds(), options);
  }

  /** Keeps the group in the result backend, for `app.restoreGroup`. @throws NotSupported where results are not stored */
  async save(): Promise<void> {
    await this.reader.saveGroup(this.id, this.asTuple());
  }

  /** Takes back {@link save}. */
  async delete(): Promise<void> {
    await this.reader.deleteGroup(this.id);
  }

  #taskIds(): string[] {
    return this.results.flatMap((result) => (result instanceof GroupResult ? result.#taskIds() : [result.id]));
  }

  asTuple(): ResultTuple {
    return [[this.id, this.parent?.asTuple() ?? null], this.results.map((result) => result.asTuple())];
  }

  toJSON(): ResultTuple {
    return this.asTuple();
  }
}

/** Rebuilds results from the form they have in messages. */
export function resultFromTuple(tuple: ResultTuple, reader: ResultReader): AnyResult {
  const [[id, parent], members] = tuple;
  const before = Array.isArray(parent)
    ? resultFromTuple(parent as unknown as ResultTuple, reader)
    : typeof parent === "string"
      ? new AsyncResult(parent, reader)
      : null;
  if (members === null) return new AsyncResult(id, reader, before);
  return new GroupResult(
    id,
    members.map((member) => resultFromTuple(member, reader)),
    reader,
    before,
  );
}

/** Rejects when a task further up fails; never resolves. */
async function parentFails(parent: AnyResult, signal: AbortSignal): Promise<never> {
  const failed = parent.get({ signal, propagate: true });
  try {
    await failed;
  } catch (error) {
    if (!signal.aborted) {
      await sleep(PARENT_GRACE_MS, undefined, { signal }).catch(() => undefined);
      throw error;
    }
  }
  return await new Promise<never>(() => undefined);
}

function errorOf(stored: StoredResult): Error {
  const error = decodeException(stored.result);
  if (stored.traceback !== null) error.stack = `${error.name}: ${error.message}\n${stored.traceback}`;
  return error;
}

/** Runs work with a signal that aborts at the end of its time. */
async function withDeadline<T>(options: GetOptions, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const { timeout, timeoutMs = timeout === undefined ? null : timeout * 1000, signal } = options;
  const over = new AbortController();
  const error = new TimeoutError("The operation timed out.");
  const timer = timeoutMs === null ? null : setTimeout(() => over.abort(error), timeoutMs);
  try {
    return await work(signal === undefined ? over.signal : AbortSignal.any([over.signal, signal]));
  } finally {
    if (timer !== null) clearTimeout(timer);
  }
}
