import type { Request } from "../request.js";
import { RecentSet } from "./recent.js";

/** Between the name of a stamp and its value. */
const SEPARATOR = "\u0000";

/** Values of stamps (headers such as `mid`) whose tasks are revoked; the oldest are forgotten first. */
export class RevokedStamps {
  readonly #stamps: RecentSet;

  constructor(limit = 50_000) {
    this.#stamps = new RecentSet(limit);
  }

  get isEmpty(): boolean {
    return this.#stamps.size === 0;
  }

  add(name: string, values: Iterable<string>): void {
    for (const value of values) this.#stamps.add(name + SEPARATOR + value);
  }

  /** Whether the request carries a revoked stamp. */
  matches(request: Request): boolean {
    if (this.isEmpty) return false;
    return Object.keys(request.message.stamps).some((name) =>
      stampValues(request, name).some((value) => this.#stamps.has(name + SEPARATOR + value)),
    );
  }

  entries(): [name: string, values: string[]][] {
    const byName = new Map<string, string[]>();
    for (const [stamp] of this.#stamps.entries()) {
      const [name = "", value] = stamp.split(SEPARATOR, 2);
      if (value === undefined) continue;
      const values = byName.get(name);
      if (values === undefined) byName.set(name, [value]);
      else values.push(value);
    }
    return [...byName];
  }
}

/** The request's values of one stamp. */
export function stampValues(request: Request, name: string): string[] {
  const value = request.message.stamps[name];
  if (value === undefined || value === null) return [];
  return (Array.isArray(value) ? value : [value]).map(String);
}
