import type { Request } from "../request.js";
import type { Delivery, DeliveryChannel, Settlement } from "./delivery.js";
import { identityOf, type MessageIdentity } from "./message-identity.js";
import { type Kept, MessageMemory } from "./message-memory.js";

/** A settlement that ends the message. */
type FinalSettlement = Exclude<Settlement, "requeue">;

/** A message that was acknowledged or rejected, which the broker may not have seen. */
interface Settled {
  readonly on: DeliveryChannel;
  readonly how: FinalSettlement;
  /** Epoch milliseconds. */
  readonly atMs: number;
}

/** Options of {@link Returns}. */
export interface ReturnsOptions {
  /** How many settled messages are remembered at most. */
  readonly limit: number;
  /** For how long. */
  readonly expiresMs: number;
  /** What was settled so long before its channel was lost has reached the broker. */
  readonly unseenMs: number;
}

/**
 * What comes again after a lost channel: messages whose run is under way here, messages that were settled without the
 * broker seeing it, and messages that waited. The first go to their run, the second are settled
 * again, the third are run; each counts once, so that of equal messages none is lost.
 */
export class Returns {
  readonly #options: ReturnsOptions;
  readonly #running = new MessageMemory<Request>();
  readonly #runningOf = new Map<Request, Kept<Request>>();
  /** In the order of settlement. */
  readonly #settled = new MessageMemory<Settled>();
  /** How many messages equal to a settled one waited when their channel was lost, by key. */
  readonly #waited = new Map<string, number>();

  constructor(options: ReturnsOptions) {
    this.#options = options;
  }

  /** The channel of a request that goes on is lost. */
  lostRunning(request: Request): void {
    this.#runningOf.set(request, this.#running.add(identityOf(request.delivery), request));
  }

  /** The channel of a request that did not run is lost. */
  lostWaiting({ delivery }: Request): void {
    if (this.#settled.size === 0) return;
    const identity = identityOf(delivery);
    if (this.#unseen(identity) === null) return;
    this.#waited.set(identity.key, (this.#waited.get(identity.key) ?? 0) + 1);
  }

  /** A message was acknowledged or rejected, on a channel that may be lost already. */
  settled(delivery: Delivery, how: FinalSettlement): void {
    this.#forgetOld();
    this.#settled.add(identityOf(delivery), { on: delivery.on, how, atMs: Date.now() });
  }

  /** A request is gone: its message is not awaited. */
  gone(request: Request): void {
    const running = this.#runningOf.get(request);
    if (running === undefined) return;
    this.#runningOf.delete(request);
    this.#running.delete(running);
  }

  /**
   * What a redelivered message is.
   * @returns its run, which is no longer awaited; how it was settled, and is to be settled again; null when it is to be run
   */
  meet(delivery: Delivery): Request | FinalSettlement | null {
    if (this.#running.size + this.#settled.size === 0) return null;
    const identity = identityOf(delivery);
    const [running] = this.#running.equal(identity);
    if (running !== undefined) {
      this.gone(running.value);
      return running.value;
    }
    const settled = this.#unseen(identity);
    if (settled === null) return null;
    const { key } = identity;
    const waited = this.#waited.get(key) ?? 0;
    if (waited === 0) this.#forget(settled);
    else if (waited === 1) this.#waited.delete(key);
    else this.#waited.set(key, waited - 1);
    return waited === 0 ? settled.value.how : null;
  }

  /** The settled message, of those equal, that comes again first; null when none may. */
  #unseen(identity: MessageIdentity): Kept<Settled> | null {
    return (
      this.#settled.equal(identity).find(({ value }) => value.on.lostAtMs !== null && this.#mayComeAgain(value)) ?? null
    );
  }

  #mayComeAgain({ on, atMs }: Settled): boolean {
    const { expiresMs, unseenMs } = this.#options;
    const now = Date.now();
    return atMs >= (on.lostAtMs ?? now) - unseenMs && now - atMs <= expiresMs;
  }

  #forgetOld(): void {
    for (let { oldest } = this.#settled; oldest !== null; { oldest } = this.#settled) {
      if (this.#mayComeAgain(oldest.value) && this.#settled.size < this.#options.limit) return;
      this.#forget(oldest);
    }
  }

  #forget(settled: Kept<Settled>): void {
    this.#settled.delete(settled);
    if (this.#waited.size > 0 && this.#settled.equal(settled.identity).length === 0)
      this.#waited.delete(settled.identity.key);
  }
}
