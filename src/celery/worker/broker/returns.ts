import type { Request } from "../request.js";
import { type Delivery, type DeliveryChannel, identityOf, type MessageIdentity, type Settlement } from "./delivery.js";

/** Something that is kept about one message. */
export interface Kept<Value> {
  readonly identity: MessageIdentity;
  readonly value: Value;
}

interface Node<Value> extends Kept<Value> {
  older: Node<Value> | null;
  newer: Node<Value> | null;
  /** Of the same mark. */
  olderAlike: Node<Value> | null;
  newerAlike: Node<Value> | null;
}

/**
 * What is kept about messages, in the order in which it came, found by what they are told by. Nodes are linked, because tens
 * of thousands come and go every minute and are never looked for: the first entry of a Set that loses its first entries all the
 * time takes tens of microseconds to find.
 */
export class MessageMemory<Value> {
  #oldest: Node<Value> | null = null;
  #newest: Node<Value> | null = null;
  readonly #newestOf = new Map<string, Node<Value>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get oldest(): Kept<Value> | null {
    return this.#oldest;
  }

  add(identity: MessageIdentity, value: Value): Kept<Value> {
    const older = this.#newest;
    const olderAlike = this.#newestOf.get(identity.mark) ?? null;
    const node: Node<Value> = { identity, value, older, newer: null, olderAlike, newerAlike: null };
    if (older === null) this.#oldest = node;
    else older.newer = node;
    if (olderAlike !== null) olderAlike.newerAlike = node;
    this.#newest = node;
    this.#newestOf.set(identity.mark, node);
    this.#size += 1;
    return node;
  }

  /** Takes out what {@link add} or {@link equal} returned; once. */
  delete(kept: Kept<Value>): void {
    const { identity, older, newer, olderAlike, newerAlike } = kept as Node<Value>;
    if (older === null) this.#oldest = newer;
    else older.newer = newer;
    if (newer === null) this.#newest = older;
    else newer.older = older;
    if (olderAlike !== null) olderAlike.newerAlike = newerAlike;
    if (newerAlike !== null) newerAlike.olderAlike = olderAlike;
    else if (olderAlike !== null) this.#newestOf.set(identity.mark, olderAlike);
    else this.#newestOf.delete(identity.mark);
    this.#size -= 1;
  }

  /** Whatever is kept about this message, oldest first. */
  equal({ mark, key }: MessageIdentity): Kept<Value>[] {
    const found: Kept<Value>[] = [];
    for (let node = this.#newestOf.get(mark) ?? null; node !== null; node = node.olderAlike)
      if (node.identity.key === key) found.push(node);
    return found.reverse();
  }
}

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
