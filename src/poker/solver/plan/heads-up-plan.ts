import { plural } from "../../errors.js";
import { Random } from "../../random.js";
import { capRange, sortedRanges } from "../abstraction/cap-range.js";
import { buildBettingTree, countNodes, type DecisionNode, TreeTooLargeError } from "../betting/betting-tree.js";
import type { PotLimitSizing } from "../betting/sizing.js";
import { omahaDeal, remainingCards } from "../game/deal-model.js";
import { findHand, type HandSet } from "../game/hand-set.js";
import type { ClassifyOn, NodeLock } from "../spot/lock-nodes.js";
import type { SolveLimits, Spot } from "../spot/spot.js";
import { COARSE_ITERATIONS, coarseGame, startsCoarsely } from "../vector/coarse-start.js";
import { allDeals, finalKeyCount, type HeadsUpGame } from "../vector/heads-up-game.js";
import { gameBytes } from "../vector/memory-layout.js";
import { chunksOf, compileStreets } from "../vector/street-block.js";
import { fitLocks, type Locking } from "./fit-locks.js";
import { comboLimit, describeRung, headsUpLadder, isTurn, type Rung, rungSizing } from "./heads-up-ladder.js";
import { machineSpeed } from "./machine-speed.js";

/** A game that fits the limits, and what was given up for it. */
export interface HeadsUpPlan {
  readonly game: HeadsUpGame;
  readonly sizing: PotLimitSizing;
  /** One sentence for each reduction. */
  readonly reductions: readonly string[];
  /** The spot's locks in the game's tree. */
  readonly locks: readonly NodeLock[];
}

/** The largest version of a heads-up game that the limits allow, if any does. */
export interface HeadsUpChoice {
  readonly plan: HeadsUpPlan | null;
  /** Why none does. */
  readonly problem: string;
  /** The ranges asked for, sorted by strength. */
  readonly sorted: readonly HandSet[];
}

/** Iterations that usually bring the exploitability under half a percent of the pot. */
const USUAL_ITERATIONS = 60;
/** Iterations without which no result is worth showing. */
const LEAST_ITERATIONS = 6;
/** The same of a game that is started from its coarse one; and those that bring it to about one percent. */
const STARTED_ITERATIONS = 24;
const LEAST_STARTED_ITERATIONS = 12;
/** Share of the time limit that these and the walks that measure may use. */
const STARTED_SHARE = 0.85;
/** Walks that measure at the end: three, and the report's two. */
export const FINISHING_WALKS = 5;
const WALKS_PER_ITERATION = 2;
/** Share of the time limit that iterations may use; the rest is for preparing, measuring and reporting. */
const ITERATION_SHARE = 0.6;
const THREAD_GAIN = 0.8;
/** For each hand and final board, when hands are matched with those of the coarse game. */
const SECONDS_PER_MATCH = 0.4e-6;
const MAX_COMBOS = 400_000;
const LOCKED_BYTES = 64;
const MAX_NODES = 60_000;
/** Seconds per hand and training walk on the reference machine, by node and by chunk of lanes. */
const TRAINING_SECONDS_PER_NODE = 4e-9;
const TRAINING_SECONDS_PER_CHUNK = 75e-9;
/** The same of a walk in double precision. */
export const SECONDS_PER_NODE = 25e-9;
export const SECONDS_PER_CHUNK = 100e-9;
/** Decisions of a tree above which raises are given up first, by street. */
const COMFORTABLE_DECISIONS: readonly number[] = [0, 8000, 5000, 2500];

/**
 * Chooses the largest version of a heads-up game, flop to river, that the limits allow and that has the locked nodes.
 *
 * @throws SolverInputError for a lock that the game asked for does not have
 */
export function planHeadsUp(asked: Spot, limits: SolveLimits, classify: ClassifyOn): HeadsUpChoice {
  const sorted = sortedRanges(
    asked.ranges.map((range) => range.hands),
    asked.boards,
    Random.fromSeed(asked.options.seed),
  );
  const rungs = headsUpLadder(asked);
  const treeOf = treesBySizing(asked);
  const spot = withFewerRaises(asked, rungs, treeOf);
  const locking: Locking = { classify, asked: rungSizing(asked, rungs[0]) };
  let problem = "";
  for (const [place, rung] of rungs.entries()) {
    const tried = tryRung(spot, limits, sorted, treeOf, rung, place === rungs.length - 1, locking);
    if (typeof tried !== "string") {
      const reductions = [...fewerRaises(asked, spot, tried.sizing), ...tried.reductions];
      return { plan: { ...tried, reductions }, problem, sorted };
    }
    problem = tried;
  }
  return { plan: null, problem, sorted };
}

/** The spot with as many raises as a tree of sensible size allows: sizes and combos are worth more than late raises. */
function withFewerRaises(spot: Spot, rungs: readonly Rung[], treeOf: TreeOf): Spot {
  const simple = rungs.find((rung) => rung.laterRaises !== null) ?? rungs[0];
  for (let maxRaises = spot.options.maxRaises; simple && maxRaises > 0; maxRaises--) {
    const fewer = { ...spot, options: { ...spot.options, maxRaises } };
    const tree = treeOf(rungSizing(fewer, simple));
    if (tree && countNodes(tree).decisions <= COMFORTABLE_DECISIONS[spot.street]) return fewer;
  }
  return spot;
}

function fewerRaises(asked: Spot, { options: { maxRaises } }: Spot, sizing: PotLimitSizing): string[] {
  // A rung that allows fewer still says so itself.
  if (maxRaises === asked.options.maxRaises || sizing.maxRaisesByStreet[0] !== maxRaises) return [];
  return [`at most ${plural(maxRaises, "raise")} a street: more would make the betting tree too large`];
}

type TreeOf = (sizing: PotLimitSizing) => DecisionNode | null;

/** Builds each tree once: many rungs differ in their ranges or deals only. */
function treesBySizing(spot: Spot): TreeOf {
  const known = new Map<string, DecisionNode | null>();
  return (sizing) => {
    const key = JSON.stringify(sizing);
    const tree = known.has(key) ? known.get(key) : tryTree(spot, sizing);
    known.set(key, tree ?? null);
    return tree ?? null;
  };
}

/** The plan of a rung, or why it does not fit. */
function tryRung(
  spot: Spot,
  limits: SolveLimits,
  sorted: readonly HandSet[],
  treeOf: TreeOf,
  rung: Rung,
  last: boolean,
  locking: Locking,
): HeadsUpPlan | string {
  const sizing = rungSizing(spot, rung);
  const tree = treeOf(sizing);
  if (!tree) return "the betting tree is too large";
  const hands = sorted.map((range, seat) => thin(spot, range, seat, comboLimit(spot, rung)));
  const locks = fitLocks(spot, tree, sizing, hands, locking);
  if (typeof locks === "string") return locks;
  const deal = omahaDeal(differentBoards(spot.boards));
  const game: HeadsUpGame = { tree, hands: [hands[0], hands[1]], deal, locks };
  const start = headStart(game);
  const bytes = gameBytes(game) + lockedBytes(game) + start.bytes;
  if (bytes > limits.maxBytes) return memoryProblem(bytes, limits.maxBytes);
  const problem = timeProblem(game, start, limits, last && !isTurn(spot));
  if (problem) return problem;
  return { game, sizing, reductions: describeRung(spot, rung, spot.ranges, hands), locks };
}

/** Bytes of what is given for each hand on each way to deal the cards, about. */
function lockedBytes({ hands, deal, locks = [] }: HeadsUpGame): number {
  const paths = (levels: number): number => {
    const { first, later } = allDeals(deal, levels);
    return [1, first, first * later][levels];
  };
  return locks.reduce((sum, { seat, deals }) => sum + paths(deals.length) * hands[seat].count * LOCKED_BYTES, 0);
}

/** Why a game cannot be solved in the time, if so. @param last no other way is left, so that little is enough */
function timeProblem(
  game: HeadsUpGame,
  { started, seconds: starting }: HeadStart,
  limits: SolveLimits,
  last: boolean,
): string | null {
  const speed = expectedSpeed(limits);
  // Measuring and the report cost as much as the fewest iterations, however few are asked for.
  const usual = Math.max(
    LEAST_ITERATIONS,
    Math.min(limits.iterations ?? (started ? LEAST_STARTED_ITERATIONS : USUAL_ITERATIONS), 2000),
  );
  const needed = last ? Math.min(usual, LEAST_ITERATIONS) : usual;
  const training = needed * iterationSeconds(game);
  const seconds = started ? starting + training + FINISHING_WALKS * measuringWalkSeconds(game) : training;
  if (seconds <= limits.timeLimitSeconds * (started ? STARTED_SHARE : ITERATION_SHARE) * speed) return null;
  return `${needed} iterations need about ${(seconds / speed).toFixed(1)} s and the time limit is ${limits.timeLimitSeconds} s`;
}

/** What the start of a game from its coarse one takes: bytes, and seconds on one thread of the reference machine. */
export interface HeadStart {
  readonly started: boolean;
  readonly bytes: number;
  readonly seconds: number;
}

export function headStart(game: HeadsUpGame): HeadStart {
  const coarse = coarseGame(game);
  if (!coarse) return { started: false, bytes: 0, seconds: 0 };
  const hands = game.hands[0].count + game.hands[1].count;
  const boards = finalKeyCount(3 - game.tree.state.street, remainingCards(game.deal).length);
  const matching = hands * boards * SECONDS_PER_MATCH;
  return {
    started: true,
    bytes: gameBytes(coarse),
    seconds: COARSE_ITERATIONS * iterationSeconds(coarse) + matching,
  };
}

/** Iterations that usually bring a game's exploitability under half a percent of the pot. */
export function usualIterations(game: HeadsUpGame): number {
  return startsCoarsely(game) ? STARTED_ITERATIONS : USUAL_ITERATIONS;
}

/** Two boards of the same final cards are one: each half of the pot goes as the other. */
function differentBoards(boards: Spot["boards"]): Spot["boards"] {
  const [first, second] = boards;
  const same = second?.length === 5 && second.every((card) => first.includes(card));
  return same ? [first] : boards;
}

/**
 * Speed as a multiple of one thread of the reference machine. Where iterations are asked for, that one thread's: equal
 * iterations are to give equal answers everywhere.
 */
function expectedSpeed(limits: SolveLimits): number {
  return limits.iterations === null ? speedOf(limits) : 1;
}

/** Speed of so many threads of this machine as a multiple of one thread of the reference machine. */
export function speedOf({ threads, speed }: Pick<SolveLimits, "threads" | "speed">): number {
  return (speed ?? machineSpeed()) * (1 + (threads - 1) * THREAD_GAIN);
}

function memoryProblem(bytes: number, allowed: number): string {
  return `it needs ${Math.ceil(bytes / 2 ** 20)} MiB of memory and ${Math.floor(allowed / 2 ** 20)} MiB are allowed`;
}

function thin(spot: Spot, range: HandSet, seat: number, limit: number): HandSet {
  const hero = spot.hero?.seat === seat ? findHand(range, spot.hero.cards) : -1;
  return capRange(range, Math.min(limit, MAX_COMBOS), hero, Random.fromSeed(spot.options.seed + seat));
}

/** The spot's betting tree; null when it is too large. */
export function tryTree(spot: Spot, sizing: PotLimitSizing): DecisionNode | null {
  try {
    const { minBet, aggressor, firstLater } = spot.root;
    const options = { sizing, lastStreet: 3, minBet, aggressor, firstLater, maxNodes: MAX_NODES };
    return buildBettingTree(spot.root.state, spot.root.toAct, options);
  } catch (error) {
    if (error instanceof TreeTooLargeError) return null;
    throw error;
  }
}

/** Seconds per hand and walk on the reference machine, by node of the tree and by chunk of lanes. */
interface WalkCost {
  readonly node: number;
  readonly chunk: number;
}

const TRAINING: WalkCost = { node: TRAINING_SECONDS_PER_NODE, chunk: TRAINING_SECONDS_PER_CHUNK };
const MEASURING: WalkCost = { node: SECONDS_PER_NODE, chunk: SECONDS_PER_CHUNK };

/** Expected seconds of an iteration on one thread of the reference machine. */
export function iterationSeconds(game: HeadsUpGame): number {
  return WALKS_PER_ITERATION * expectedWalkSeconds(game, TRAINING);
}

/** The same of one walk that measures, in double precision but in a game that is started coarsely: measuring takes three. */
export function measuringWalkSeconds(game: HeadsUpGame): number {
  return expectedWalkSeconds(game, startsCoarsely(game) ? TRAINING : MEASURING);
}

/** Expected seconds of a walk over all its deals, on one thread. */
function expectedWalkSeconds(game: HeadsUpGame, cost: WalkCost): number {
  const boards = game.deal.boards.length;
  const hands = (game.hands[0].count + game.hands[1].count) / 2;
  const blocks = compileStreets(game.tree, boards);
  const { first, later } = allDeals(game.deal, blocks.length - 1);
  const visits = [1, first, first * later];
  let seconds = 0;
  blocks.forEach((block, level) => {
    const chunks = (chunksOf(block.showdown) * boards * 2 + chunksOf(block.fold)) / 2;
    seconds += visits[level] * (block.nodeCount * cost.node + chunks * cost.chunk);
  });
  return seconds * hands;
}

/** Tells plans apart: equal texts stand for games that are equal table by table. */
export function planText({ game, sizing, reductions }: HeadsUpPlan, spot: Spot): string {
  const hands = game.hands.map(({ count, cards, weights }) => [
    count,
    checksum(cards),
    checksum(new Uint8Array(weights.buffer, weights.byteOffset, weights.byteLength)),
  ]);
  return JSON.stringify([sizing, hands, spot.boards, reductions]);
}

/** FNV-1a. */
function checksum(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}
