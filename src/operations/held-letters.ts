import { type BrokerConnection, MessageQueue, type TakenMessage } from "../celery/tooling.js";
import { idsNamedBy } from "../tasks/named-jobs.js";
import { describeDeadLetter } from "./dead-letter-view.js";

/** A dead letter that names a job, and stays out of everybody else's reach until it is let go. */
export interface HeldLetter {
  readonly deadLetterQueue: string;
  /** Where it came from; null when nothing says so. */
  readonly queue: string | null;
  readonly reason: string;
  /** Takes it out of its queue for good. */
  acknowledge(): void;
}

/** The dead letters of some jobs, held while those are sent again; the others are not touched. */
export class HeldLetters {
  readonly #queues: MessageQueue[] = [];
  readonly #letters = new Map<string, HeldLetter[]>();

  private constructor() {}

  /** Takes what names one of the jobs. */
  static async take(
    connection: BrokerConnection,
    deadLetterQueues: readonly string[],
    jobIds: ReadonlySet<string>,
  ): Promise<HeldLetters> {
    const held = new HeldLetters();
    for (const name of deadLetterQueues) {
      const queue = await MessageQueue.open(connection, name);
      if (queue === null) continue;
      held.#queues.push(queue);
      for (let left = await queue.count(); left > 0; left--) {
        const message = await queue.take();
        if (message === null) break;
        await held.#keep(message, name, jobIds);
      }
    }
    return held;
  }

  of(jobId: string): readonly HeldLetter[] {
    return this.#letters.get(jobId) ?? [];
  }

  /** Lets go of those that were not acknowledged: they are back in their places. */
  async close(): Promise<void> {
    for (const queue of this.#queues) await queue.close();
  }

  async #keep(message: TakenMessage, deadLetterQueue: string, wanted: ReadonlySet<string>): Promise<void> {
    const { jobId, queue, reason } = await describeDeadLetter(message);
    const named = (jobId === null ? idsNamedBy(message) : [jobId]).filter((id) => wanted.has(id));
    for (const id of named) {
      const letter = { deadLetterQueue, queue, reason, acknowledge: () => message.acknowledge() };
      this.#letters.set(id, [...this.of(id), letter]);
    }
  }
}
