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
