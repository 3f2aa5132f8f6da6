import type { StratumCounts } from "./stratum-counts.js";

/** A number between 0 and 1 with its standard error (0 when it was counted exactly). */
export interface Estimate {
  readonly value: number;
  readonly standardError: number;
}

/** What a share class is worth, for example its share of the pot: from 0 to 1. */
export type Worth = (shareClass: number) => number;

/** Share of a board's pot: 1/k for k winners. */
export const EQUITY: Worth = (shareClass) => (shareClass === 0 ? 0 : 1 / shareClass);
export const WINS_ALONE: Worth = (shareClass) => (shareClass === 1 ? 1 : 0);
export const SHARES: Worth = (shareClass) => (shareClass > 1 ? 1 : 0);
export const WINS_OR_SHARES: Worth = (shareClass) => (shareClass > 0 ? 1 : 0);
export const LOSES: Worth = (shareClass) => (shareClass === 0 ? 1 : 0);

/**
 * Mean worth over deals counted by class, with its standard error.
 *
 * For a sample of n deals the error is taken as if one deal more of worth 0 and one of worth 1 had been seen: an outcome
 * that never came up in n deals has an error of about 1/n, not 0.
 *
 * @param counts deals by class; classes may be cells of a two-dimensional table, as long as `worth` reads them so
 * @param sampled false when the deals are all there are
 */
export function meanWorth(counts: Float64Array, worth: Worth, sampled: boolean): Estimate {
  const { deals, sum, squares } = moments(counts, worth);
  if (deals === 0) return { value: 0, standardError: 0 };
  const value = sum / deals;
  if (!sampled) return { value, standardError: 0 };
  const mean = (sum + 1) / (deals + 2);
  const variance = Math.max(0, (squares + 1) / (deals + 2) - mean * mean);
  return { value, standardError: Math.sqrt(variance / deals) };
}

/**
 * As {@link meanWorth}, for a sample whose runs were spread evenly over strata: only the variance within strata counts.
 * With fewer than two runs in a stratum that variance is unknown, and the whole one is taken.
 */
export function stratifiedMeanWorth(
  counts: Float64Array,
  strata: StratumCounts | undefined,
  player: number,
  worth: Worth,
): Estimate {
  const whole = meanWorth(counts, worth, true);
  if (strata === undefined || strata.strata < 2) return whole;
  let runs = 0;
  let variance = 0;
  for (let stratum = 0; stratum < strata.strata; stratum++) {
    const { deals, sum, squares } = moments(strata.shares(stratum, player), worth);
    if (deals < 2) return whole;
    runs += deals;
    variance += (deals / (deals - 1)) * Math.max(0, squares - (sum * sum) / deals);
  }
  return { value: whole.value, standardError: Math.max(Math.sqrt(variance) / runs, 1 / runs) };
}

function moments(counts: Float64Array, worth: Worth): { deals: number; sum: number; squares: number } {
  let deals = 0;
  let sum = 0;
  let squares = 0;
  for (let shareClass = 0; shareClass < counts.length; shareClass++) {
    const count = counts[shareClass];
    if (count === 0) continue;
    const value = worth(shareClass);
    deals += count;
    sum += count * value;
    squares += count * value * value;
  }
  return { deals, sum, squares };
}
