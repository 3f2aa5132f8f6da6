import { SoftTimeLimitExceeded } from "../../celery/index.js";
import { machine } from "../../celery/values.js";
import { JobInputError } from "../../jobs/errors.js";
import { type ClaimedJob, insertSolverSolution } from "../../jobs/repository.js";
import { isPokerError } from "../../poker/errors.js";
import type { Estimate } from "../../poker/solver/report/estimate.js";
import { SOLVER_VERSION } from "../../poker/solver/report/version.js";
import type { SolveProgress } from "../../poker/solver/solve-loop.js";
import { MAX_THREADS } from "../../poker/solver/vector/memory-layout.js";
import type { JobDefinition, JobRun } from "../job-definition.js";
import { checkpointOwner, removeCheckpoints } from "./checkpoint-folder.js";
import { awaitEqualJob, type FindUnderWay } from "./equal-job.js";
import type { CheckpointSettings } from "./kept-solve.js";
import { estimateKernel, prepareKernel, relabelKernel } from "./kernels.js";
import { parseSolverInput } from "./parse-input.js";
import type { PreparedSpot } from "./prepare-spot.js";
import { runSolve } from "./run-solve.js";
import type { SolverInput } from "./solver-input.js";
import { solverMebibytes } from "./solver-memory.js";
import { describeRequest, type Means, type StoredSolution, serves } from "./stored-solution.js";

/** `result_data` of a solver analysis that asks for an estimate. */
export interface EstimateResult {
  readonly estimate: Estimate;
  readonly game_state_hash: string;
}

/** `result_data` of a solver analysis. */
export interface SolverResult {
  readonly solution: StoredSolution;
  /** MD5 in hex of the canonical game. */
  readonly game_state_hash: string;
}

export interface SolverAnalysisSettings {
  /** Solutions stored under a description, newest first; without it nothing is answered from earlier jobs. */
  readonly findSolutions?: (description: string, signal: AbortSignal) => Promise<readonly unknown[]>;
  /** Jobs that others work on; without it equal jobs that are under way at once are each solved. */
  readonly findUnderWay?: FindUnderWay;
  /** Memory one solve may take, in mebibytes. Default: what the machine has for each. */
  readonly maxMemoryMebibytes?: number | null;
  /** Threads one solve may use when they are free. Default: one for each core. */
  readonly threads?: number;
  /** Threads there are: a solve uses no more. */
  readonly threadsAtHand?: () => number;
  /** Solves that may run at once in this process, and share its memory. Default 1. */
  readonly solvesAtOnce?: () => number;
  /** Where unfinished solves are kept for the next attempt; null: nowhere. */
  readonly checkpoints?: CheckpointSettings | null;
}

/** The solver's job: input, computation, result and the row of `solver_solutions`. */
export function solverAnalysisJob(settings: SolverAnalysisSettings = {}): JobDefinition<SolverInput, SolverResult> {
  return {
    jobType: "SOLVER_ANALYSIS",
    parse: parseSolverInput,
    work: (run, input) => work(run, input, settings),
    ended: (job) => forget(job, settings),
    answer: ({ solution }) => ({ solution }),
    alongside: (transaction, job, { solution, game_state_hash }) =>
      insertSolverSolution(transaction, {
        userId: job.userId,
        name: `Solver solution for job ${job.jobId}`,
        description: solutionKey(game_state_hash),
        gameState: gameStateOf(job.inputData),
        solution,
        iterations: solution.iterations,
        solveTimeSeconds: solution.solve_time,
      }),
  };
}

/** Text under which a game's solutions are found again, by solvers that would answer alike. */
function solutionKey(hash: string): string {
  return `game_state_hash=${hash} solver_version=${SOLVER_VERSION}`;
}

function gameStateOf(inputData: unknown): unknown {
  if (typeof inputData !== "object" || inputData === null) return inputData;
  return "game_state" in inputData ? inputData.game_state : inputData;
}

async function work(run: JobRun, input: SolverInput, settings: SolverAnalysisSettings): Promise<SolverResult> {
  run.report(0, "Reading the spot");
  try {
    const prepared = await run.compute(prepareKernel, input);
    const earlier = input.useCache ? await fromEarlier(run, input, prepared, settings) : null;
    const solution = earlier ?? (await solve(run, input, prepared, settings));
    return { solution, game_state_hash: prepared.hash };
  } catch (error) {
    throw refused(error);
  }
}

/** What a job would take that asks for it with `estimate`. Nothing is looked up or stored among solutions. */
export async function estimateWork(
  run: JobRun,
  input: SolverInput,
  settings: SolverAnalysisSettings,
): Promise<EstimateResult> {
  run.report(0, "Estimating the solve");
  try {
    const prepared = await run.compute(prepareKernel, input);
    const { maxBytes, threads } = meansOf(settings, prepared);
    const estimate = await run.compute(estimateKernel, { prepared, request: input.request, maxBytes, threads });
    return { estimate, game_state_hash: prepared.hash };
  } catch (error) {
    throw refused(error);
  }
}

/** A spot that is refused says what is wrong with the input; no further attempt can mend that. */
function refused(error: unknown): unknown {
  return isPokerError(error) ? new JobInputError(error.message, { cause: error }) : error;
}

/** From what is stored, or will be: an equal job that is being solved is waited for. */
async function fromEarlier(
  run: JobRun,
  input: SolverInput,
  prepared: PreparedSpot,
  settings: SolverAnalysisSettings,
): Promise<StoredSolution | null> {
  const stored = await fromCache(run, input, prepared, settings);
  const { findUnderWay } = settings;
  if (stored !== null || findUnderWay === undefined) return stored;
  return (await awaitEqualJob(run, input, findUnderWay)) ? fromCache(run, input, prepared, settings) : null;
}

async function fromCache(
  run: JobRun,
  input: SolverInput,
  prepared: PreparedSpot,
  settings: SolverAnalysisSettings,
): Promise<StoredSolution | null> {
  const { findSolutions } = settings;
  if (!findSolutions) return null;
  const wanted = describeRequest(input.request, input.options, meansOf(settings, prepared));
  const stored = (await findSolutions(solutionKey(prepared.hash), run.signal)) as readonly StoredSolution[];
  const found = stored.find((solution) => isOurs(solution, prepared.hash) && serves(solution, wanted));
  if (!found) return null;
  run.report(99, "Answered from an earlier job");
  const renamed = await run.compute(relabelKernel, { stored: found, prepared });
  return { ...renamed, cached: true };
}

/** Rows may have been written by other programs, or by another version of this one. */
function isOurs(solution: Partial<StoredSolution> | null, hash: string): boolean {
  if (solution?.format !== "plosolver-solution-1") return false;
  return solution.game_state_hash === hash && solution.solver_version === SOLVER_VERSION;
}

function meansOf(settings: SolverAnalysisSettings, { speed }: PreparedSpot): Means {
  const { threads, threadsAtHand, maxMemoryMebibytes, solvesAtOnce } = settings;
  const mebibytes = maxMemoryMebibytes ?? solverMebibytes(solvesAtOnce?.() ?? 1, machine());
  return {
    threads: Math.min(MAX_THREADS, threads ?? machine().cpus, threadsAtHand?.() ?? MAX_THREADS),
    maxBytes: mebibytes * 2 ** 20,
    speed,
  };
}

async function solve(
  run: JobRun,
  input: SolverInput,
  prepared: PreparedSpot,
  settings: SolverAnalysisSettings,
): Promise<StoredSolution> {
  const means = meansOf(settings, prepared);
  const owner = settings.checkpoints ? checkpointOwner(run.job.jobId, run.job.token) : null;
  const solution = await runSolve(prepared, input.request, {
    compute: (kernel, kernelInput, options) => run.context.compute(kernel, kernelInput, options),
    maxBytes: means.maxBytes,
    threads: means.threads,
    signal: run.signal,
    endsSoftly: (reason) => reason instanceof SoftTimeLimitExceeded,
    onProgress: (progress) => run.report(Math.min(99, Math.floor(progress.fraction * 100)), progressMessage(progress)),
    kept: settings.checkpoints && owner ? { ...settings.checkpoints, owner, hash: prepared.hash } : null,
    onCheckpointNews: ({ level, text }) => run.context.log[level](text),
  });
  return {
    ...solution,
    game_state_hash: prepared.hash,
    canonical_suits: prepared.suits,
    request: describeRequest(input.request, input.options, means),
    cached: false,
  };
}

/** Removes what was kept of a job that has ended. What cannot be removed now goes with stale files. */
async function forget({ jobId, token }: ClaimedJob, { checkpoints }: SolverAnalysisSettings): Promise<void> {
  const owner = checkpoints ? checkpointOwner(jobId, token) : null;
  if (checkpoints && owner) await removeCheckpoints(checkpoints.folder, owner).catch(() => undefined);
}

/** "Iteration 120: exploitability 0.83 % of the pot, 12.4 s"; of a cut game, "… of the pot in a cut game, …". */
export function progressMessage({ iteration, exploitability, seconds, game }: SolveProgress): string {
  const where = game === "cut" ? " in a cut game" : "";
  const measured = exploitability === null ? "not measured yet" : `${exploitability} % of the pot${where}`;
  return `Iteration ${iteration}: exploitability ${measured}, ${seconds.toFixed(1)} s`;
}
