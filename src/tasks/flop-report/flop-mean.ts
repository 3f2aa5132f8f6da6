import type { Measured } from "./flop-answer.js";
import type { FlopChoice } from "./report-input.js";

/** A mean over flops, by their weights. */
export interface FlopMean {
  readonly mean: number;
  /** Of the solves, and of the choice of flops where they were drawn; null where some flop's error was not measured. */
  readonly standard_error: number | null;
}

/** A value on a flop, and how much the flop counts. */
export interface Weighed extends Measured {
  readonly weight: number;
}

/**
 * Mean by weight. Of drawn flops the spread between them is its error, which holds that of each solve; of given ones only
 * the solves err.
 */
export function weightedMean(values: readonly Weighed[], asked: FlopChoice["kind"]): FlopMean {
  const weight = sum(values.map((one) => one.weight));
  const mean = sum(values.map((one) => one.weight * one.value)) / weight;
  if (asked === "sample") {
    const spread = sum(values.map((one) => one.weight * (one.value - mean) ** 2));
    return { mean, standard_error: weight > 1 ? Math.sqrt(spread / (weight - 1) / weight) : null };
  }
  if (values.some(({ error }) => error === null)) return { mean, standard_error: null };
  return { mean, standard_error: Math.sqrt(sum(values.map((one) => (one.weight * (one.error ?? 0)) ** 2))) / weight };
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
