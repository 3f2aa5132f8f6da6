import { backOffMs } from "../amqp/back-off.js";
import { WorkerShutdown } from "../errors.js";
import type { Request } from "./request.js";

const FIRST_PAUSE_MS = 500;
const LAST_PAUSE_MS = 30_000;

/** Attempts whose requeues are counted. */
const MAX_COUNTED = 10_000;

/**
 * Messages that their task sends back to the queue. Once is at once; a message that comes back to be sent back again
 * waits here before, longer each time, unacknowledged and in nobody's way.
 */
export class Requeues {
  readonly #counts = new Map<string, number>();
  readonly #waiting = new Map<Request, (reason: WorkerShutdown) => void>();

  /** @param hold takes the request's delivery out of the way of others */
  constructor(private readonly hold: (request: Request) => void) {}

  /** How often an attempt was sent back by this worker. */
  countOf(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

  has(request: Request): boolean {
    return this.#waiting.has(request);
  }

  /** Resolves when the message may go back. @throws WorkerShutdown */
  async pause(request: Request): Promise<void> {
    const count = this.countOf(request.key);
    this.#counts.delete(request.key);
    this.#counts.set(request.key, count + 1);
    if (this.#counts.size > MAX_COUNTED) this.#forgetOldest();
    if (count === 0) return;
    this.hold(request);
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(resolve, backOffMs(count - 1, FIRST_PAUSE_MS, LAST_PAUSE_MS));
      this.#waiting.set(request, (reason) => {
        clearTimeout(timer);
        reject(reason);
      });
    }).finally(() => this.#waiting.delete(request));
  }

  /** Ends all waiting: the messages go back with their channels. */
  close(): void {
    const reason = new WorkerShutdown("the worker stopped while the message waited to go back to its queue");
    for (const reject of this.#waiting.values()) reject(reason);
  }

  #forgetOldest(): void {
    for (const key of this.#counts.keys()) {
      this.#counts.delete(key);
      return;
    }
  }
}
