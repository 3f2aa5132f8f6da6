import { createHash } from "node:crypto";
import { RecentMap } from "./recent-map.js";

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
