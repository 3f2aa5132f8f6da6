import type { Solution } from "../../poker/solver/report/solution.js";
import type { SuitMap } from "../../poker/suits.js";
import type { SolveRequest } from "./solver-input.js";

/** `solution` of `result_data` and of `solver_solutions`: the solver's answer with what a later job needs to reuse it. */
export interface StoredSolution extends Solution {
  readonly game_state_hash: string;
  /** Canonical suit of spades, hearts, diamonds and clubs. */
  readonly canonical_suits: SuitMap;
  readonly request: {
    readonly iterations: number | null;
    readonly target_exploitability: number | null;
    readonly time_limit_seconds: number;
    readonly tree_depth: number | null;
    readonly full_strategy: boolean;
    /** What time limit and machine allow: seconds of one thread of the reference machine. */
    readonly work: number;
    readonly memory_mebibytes: number;
  };
  /** True when the answer was taken from an earlier job. */
  readonly cached: boolean;
}

/** What a solve may use. */
export interface Means {
  readonly threads: number;
  readonly maxBytes: number;
  /** Of one thread, as a multiple of the reference machine's. */
  readonly speed: number;
}

/** What a job asks of the answer's quality and extent, and what it gives for it. */
export function describeRequest(
  request: SolveRequest,
  options: { readonly treeDepth: number | null; readonly fullStrategy: boolean },
  { threads, maxBytes, speed }: Means,
): StoredSolution["request"] {
  return {
    iterations: request.iterations,
    target_exploitability: request.targetExploitability,
    time_limit_seconds: request.timeLimitSeconds,
    tree_depth: options.treeDepth,
    full_strategy: options.fullStrategy,
    work: Number((request.timeLimitSeconds * threads * speed).toPrecision(4)),
    memory_mebibytes: Math.floor(maxBytes / 2 ** 20),
  };
}

/** Share of the work asked for that an earlier job must have been given: its measure varies from run to run. */
const SAME_WORK = 0.8;

/**
 * Whether a stored answer serves a request: same extent of the tree, and at least as good as what the request would get.
 * In the game asked for that is an answer that reached the target or did the iterations. An answer of a cut game, whose
 * cuts depend on what the limits allow, one whose distance was sampled, or one that time ended, must also have been given
 * as much work and memory, so that no slow machine answers for a fast one.
 */
export function serves(stored: StoredSolution, wanted: StoredSolution["request"]): boolean {
  const has = stored.request;
  if (has.tree_depth !== wanted.tree_depth || has.full_strategy !== wanted.full_strategy) return false;
  const means = has.work >= wanted.work * SAME_WORK && has.memory_mebibytes >= wanted.memory_mebibytes;
  if (!proven(stored) && !means) return false;
  if (wanted.iterations !== null && stored.iterations >= wanted.iterations) return true;
  if (reached(stored, wanted)) return true;
  // Not as exact as asked, but all that the same work buys.
  return stored.stopped_by === "time_limit" && means && sameTarget(has, wanted);
}

/** The distance is exact and that of the game asked for: no lower bound, and not of a game whose cuts depend on the means. */
function proven({ measured_game, deviation_gains: gains }: StoredSolution): boolean {
  return measured_game === "asked" && Object.values(gains).every((gain) => gain.standard_error === null);
}

function reached(stored: StoredSolution, wanted: StoredSolution["request"]): boolean {
  return wanted.target_exploitability !== null && stored.exploitability <= wanted.target_exploitability * 100;
}

function sameTarget(has: StoredSolution["request"], wanted: StoredSolution["request"]): boolean {
  return has.target_exploitability === wanted.target_exploitability && has.iterations === wanted.iterations;
}

/** A solution with its boards in the order the job lists them. */
export function withBoards<S extends Pick<Solution, "game">>(solution: S, boards: readonly (readonly string[])[]): S {
  return { ...solution, game: { ...solution.game, board: boards[0] ?? [], board2: boards[1] ?? null } };
}
