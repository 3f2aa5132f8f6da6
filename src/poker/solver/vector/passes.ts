import type { LaneRun } from "./street-block.js";

/**
 * What a walk computes for the traversing seat: regrets and values, the best response's values, average play's; or
 * average play's where the hand comes to by it and the best response's where it does not.
 */
export type WalkMode = "train" | "best-response" | "average" | "continue";

/** Numbers of one walk, the same for all threads. */
export interface WalkSettings {
  seat: 0 | 1;
  mode: WalkMode;
  /** Factors for the regret kept so far, by its sign. */
  positiveDiscount: number;
  negativeDiscount: number;
  /** Weight of this iteration in the average strategy. */
  sumWeight: number;
  /** Strategy sum for each unit of a hand's weight below which the hand does not come to a decision; see "continue". */
  leastReach: number;
  /** Whether walks that measure are in single precision too. */
  single: boolean;
  /** What a dealt outcome counts for, by level; level 0 is unused. */
  readonly chanceScale: Float64Array;
}

/** Where the values of a street's roots are added: cells of one matrix, a row for each hand. */
export interface Target {
  /** Byte address of the first hand's first cell. */
  readonly at: number;
  /** Cells from one hand to the next. */
  readonly stride: number;
}

/**
 * The passes over one street's hands and leaves, with matrices of reach and values of the numbers' own precision. Levels
 * count the deals since the root street, whose matrices all threads share.
 */
export interface Passes {
  /** Bytes of a cell of the matrices. */
  readonly cellBytes: 4 | 8;
  /** Parts that the lanes of a run are swept in. */
  chunks(run: LaneRun): number;
  /** Fills the reach of the opponent's hands `from … to - 1`. False when none of them gets here. */
  down(level: number, path: number, from: number, to: number): boolean;
  fold(level: number, chunk: number): void;
  showdown(level: number, chunk: number): void;
  /** Zeroes the values of the lanes that lead to a deal. */
  clearDeals(level: number): void;
  /** Adds the groups' values of the root's deals up, for the traverser's hands `from … to - 1`. */
  addGroups(from: number, to: number): void;
  /** Values of the traverser's hands `from … to - 1`; those of the roots are added to the target, if any. */
  up(level: number, path: number, target: Target | null, from: number, to: number): void;
}
