import { backOffMs } from "../../amqp/back-off.js";
import { WorkerShutdown } from "../../errors.js";
import { keyOf } from "../broker/delivery.js";
import type { Request } from "../request.js";
import { RecentMap } from "./recent.js";

const FIRST_PAUSE_MS = 500;
const LAST_PAUSE_MS = 30_000;

/** Messages whose requeues are counted. */
const MAX_COUNTED = 10_000;

/**
 * Messages that their task sends back to the queue. Once is at once; a message that comes back to be sent back again
 * waits here before, longer each time, unacknowledged and in nobody's way.
 */
export class Requeues {
  /** By digest of the message: another one of the same task id has its own. */
  readonly #counts = new RecentMap<number>(MAX_COUNTED);
  readonly #waiting = new Map<Request, (reason: WorkerShutdown) => void>();
  readonly #onWait: () => void;

  /** @param onWait called when a message begins to wait */
  constructor(onWait: () => void) {
    this.#onWait = onWait;
  }

  /** How often the message of a request was sent back by this worker. */
  countOf({ delivery }: Request): number {
    return this.#counts.size === 0 ? 0 : (this.#counts.get(keyOf(delivery)) ?? 0);
  }

  has(request: Request): boolean {
    return this.#waiting.has(request);
  }

  /** Resolves when the message may go back. @throws WorkerShutdown */
  async pause(request: Request): Promise<void> {
    const key = keyOf(request.delivery);
    const count = this.#counts.get(key) ?? 0;
    this.#counts.set(key, count + 1);
    if (count === 0) return;
    request.delivery.hold();
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(resolve, backOffMs(count - 1, FIRST_PAUSE_MS, LAST_PAUSE_MS));
      this.#waiting.set(request, (reason) => {
        clearTimeout(timer);
        reject(reason);
      });
      this.#onWait();
    }).finally(() => this.#waiting.delete(request));
  }

  /** Ends all waiting: the messages go back with their channels. */
  close(): void {
    const reason = new WorkerShutdown("the worker stopped while the message waited to go back to its queue");
    for (const reject of this.#waiting.values()) reject(reason);
  }
}
