/** Mean of a column by weights that sum to `total`; null when that is nothing. */
export function weightedMean(column: Float64Array, weights: Float64Array, total: number): number | null {
  if (!(total > 0)) return null;
  let sum = 0;
  for (let hand = 0; hand < column.length; hand++) sum += column[hand] * weights[hand];
  return sum / total;
}

/** Mean over the hands with weight and a value; null without any. */
export function mean(values: Float64Array, weights: Float64Array): number | null {
  let sum = 0;
  let total = 0;
  for (let hand = 0; hand < values.length; hand++) {
    const weight = weights[hand];
    if (!(weight > 0) || Number.isNaN(values[hand])) continue;
    sum += weight * values[hand];
    total += weight;
  }
  return total > 0 ? sum / total : null;
}

/** Decimal places of EVs below the pot's first digit, whatever a chip is worth. */
const EV_DIGITS = 6;

/** EVs to a millionth of the pot, about; null for what cannot be. */
export type RoundEv = (value: number) => number | null;

/** @param pot of the root, in chips */
export function evRounder(pot: number): RoundEv {
  const decimals = Math.min(100, Math.max(0, EV_DIGITS - Math.floor(Math.log10(pot))));
  return (value) => (Number.isFinite(value) ? Number(value.toFixed(decimals)) + 0 : null);
}

/** A share of the pot, to a millionth. */
export function roundEquity(share: number): number {
  return Math.round(share * 1e6) / 1e6;
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
      columns.map((column) => column[hand]),
      digits,
    ).forEach((share, action) => {
      out[action][hand] = share;
    });
  }
  return out;
}

/** Four significant digits. */
export function significant(value: number): number {
  return Number(value.toPrecision(4));
}
