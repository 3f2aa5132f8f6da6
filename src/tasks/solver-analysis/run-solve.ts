import { WorkerLostError } from "../../celery/index.js";
import type { Kernel } from "../../celery/kernel.js";
import type { Solution } from "../../poker/solver/report/solution.js";
import { reportLostSampler } from "../../poker/solver/sampled/sampled-crew.js";
import type { SampledGame } from "../../poker/solver/sampled/sampled-game.js";
import type { SolveProgress } from "../../poker/solver/solve-loop.js";
import { reportLostHelper, STOP } from "../../poker/solver/vector/crew.js";
import type { SharedGame } from "../../poker/solver/vector/shared-game.js";
import type { CheckpointNews, KeptSolveOptions } from "./kept-solve.js";
import { assistKernel, type SolveNews, solveKernel } from "./kernels.js";
import type { PreparedSpot } from "./prepare-spot.js";
import type { SolveRequest } from "./solver-input.js";

/** Runs a kernel in some thread; aborting the signal abandons the call. */
export type Compute = <Input, Output, Progress>(
  kernel: Kernel<Input, Output, Progress>,
  input: Input,
  options: { readonly signal: AbortSignal; readonly onProgress?: (value: Progress) => void },
) => Promise<Output>;

export interface SolveOptions {
  readonly compute: Compute;
  readonly maxBytes: number;
  /** Threads to use if they are free. */
  readonly threads: number;
  /** Ends the solve; `endsSoftly` says with which result. */
  readonly signal: AbortSignal;
  /** True for a reason after which the best solution so far is still wanted. */
  readonly endsSoftly: (reason: unknown) => boolean;
  readonly onProgress: (progress: SolveProgress) => void;
  /** Where the unfinished solve is kept. Default: nowhere. */
  readonly kept?: KeptSolveOptions | null;
  readonly onCheckpointNews?: (news: CheckpointNews) => void;
}

/** A helper gives its thread back this often, so that other jobs get their turn. */
const ASSIST_MS = 200;

/**
 * Solves a spot in one thread, with further ones helping whenever they are free.
 *
 * @throws the signal's reason at once when it ends the solve for good; the thread follows within its grace period
 */
export async function runSolve(
  prepared: PreparedSpot,
  request: SolveRequest,
  options: SolveOptions,
): Promise<Solution> {
  const { compute, maxBytes, threads, signal, endsSoftly } = options;
  const stop = new SharedArrayBuffer(4);
  const abandon = new AbortController();
  const helpers = new AbortController();
  const word = new Int32Array(stop);
  let refuse: (reason: unknown) => void = () => undefined;
  const abandoned = new Promise<never>((_, reject) => {
    refuse = reject;
  });
  const onAbort = (): void => {
    if (endsSoftly(signal.reason)) {
      Atomics.store(word, 0, STOP.soon);
      return;
    }
    Atomics.store(word, 0, STOP.now);
    abandon.abort(signal.reason);
    refuse(signal.reason);
  };
  if (signal.aborted) onAbort();
  signal.addEventListener("abort", onAbort, { once: true });
  const onNews = (news: SolveNews): void => {
    if (news.type === "progress") options.onProgress(news.progress);
    else if (news.type === "checkpoint") options.onCheckpointNews?.(news.news);
    else
      for (let helper = 1; helper < usable(news.plan, threads); helper++)
        void assist(news.plan, helper, compute, helpers.signal);
  };
  try {
    const solving = compute(
      solveKernel,
      { prepared, request, maxBytes, threads, stop, kept: options.kept ?? null },
      { signal: abandon.signal, onProgress: onNews },
    );
    return await Promise.race([solving, abandoned]);
  } finally {
    signal.removeEventListener("abort", onAbort);
    helpers.abort();
  }
}

/** Threads that a game has room for. */
function usable(plan: SharedGame | SampledGame, threads: number): number {
  return "kind" in plan ? threads : Math.min(threads, plan.layout.workspaces.length);
}

/** Lends a thread to a running solve, slice by slice, until it ends. */
async function assist(
  plan: SharedGame | SampledGame,
  helper: number,
  compute: Compute,
  signal: AbortSignal,
): Promise<void> {
  try {
    while (!signal.aborted && (await compute(assistKernel, { plan, helper, milliseconds: ASSIST_MS }, { signal })));
  } catch (error) {
    // After a soft limit no new call starts, which is well; a thread that died leaves the leader waiting for its share.
    if (!(error instanceof WorkerLostError)) return;
    if ("kind" in plan) reportLostSampler(plan);
    else reportLostHelper(plan);
  }
}
