import type { Request } from "../request.js";
import type { Delivery, DeliveryChannel, Settlement } from "./delivery.js";
import { digestOf, markOf } from "./message-identity.js";

/** A settlement that ends the message. */
type FinalSettlement = Exclude<Settlement, "requeue">;

/** What a message that may come again is told by. */
interface Identity {
  readonly mark: string;
  readonly digest: string;
}

/** A run whose channel was lost. */
interface Running extends Identity {
  readonly request: Request;
}

/** A message that was acknowledged or rejected, which the broker may not have seen. */
interface Settled extends Identity {
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
  readonly #running = new ByDigest<Running>();
  readonly #runningOf = new Map<Request, Running>();
  /** In the order of settlement. */
  readonly #settled = new ByDigest<Settled>();
  /** How many messages equal to a settled one waited when their channel was lost, by digest. */
  readonly #waited = new Map<string, number>();

  constructor(options: ReturnsOptions) {
    this.#options = options;
  }

  /** The channel of a request that goes on is lost. */
  lostRunning(request: Request): void {
    const running = { ...identityOf(request.delivery), request };
    this.#running.add(running);
    this.#runningOf.set(request, running);
  }

  /** The channel of a request that did not run is lost. */
  lostWaiting({ delivery }: Request): void {
    if (!this.#settled.mayKnow(delivery)) return;
    const digest = digestOf(delivery);
    if (this.#unseen(digest) !== null) this.#waited.set(digest, (this.#waited.get(digest) ?? 0) + 1);
  }

  /** A message was acknowledged or rejected, on a channel that may be lost already. */
  settled(delivery: Delivery, how: FinalSettlement): void {
    this.#forgetOld();
    this.#settled.add({ ...identityOf(delivery), on: delivery.on, how, atMs: Date.now() });
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
    if (!this.#running.mayKnow(delivery) && !this.#settled.mayKnow(delivery)) return null;
    const digest = digestOf(delivery);
    for (const { request } of this.#running.of(digest)) {
      this.gone(request);
      return request;
    }
    const entry = this.#unseen(digest);
    if (entry === null) return null;
    const waited = this.#waited.get(digest) ?? 0;
    if (waited === 0) this.#forget(entry);
    else if (waited === 1) this.#waited.delete(digest);
    else this.#waited.set(digest, waited - 1);
    return waited === 0 ? entry.how : null;
  }

  /** A settled message that may come again. Those of a channel that stands are the last, and only its loss brings them back. */
  #unseen(digest: string): Settled | null {
    for (const entry of this.#settled.of(digest)) {
      if (entry.on.lostAtMs === null) return null;
      if (this.#mayComeAgain(entry)) return entry;
    }
    return null;
  }

  #mayComeAgain({ on, atMs }: Settled): boolean {
    const { expiresMs, unseenMs } = this.#options;
    const now = Date.now();
    return atMs >= (on.lostAtMs ?? now) - unseenMs && now - atMs <= expiresMs;
  }

  #forgetOld(): void {
    for (const entry of this.#settled) {
      if (this.#mayComeAgain(entry) && this.#settled.size < this.#options.limit) return;
      this.#forget(entry);
    }
  }

  #forget(entry: Settled): void {
    this.#settled.delete(entry);
    if (this.#settled.of(entry.digest).size === 0) this.#waited.delete(entry.digest);
  }
}

const NOTHING: ReadonlySet<never> = new Set<never>();

/** Entries in the order in which they came, found by digest; most that are not here are told without one. */
class ByDigest<Entry extends Identity> implements Iterable<Entry> {
  readonly #all = new Set<Entry>();
  readonly #byDigest = new Map<string, Set<Entry>>();
  /** How many entries have a mark. */
  readonly #marks = new Map<string, number>();

  get size(): number {
    return this.#all.size;
  }

  [Symbol.iterator](): Iterator<Entry> {
    return this.#all.values();
  }

  add(entry: Entry): void {
    this.#all.add(entry);
    this.#marks.set(entry.mark, (this.#marks.get(entry.mark) ?? 0) + 1);
    const equal = this.#byDigest.get(entry.digest);
    if (equal === undefined) this.#byDigest.set(entry.digest, new Set([entry]));
    else equal.add(entry);
  }

  delete(entry: Entry): void {
    if (!this.#all.delete(entry)) return;
    const marks = (this.#marks.get(entry.mark) ?? 1) - 1;
    if (marks === 0) this.#marks.delete(entry.mark);
    else this.#marks.set(entry.mark, marks);
    const equal = this.#byDigest.get(entry.digest);
    equal?.delete(entry);
    if (equal?.size === 0) this.#byDigest.delete(entry.digest);
  }

  of(digest: string): ReadonlySet<Entry> {
    return this.#byDigest.get(digest) ?? NOTHING;
  }

  mayKnow(delivery: Delivery): boolean {
    return this.#all.size > 0 && this.#marks.has(markOf(delivery));
  }
}

function identityOf(delivery: Delivery): Identity {
  return { mark: markOf(delivery), digest: digestOf(delivery) };
}
