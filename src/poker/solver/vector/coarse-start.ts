import { Random } from "../../random.js";
import { capRange } from "../abstraction/cap-range.js";
import { HANDS_AT_ONCE } from "../wasm/street-passes.js";
import type { HeadsUpGame } from "./heads-up-game.js";
import type { SharedGame, WalkBlock } from "./shared-game.js";
import { streetTables } from "./street-views.js";
import { paddedHands } from "./training-memory.js";

type BySeat<T> = readonly [T, T];

/** Hands of a range in the coarse game; a range so many times as large is worth one. */
const COARSE_HANDS = 700;
const LEAST_RATIO = 6;
/** Iterations of the coarse game. Its play is then about half a percent of the pot off; more of them help the whole game no more. */
export const COARSE_ITERATIONS = 50;
/** Factor for its regrets. Half of them are overthrown at once by some boards' first iterations; twice as many hold on too long. */
const CONFIDENCE = 1.15;
const COARSE_SEED = 1;
/** Hands to either side in strength, and in the order of the range, among which the most similar one is looked for. */
const RIVER_NEIGHBOURS = 10;
const ROOT_NEIGHBOURS = 40;
/** Strengths (of some thousand) that count as much as the whole length of the range. */
const STRENGTH_UNIT = 20;
/** Every second final board tells hands apart well enough. */
const BOARD_STEP = 2;
/** Squared difference of ranks where one of the hands cannot be held. */
const UNKNOWN = 0.02;

/**
 * Whether a game is started from its {@link coarseGame}: not where it is small itself, its hands are not told apart by their
 * strength on one board, or play is locked hand by hand.
 */
export function startsCoarsely({ hands, deal, tree, locks = [] }: HeadsUpGame): boolean {
  const streets = 4 - tree.state.street;
  const isLarge = hands.some(({ count }) => count >= COARSE_HANDS * LEAST_RATIO);
  return isLarge && deal.boards.length === 1 && streets <= 2 && locks.length === 0;
}

/**
 * The game with few hands of each range, evenly by strength, whose solution is a good start for the whole game; null where
 * it is not: see {@link startsCoarsely}.
 */
export function coarseGame(game: HeadsUpGame): HeadsUpGame | null {
  if (!startsCoarsely(game)) return null;
  const { hands, deal, tree } = game;
  const few = (seat: 0 | 1) => capRange(hands[seat], COARSE_HANDS, -1, Random.fromSeed(COARSE_SEED + seat));
  return { tree, deal, hands: [few(0), few(1)] };
}

/**
 * Starts a game from the solution of its {@link coarseGame}: regrets of each hand are those by which the most similar coarse
 * hand would play as it does on the average, times what the ranges weigh. Hands are similar that are near in strength on the
 * final board, and before it those that are so over all of them.
 * Source of the idea: Brown and Sandholm, Strategy-Based Warm Starting for Regret Minimization in Games, 2016.
 */
export function startFrom(coarse: SharedGame, whole: SharedGame): void {
  const last = whole.blocks.length - 1;
  for (const seat of [0, 1] as const) {
    const opponent = seat === 0 ? 1 : 0;
    const scale = (CONFIDENCE * sum(whole.hands[opponent].weights)) / sum(coarse.hands[opponent].weights);
    const match = new Int32Array(whole.hands[seat].count);
    const { finalKeys } = whole.layout;
    for (let key = 0; key < finalKeys; key++) {
      matchOnBoard([orderOf(coarse, seat, key), orderOf(whole, seat, key)], countsOf(coarse, whole, seat), match);
      copyRows(coarse, whole, { level: last, seat, path: key, match, scale });
    }
    if (last === 0) continue;
    matchOverBoards(coarse, whole, seat, match);
    copyRows(coarse, whole, { level: 0, seat, path: 0, match, scale });
  }
}

function sum(weights: Float64Array): number {
  return weights.reduce((total, weight) => total + weight, 0);
}

function countsOf(coarse: SharedGame, whole: SharedGame, seat: 0 | 1): BySeat<number> {
  return [coarse.hands[seat].count, whole.hands[seat].count];
}

/** A seat's hands on a final board by strength: pairs of hand and strength. */
function orderOf({ memory, layout, hands }: SharedGame, seat: 0 | 1, key: number): Uint32Array {
  const [held] = new Uint32Array(memory.buffer, layout.orderCounts[seat] + key * 4, 1);
  return new Uint32Array(memory.buffer, layout.orders[seat] + key * hands[seat].count * 8, held * 2);
}

/** The coarse hand that each hand is matched with on a final board; -1 for hands that cannot be held there. */
function matchOnBoard([few, all]: BySeat<Uint32Array>, [fewHands, allHands]: BySeat<number>, match: Int32Array): void {
  const last = few.length / 2 - 1;
  let place = 0;
  match.fill(-1);
  for (let at = 0; at < all.length; at += 2) {
    const [hand, strength] = [all[at], all[at + 1]];
    while (place < last && few[place * 2 + 1] < strength) place++;
    const to = Math.min(last, place + RIVER_NEIGHBOURS);
    let nearest = Number.POSITIVE_INFINITY;
    for (let other = Math.max(0, place - RIVER_NEIGHBOURS); other <= to; other++) {
      const apart =
        Math.abs(few[other * 2 + 1] - strength) / STRENGTH_UNIT + Math.abs(few[other * 2] / fewHands - hand / allHands);
      if (apart < nearest) {
        nearest = apart;
        match[hand] = few[other * 2];
      }
    }
  }
}

/** The coarse hand whose ranks among all hands on the final boards are the most similar to those of each hand. */
function matchOverBoards(coarse: SharedGame, whole: SharedGame, seat: 0 | 1, match: Int32Array): void {
  const boards = Math.ceil(whole.layout.finalKeys / BOARD_STEP);
  const [few, all] = [ranksOf(coarse, seat, boards), ranksOf(whole, seat, boards)];
  const [fewHands, allHands] = countsOf(coarse, whole, seat);
  for (let hand = 0; hand < allHands; hand++) {
    const middle = Math.floor((hand / allHands) * fewHands);
    const to = Math.min(fewHands, middle + ROOT_NEIGHBOURS);
    let nearest = Number.POSITIVE_INFINITY;
    for (let other = Math.max(0, middle - ROOT_NEIGHBOURS); other < to; other++) {
      let apart = 0;
      for (let board = 0; board < boards && apart < nearest; board++) {
        const difference = few[other * boards + board] - all[hand * boards + board];
        apart += Number.isNaN(difference) ? UNKNOWN : difference * difference;
      }
      if (apart < nearest) {
        nearest = apart;
        match[hand] = other;
      }
    }
  }
}

/** Rank of each hand among those of its seat on some final boards, from 0 to 1; NaN where it cannot be held. */
function ranksOf(shared: SharedGame, seat: 0 | 1, boards: number): Float32Array {
  const ranks = new Float32Array(shared.hands[seat].count * boards).fill(Number.NaN);
  for (let board = 0; board < boards; board++) {
    const order = orderOf(shared, seat, board * BOARD_STEP);
    for (let at = 0; at < order.length; at += 2) ranks[order[at] * boards + board] = at / order.length;
  }
  return ranks;
}

interface Rows {
  readonly level: number;
  readonly seat: 0 | 1;
  readonly path: number;
  readonly match: Int32Array;
  readonly scale: number;
}

/** Writes the regrets of a seat's hands on one path of a street. */
function copyRows(coarse: SharedGame, whole: SharedGame, { level, seat, path, match, scale }: Rows): void {
  const block = whole.blocks[level];
  const length = block.rowLength[seat];
  const { regrets: from, sums } = streetTables(coarse, level);
  const { regrets: to } = streetTables(whole, level);
  const [fewHands, allHands] = countsOf(coarse, whole, seat);
  const few = startRows(block, seat, [from[seat], sums[seat]], path * paddedHands(fewHands) * length, fewHands, scale);
  const start = path * paddedHands(allHands) * length;
  const table = to[seat];
  for (let hand = 0; hand < allHands; hand++) {
    const source = match[hand];
    if (source < 0) continue;
    const at = start + rowAt(hand, length);
    for (let action = 0; action < length; action++) table[at + action * HANDS_AT_ONCE] = few[source * length + action];
  }
}

/** Where a hand's row begins among those of its path: rows of four hands are interleaved. */
function rowAt(hand: number, length: number): number {
  const within = hand % HANDS_AT_ONCE;
  return (hand - within) * length + within;
}

/** Regrets by which coarse hands play as they do on the average, as large as those that they have; a row for each hand. */
function startRows(
  { decisionNode, decisionSeat, rowOffset, actionCount, rowLength }: WalkBlock,
  seat: 0 | 1,
  [regrets, sums]: BySeat<Float32Array>,
  start: number,
  hands: number,
  scale: number,
): Float32Array {
  const length = rowLength[seat];
  const rows = new Float32Array(hands * length);
  for (let hand = 0; hand < hands; hand++) {
    const at = start + rowAt(hand, length);
    for (let decision = 0; decision < decisionNode.length; decision++) {
      if (decisionSeat[decision] !== seat) continue;
      const offset = rowOffset[decision];
      let positive = 0;
      let total = 0;
      for (let action = offset; action < offset + actionCount[decision]; action++) {
        positive += Math.max(0, regrets[at + action * HANDS_AT_ONCE]);
        total += sums[at + action * HANDS_AT_ONCE];
      }
      for (let action = offset; action < offset + actionCount[decision]; action++) {
        const place = at + action * HANDS_AT_ONCE;
        rows[hand * length + action] = scale * (total > 0 ? (positive * sums[place]) / total : regrets[place]);
      }
    }
  }
  return rows;
}
