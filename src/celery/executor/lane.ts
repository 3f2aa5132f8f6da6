import { CallQueue } from "./call-queue.js";
import type { PoolThread } from "./pool-thread.js";

/** Calls of one kind, and the threads that wait for such. */
export class Lane {
  readonly calls = new CallQueue();
  readonly idle: PoolThread[] = [];
  /** Calls that run. */
  active = 0;
}
