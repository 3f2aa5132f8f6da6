/** Mean of a column by weights that sum to `total`; null when that is nothing. */
export function weightedMean(column: Float64Array, weights: Float64Array, total: number): number | null {
  if (!(total > 0)) return null;
  let sum = 0;
  for (let hand = 0; hand < column.length; hand++) sum += (column[hand] as number) * (weights[hand] as number);
  return sum / total;
}

/** Mean over the hands with weight and a value; null without any. */
export function mean(values: Float64Array, weights: Float64Array): number | null {
  let sum = 0;
  let total = 0;
  for (let hand = 0; hand < values.length; hand++) {
    const weight = weights[hand] as number;
    if (!(weight > 0) || Number.isNaN(values[hand])) continue;
    sum += weight * (values[hand] as number);
    total += weight;
  }
  return total > 0 ? sum / total : null;
}
