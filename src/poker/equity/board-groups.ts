import type { Card } from "../cards.js";
import { bitCount, choose } from "../combinatorics.js";
import { addRank, type EvaluatorTables } from "../evaluator/tables.js";

/** Number of multisets of 0–5 ranks. */
const MULTISETS = [1, 13, 91, 455, 1820, 6188] as const;

/**
 * Completions of a board on which every hand has the same value: they agree in all ranks and, when three or more cards
 * are of one suit that matters, in the ranks of that suit. One object is reused for all groups.
 */
export interface BoardGroup {
  /** How many completions are in the group. */
  weight: number;
  /** Number of the rank multiset of the whole board. */
  state: number;
  /** The suit that three or more cards are of, or -1 when none that matters. */
  suit: number;
  /** Ranks of the whole board in `suit`. */
  suitMask: number;
  /** Ranks of the new cards in `suit`. */
  newSuited: number;
  /** By rank: how many of the other new cards have it. */
  readonly others: Uint8Array;
}

/**
 * Calls `visit` for every group of completions of a board to five cards: some ten to eighty thousand groups stand for
 * the 1,086,008 to 1,712,304 boards before the flop.
 * @param known the board so far
 * @param live cards that can come
 * @param flushSuits bit set of the suits in which some hand can make a flush
 */
export function forEachBoardGroup(
  tables: EvaluatorTables,
  known: readonly Card[],
  live: readonly Card[],
  flushSuits: number,
  visit: (group: BoardGroup) => void,
): void {
  new GroupEnumeration(tables, known, live, visit).run(flushSuits);
}

class GroupEnumeration {
  private readonly group: BoardGroup = {
    weight: 0,
    state: 0,
    suit: -1,
    suitMask: 0,
    newSuited: 0,
    others: new Uint8Array(13),
  };
  private readonly toCome: number;
  private readonly knownState: number;
  private readonly liveOfRank = new Uint8Array(13);
  private readonly liveOfSuit = new Uint16Array(4);
  /** By number of the new cards' rank multiset: completions that were visited as flush boards. */
  private readonly suitedWeight: Float64Array;

  constructor(
    private readonly tables: EvaluatorTables,
    private readonly known: readonly Card[],
    live: readonly Card[],
    private readonly visit: (group: BoardGroup) => void,
  ) {
    this.toCome = 5 - known.length;
    this.knownState = known.reduce((state, card, size) => addRank(tables, size, state, card >> 2), 0);
    this.suitedWeight = new Float64Array(MULTISETS[this.toCome]);
    for (const card of live) {
      this.liveOfRank[card >> 2]++;
      this.liveOfSuit[card & 3] |= 1 << (card >> 2);
    }
  }

  run(flushSuits: number): void {
    for (let suit = 0; suit < 4; suit++) if ((flushSuits >> suit) & 1) this.visitSuited(suit);
    this.group.suit = -1;
    this.group.suitMask = 0;
    this.group.newSuited = 0;
    this.visitOthers(this.liveOfRank, this.toCome, 12, 1, this.knownState, this.known.length, 0, 0);
  }

  private visitSuited(suit: number): void {
    let knownMask = 0;
    let knownSuited = 0;
    for (const card of this.known) {
      if ((card & 3) !== suit) continue;
      knownMask |= 1 << (card >> 2);
      knownSuited++;
    }
    const liveMask = this.liveOfSuit[suit];
    const elsewhere = this.liveOfRank.map((count, rank) => count - ((liveMask >> rank) & 1));
    this.group.suit = suit;
    for (let subset = liveMask; ; subset = (subset - 1) & liveMask) {
      const size = bitCount(subset);
      if (size <= this.toCome && size + knownSuited >= 3) {
        this.group.newSuited = subset;
        this.group.suitMask = knownMask | subset;
        this.visitWithSuited(subset, size, elsewhere);
      }
      if (subset === 0) break;
    }
  }

  private visitWithSuited(subset: number, size: number, elsewhere: Uint8Array): void {
    let state = this.knownState;
    let newState = 0;
    let placed = 0;
    for (let rank = 0; rank < 13; rank++) {
      if (((subset >> rank) & 1) === 0) continue;
      state = addRank(this.tables, this.known.length + placed, state, rank);
      newState = addRank(this.tables, placed, newState, rank);
      placed++;
    }
    this.visitOthers(elsewhere, this.toCome - size, 12, 1, state, this.known.length + size, newState, size);
  }

  /** Adds `left` cards of ranks up to `highest`, with `available` of each; `weight` counts the ways so far. */
  private visitOthers(
    available: Uint8Array,
    left: number,
    highest: number,
    weight: number,
    state: number,
    size: number,
    newState: number,
    newSize: number,
  ): void {
    if (left === 0) {
      this.visitGroup(weight, state, newState);
      return;
    }
    const { group, tables } = this;
    for (let rank = highest; rank >= 0; rank--) {
      let nextState = state;
      let nextNew = newState;
      const most = Math.min(left, available[rank]);
      for (let count = 1; count <= most; count++) {
        nextState = addRank(tables, size + count - 1, nextState, rank);
        nextNew = addRank(tables, newSize + count - 1, nextNew, rank);
        group.others[rank] = count;
        const ways = weight * choose(available[rank], count);
        this.visitOthers(available, left - count, rank - 1, ways, nextState, size + count, nextNew, newSize + count);
      }
      group.others[rank] = 0;
    }
  }

  private visitGroup(weight: number, state: number, newState: number): void {
    const { group, suitedWeight } = this;
    group.weight = weight;
    if (group.suit < 0) group.weight -= suitedWeight[newState];
    else suitedWeight[newState] += weight;
    group.state = state;
    if (group.weight > 0) this.visit(group);
  }
}
