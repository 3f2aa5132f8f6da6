/**
 * Pause in milliseconds after so many failures (0 for the first): it doubles from `firstMs` up to `lastMs`, and is drawn
 * from the upper half of that, so that many workers do not come back at once.
 */
export function backOffMs(failures: number, firstMs: number, lastMs: number): number {
  const full = Math.min(lastMs, firstMs * 2 ** Math.min(failures, 30));
  return Math.round(full * (0.5 + Math.random() / 2));
}
