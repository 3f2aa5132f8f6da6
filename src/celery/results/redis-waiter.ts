import { READY_STATES, type StoredResult } from "./backend.js";
import type { RedisConnection } from "./redis-client.js";
import type { WaitOptions } from "./stored.js";

/** How the waiter looks at a key and reads what was published on it. */
export interface ResultReader {
  key(taskId: string): string;
  get(taskId: string): Promise<StoredResult | null>;
  decode(taskId: string, value: Buffer): Promise<StoredResult>;
}

interface Wait {
  readonly taskId: string;
  /** Messages received. */
  received: number;
  /** Resolves once all that came is told; never rejects. */
  told: Promise<void>;
  readonly deliver: (result: StoredResult) => void;
  readonly fail: (error: unknown) => void;
}

/** Waits for results by pub/sub: every write of a result is published on its key. */
export class RedisWaiter {
  readonly #connection: RedisConnection;
  readonly #reader: ResultReader;
  readonly #waits = new Set<Wait>();

  constructor(connection: RedisConnection, reader: ResultReader) {
    this.#connection = connection;
    this.#reader = reader;
  }

  async waitFor(taskId: string, { signal, onState }: WaitOptions = {}): Promise<StoredResult> {
    signal?.throwIfAborted();
    return await new Promise<StoredResult>((resolve, reject) => {
      let unsubscribe = (): void => undefined;
      const settle = (finish: () => void): void => {
        if (!this.#waits.delete(wait)) return;
        signal?.removeEventListener("abort", onAbort);
        unsubscribe();
        finish();
      };
      const wait: Wait = {
        taskId,
        received: 0,
        told: Promise.resolve(),
        deliver: (result) => {
          if (!this.#waits.has(wait)) return;
          onState?.(result);
          if (READY_STATES.has(result.status)) settle(() => resolve(result));
        },
        fail: (error) => settle(() => reject(error)),
      };
      const onAbort = (): void => wait.fail(signal?.reason);
      this.#waits.add(wait);
      signal?.addEventListener("abort", onAbort);
      this.#subscribe(wait).then((cancel) => {
        unsubscribe = cancel;
        if (!this.#waits.has(wait)) cancel();
      }, wait.fail);
    });
  }

  /** Subscribes first and looks second: a result written in between is seen by one or the other. */
  async #subscribe(wait: Wait): Promise<() => void> {
    const client = await this.#connection.subscriber(() => void this.#lookAgain());
    const channel = this.#reader.key(wait.taskId);
    const onMessage = (value: Buffer): void => this.#receive(wait, value);
    // A connection that is lost under the command fails it; the next one takes it.
    await this.#connection.run(() => client.subscribe(channel, onMessage, true));
    void this.#look(wait);
    // The listener goes even if the server cannot be told at the moment.
    return () => void client.unsubscribe(channel, onMessage, true).catch(() => undefined);
  }

  /** States are told in the order in which they came, though some take longer to read. */
  #receive(wait: Wait, value: Buffer): void {
    wait.received += 1;
    wait.told = wait.told.then(async () => {
      try {
        wait.deliver(await this.#reader.decode(wait.taskId, value));
      } catch (error) {
        wait.fail(error);
      }
    });
  }

  async #look(wait: Wait): Promise<void> {
    const { received } = wait;
    try {
      const result = await this.#reader.get(wait.taskId);
      // A state that was published meanwhile is later than what is read here, unless this is the end.
      const isLate = received !== wait.received && result !== null && !READY_STATES.has(result.status);
      if (result !== null && !isLate) wait.deliver(result);
    } catch (error) {
      wait.fail(error);
    }
  }

  /** What was published while the connection was down is in the keys. */
  async #lookAgain(): Promise<void> {
    await Promise.all([...this.#waits].map((wait) => this.#look(wait)));
  }

  close(): void {
    for (const wait of [...this.#waits]) wait.fail(new Error("the redis backend was closed"));
  }
}
