import { type Card, deckWithout } from "../cards.js";
import type { HandValue } from "../evaluator/categories.js";
import { addRank, type EvaluatorTables } from "../evaluator/tables.js";
import { forEachBoardGroup } from "./board-groups.js";
import { flushValue, type HandProfile, offsuitValue, profileHand } from "./hand-profile.js";
import { type HandSupply, RandomHands } from "./random-hands.js";
import type { ShowdownCounts } from "./showdown-counts.js";

/** One known hand on one board. */
export interface LoneDeal {
  readonly hand: readonly Card[];
  readonly board: readonly Card[];
  /** Cards that neither the board nor the other hand can get. */
  readonly dead: readonly Card[];
}

/** A share of the work: the groups of boards whose number leaves `part` when divided by `parts`. */
export interface Slice {
  readonly part: number;
  readonly parts: number;
}

const ALL_SUITS = 0b1111;

/**
 * Counts a known hand against every hand of the same size, on every completion of the board: exact.
 *
 * @param into counts of two players (the hand, the unknown one) on one board, which the results are added to
 * @param cancelled asked between groups of boards; true ends the count early, with `into` useless
 */
export function countVersusRandom(
  tables: EvaluatorTables,
  deal: LoneDeal,
  into: ShowdownCounts,
  slice: Slice = { part: 0, parts: 1 },
  cancelled: () => boolean = () => false,
): void {
  const count = new LoneCount(tables, deal, into);
  if (deal.board.length >= 3) count.byCompletion(slice, cancelled);
  else count.byGroup(slice, cancelled);
}

/** What all completions of one group count. */
interface GroupResult {
  readonly value: HandValue;
  readonly breakdown: Float64Array;
}

class LoneCount {
  private readonly live: Card[];
  private readonly liveOfRank = new Uint8Array(13);
  private readonly liveOfSuit = new Uint16Array(4);
  private readonly profile: HandProfile;
  private readonly unknown: RandomHands;

  constructor(
    private readonly tables: EvaluatorTables,
    private readonly deal: LoneDeal,
    private readonly into: ShowdownCounts,
  ) {
    this.live = deckWithout([...deal.hand, ...deal.board, ...deal.dead]);
    this.profile = profileHand(tables, deal.hand);
    this.unknown = new RandomHands(tables, deal.hand.length);
    for (const card of this.live) {
      this.liveOfRank[card >> 2]++;
      this.liveOfSuit[card & 3] |= 1 << (card >> 2);
    }
  }

  /** Boards with at most two cards to come: each completion is met, but equal ones are counted once. */
  byCompletion(slice: Slice, cancelled: () => boolean): void {
    const results = new Map<number, GroupResult | "elsewhere">();
    const meet = (...added: Card[]): void => {
      const { key, supply } = this.describe(added);
      let result = results.get(key);
      if (result === undefined) {
        result = results.size % slice.parts === slice.part ? this.solve(supply()) : "elsewhere";
        results.set(key, result);
      }
      if (result !== "elsewhere") this.record(result, 1, added);
    };
    const { live } = this;
    const toCome = 5 - this.deal.board.length;
    if (toCome === 0) meet();
    for (let i = 0; i < live.length && toCome > 0; i++) {
      if (cancelled()) return;
      if (toCome === 1) meet(live[i]);
      for (let j = 0; j < i && toCome === 2; j++) meet(live[j], live[i]);
    }
  }

  byGroup({ part, parts }: Slice, cancelled: () => boolean): void {
    let number = 0;
    let stopped = false;
    forEachBoardGroup(this.tables, this.deal.board, this.live, ALL_SUITS, (group) => {
      if (number++ % parts !== part || stopped) return;
      stopped = cancelled();
      const liveSuited = group.suit < 0 ? 0 : this.liveOfSuit[group.suit];
      const suited = liveSuited & ~group.newSuited;
      // Live cards of a rank, less those of the suit and those on the board.
      const others = this.liveOfRank.map((count, rank) => count - ((liveSuited >> rank) & 1) - group.others[rank]);
      const { state, suit, suitMask, weight } = group;
      this.record(this.solve({ state, suit, suitMask, suited, others }), weight, []);
    });
  }

  /** What sets the values on the board with these cards added, and a number that is the same for equal boards. */
  private describe(added: readonly Card[]): { key: number; supply: () => HandSupply } {
    const { tables } = this;
    const cards = [...this.deal.board, ...added];
    const state = cards.reduce((number, card, size) => addRank(tables, size, number, card >> 2), 0);
    const suit = [0, 1, 2, 3].findIndex((candidate) => cards.filter((card) => (card & 3) === candidate).length >= 3);
    const suitMask = cards.reduce((mask, card) => ((card & 3) === suit ? mask | (1 << (card >> 2)) : mask), 0);
    const supply = (): HandSupply => {
      const others = this.liveOfRank.slice();
      let suited = suit < 0 ? 0 : this.liveOfSuit[suit];
      for (let rank = 0; rank < 13; rank++) others[rank] -= (suited >> rank) & 1;
      for (const card of added) {
        if ((card & 3) === suit) suited &= ~(1 << (card >> 2));
        else others[card >> 2]--;
      }
      return { state, suit, suitMask, suited, others };
    };
    return { key: (state * 5 + suit + 1) * 8192 + suitMask, supply };
  }

  private solve(supply: HandSupply): GroupResult {
    const { state, suit, suitMask } = supply;
    const flush = suit < 0 ? 0 : flushValue(this.tables, this.profile, suit, suitMask);
    const value = Math.max(offsuitValue(this.tables, this.profile, state), flush);
    this.unknown.count(supply, value);
    return { value, breakdown: this.unknown.breakdown.slice() };
  }

  private record({ value, breakdown }: GroupResult, weight: number, added: readonly Card[]): void {
    this.into.recordVersus(value, breakdown, weight, added);
  }
}
