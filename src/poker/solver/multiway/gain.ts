/** A seat's gain by the best deviation found, measured on fresh deals. */
export interface Gain {
  readonly chips: number;
  /** 0 when it was measured on all deals. */
  readonly standardError: number;
}

/** Ratio of sums with its standard error by the delta method. */
export function ratioEstimate(gains: Float64Array, weights: Float64Array): Gain {
  const weight = weights.reduce((sum, part) => sum + part, 0);
  if (!(weight > 0)) return { chips: 0, standardError: 0 };
  const ratio = gains.reduce((sum, part) => sum + part, 0) / weight;
  const spread = gains.reduce((sum, part, deal) => sum + (part - ratio * weights[deal]) ** 2, 0);
  return { chips: ratio, standardError: Math.sqrt(spread) / weight };
}
