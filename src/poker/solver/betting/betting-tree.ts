import { SolverInputError } from "../../errors.js";
import {
  applyAction,
  type BettingAction,
  type BettingState,
  betLevel,
  nextStreet,
  nextToAct,
} from "./betting-state.js";
import { legalActions, type Sizing } from "./sizing.js";

export interface DecisionNode {
  readonly kind: "decision";
  readonly seat: number;
  readonly state: BettingState;
  readonly actions: readonly BettingAction[];
  readonly children: readonly BettingNode[];
}

/** Everyone but one seat has folded. */
export interface FoldNode {
  readonly kind: "fold";
  readonly state: BettingState;
  readonly winner: number;
}

/** The last street's betting is over, two or more seats compare hands. */
export interface ShowdownNode {
  readonly kind: "showdown";
  readonly state: BettingState;
}

/** A betting round is over and cards are dealt; after an all-in the next street has no decisions. */
export interface ChanceNode {
  readonly kind: "chance";
  readonly state: BettingState;
  readonly child: BettingNode;
}

export type BettingNode = DecisionNode | FoldNode | ShowdownNode | ChanceNode;

export interface TreeOptions {
  readonly sizing: Sizing;
  /** The street after whose betting hands are compared. */
  readonly lastStreet: number;
  /** Smallest opening bet on later streets, chips. */
  readonly minBet: number;
  /** Seat that bet or raised last on the street before the root's. Default -1: nobody did, or nobody knows. */
  readonly aggressor?: number;
  /** Seat that acts first on later streets. Default 0. */
  readonly firstLater?: number;
  /** Nodes beyond which the build is given up. Default 400,000. */
  readonly maxNodes?: number;
}

/** A tree that would have more nodes than allowed. */
export class TreeTooLargeError extends SolverInputError {
  override readonly name = "TreeTooLargeError";
}

const DEFAULT_MAX_NODES = 400_000;

/**
 * Builds the betting tree below `root`; cards are not part of it.
 *
 * @param toAct seat to act at the root.
 * @throws TreeTooLargeError when the tree exceeds `maxNodes`.
 * @throws SolverInputError when the seat has no decision to make.
 */
export function buildBettingTree(root: BettingState, toAct: number, options: TreeOptions): DecisionNode {
  const maxNodes = options.maxNodes ?? DEFAULT_MAX_NODES;
  const firstLater = options.firstLater ?? 0;
  let nodes = 0;

  /** @param before the aggressor of the street before; @param now that of this one so far */
  const build = (state: BettingState, from: number, before: number, now: number): BettingNode => {
    if (++nodes > maxNodes) throw new TreeTooLargeError(`the betting tree has more than ${maxNodes} nodes`);
    const seat = nextToAct(state, from);
    if (seat >= 0) return decision(state, seat, before, now);
    const left = state.folded.flatMap((folded, index) => (folded ? [] : [index]));
    const [winner] = left;
    if (left.length === 1 && winner !== undefined) return { kind: "fold", state, winner };
    if (state.street >= options.lastStreet) return { kind: "showdown", state };
    return { kind: "chance", state, child: build(nextStreet(state, options.minBet), firstLater, now, -1) };
  };

  const decision = (state: BettingState, seat: number, before: number, now: number): DecisionNode => {
    const actions = legalActions(state, seat, options.sizing, state.street - root.street, before);
    const children = actions.map((action) => {
      const bets = action.type === "bet" || action.type === "raise";
      return build(applyAction(state, seat, action), seat + 1, before, bets ? seat : now);
    });
    return { kind: "decision", seat, state, actions, children };
  };

  if (nextToAct(root, toAct) !== toAct) throw new SolverInputError(`seat ${toAct} has no decision to make`);
  return decision(root, toAct, options.aggressor ?? -1, aggressorOf(root));
}

/** Seat that bet or raised last on the street; blinds are neither. */
function aggressorOf(state: BettingState): number {
  const level = betLevel(state);
  return level > 0 && (state.street > 0 || state.raises > 0) ? state.bets.indexOf(level) : -1;
}

/** Counts of a tree, streets merged. */
export interface TreeCounts {
  decisions: number;
  folds: number;
  showdowns: number;
  chances: number;
}

/** Counts the nodes of a tree by kind. */
export function countNodes(node: BettingNode): TreeCounts {
  const counts: TreeCounts = { decisions: 0, folds: 0, showdowns: 0, chances: 0 };
  const visit = (at: BettingNode): void => {
    switch (at.kind) {
      case "decision":
        counts.decisions++;
        for (const child of at.children) visit(child);
        return;
      case "fold":
        counts.folds++;
        return;
      case "showdown":
        counts.showdowns++;
        return;
      case "chance":
        counts.chances++;
        visit(at.child);
    }
  };
  visit(node);
  return counts;
}
