/** Longest delay that setTimeout keeps; a longer one fires at once. */
export const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/**
 * `setTimeout` for a delay of any length, also an infinite one.
 * @returns what takes it back
 */
export function startTimeout(run: () => void, delayMs: number): () => void {
  const dueMs = performance.now() + delayMs;
  let timer: NodeJS.Timeout;
  const wait = () => {
    const leftMs = dueMs - performance.now();
    timer = leftMs <= MAX_TIMEOUT_MS ? setTimeout(run, Math.max(0, leftMs)) : setTimeout(wait, MAX_TIMEOUT_MS);
  };
  wait();
  return () => clearTimeout(timer);
}
