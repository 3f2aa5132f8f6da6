import { deckWithout } from "../../cards.js";
import { plural, SolverInputError } from "../../errors.js";
import { Random, shuffleStart } from "../../random.js";
import { capRange } from "../abstraction/cap-range.js";
import type { GrainName } from "../abstraction/class-grains.js";
import { HandClasses } from "../abstraction/hand-classes.js";
import { PREFLOP_ROWS, preflopRows } from "../abstraction/preflop-rows.js";
import { suitOrbits } from "../abstraction/suit-orbits.js";
import type { DecisionNode } from "../betting/betting-tree.js";
import type { PotLimitSizing } from "../betting/sizing.js";
import { findHand, type HandSet, selectHands } from "../game/hand-set.js";
import { laneBytes } from "../sampled/lane-street.js";
import { type LockedRow, REPLICATES, tableBytes } from "../sampled/sampled-game.js";
import type { ClassifyOn, NodeLock } from "../spot/lock-nodes.js";
import { preflopStandings } from "../spot/preflop-standing.js";
import type { SolveLimits, Spot } from "../spot/spot.js";
import { chunksOf, compileStreets, type StreetBlock } from "../vector/street-block.js";
import { fitLocks, refuseLaterLocks } from "./fit-locks.js";
import { SECONDS_PER_CHUNK, SECONDS_PER_NODE, speedOf, tryTree } from "./heads-up-plan.js";
import { type LockableRows, partByLocks, type Rows } from "./root-rows.js";
import { chooseSizes, sizesGivenUp } from "./size-choice.js";

/** A heads-up game before the river over whole ranges, whose hands and cards are drawn anew for each deal. */
export interface SampledPlan {
  readonly tree: DecisionNode;
  readonly blocks: readonly StreetBlock[];
  readonly sizing: PotLimitSizing;
  readonly ranges: readonly [HandSet, HandSet];
  readonly heroes: readonly [number, number];
  readonly rootRows: readonly [Int32Array, Int32Array];
  /** The spot's locks in the tree, all on the root street, and row by row by seat. */
  readonly locks: readonly NodeLock[];
  readonly lockedRows: readonly [readonly LockedRow[], readonly LockedRow[]];
  readonly grain: GrainName;
  readonly rowCounts: readonly (readonly [number, number])[];
  readonly combosPerDeal: number;
  readonly runoutsPerDeal: number;
  /** Names of the classes that the answer tells hands apart by, and the class of each hand, by seat. */
  readonly classNames: readonly [readonly string[], readonly string[]];
  readonly classOf: readonly [Uint8Array, Uint8Array];
  /** What was cut from the game asked for, one sentence each. */
  readonly reductions: readonly string[];
  /** Where hands share a strategy, one sentence each. */
  readonly classes: readonly string[];
}

/** Sorts hands into classes for the reader. */
export type Classify = (
  hands: HandSet,
  board: readonly number[],
) => { readonly names: readonly string[]; readonly of: Uint8Array };

/** Share of the time limit for training; the rest is for the responses, measuring and the report. */
export const TRAINING_SHARE = 0.48;
/** Deals that a replicate is to see, if time allows, by street: found best in the same time among few tried. */
const WANTED_DEALS: readonly number[] = [300, 150, 600];
/** Hands dealt to a replicate from which on classes are filled often enough; what a class costs a walk counts too. */
const HANDS_FOR_CLASSES: readonly (readonly [GrainName, number])[] = [
  ["fine", 150_000],
  ["medium", 20_000],
];
/** What a hand costs on later streets, where its row's shares are worked out once, of what a walk of its own costs. */
const LANE_SHARE = 0.5;
const LEAST_COMBOS = 60;
const MOST_COMBOS = 2500;
/** Hands of a deal when the number of iterations is asked for: whatever the machine. */
const COMBOS_BY_ITERATIONS = 150;
/**
 * Seconds of the time limit from which on later streets have a raise preflop. Without, answers by the same classes gained 0.38
 * chips of a pot of 1.5 after 38 s of CPU, with it 0.66.
 */
const SECONDS_FOR_LATER_RAISES = 300;
/** Runouts for the hands of a deal: more of them make less of what drawing hands costs. */
const RUNOUTS_PER_DEAL = 4;
/** Times that a replicate is to deal a hand for which it keeps a strategy of its own. */
const VISITS_PER_HAND = 100;
/** Seconds for each hand of a deal with all sizes and raises on later streets, above which they are fewer. */
const COMFORTABLE_SECONDS = 10e-6;
const MOST_SECONDS = 60e-6;
/** Combos of a range that can be sorted into classes and reported on for each second of the time limit. */
const COMBOS_PER_SECOND = 4000;
/** The same preflop, where classes go by the hand alone. */
const PREFLOP_COMBOS_PER_SECOND = 15_000;
/** Combos of a preflop range up to which hands that differ in suits only are found. */
const MOST_PREFLOP_ORBITS = 4000;
/** Runouts by which hands are sorted into classes on the flop, the same whatever the seed of a solve; on the turn all. */
const CLASS_RUNOUTS = 96;
const CLASS_SEED = 1;
const TABLE_SHARE = 0.6;

/**
 * Lays out a solve on drawn deals.
 *
 * @param sorted the ranges by strength
 * @param classifyOn sorts hands into the classes that locks may name
 * @param chosen what {@link chooseTree} says of the spot, where that is known already
 * @throws SolverInputError when no version fits the memory, or for a lock that it does not have
 */
export function planSampled(
  spot: Spot,
  sorted: readonly HandSet[],
  limits: SolveLimits,
  classify: Classify,
  classifyOn: ClassifyOn,
  chosen = chooseTree(spot, limits),
): SampledPlan {
  const random = Random.fromSeed(spot.options.seed);
  const reductions: string[] = [];
  const heroOf = (range: HandSet, seat: number): number =>
    spot.hero?.seat === seat ? findHand(range, spot.hero.cards) : -1;
  const ranges = sorted.map((range, seat) => {
    const most = Math.min(
      spot.options.maxCombos ?? range.count,
      Math.ceil(limits.timeLimitSeconds * (spot.street === 0 ? PREFLOP_COMBOS_PER_SECOND : COMBOS_PER_SECOND)),
    );
    const capped = capRange(range, most, heroOf(range, seat), random);
    if (capped.count < range.count)
      reductions.push(
        `range of player ${spot.players[seat]} thinned out to ${capped.count} of ${range.count} combos, evenly by strength`,
      );
    return capped;
  });
  const { sizing, tree, blocks, seconds, cut } = chosen;
  const locks = drawnLocks(spot, tree, sizing, ranges, classifyOn);
  const part = (rows: Rows, seat: number): LockableRows =>
    partByLocks(
      rows,
      locks.filter((lock) => lock.seat === seat),
      ranges[seat],
      spot.boards,
      blocks[0],
    );
  const combosPerDeal = Math.min(
    Math.max(LEAST_COMBOS, dealSize(spot, limits, seconds)),
    Math.max(...ranges.map(({ count }) => count)),
  );
  const heroes = [heroOf(ranges[0], 0), heroOf(ranges[1], 1)] as const;
  const deals = limits.iterations ?? WANTED_DEALS[spot.street];
  const inGrain = (grain: GrainName) => {
    const classes = new HandClasses(ranges, spot.boards.length, grain, spot.street === 0);
    const later = blocks.slice(1).map((_, index) => {
      const street = spot.street + 1 + index;
      const rows = street === 3 ? classes.riverClasses : street === 2 ? classes.turnClasses : classes.flopClasses;
      return [rows, rows] as const;
    });
    const counts = [[classes.rootClasses, classes.rootClasses] as const, ...later];
    return { grain, classes, later, bytes: tableBytes(blocks, counts) + limits.threads * laneBytes(blocks, counts) };
  };
  const { grain, classes, later } =
    HANDS_FOR_CLASSES.filter(([, least]) => spot.street > 0 && deals * combosPerDeal >= least)
      .map(([name]) => inGrain(name))
      .find(({ bytes }) => bytes <= limits.maxBytes * TABLE_SHARE) ?? inGrain("coarse");
  const orbits = orbitsOf(spot, ranges);
  const byHand = orbits.map((each, seat) => part(orbitRows(each), seat));
  const byClass = (seat: 0 | 1): LockableRows =>
    part(
      spot.street === 0
        ? preflopClassRows(ranges[seat], heroes[seat])
        : classRows(spot, classes, ranges[seat], orbits[seat], heroes[seat]),
      seat,
    );
  let root = ([0, 1] as const).map((seat) => {
    const visits = (deals * Math.min(combosPerDeal, ranges[seat].count)) / byHand[seat].count;
    return visits >= VISITS_PER_HAND ? byHand[seat] : byClass(seat);
  });
  const counts = (): (readonly [number, number])[] => [[root[0].count, root[1].count], ...later];
  if (tableBytes(blocks, counts()) > limits.maxBytes * TABLE_SHARE) root = ([0, 1] as const).map(byClass);
  const bytes = tableBytes(blocks, counts());
  if (bytes > limits.maxBytes * TABLE_SHARE) {
    const mebibytes = (each: number): number => Math.ceil(each / 2 ** 20);
    throw new SolverInputError(
      `the game needs ${mebibytes(bytes / TABLE_SHARE)} MiB of memory and ${mebibytes(limits.maxBytes)} MiB are allowed`,
    );
  }
  const named = ([0, 1] as const).map((seat) => classify(ranges[seat], spot.boards[0]));
  return {
    tree,
    blocks,
    sizing,
    ranges: [ranges[0], ranges[1]],
    heroes,
    rootRows: [root[0].rows, root[1].rows],
    locks,
    lockedRows: [root[0].locked, root[1].locked],
    grain,
    rowCounts: counts(),
    combosPerDeal,
    runoutsPerDeal: RUNOUTS_PER_DEAL,
    classNames: [named[0].names, named[1].names],
    classOf: [named[0].of, named[1].of],
    reductions: [...reductions, ...cut],
    classes: describeClasses(spot, ranges, byHand, root, later),
  };
}

/** Hands that nothing tells apart; of wide ranges before the flop, where classes take their place, none are looked for. */
function orbitsOf({ street, boards }: Spot, ranges: readonly HandSet[]): Int32Array[] {
  const wide = street === 0 && ranges.some(({ count }) => count > MOST_PREFLOP_ORBITS);
  return wide
    ? ranges.map(({ count }) => Int32Array.from({ length: count }, (_, hand) => hand))
    : suitOrbits(boards, ranges);
}

/** The locks of a spot whose hands and cards are drawn. */
function drawnLocks(
  spot: Spot,
  tree: DecisionNode,
  sizing: PotLimitSizing,
  ranges: readonly HandSet[],
  classify: ClassifyOn,
): NodeLock[] {
  const { maxRaises } = spot.options;
  const most = { maxRaises: [maxRaises, maxRaises] as const, bettingStreets: 4 };
  const asked = chooseSizes(spot, { root: null, later: null }, most);
  const locks = fitLocks(spot, tree, sizing, ranges, { classify, asked });
  if (typeof locks === "string") {
    throw new SolverInputError(`this game cannot be solved within the limits, even much simplified: ${locks}`);
  }
  refuseLaterLocks(locks, "not all hands and deals fit into time and memory");
  return locks;
}

/** Hands of a deal, such that a replicate sees as many deals as it should. */
function dealSize({ street }: Spot, limits: SolveLimits, secondsPerHand: number): number {
  if (limits.iterations !== null) return COMBOS_BY_ITERATIONS;
  const deals = REPLICATES * WANTED_DEALS[street];
  const hands =
    (limits.timeLimitSeconds * TRAINING_SHARE * speedOf(limits)) /
    (deals * RUNOUTS_PER_DEAL * 2 * secondsPerHand * LANE_SHARE);
  return Math.min(MOST_COMBOS, Math.round(hands));
}

/** Seconds that so many deals of training take every replicate, on one thread of the reference machine. */
export function trainingSeconds({ blocks, ranges, combosPerDeal }: SampledPlan, boards: number, deals: number): number {
  const hands = ranges.reduce((sum, { count }) => sum + Math.min(count, combosPerDeal), 0);
  return REPLICATES * deals * RUNOUTS_PER_DEAL * hands * secondsPerHand(blocks, boards) * LANE_SHARE;
}

/** The largest betting tree whose deals are affordable. */
export function chooseTree(
  spot: Spot,
  limits: SolveLimits,
): {
  readonly sizing: PotLimitSizing;
  readonly tree: DecisionNode;
  readonly blocks: readonly StreetBlock[];
  /** Seconds for each hand and walk. */
  readonly seconds: number;
  readonly cut: readonly string[];
} {
  const { maxRaises } = spot.options;
  const laterMost = spot.street === 0 && limits.timeLimitSeconds < SECONDS_FOR_LATER_RAISES ? 0 : 1;
  const sizings = [
    { later: null, laterRaises: maxRaises, raises: maxRaises, root: null, most: COMFORTABLE_SECONDS },
    ...Array.from({ length: maxRaises + 1 }, (_, fewer) => ({
      later: 1 as const,
      laterRaises: Math.min(laterMost, maxRaises),
      raises: maxRaises - fewer,
      root: null,
      most: MOST_SECONDS,
    })),
    { later: 1 as const, laterRaises: 0, raises: 1, root: 1 as const, most: Number.POSITIVE_INFINITY },
  ];
  // Preflop the streets to come are too many for several sizes.
  for (const { later, laterRaises, raises, root, most } of spot.street === 0 ? sizings.slice(1) : sizings) {
    const sizing = chooseSizes(spot, { root, later }, { maxRaises: [raises, laterRaises], bettingStreets: 4 });
    const tree = tryTree(spot, sizing);
    if (!tree) continue;
    const blocks = compileStreets(tree, spot.boards.length);
    const seconds = secondsPerHand(blocks, spot.boards.length);
    if (seconds > most) continue;
    const sizes = sizesGivenUp(spot, { root, later });
    const cut: string[] = [...sizes.root];
    if (raises < maxRaises) cut.push(`at most ${plural(raises, "raise")} on this street`);
    cut.push(...sizes.later);
    if (laterRaises < maxRaises) cut.push(`at most ${plural(laterRaises, "raise")} on later streets`);
    return { sizing, tree, blocks, seconds, cut };
  }
  throw new SolverInputError("this game cannot be solved within the limits: the betting tree is too large");
}

/** Seconds of a walk for each of its hands where every hand splits its own reach, on the reference machine. */
function secondsPerHand(blocks: readonly StreetBlock[], boards: number): number {
  return blocks.reduce((sum, { nodeCount, showdown, fold }) => {
    const chunks = (chunksOf(showdown) * boards * 2 + chunksOf(fold)) / 2;
    return sum + nodeCount * SECONDS_PER_NODE + chunks * SECONDS_PER_CHUNK;
  }, 0);
}

/** Rows by classes on the root street; the hero has a row of his own. */
function classRows(spot: Spot, classes: HandClasses, range: HandSet, orbits: Int32Array, hero: number): Rows {
  const random = Random.fromSeed(CLASS_SEED);
  const deck = deckWithout(spot.boards.flat());
  const missing = 5 - spot.boards[0].length;
  const drawn = (): number[] => {
    shuffleStart(deck, missing, random);
    return deck.slice(0, missing);
  };
  const runouts = spot.boards.map((board) => {
    const cards = missing === 1 ? deck.map((card) => [card]) : Array.from({ length: CLASS_RUNOUTS }, drawn);
    return cards.map((each) => [...board, ...each]);
  });
  const firsts = orbits.filter((first, hand) => first === hand);
  const classOf = new Int32Array(range.count);
  classes.root(selectHands(range, firsts), runouts).forEach((row, place) => {
    classOf[firsts[place]] = row;
  });
  if (hero >= 0) classOf[orbits[hero]] = classes.rootClasses;
  return { rows: orbits.map((first) => classOf[first]), count: classes.rootClasses + (hero >= 0 ? 1 : 0) };
}

/** Rows by classes before the flop, those that the range has; the hero has a row of his own. */
function preflopClassRows(range: HandSet, hero: number): Rows {
  const classes = preflopRows(range, preflopStandings(range));
  if (hero >= 0) classes[hero] = PREFLOP_ROWS;
  const numbers = new Map<number, number>();
  for (const each of classes) if (!numbers.has(each)) numbers.set(each, numbers.size);
  return { rows: classes.map((each) => numbers.get(each) ?? 0), count: numbers.size };
}

/** A row for each hand, the same for hands that differ only in suits that nothing tells apart. */
function orbitRows(orbits: Int32Array): Rows {
  const rows = new Int32Array(orbits.length);
  let count = 0;
  orbits.forEach((first, hand) => {
    rows[hand] = first === hand ? count++ : rows[first];
  });
  return { rows, count };
}

function describeClasses(
  spot: Spot,
  ranges: readonly HandSet[],
  byHand: readonly Rows[],
  root: readonly Rows[],
  later: readonly (readonly [number, number])[],
): string[] {
  const notes: string[] = [];
  root.forEach(({ count }, seat) => {
    if (count < byHand[seat].count)
      notes.push(
        `player ${spot.players[seat]}'s ${ranges[seat].count} combos share strategies ${spot.street === 0 ? "by their place in the preflop ranking, suits and pairs" : "by strength and its spread over the cards to come"}, in ${count} classes on this street${spot.hero?.seat === seat ? " (the hero's hand apart)" : ""}`,
      );
  });
  const counts = [...new Set(later.map(([rows]) => rows))].join(" and ");
  return [...notes, `on later streets hands share strategies in ${counts} classes by strength, draw and blockers`];
}
