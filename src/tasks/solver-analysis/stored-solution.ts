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
  };
  /** True when the answer was taken from an earlier job. */
  readonly cached: boolean;
}

/** What a job asks of the answer's quality and extent. */
export function describeRequest(
  request: SolveRequest,
  options: { readonly treeDepth: number | null; readonly fullStrategy: boolean },
): StoredSolution["request"] {
  return {
    iterations: request.iterations,
    target_exploitability: request.targetExploitability,
    time_limit_seconds: request.timeLimitSeconds,
    tree_depth: options.treeDepth,
    full_strategy: options.fullStrategy,
  };
}

/**
 * Whether a stored answer serves a request: same extent of the tree, and as exact as asked. A run that was cut short
 * serves only a request it satisfies all the same.
 */
export function serves(stored: StoredSolution, wanted: StoredSolution["request"]): boolean {
  const has = stored.request;
  if (has.tree_depth !== wanted.tree_depth || has.full_strategy !== wanted.full_strategy) return false;
  if (wanted.iterations !== null && stored.iterations < wanted.iterations && !reached(stored, wanted)) return false;
  if (wanted.iterations !== null && stored.iterations >= wanted.iterations) return true;
  if (reached(stored, wanted)) return true;
  // Not as exact as asked, but all that the same time buys.
  return (
    stored.stopped_by === "time_limit" && has.time_limit_seconds >= wanted.time_limit_seconds && sameTarget(has, wanted)
  );
}

function reached(stored: StoredSolution, wanted: StoredSolution["request"]): boolean {
  return wanted.target_exploitability !== null && stored.exploitability <= wanted.target_exploitability * 100;
}

function sameTarget(has: StoredSolution["request"], wanted: StoredSolution["request"]): boolean {
  return has.target_exploitability === wanted.target_exploitability && has.iterations === wanted.iterations;
}

/** A solution with its boards in the order the job lists them. */
export function withBoards<S extends Solution>(solution: S, boards: readonly (readonly string[])[]): S {
  return { ...solution, game: { ...solution.game, board: boards[0] ?? [], board2: boards[1] ?? null } };
}
