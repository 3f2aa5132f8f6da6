import type { Request } from "./request.js";

/** Values of stamps (headers such as `mid`) whose tasks are revoked, by stamp name. */
export class RevokedStamps {
  readonly #values = new Map<string, Set<string>>();

  get isEmpty(): boolean {
    return this.#values.size === 0;
  }

  add(name: string, values: Iterable<string>): void {
    const known = this.#values.get(name) ?? new Set();
    for (const value of values) known.add(value);
    this.#values.set(name, known);
  }

  /** Whether the request carries a revoked stamp. */
  matches(request: Request): boolean {
    if (this.#values.size === 0) return false;
    for (const [name, values] of this.#values) {
      if (stampValues(request, name).some((value) => values.has(value))) return true;
    }
    return false;
  }

  entries(): [name: string, values: string[]][] {
    return [...this.#values].map(([name, values]) => [name, [...values]]);
  }
}

/** The request's values of one stamp. */
export function stampValues(request: Request, name: string): string[] {
  const value = request.message.stamps[name];
  if (value === undefined || value === null) return [];
  return (Array.isArray(value) ? value : [value]).map(String);
}
