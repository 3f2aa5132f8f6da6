import { SolverInputError } from "../../errors.js";
import type { DecisionNode } from "../betting/betting-tree.js";
import type { PotLimitSizing } from "../betting/sizing.js";
import type { HandSet } from "../game/hand-set.js";
import { type ClassifyOn, findLocks, LockPathError, type NodeLock } from "../spot/lock-nodes.js";
import type { Spot } from "../spot/spot.js";

/** What a planner knows of locks. */
export interface Locking {
  readonly classify: ClassifyOn;
  /** Sizes of the game asked for: what it lacks no smaller version has. */
  readonly asked: PotLimitSizing;
}

/**
 * The spot's locks in a version of its game, or why that does not have them.
 *
 * @param hands by seat
 * @throws SolverInputError for a lock that the game asked for does not have
 */
export function fitLocks(
  spot: Spot,
  tree: DecisionNode,
  sizing: PotLimitSizing,
  hands: readonly HandSet[],
  { classify, asked }: Locking,
): NodeLock[] | string {
  try {
    const locks = findLocks(spot, tree, classify);
    const lost = locks.find(
      ({ seat, deals, holds }) => deals.length === 0 && !holds(hands[seat], spot.boards).includes(1),
    );
    return lost ? `${lost.lock.place}: none of its hands is left in the ranges that fit` : locks;
  } catch (error) {
    if (error instanceof LockPathError && JSON.stringify(sizing) !== JSON.stringify(asked)) return error.message;
    throw error;
  }
}

/**
 * Refuses locks that only exact play over all hands and deals keeps to.
 *
 * @param why how later streets are played instead
 * @throws SolverInputError for a lock behind a deal
 */
export function refuseLaterLocks(locks: readonly NodeLock[], why: string): void {
  const later = locks.find(({ deals }) => deals.length > 0);
  if (later) {
    throw new SolverInputError(
      `${later.lock.place}.path: after the next card hands share strategies by classes here (${why}): only play on this street can be locked`,
    );
  }
}
