import type { Logger } from "pino";
import { asError, isLasting, PublishError, WorkerShutdown } from "../../errors.js";
import type { Delivery } from "../broker/delivery.js";
import { type Entry, Lane, type Subject, type UnsettledStep } from "./lane.js";

/** Deliveries of one queue that wait for the same step, for health and metrics. */
export interface UnsettledGroup {
  readonly queue: string;
  readonly step: UnsettledStep;
  readonly count: number;
  /** Epoch milliseconds. */
  readonly sinceMs: number;
  /** Why the last try failed. */
  readonly reason: string;
}

/** Beyond these, what waits stays in the windows of its consumers: memory is bounded, and intake stops at last. */
const MAX_HELD = 10_000;
const MAX_HELD_BYTES = 256 * 1024 * 1024;

/**
 * Deliveries that cannot be settled as planned: the broker refuses the dead letter, the result backend the result. They
 * stay unacknowledged, outside the windows of their consumers, and the step that failed is tried again with growing
 * pauses. Requeueing instead would be a busy loop, and on quorum queues every round counts towards the loss of the message.
 */
export class Unsettled {
  readonly #log: Logger;
  readonly #onWait: () => void;
  /** By step and what it waits for. */
  readonly #lanes = new Map<string, Lane>();
  /** With the number of their entries. */
  readonly #subjects = new Map<Subject, number>();
  #heldBytes = 0;
  #isFull = false;
  #closed = false;

  /** @param onWait called when a delivery begins to wait */
  constructor(log: Logger, onWait: () => void) {
    this.#log = log;
    this.#onWait = onWait;
  }

  has(subject: Subject): boolean {
    return this.#subjects.has(subject);
  }

  /**
   * Carries a step out, as often as it takes.
   *
   * @param target what may be out of order, e.g. the name of a queue: those that wait for the same are tried together
   * @param passes whether another try may succeed. Default: troubles of broker and backend, as against a message that has
   * no form
   * @returns what the step returned
   * @throws the step's error when it does not pass; WorkerShutdown when the worker stops first; WentBack
   */
  async carryOut<Result>(
    subject: Subject,
    step: UnsettledStep,
    target: string,
    attempt: () => Promise<Result>,
    passes: (error: unknown) => boolean = mayPass,
  ): Promise<Result> {
    try {
      const result = await attempt();
      // What the others wait for is there again.
      if (this.#lanes.size > 0) this.#lanes.get(laneName(step, target))?.wake();
      return result;
    } catch (error) {
      if (!passes(error)) throw error;
      const reason = asError(error).message;
      return (await this.#wait({ subject, step, attempt, passes, reason }, laneName(step, target))) as Result;
    }
  }

  /** A redelivery has taken the place of the subject's delivery: it must not fill the new window either. */
  adopted(subject: Subject): void {
    if (this.#subjects.has(subject)) this.#hold(subject.delivery);
  }

  /** Tries everything that waits now: the broker is back, say. */
  retryNow(): void {
    for (const lane of this.#lanes.values()) void lane.try();
  }

  /** What waits, by queue and step. */
  groups(): UnsettledGroup[] {
    const groups = new Map<string, UnsettledGroup>();
    for (const { entries } of this.#lanes.values()) {
      for (const { subject, step, sinceMs, reason } of entries) {
        const { queue } = subject.delivery;
        const known = groups.get(laneName(step, queue));
        groups.set(laneName(step, queue), {
          queue,
          step,
          count: (known?.count ?? 0) + 1,
          sinceMs: Math.min(known?.sinceMs ?? sinceMs, sinceMs),
          reason,
        });
      }
    }
    return [...groups.values()];
  }

  /** Ends all waiting: the messages go back with their channels. */
  close(): void {
    this.#closed = true;
    for (const lane of this.#lanes.values()) lane.close(stopped());
  }

  #wait(what: Pick<Entry, "subject" | "step" | "attempt" | "passes" | "reason">, name: string): Promise<unknown> {
    if (this.#closed) return Promise.reject(stopped());
    const { subject, step, reason } = what;
    let lane = this.#lanes.get(name);
    if (lane === undefined) {
      lane = new Lane((entry, isDone) => this.#left(name, entry, isDone));
      this.#lanes.set(name, lane);
    }
    const waits = this.#subjects.get(subject) ?? 0;
    this.#subjects.set(subject, waits + 1);
    if (waits === 0) this.#heldBytes += sizeOf(subject);
    this.#hold(subject.delivery);
    this.#log.error(
      { ...subject.logFields, queue: subject.delivery.queue, step, err: reason },
      `a message cannot be settled (${step}): it waits, unacknowledged, and is tried again until it can`,
    );
    const entries = lane;
    this.#onWait();
    return new Promise((resolve, reject) => {
      entries.add({ ...what, resolve, reject, sinceMs: Date.now(), attempts: 1, lostAtMs: null });
    });
  }

  #left(name: string, { subject, step, attempts, sinceMs }: Entry, isDone: boolean): void {
    if (this.#lanes.get(name)?.entries.size === 0) this.#lanes.delete(name);
    const waits = (this.#subjects.get(subject) ?? 1) - 1;
    if (waits > 0) this.#subjects.set(subject, waits);
    else {
      this.#subjects.delete(subject);
      this.#heldBytes -= sizeOf(subject);
    }
    if (!isDone) return;
    const tried = { attempts: attempts + 1, seconds: (Date.now() - sinceMs) / 1000 };
    const fields = { ...subject.logFields, queue: subject.delivery.queue, step, ...tried };
    this.#log.info(fields, `a message that could not be settled (${step}) is done`);
  }

  #hold(delivery: Delivery): void {
    const isFull = this.#subjects.size > MAX_HELD || this.#heldBytes > MAX_HELD_BYTES;
    if (!isFull && delivery.isPending) delivery.hold();
    if (isFull && !this.#isFull) {
      const waiting = { messages: this.#subjects.size, bytes: this.#heldBytes };
      this.#log.error(waiting, "more messages cannot be settled than memory should hold: intake slows down");
    }
    this.#isFull = isFull;
  }
}

function mayPass(error: unknown): boolean {
  return !isLasting(error) || (error instanceof PublishError && error.replyCode !== null);
}

function sizeOf({ delivery }: Subject): number {
  return delivery.message.content.length;
}

function stopped(): WorkerShutdown {
  return new WorkerShutdown("the worker stopped before the message could be settled");
}

function laneName(step: UnsettledStep, target: string): string {
  return `${step} ${target}`;
}
