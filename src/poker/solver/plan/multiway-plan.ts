import { SolverInputError } from "../../errors.js";
import { Random } from "../../random.js";
import { mapCards, SUIT_MAPS } from "../../suits.js";
import { capRange, sortedRanges } from "../abstraction/cap-range.js";
import { type SampledRange, suitClasses } from "../abstraction/suit-classes.js";
import { buildBettingTree, countNodes, type DecisionNode, TreeTooLargeError } from "../betting/betting-tree.js";
import { raisesText } from "../betting/size-menu.js";
import type { PotLimitSizing } from "../betting/sizing.js";
import { findHand, type HandSet } from "../game/hand-set.js";
import type { ClassifyOn, NodeLock } from "../spot/lock-nodes.js";
import { isBlindNode } from "../spot/range-hands.js";
import type { SolveLimits, Spot } from "../spot/spot.js";
import { fitLocks, type Locking, refuseLaterLocks } from "./fit-locks.js";
import { chooseSizes, type SizeCut, sizesGivenUp } from "./size-choice.js";

/** A game for the sampling solver, and what was given up for it. */
export interface MultiwayPlan {
  readonly tree: DecisionNode;
  readonly ranges: readonly SampledRange[];
  readonly sizing: PotLimitSizing;
  /** Strength classes of hands on later streets, for each board; 0 when later streets have no betting. */
  readonly laterClasses: number;
  readonly tableBytes: number;
  readonly reductions: readonly string[];
  /** The spot's locks in the tree, all on the root street. */
  readonly locks: readonly NodeLock[];
}

/** Decisions of the whole tree, and of the root street: all of those are measured and most are shown. */
const MAX_DECISIONS = 30_000;
const MAX_ROOT_DECISIONS = 1500;
/** Seconds of the time limit below which trees are smaller in proportion: a large one would not be trained at all. */
const SECONDS_FOR_FULL_TREE = 40;
/** Decisions of the poorest version, however short the time: enough for ten players. */
const LAST_RESORT_DECISIONS = 6000;
/** Nodes for each decision of a tree, at most. */
const NODES_PER_DECISION = 4;
/** Combos of all ranges together that are kept unasked when there is time enough, by street. */
const COMFORTABLE_COMBOS: readonly number[] = [34_000, 1500, 2000, 3000];
const SECONDS_FOR_ALL_COMBOS = 30;
const LEAST_COMBOS = 40;
const MOST_COMBOS = 40_000;
/** Root-street decisions times combos of a seat. */
const MAX_ROOT_ROWS = 1_200_000;
const CLASSES_ONE_BOARD = 32;
const CLASSES_TWO_BOARDS = 7;
/** Bytes of a table entry: regret and strategy sum. */
const ENTRY_BYTES = 8;
/** Bytes for a hand at a root-street node when play is measured: reach, chips, values of average and best play. */
const MEASURED_BYTES = 32;
const NODE_BYTES = NODES_PER_DECISION * MEASURED_BYTES;
/** Share of the memory allowed that measuring may take: ranges are thinned out to it. */
const MEASURED_SHARE = 0.6;

/** Boards that later cards can make of one board, by street. */
const LATER_BOARDS: readonly number[] = [0, 1176, 48, 0];
const SECONDS_PER_CLASS = 250e-9;
/** Share of the time limit that classes of strength may take. */
const MOST_CLASS_TIME = 0.25;

interface Rung {
  readonly rootSizes: 1 | null;
  readonly rootRaises: number | null;
  readonly laterBetting: boolean;
}

function ladder(spot: Spot): Rung[] {
  const rungs: Rung[] = [];
  const later = spot.street > 0 && spot.street < 3;
  for (const laterBetting of later ? [true, false] : [spot.street === 3]) {
    rungs.push({ rootSizes: null, rootRaises: null, laterBetting });
    for (const rootRaises of [2, 1]) rungs.push({ rootSizes: null, rootRaises, laterBetting });
    for (const rootRaises of [3, 2, 1, 0]) rungs.push({ rootSizes: 1, rootRaises, laterBetting });
  }
  return rungs;
}

function sizingOf(spot: Spot, rung: Rung): PotLimitSizing {
  const { maxRaises } = spot.options;
  return chooseSizes(spot, cutOfRung(rung), {
    maxRaises: [Math.min(maxRaises, rung.rootRaises ?? maxRaises), Math.min(maxRaises, 1)],
    bettingStreets: rung.laterBetting ? 4 : 1,
  });
}

const cutOfRung = ({ rootSizes }: Rung): SizeCut => ({ root: rootSizes, later: 1 });

function notes(spot: Spot, rung: Rung, ranges: readonly SampledRange[], classes: number): string[] {
  const { maxRaises } = spot.options;
  const sizes = sizesGivenUp(spot, cutOfRung(rung));
  const found: string[] = [];
  ranges.forEach(({ hands, suitClasses: grouped }, seat) => {
    const before = spot.ranges[seat].hands.count;
    const player = spot.players[seat];
    if (grouped)
      found.push(
        `player ${player}'s ${before} combos are played as ${hands.count} classes that ignore the names of suits`,
      );
    else if (hands.count < before)
      found.push(`range of player ${player} thinned out to ${hands.count} of ${before} combos`);
  });
  found.push(...sizes.root);
  if (rung.rootRaises !== null && rung.rootRaises < maxRaises)
    found.push(`${raisesText(rung.rootRaises)} on this street`);
  if (spot.street === 3) return found;
  if (!rung.laterBetting) {
    return [...found, "no betting after this street: the remaining cards are dealt and hands compared"];
  }
  found.push(...sizes.later);
  if (maxRaises > 1) found.push("at most one raise on later streets");
  found.push(`on later streets hands are told apart by strength only, in ${classes} classes`);
  return found;
}

/** Hands as the sampler takes them: classes of suits preflop where the range allows, else thinned out. */
function sampledRanges(
  spot: Spot,
  sorted: readonly HandSet[],
  rootDecisions: number,
  limits: SolveLimits,
): SampledRange[] {
  const share = Math.min(1, limits.timeLimitSeconds / SECONDS_FOR_ALL_COMBOS);
  const inTime = COMFORTABLE_COMBOS[spot.street] * share;
  const inMemory = (limits.maxBytes * MEASURED_SHARE) / (spot.players.length * rootDecisions * NODE_BYTES);
  const comfortable = Math.max(LEAST_COMBOS, Math.floor(inTime / spot.players.length));
  return sorted.map((hands, seat) => {
    const asked = spot.options.maxCombos ?? (spot.ranges[seat].explicit ? MOST_COMBOS : comfortable);
    const limit = Math.min(
      asked,
      Math.floor(MOST_COMBOS / spot.players.length),
      Math.floor(MAX_ROOT_ROWS / rootDecisions),
      Math.max(LEAST_COMBOS, Math.floor(inMemory)),
    );
    const grouped =
      spot.street === 0 && spot.players.length === 2 && hands.count > limit && locksKnowNoSuits(spot)
        ? suitClasses(hands, limit)
        : null;
    if (grouped) return { hands: grouped, suitClasses: true };
    const hero = spot.hero?.seat === seat ? findHand(hands, spot.hero.cards) : -1;
    return { hands: capRange(hands, limit, hero, Random.fromSeed(spot.options.seed + seat)), suitClasses: false };
  });
}

/** Whether hands that differ in the names of suits only are locked alike. */
function locksKnowNoSuits({ locks, options }: Spot): boolean {
  return locks.every(({ hands }) => {
    if (hands.kind === "range") return isBlindNode(hands.root, false);
    return hands.kind === "all" || options.classes === null;
  });
}

/**
 * Chooses the largest version of a multiway or preflop game whose tree and tables fit.
 *
 * @throws SolverInputError when none does
 */
export function planMultiway(spot: Spot, limits: SolveLimits, classify: ClassifyOn): MultiwayPlan {
  const perBoard = spot.boards.length > 1 ? CLASSES_TWO_BOARDS : CLASSES_ONE_BOARD;
  const laterRows = perBoard ** spot.boards.length;
  const hands = spot.ranges.map((range) => range.hands);
  const sorted = spot.street === 0 ? hands : sortedRanges(hands, spot.boards, Random.fromSeed(spot.options.seed));
  const size = Math.min(1, limits.timeLimitSeconds / SECONDS_FOR_FULL_TREE);
  let problem = "the betting tree is too large";
  const rungs = ladder(spot);
  const locking: Locking = { classify, asked: sizingOf(spot, rungs[0]) };
  for (const [place, rung] of rungs.entries()) {
    const sizing = sizingOf(spot, rung);
    const last = place === rungs.length - 1;
    const tree = last
      ? tryTree(spot, sizing, LAST_RESORT_DECISIONS, LAST_RESORT_DECISIONS)
      : tryTree(spot, sizing, MAX_DECISIONS * size, MAX_ROOT_DECISIONS * size);
    if (!tree) continue;
    const root = rootDecisions(tree);
    const ranges = sampledRanges(spot, sorted, root, limits);
    if (!last && rung.laterBetting && classSeconds(spot, ranges) > limits.timeLimitSeconds * MOST_CLASS_TIME) continue;
    const locks = fitLocks(
      spot,
      tree,
      sizing,
      ranges.map((range) => range.hands),
      locking,
    );
    if (typeof locks === "string") {
      problem = locks;
      continue;
    }
    refuseLaterLocks(locks, spot.street === 0 ? "before the flop" : "more than two players");
    const tableBytes = tableEntries(tree, ranges, laterRows) * ENTRY_BYTES;
    const bytes = tableBytes + measuredBytes(ranges, root);
    if (bytes <= limits.maxBytes) {
      const laterClasses = rung.laterBetting && spot.street < 3 ? perBoard : 0;
      const reductions = notes(spot, rung, ranges, laterRows);
      return { tree, ranges, sizing, laterClasses, tableBytes, reductions, locks };
    }
    problem = `its tables need ${Math.ceil(bytes / 2 ** 20)} MiB of memory and ${Math.floor(limits.maxBytes / 2 ** 20)} MiB are allowed`;
  }
  throw new SolverInputError(`this game cannot be solved within the limits, even much simplified: ${problem}`);
}

/** Seconds that telling hands apart by strength takes: every hand on every later board. */
function classSeconds({ street, boards }: Spot, ranges: readonly SampledRange[]): number {
  const hands = ranges.reduce((sum, range) => sum + range.hands.count, 0);
  return hands * boards.length * LATER_BOARDS[street] * SECONDS_PER_CLASS;
}

function measuredBytes(ranges: readonly SampledRange[], decisions: number): number {
  return ranges.reduce((sum, { hands }) => sum + hands.count * decisions * NODE_BYTES, 0);
}

/** The tree, unless it has more than `most` decisions in all or `mostAtRoot` on the root street. */
function tryTree(spot: Spot, sizing: PotLimitSizing, most: number, mostAtRoot: number): DecisionNode | null {
  // The root street alone says quickly whether the whole is worth building.
  const street = build(spot, sizing, spot.street, mostAtRoot * NODES_PER_DECISION);
  if (!street || rootDecisions(street) > mostAtRoot) return null;
  const tree = build(spot, sizing, 3, most * NODES_PER_DECISION);
  return tree && countNodes(tree).decisions <= most ? tree : null;
}

function build(spot: Spot, sizing: PotLimitSizing, lastStreet: number, maxNodes: number): DecisionNode | null {
  try {
    return buildBettingTree(spot.root.state, spot.root.toAct, {
      sizing,
      lastStreet,
      minBet: spot.root.minBet,
      aggressor: spot.root.aggressor,
      maxNodes,
    });
  } catch (error) {
    if (error instanceof TreeTooLargeError) return null;
    throw error;
  }
}

function rootDecisions(root: DecisionNode): number {
  return 1 + root.children.reduce((sum, child) => sum + (child.kind === "decision" ? rootDecisions(child) : 0), 0);
}

function tableEntries(root: DecisionNode, ranges: readonly SampledRange[], laterRows: number): number {
  let entries = 0;
  const visit = (node: DecisionNode): void => {
    const rows = node.state.street === root.state.street ? ranges[node.seat].hands.count : laterRows;
    entries += rows * node.actions.length;
    for (const child of node.children) {
      let below = child;
      while (below.kind === "chance") below = below.child;
      if (below.kind === "decision") visit(below);
    }
  };
  visit(root);
  return entries;
}

/** Place of the hero's hand in the planned range (of its class of suits, where those are used); -1 without one. */
export function heroHand({ hero }: Spot, { ranges }: MultiwayPlan): number {
  if (!hero) return -1;
  const { hands, suitClasses } = ranges[hero.seat];
  if (!suitClasses) return findHand(hands, hero.cards);
  for (const map of SUIT_MAPS) {
    const found = findHand(hands, mapCards(hero.cards, map));
    if (found >= 0) return found;
  }
  return -1;
}
