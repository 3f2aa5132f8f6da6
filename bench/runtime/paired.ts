/** 97.5 % quantiles of Student's t for 1, 2, … degrees of freedom. */
const T = [
  12.71, 4.3, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23, 2.2, 2.18, 2.16, 2.14, 2.13, 2.12, 2.11, 2.1, 2.09,
];

/** What pairs of measurements say of the ratio between the two of a pair. */
export interface PairedRatio {
  /** Geometric mean of the pairs' ratios. */
  readonly ratio: number;
  /** Ends of its 95 % interval, from the spread of the logarithms over the pairs. */
  readonly interval: readonly [low: number, high: number];
  readonly pairs: number;
}

/** The ratio of `values` to `bases`, which were measured in turn: load that lasts a while is in both of a pair. */
export function pairedRatio(values: readonly number[], bases: readonly number[]): PairedRatio {
  const logs = values.map((value, index) => Math.log(value / (bases[index] ?? Number.NaN)));
  const mean = logs.reduce((sum, log) => sum + log, 0) / logs.length;
  const variance = logs.reduce((sum, log) => sum + (log - mean) ** 2, 0) / (logs.length - 1);
  const half = (T[logs.length - 2] ?? 2) * Math.sqrt(variance / logs.length);
  return { ratio: Math.exp(mean), interval: [Math.exp(mean - half), Math.exp(mean + half)], pairs: logs.length };
}

export function describeRatio({ ratio, interval: [low, high], pairs }: PairedRatio): string {
  return `${ratio.toFixed(2)} (${low.toFixed(2)}–${high.toFixed(2)}, ${pairs} pairs)`;
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);
