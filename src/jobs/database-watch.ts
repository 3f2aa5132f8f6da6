import type { Kysely } from "kysely";
import type { Outage, Trouble } from "../postgres/outage.js";
import { lookAtDatabase, lookAtDisk } from "./database-look.js";
import type { JobsDatabase } from "./schema.js";

/** Pause before a database in which something was wrong is looked at again. */
const TROUBLE_PAUSE_MS = 1000;
/** The disk is tried no more often. */
const DISK_PAUSE_MS = 10_000;

/**
 * Tells whether jobs can be read and written now: what it sees itself when asked, and what any job waits for. It asks
 * again by itself while something is wrong, so that the log says when that began and when it ended.
 */
export class DatabaseWatch {
  #asking: Promise<void> | null = null;
  #timer: NodeJS.Timeout | null = null;
  #diskLookedAt = Number.NEGATIVE_INFINITY;
  #stopped = false;

  constructor(
    private readonly database: Kysely<JobsDatabase>,
    private readonly outage: Outage,
  ) {}

  /** What is known without looking. */
  get trouble(): Trouble | null {
    return this.outage.trouble;
  }

  /** Operations that wait for the database. */
  get waiting(): number {
    return this.outage.waiting;
  }

  /** Looks; null when all is well. Any number may look at once: one question is asked. May take as long as a statement. */
  async look(): Promise<Trouble | null> {
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = null;
    });
    await this.#asking;
    return this.outage.trouble;
  }

  /** Before the database is closed. */
  stop(): void {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.outage.gaveUp(this);
  }

  async #ask(): Promise<void> {
    try {
      await lookAtDatabase(this.database);
      if (performance.now() - this.#diskLookedAt > DISK_PAUSE_MS) {
        await lookAtDisk(this.database);
        this.#diskLookedAt = performance.now();
      }
      this.outage.passed(this);
    } catch (error) {
      this.#failed(error);
    }
  }

  #failed(error: unknown): void {
    if (this.#stopped) return;
    this.#diskLookedAt = Number.NEGATIVE_INFINITY;
    this.outage.failed(this, error);
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.look(), TROUBLE_PAUSE_MS);
    this.#timer.unref();
  }
}
