import type { Delivery } from "../broker/delivery.js";
import { isSameMessage, keyOf } from "../broker/delivery.js";
import type { Subject } from "./lane.js";

/** Dead letters whose originals may come again are remembered up to this number. */
const MAX_REMEMBERED = 10_000;

/** A message on its way out that never became a request. */
export class Refusal implements Subject {
  /** Another worker that gets the message refuses it as well: two would make two dead letters of it. */
  readonly outlivesDelivery = false;

  constructor(
    public delivery: Delivery,
    readonly logFields: Readonly<Record<string, unknown>>,
  ) {}
}

/** Messages that are refused, until each is settled: the redelivery of one is no second message. */
export class Refusals {
  readonly #open = new Set<Refusal>();
  /** Digests of messages that were settled when their channel was gone, with how many there are of each. */
  readonly #done = new Map<string, number>();

  begin(delivery: Delivery, logFields: Readonly<Record<string, unknown>>): Refusal {
    const refusal = new Refusal(delivery, logFields);
    this.#open.add(refusal);
    return refusal;
  }

  /** @param comesAgain what was to be done is done, but the broker does not know it */
  end(refusal: Refusal, comesAgain: boolean): void {
    this.#open.delete(refusal);
    if (!comesAgain || this.#done.size >= MAX_REMEMBERED) return;
    const key = keyOf(refusal.delivery);
    this.#done.set(key, (this.#done.get(key) ?? 0) + 1);
  }

  /** Gives a redelivery to the refusal under way that it belongs to. @returns null when there is none */
  adopt(delivery: Delivery): Refusal | null {
    for (const refusal of this.#open) {
      if (refusal.delivery.isPending || !isSameMessage(refusal.delivery, delivery)) continue;
      refusal.delivery = delivery;
      return refusal;
    }
    return null;
  }

  /** @returns whether the message of this redelivery needs nothing but its acknowledgement; it counts once */
  isDone(delivery: Delivery): boolean {
    if (this.#done.size === 0) return false;
    const key = keyOf(delivery);
    const count = this.#done.get(key) ?? 0;
    if (count > 1) this.#done.set(key, count - 1);
    else this.#done.delete(key);
    return count > 0;
  }
}
