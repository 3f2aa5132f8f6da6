import { type Kernel, kernel } from "../../celery/kernel.js";
import type { Estimate } from "../../poker/solver/report/estimate.js";
import type { Solution } from "../../poker/solver/report/solution.js";
import type { SampledGame } from "../../poker/solver/sampled/sampled-game.js";
import type { SolveProgress } from "../../poker/solver/solve-loop.js";
import type { SharedGame } from "../../poker/solver/vector/shared-game.js";
import type { CheckpointNews, KeptSolveOptions } from "./kept-solve.js";
import type { PreparedSpot } from "./prepare-spot.js";
import type { SolveRequest, SolverInput } from "./solver-input.js";
import type { StoredSolution } from "./stored-solution.js";

export interface SolveJob {
  readonly prepared: PreparedSpot;
  readonly request: SolveRequest;
  readonly maxBytes: number;
  readonly threads: number;
  /** One int32, a value of `STOP`: how the solve is to end. */
  readonly stop: SharedArrayBuffer;
  /** Where the unfinished solve is kept; null: nowhere. */
  readonly kept?: KeptSolveOptions | null;
}

export type EstimateJob = Omit<SolveJob, "stop" | "kept">;

export type SolveNews =
  | { readonly type: "progress"; readonly progress: SolveProgress }
  | { readonly type: "checkpoint"; readonly news: CheckpointNews }
  /** The solve is under way and another thread may help with it. */
  | { readonly type: "plan"; readonly plan: SharedGame | SampledGame };

export interface AssistJob {
  readonly plan: SharedGame | SampledGame;
  /** Number of the helping thread, from 1: no two help under one. */
  readonly helper: number;
  readonly milliseconds: number;
}

export interface RelabelJob {
  readonly stored: StoredSolution;
  readonly prepared: Pick<PreparedSpot, "suits" | "boards" | "spot">;
}

const at = (name: string): URL => new URL(`./${name}.js`, import.meta.url);

/** Reads ranges, renames suits, hashes. */
export const prepareKernel: Kernel<SolverInput, PreparedSpot> = kernel(at("prepare-kernel"));
/** Solves a spot. */
export const solveKernel: Kernel<SolveJob, Solution, SolveNews> = kernel(at("solve-kernel"), { background: true });
/** Says what a solve would take. */
export const estimateKernel: Kernel<EstimateJob, Estimate> = kernel(at("estimate-kernel"));
/** Helps a solve for a while; true when more help is welcome. */
export const assistKernel: Kernel<AssistJob, boolean> = kernel(at("assist-kernel"), {
  background: true,
});
/** Renames the suits of a stored solution. */
export const relabelKernel: Kernel<RelabelJob, StoredSolution> = kernel(at("relabel-kernel"));
