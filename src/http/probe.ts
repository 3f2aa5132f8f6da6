/** Outcome of one look at something outside the process. */
export type ProbeResult<T> =
  | { readonly ok: true; readonly answer: T }
  | { readonly ok: false; readonly reason: string };

/**
 * Asks something that may be slow, without being slow itself: whoever looks hears within the timeout, and at most one
 * question is under way, however many look.
 */
export class Probe<T> {
  #asking: Promise<ProbeResult<T>> | null = null;

  constructor(
    private readonly ask: () => Promise<T>,
    private readonly timeoutMs: number,
  ) {}

  look(): Promise<ProbeResult<T>> {
    this.#asking ??= this.#question().finally(() => {
      this.#asking = null;
    });
    const asking = this.#asking;
    return new Promise((resolve) => {
      const reason = `no answer within ${this.timeoutMs} ms`;
      const timer = setTimeout(() => resolve({ ok: false, reason }), this.timeoutMs);
      void asking.then((result) => {
        clearTimeout(timer);
        resolve(result);
      });
    });
  }

  async #question(): Promise<ProbeResult<T>> {
    try {
      return { ok: true, answer: await this.ask() };
    } catch (error) {
      const first = error instanceof AggregateError ? error.errors[0] : error;
      return { ok: false, reason: first instanceof Error ? first.message : String(first) };
    }
  }
}
