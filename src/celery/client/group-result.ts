import type { ResultTuple } from "../results/backend.js";
import {
  type AnyResult,
  type GetOptions,
  type ResultReader,
  type RevokeOptions,
  withDeadline,
} from "./result-reader.js";

/** Results that belong together, waited for as one. */
export class ResultSet<Result = unknown> {
  readonly results: AnyResult[];

  constructor(results: Iterable<AnyResult>) {
    this.results = [...results];
  }

  /** Adds a result, once. */
  add(result: AnyResult): void {
    if (!this.results.some(({ id }) => id === result.id)) this.results.push(result);
  }

  update(results: Iterable<AnyResult>): void {
    for (const result of results) this.add(result);
  }

  /** @returns whether it was there */
  discard(result: AnyResult | string): boolean {
    const wanted = typeof result === "string" ? result : result.id;
    const index = this.results.findIndex(({ id }) => id === wanted);
    if (index >= 0) this.results.splice(index, 1);
    return index >= 0;
  }

  clear(): void {
    this.results.length = 0;
  }

  /**
   * Waits for every member.
   * @returns their results in the order of the set, nested groups as lists
   * @throws the first member's error; TimeoutError when the time for all is up
   */
  async get(options: GetOptions = {}): Promise<Result[]> {
    return await this.#together(options, (waits) => Promise.all(waits) as Promise<Result[]>);
  }

  /** Members with their results as they come in. @throws as {@link get} */
  async *iterate(options: GetOptions = {}): AsyncGenerator<[result: AnyResult, value: Result]> {
    const done: [AnyResult, Result][] = [];
    const left = new AbortController();
    const signal = options.signal === undefined ? left.signal : AbortSignal.any([options.signal, left.signal]);
    let wake: () => void = () => undefined;
    const all = this.#together({ ...options, signal }, async (waits) => {
      const noted = waits.map(async (wait, index) => {
        const value = (await wait) as Result;
        const result = this.results[index];
        if (result !== undefined) done.push([result, value]);
        wake();
      });
      await Promise.all(noted);
    });
    let isOver = false;
    const over = all.finally(() => {
      isOver = true;
      wake();
    });
    over.catch(() => undefined);
    try {
      while (!isOver || done.length > 0) {
        const next = done.shift();
        if (next !== undefined) yield next;
        else {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
      await over;
    } finally {
      left.abort();
    }
  }

  async #together<T>(options: GetOptions, work: (waits: Promise<unknown>[]) => Promise<T>): Promise<T> {
    return await withDeadline(options, async (signal) => {
      const { timeout: _, timeoutMs: __, ...rest } = options;
      const done = new AbortController();
      const stop = AbortSignal.any([signal, done.signal]);
      try {
        return await work(this.results.map((result) => result.get({ ...rest, signal: stop })));
      } finally {
        done.abort();
      }
    });
  }

  async ready(): Promise<boolean> {
    return (await this.#each((result) => result.ready())).every(Boolean);
  }

  /** True while any member has no final state. */
  async waiting(): Promise<boolean> {
    return !(await this.ready());
  }

  async successful(): Promise<boolean> {
    return (await this.#each((result) => result.successful())).every(Boolean);
  }

  async failed(): Promise<boolean> {
    return (await this.#each((result) => result.failed())).some(Boolean);
  }

  /** Members that have succeeded. */
  async completedCount(): Promise<number> {
    return (await this.#each((result) => result.successful())).filter(Boolean).length;
  }

  /** Throws the first error of a member that has failed. */
  async maybeThrow(): Promise<void> {
    for (const result of this.results) await result.maybeThrow();
  }

  async forget(): Promise<void> {
    await this.#each((result) => result.forget());
  }

  async revoke(options: RevokeOptions = {}): Promise<void> {
    await this.#each((result) => result.revoke(options));
  }

  #each<T>(ask: (result: AnyResult) => Promise<T>): Promise<T[]> {
    return Promise.all(this.results.map(ask));
  }
}

/** The results of a group. */
export class GroupResult<Result = unknown> extends ResultSet<Result> implements AnyResult {
  constructor(
    readonly id: string,
    results: Iterable<AnyResult>,
    private readonly reader: ResultReader,
    readonly parent: AnyResult | null = null,
  ) {
    super(results);
  }

  /** Its members, as the children of a task are what it sent. */
  async children(): Promise<AnyResult[]> {
    return [...this.results];
  }

  /** With one command for all members. */
  override async revoke(options: RevokeOptions = {}): Promise<void> {
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
