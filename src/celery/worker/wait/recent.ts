import { createHash } from "node:crypto";

interface Node<Value> {
  readonly key: string;
  value: Value;
  older: Node<Value> | null;
  newer: Node<Value> | null;
}

/**
 * A map of the last `limit` keys; the oldest leave first. Nodes are linked: the first entry of a Map that loses its first
 * entries all the time takes tens of microseconds to find, because V8 leaves a hole for each.
 */
export class RecentMap<Value> {
  readonly #nodes = new Map<string, Node<Value>>();
  #oldest: Node<Value> | null = null;
  #newest: Node<Value> | null = null;

  constructor(readonly limit: number) {}

  get size(): number {
    return this.#nodes.size;
  }

  get(key: string): Value | undefined {
    return this.#nodes.get(key)?.value;
  }

  /** A key that is set again is the newest. */
  set(key: string, value: Value): void {
    const known = this.#nodes.get(key);
    const node = known ?? { key, value, older: null, newer: null };
    node.value = value;
    if (known === undefined) this.#nodes.set(key, node);
    else this.#unlink(known);
    this.#append(node);
    if (this.#nodes.size > this.limit && this.#oldest !== null) this.delete(this.#oldest.key);
  }

  delete(key: string): void {
    const node = this.#nodes.get(key);
    if (node === undefined) return;
    this.#nodes.delete(key);
    this.#unlink(node);
  }

  /** Oldest first. */
  *[Symbol.iterator](): Generator<[key: string, value: Value]> {
    for (let node = this.#oldest; node !== null; node = node.newer) yield [node.key, node.value];
  }

  #append(node: Node<Value>): void {
    node.older = this.#newest;
    node.newer = null;
    if (this.#newest === null) this.#oldest = node;
    else this.#newest.newer = node;
    this.#newest = node;
  }

  #unlink({ older, newer }: Node<Value>): void {
    if (older === null) this.#oldest = newer;
    else older.newer = newer;
    if (newer === null) this.#newest = older;
    else newer.older = older;
  }
}

/** A longer key is remembered by its hash: whoever makes it up must not fill the memory. */
const LONGEST_KEY = 512;

/** Remembers the last `limit` keys, each for `ttlMs` at most; the oldest leave first. */
export class RecentSet {
  readonly #added: RecentMap<number>;

  constructor(
    readonly limit: number,
    readonly ttlMs = Number.POSITIVE_INFINITY,
  ) {
    this.#added = new RecentMap(limit);
  }

  get size(): number {
    return this.#added.size;
  }

  add(text: string, atMs = Date.now()): void {
    this.#added.set(short(text), atMs);
  }

  has(text: string): boolean {
    const key = short(text);
    const at = this.#added.get(key);
    if (at === undefined) return false;
    if (Date.now() - at <= this.ttlMs) return true;
    this.#added.delete(key);
    return false;
  }

  delete(text: string): void {
    this.#added.delete(short(text));
  }

  /** Keys that have not expired, oldest first, with the time they were added (epoch milliseconds). */
  entries(): [key: string, atMs: number][] {
    const oldest = Date.now() - this.ttlMs;
    return [...this.#added].filter(([, at]) => at >= oldest);
  }
}

function short(key: string): string {
  return key.length <= LONGEST_KEY ? key : createHash("sha256").update(key).digest("hex");
}
