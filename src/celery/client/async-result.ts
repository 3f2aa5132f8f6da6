import {
  READY_STATES,
  type ResultDetails,
  type ResultTuple,
  type State,
  type StoredResult,
} from "../results/backend.js";
import {
  type AnyResult,
  errorOf,
  type GetOptions,
  parentFails,
  type ResultReader,
  type RevokeOptions,
  walkResults,
  withDeadline,
} from "./result-reader.js";

/** The result of a task that was sent. */
export class AsyncResult<Result = unknown> implements AnyResult {
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
  async get(options?: GetOptions & { readonly propagate?: true }): Promise<Result>;
  async get(options: GetOptions): Promise<Result | Error>;
  async get(options: GetOptions = {}): Promise<Result | Error> {
    if (this.isIgnored) return undefined as Result;
    const { propagate = true } = options;
    const final = await withDeadline(options, (signal) =>
      this.#wait(signal, propagate && options.followParents !== false, options.onState),
    );
    if (final.status === "SUCCESS") return final.result as Result;
    const error = errorOf(final);
    if (propagate) throw error;
    return error;
  }

  async #wait(signal: AbortSignal, followParents: boolean, onState: GetOptions["onState"]): Promise<StoredResult> {
    if (this.#final !== null) return this.#final;
    const done = new AbortController();
    const stop = AbortSignal.any([signal, done.signal]);
    try {
      const own = this.reader.waitFor(this.id, { signal: stop, ...(onState === undefined ? {} : { onState }) });
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

  /** What the backend keeps beside the state; null while nothing is stored. Most of it needs `resultExtended`. */
  async details(): Promise<ResultDetails | null> {
    return (await this.info())?.details ?? null;
  }

  /** When the final state was stored. */
  async dateDone(): Promise<Date | null> {
    return (await this.details())?.dateDone ?? null;
  }

  /** Name of the task; this and the next five are stored with `resultExtended` only, else null. */
  async name(): Promise<string | null> {
    return (await this.details())?.name ?? null;
  }

  async args(): Promise<readonly unknown[] | null> {
    return (await this.details())?.args ?? null;
  }

  async kwargs(): Promise<Readonly<Record<string, unknown>> | null> {
    return (await this.details())?.kwargs ?? null;
  }

  /** Node name of the worker. */
  async worker(): Promise<string | null> {
    return (await this.details())?.worker ?? null;
  }

  async retries(): Promise<number | null> {
    return (await this.details())?.retries ?? null;
  }

  /** Routing key the message came by. */
  async queue(): Promise<string | null> {
    return (await this.details())?.queue ?? null;
  }

  /** Tasks that the task sent: callbacks, the next step of its chain, and what its handler sent. */
  async children(): Promise<AnyResult[]> {
    return ((await this.info())?.children ?? []).map((child) => this.reader.resultOf(child));
  }

  /**
   * This result and all that hang on it, each with the one it is a child of; parents come first.
   * @param options `intermediate` goes past tasks that are not done
   * @throws IncompleteStream at a task that is not done
   */
  iterdeps(options: { readonly intermediate?: boolean } = {}): AsyncGenerator<[AnyResult | null, AnyResult]> {
    return walkResults<AnyResult>(this, options.intermediate ?? false);
  }

  /** The results of {@link iterdeps}, each with its value, which is waited for. */
  async *collect(
    options: GetOptions & { readonly intermediate?: boolean } = {},
  ): AsyncGenerator<[result: AnyResult, value: unknown]> {
    const { intermediate = false, ...rest } = options;
    for await (const [, result] of this.iterdeps({ intermediate })) yield [result, await result.get(rest)];
  }

  /** The value of the last result in the tree. */
  async getLeaf(options: GetOptions = {}): Promise<unknown> {
    let value: unknown = null;
    for await (const [, result] of this.iterdeps()) value = await result.get(options);
    return value;
  }

  /** Throws the task's error if it has failed; otherwise nothing. */
  async maybeThrow(): Promise<void> {
    const stored = await this.info();
    if (stored !== null && (stored.status === "FAILURE" || stored.status === "REVOKED")) throw errorOf(stored);
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
