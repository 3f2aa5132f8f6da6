import type { Trouble } from "../../postgres/outage.js";
import { ImproperlyConfigured } from "../errors.js";
import type { ResultRecord, ResultTarget, ResultTuple, StoredResult } from "./backend.js";
import type { DatabaseBackend, DatabaseBackendOptions } from "./database.js";
import { postgresUrl } from "./database-url.js";
import type { StoredBackend, WaitOptions } from "./stored.js";

/** The {@link DatabaseBackend}, loaded when it is first used: an app with another backend needs neither kysely nor pg. */
export class LazyDatabaseBackend implements StoredBackend {
  readonly name = "database";
  #loading: Promise<DatabaseBackend> | null = null;
  #loaded: DatabaseBackend | null = null;

  /** @throws ImproperlyConfigured for a URL of another database */
  constructor(private readonly options: DatabaseBackendOptions) {
    postgresUrl(options.url);
  }

  get trouble(): Trouble | null {
    return this.#loaded?.trouble ?? null;
  }

  async start(): Promise<void> {
    await (await this.#backend()).start();
  }
  async close(): Promise<void> {
    await (await this.#loading)?.close();
  }
  async store(target: ResultTarget, record: ResultRecord): Promise<void> {
    await (await this.#backend()).store(target, record);
  }
  async get(taskId: string): Promise<StoredResult | null> {
    return await (await this.#backend()).get(taskId);
  }
  async waitFor(taskId: string, options?: WaitOptions): Promise<StoredResult> {
    return await (await this.#backend()).waitFor(taskId, options);
  }
  async forget(taskId: string): Promise<void> {
    await (await this.#backend()).forget(taskId);
  }
  async saveGroup(groupId: string, group: ResultTuple): Promise<void> {
    await (await this.#backend()).saveGroup(groupId, group);
  }
  async restoreGroup(groupId: string): Promise<ResultTuple | null> {
    return await (await this.#backend()).restoreGroup(groupId);
  }
  async deleteGroup(groupId: string): Promise<void> {
    await (await this.#backend()).deleteGroup(groupId);
  }
  async cleanup(): Promise<void> {
    await (await this.#backend()).cleanup();
  }

  #backend(): Promise<DatabaseBackend> {
    this.#loading ??= this.#load();
    return this.#loading;
  }

  /** @throws ImproperlyConfigured when its packages are not installed */
  async #load(): Promise<DatabaseBackend> {
    try {
      const library = await import("./database.js");
      this.#loaded = new library.DatabaseBackend(this.options);
      return this.#loaded;
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw cause;
      throw new ImproperlyConfigured("results in db+postgresql:// need two packages: npm install kysely pg", { cause });
    }
  }
}
