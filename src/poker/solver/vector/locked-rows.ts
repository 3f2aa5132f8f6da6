import { SolverInputError } from "../../errors.js";
import { dealOutcome } from "../game/deal-model.js";
import { type HandSet, handCards } from "../game/hand-set.js";
import type { Boards, DealCounts, LockedNode } from "./heads-up-game.js";
import type { StreetBlock } from "./street-block.js";

type Seat = 0 | 1;

/** What of a shared game is looked at. */
interface DealtGame {
  readonly hands: readonly [HandSet, HandSet];
  readonly boards: number;
  readonly remaining: Uint8Array;
  readonly deals: DealCounts;
}

/** What is given of a seat's play on a street: entries by row (path × hands + hand). Plain data. */
export interface LockedRows {
  /** Where each row's entries begin, and where the last one's end. */
  readonly starts: Int32Array;
  /** Decision of each entry. */
  readonly decisions: Int32Array;
  /** Where each entry's frequencies begin. */
  readonly sharesAt: Int32Array;
  readonly shares: Float64Array;
}

/** By level and seat; null where nothing is given. */
export type LockedStreets = readonly (readonly [LockedRows | null, LockedRows | null])[];

interface Path {
  readonly path: number;
  /** Cards dealt, deal by deal. */
  readonly deals: readonly (readonly number[])[];
  readonly boards: Boards;
}

/** All ways to deal the cards of a level. */
function* pathsOf({ remaining, boards: count, deals }: DealtGame, known: Boards, level: number): Generator<Path> {
  const used = new Uint8Array(2 * count);
  const dealt = (step: number): number[] =>
    Array.from({ length: count }, (_, board) => remaining[used[step * count + board]]);
  const boardsAfter = (all: readonly (readonly number[])[]): number[][] =>
    known.map((board, index) => [...board, ...all.map((cards) => cards[index])]);
  if (level === 0) yield { path: 0, deals: [], boards: known };
  for (let first = 0; level > 0 && first < deals.first; first++) {
    dealOutcome(first, count, remaining.length, used, 0, used, 0);
    const one = dealt(0);
    if (level === 1) yield { path: first, deals: [one], boards: boardsAfter([one]) };
    for (let second = 0; level > 1 && second < deals.later; second++) {
      dealOutcome(second, count, remaining.length, used, count, used, count);
      const both = [one, dealt(1)];
      yield { path: first * deals.later + second, deals: both, boards: boardsAfter(both) };
    }
  }
}

/**
 * Lists what is given, hand by hand on every way to deal the cards; a later lock counts where two are about the same.
 *
 * @throws SolverInputError for a lock whose hands are held on none of them
 */
export function listLocks(
  shared: DealtGame,
  blocks: readonly StreetBlock[],
  known: Boards,
  locks: readonly LockedNode[],
): LockedStreets | null {
  if (locks.length === 0) return null;
  const rowsOf = (level: number, seat: Seat): LockedRows | null => {
    const own = locks.filter((lock) => lock.seat === seat && lock.deals.length === level);
    return own.length === 0 ? null : listRows(shared, blocks[level], known, own, level, seat);
  };
  return blocks.map((_, level) => [rowsOf(level, 0), rowsOf(level, 1)] as const);
}

function listRows(
  shared: DealtGame,
  block: StreetBlock,
  known: Boards,
  locks: readonly LockedNode[],
  level: number,
  seat: Seat,
): LockedRows {
  const hands = shared.hands[seat];
  const decisionOf = new Map(locks.map((lock) => [lock, block.decisionNode.indexOf(block.nodes.indexOf(lock.node))]));
  const unheld = new Set(locks);
  const starts = [0];
  const decisions: number[] = [];
  const sharesAt: number[] = [];
  const shares: number[] = [];
  const placeOf = new Map<LockedNode, number>();
  for (const lock of locks) {
    placeOf.set(lock, shares.length);
    shares.push(...lock.strategy);
  }
  for (const { deals, boards } of pathsOf(shared, known, level)) {
    const here = locks
      .filter((lock) => lock.deals.every((cards, step) => cards === null || sameCards(cards, deals[step])))
      .map((lock) => ({ decision: decisionOf.get(lock) ?? -1, lock, holds: lock.holds(hands, boards) }));
    for (const { lock, holds } of here) if (holds.includes(1)) unheld.delete(lock);
    for (let hand = 0; hand < hands.count; hand++) {
      const given = new Map<number, LockedNode>();
      for (const { decision, lock, holds } of here) if (holds[hand] === 1) given.set(decision, lock);
      for (const [decision, lock] of given) {
        decisions.push(decision);
        sharesAt.push(placeOf.get(lock) ?? 0);
      }
      starts.push(decisions.length);
    }
  }
  const [lost] = unheld;
  if (lost)
    throw new SolverInputError(`${lost.lock.place}: none of the player's hands is locked by it, whatever cards come`);
  return {
    starts: Int32Array.from(starts),
    decisions: Int32Array.from(decisions),
    sharesAt: Int32Array.from(sharesAt),
    shares: Float64Array.from(shares),
  };
}

function sameCards(one: readonly number[], other: readonly number[]): boolean {
  return one.every((card, index) => card === other[index]);
}

/** Seats that have a choice left somewhere: with a hand that can be held, at a decision where it is not locked. */
export function seatsWithChoice(
  shared: DealtGame,
  blocks: readonly StreetBlock[],
  known: Boards,
  streets: LockedStreets | null,
): readonly [boolean, boolean] {
  if (!streets) return [true, true];
  const free = (seat: Seat): boolean =>
    blocks.some((block, level) => {
      const decisions = block.decisionSeat.reduce((count, of) => count + (of === seat ? 1 : 0), 0);
      return decisions > 0 && hasChoice(shared, known, streets[level][seat], decisions, level, seat);
    });
  return [free(0), free(1)];
}

function hasChoice(
  shared: DealtGame,
  known: Boards,
  rows: LockedRows | null,
  decisions: number,
  level: number,
  seat: Seat,
): boolean {
  if (!rows) return true;
  const hands = shared.hands[seat];
  for (const { path, deals } of pathsOf(shared, known, level)) {
    const dealt = new Set(deals.flat());
    for (let hand = 0; hand < hands.count; hand++) {
      const row = path * hands.count + hand;
      if (rows.starts[row + 1] - rows.starts[row] === decisions) continue;
      if (!handCards(hands, hand).some((card) => dealt.has(card))) return true;
    }
  }
  return false;
}
