import type { MessageIdentity } from "./message-identity.js";

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
