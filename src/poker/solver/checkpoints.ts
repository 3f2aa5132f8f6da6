import type { ConvergencePoint } from "./report/solution.js";

/** How far an unfinished solve has come, beside its tables. */
export interface SolveState {
  readonly iterations: number;
  readonly weightSum: number;
  readonly headStart: number;
  /** Seconds of its time limit that it has used. */
  readonly seconds: number;
  readonly convergence: readonly ConvergencePoint[];
}

/** What a plan went by that may be otherwise in another attempt; see `SolveLimits`. */
export interface PlanningMeans {
  readonly speed: number;
  readonly threads: number;
  readonly maxBytes: number;
}

/** Where an unfinished solve is kept, for another attempt at it to go on with. */
export interface Checkpoints {
  /** Means that the kept solve was planned with: with them the same plan is made again. Null: none is kept. */
  readonly means: PlanningMeans | null;
  /**
   * Reads what is kept of this very plan into `tables`.
   *
   * @returns null, with `tables` as they were, where nothing is kept or it cannot be used
   */
  restore(plan: string, tables: Uint8Array): SolveState | null;
  /** Whether it is time to keep the solve as it is. */
  due(): boolean;
  /** Keeps a solve. What goes wrong is told elsewhere: the solve goes on. */
  save(plan: string, means: PlanningMeans, state: SolveState, tables: Uint8Array): void;
}
