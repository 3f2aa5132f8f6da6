const WINDOW_SECONDS = 10;

/** Events per second over the last ten seconds, by type. */
export class EventRates {
  readonly #seen: { readonly type: string; readonly atMs: number }[] = [];

  count(type: string, nowMs = Date.now()): void {
    this.#seen.push({ type, atMs: nowMs });
    this.#forget(nowMs);
  }

  perSecond(type: string, nowMs = Date.now()): number {
    this.#forget(nowMs);
    return this.#seen.filter((event) => event.type === type).length / WINDOW_SECONDS;
  }

  #forget(nowMs: number): void {
    const oldest = nowMs - WINDOW_SECONDS * 1000;
    let old = 0;
    while ((this.#seen[old]?.atMs ?? Number.POSITIVE_INFINITY) < oldest) old += 1;
    this.#seen.splice(0, old);
  }
}
