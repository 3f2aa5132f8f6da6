/** Chips to the fourth decimal; null for what cannot be. */
export function roundEv(value: number): number | null {
  return Number.isFinite(value) ? Math.round(value * 1e4) / 1e4 + 0 : null;
}

/** Probabilities with `digits` decimals that still sum to exactly one: the largest takes the rest. */
export function roundShares(shares: readonly number[], digits: number): number[] {
  const unit = 10 ** digits;
  const whole = shares.map((share) => Math.round(share * unit));
  const largest = whole.indexOf(Math.max(...whole));
  const rest = unit - whole.reduce((sum, part) => sum + part, 0);
  return whole.map((part, index) => (index === largest ? part + rest : part) / unit);
}

/** Columns of per-action probabilities, rounded hand by hand. */
export function roundStrategy(columns: readonly Float64Array[], digits: number): number[][] {
  const out = columns.map(() => new Array<number>(columns[0]?.length ?? 0));
  for (let hand = 0; hand < (columns[0]?.length ?? 0); hand++) {
    roundShares(
      columns.map((column) => column[hand] as number),
      digits,
    ).forEach((share, action) => {
      (out[action] as number[])[hand] = share;
    });
  }
  return out;
}
