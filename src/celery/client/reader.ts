import { NotSupported } from "../errors.js";
import type { ResultBackend, ResultTuple, StoredResult } from "../results/backend.js";
import { isStored, type StoredBackend, type WaitOptions } from "../results/stored.js";
import type { AnyResult, ResultReader, RevokeOptions } from "./result-reader.js";
import { resultFromTuple } from "./result-tuple.js";
import type { RpcResults } from "./rpc-results.js";

/** What a {@link BackendReader} is made from. */
export interface ReaderParts {
  readonly backend: ResultBackend;
  /** Resolves once the backend is started. */
  readonly ready: () => Promise<void>;
  /** Where `rpc://` results arrive; null in a worker, whose tasks must not wait for each other's messages. */
  readonly rpc: RpcResults | null;
  /** Sends a control command to all workers. */
  readonly cast: (method: string, args: Readonly<Record<string, unknown>>) => Promise<void>;
}

/** Looks results up wherever the result backend keeps them. */
export class BackendReader implements ResultReader {
  readonly #parts: ReaderParts;

  constructor(parts: ReaderParts) {
    this.#parts = parts;
  }

  async get(taskId: string): Promise<StoredResult | null> {
    return await (await this.#readable()).get(taskId);
  }

  async waitFor(taskId: string, options?: WaitOptions): Promise<StoredResult> {
    return await (await this.#readable()).waitFor(taskId, options);
  }

  async forget(taskId: string): Promise<void> {
    await (await this.#readable()).forget(taskId);
  }

  async revoke(taskIds: readonly string[], options: RevokeOptions): Promise<void> {
    const { terminate = false, signal = "SIGTERM" } = options;
    await this.#parts.cast("revoke", { task_id: taskIds, terminate, signal });
  }

  async saveGroup(groupId: string, group: ResultTuple): Promise<void> {
    await (await this.#stored()).saveGroup(groupId, group);
  }

  async restoreGroup(groupId: string): Promise<ResultTuple | null> {
    return await (await this.#stored()).restoreGroup(groupId);
  }

  async deleteGroup(groupId: string): Promise<void> {
    await (await this.#stored()).deleteGroup(groupId);
  }

  resultOf(tuple: ResultTuple): AnyResult {
    return resultFromTuple(tuple, this);
  }

  async #readable(): Promise<Pick<StoredBackend, "get" | "waitFor" | "forget">> {
    return this.#parts.rpc ?? (await this.#stored());
  }

  async #stored(): Promise<StoredBackend> {
    const { backend, ready } = this.#parts;
    if (!isStored(backend)) {
      throw new NotSupported(
        backend.name === "rpc"
          ? "a task cannot wait for rpc:// results: they go to the process that sends by app.sendTask. Use redis:// or db+postgresql://"
          : "no result backend is set: results cannot be looked up. Set resultBackend to rpc://, redis:// or db+postgresql://",
      );
    }
    await ready();
    return backend;
  }
}
