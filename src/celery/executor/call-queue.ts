import type { Call } from "./pool-thread.js";

/**
 * Calls that wait for a thread, in one queue per owner (a request). Owners are served in turn, those that compute nothing
 * before the others.
 */
export class CallQueue {
  /** Map order is the order of turns. */
  readonly #waiting = new Map<string, Call[]>();
  readonly #running = new Map<string, number>();

  /** Calls that wait. */
  get size(): number {
    let size = 0;
    for (const calls of this.#waiting.values()) size += calls.length;
    return size;
  }

  /** Whether an owner waits and computes nothing. */
  get isStarving(): boolean {
    return this.#starvingOwner() !== undefined;
  }

  add(call: Call): void {
    const calls = this.#waiting.get(call.owner);
    if (calls === undefined) this.#waiting.set(call.owner, [call]);
    else calls.push(call);
  }

  /** Takes the call whose turn it is, which counts as running from now on; null when none waits. */
  take(): Call | null {
    const owner = this.#starvingOwner() ?? this.#waiting.keys().next().value;
    const calls = owner === undefined ? undefined : this.#waiting.get(owner);
    const call = calls?.shift();
    if (owner === undefined || calls === undefined || call === undefined) return null;
    if (calls.length === 0) this.#waiting.delete(owner);
    this.#running.set(owner, (this.#running.get(owner) ?? 0) + 1);
    return call;
  }

  /** A call of this owner runs no more: those who wait have their turn before its next one. */
  ended(owner: string): void {
    const left = (this.#running.get(owner) ?? 1) - 1;
    if (left === 0) this.#running.delete(owner);
    else this.#running.set(owner, left);
    const calls = this.#waiting.get(owner);
    if (calls === undefined) return;
    this.#waiting.delete(owner);
    this.#waiting.set(owner, calls);
  }

  /** Takes a call out that has not started; false when it has. */
  remove(call: Call): boolean {
    const calls = this.#waiting.get(call.owner);
    const index = calls?.indexOf(call) ?? -1;
    if (calls === undefined || index < 0) return false;
    calls.splice(index, 1);
    if (calls.length === 0) this.#waiting.delete(call.owner);
    return true;
  }

  /** Empties the queue. @returns what waited */
  clear(): Call[] {
    const calls = [...this.#waiting.values()].flat();
    this.#waiting.clear();
    return calls;
  }

  #starvingOwner(): string | undefined {
    for (const owner of this.#waiting.keys()) if (!this.#running.has(owner)) return owner;
    return undefined;
  }
}
