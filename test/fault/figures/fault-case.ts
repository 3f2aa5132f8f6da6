import type { Stage } from "./stage.js";

/** A number of one case beside those that every case has, and the most that it may be. */
export interface Measure {
  readonly what: string;
  readonly value: number;
  readonly atMost: number;
  /** `s`, `ms`, `MB`; empty for a count or a ratio. */
  readonly unit: string;
}

/** What a case came to, counted in database rows and queues and never asked of the worker. */
export interface Figures {
  /** Name and version of the broker. */
  readonly broker: string;
  readonly jobs: number;
  /** Jobs whose effect is missing. */
  readonly lost: number;
  /** Effects beyond the first of each job. */
  readonly twice: number;
  /** Messages in any queue once all workers have ended. */
  readonly leftOver: number;
  /** Seconds from the end of the fault, or from its begin where it has none, to the next effect; null without a fault. */
  readonly recoverySeconds: number | null;
  readonly measures: readonly Measure[];
}

/** One fault that is brought about while jobs flow. */
export interface FaultCase {
  /** Lower case, with hyphens: the argument of `make faults`. */
  readonly name: string;
  /** What is done to whom, for the table. */
  readonly about: string;
  /** `quick` runs in `make test` too. */
  readonly set: "quick" | "full";
  /** Most seconds of recovery; null where the fault has none. */
  readonly recoverWithin: number | null;
  /** Seconds after which the case is given up, on a machine that is busy. */
  readonly deadline: number;
  run(stage: Stage): Promise<Figures>;
}

/** The limits that the figures pass, in words; empty when the case is good. */
export function passedLimits({ recoverWithin }: Pick<FaultCase, "recoverWithin">, figures: Figures): string[] {
  const { lost, twice, leftOver, recoverySeconds, measures } = figures;
  const limits: Measure[] = [
    { what: "lost", value: lost, atMost: 0, unit: "" },
    { what: "effects twice", value: twice, atMost: 0, unit: "" },
    { what: "left over", value: leftOver, atMost: 0, unit: "" },
    ...measures,
  ];
  if (recoverWithin !== null)
    limits.push({ what: "recovery", value: recoverySeconds ?? Number.NaN, atMost: recoverWithin, unit: "s" });
  // A number that could not be measured is none.
  return limits.filter(({ value, atMost }) => !(value <= atMost)).map((limit) => inWords(limit));
}

/** `RSS 120 MB (≤ 144)`. */
export function inWords({ what, value, atMost, unit }: Measure): string {
  return `${what} ${rounded(value)}${unit && ` ${unit}`} (≤ ${rounded(atMost)})`;
}

export function rounded(value: number): string {
  if (Number.isInteger(value)) return value.toLocaleString("en");
  return value.toFixed(Math.abs(value) < 10 ? 2 : 1);
}
