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

/** A share of the work: the boards of each rank multiset whose number leaves `part` when divided by `parts`. */
export interface Slice {
  readonly part: number;
  readonly parts: number;
}

const ALL_SUITS = 0b1111;

/**
 * Counts a known hand against every hand of the same size, on every completion of the board: exact.
 *
 * @param into counts of two players (the hand, the unknown one) on one board, which the results are added to
 * @param cancelled asked between boards of other ranks; true ends the count early, with `into` useless
 */
export function countVersusRandom(
  tables: EvaluatorTables,
  deal: LoneDeal,
  into: ShowdownCounts,
  slice: Slice = { part: 0, parts: 1 },
  cancelled: () => boolean = () => false,
): void {
  const count = new LoneCount(tables, deal, into, slice, cancelled);
  if (deal.board.length >= 3) count.byCompletion();
  else count.byGroup();
}

/** Boards on which all values are equal: those of some ranks that have the same ranks in the same suit of three or more. */
interface EqualBoards extends HandSupply {
  /** Completions that make such a board, unless they are listed. */
  readonly weight: number;
  /** Cards that came with each completion, where counts by next card are wanted. */
  readonly completions: (readonly Card[])[] | null;
}

class LoneCount {
  private readonly live: Card[];
  private readonly liveOfRank = new Uint8Array(13);
  private readonly liveOfSuit = new Uint16Array(4);
  private readonly profile: HandProfile;
  private readonly unknown: RandomHands;
  /** By number of the board's rank multiset, in the order in which they were met; null where another slice counts. */
  private readonly boards = new Map<number, EqualBoards[] | null>();

  constructor(
    private readonly tables: EvaluatorTables,
    private readonly deal: LoneDeal,
    private readonly into: ShowdownCounts,
    private readonly slice: Slice,
    private readonly cancelled: () => boolean,
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
  byCompletion(): void {
    const { live, deal } = this;
    const toCome = 5 - deal.board.length;
    if (toCome === 0) this.meet([]);
    for (let i = 0; i < live.length && toCome > 0; i++) {
      if (toCome === 1) this.meet([live[i]]);
      for (let j = 0; j < i && toCome === 2; j++) this.meet([live[j], live[i]]);
    }
    this.countBoards();
  }

  byGroup(): void {
    forEachBoardGroup(this.tables, this.deal.board, this.live, ALL_SUITS, (group) => {
      const { state, suit, suitMask, weight } = group;
      const boards = this.boardsOf(state);
      if (boards === null) return;
      const liveSuited = group.suit < 0 ? 0 : this.liveOfSuit[group.suit];
      const suited = liveSuited & ~group.newSuited;
      // Live cards of a rank, less those of the suit and those on the board.
      const others = this.liveOfRank.map((count, rank) => count - ((liveSuited >> rank) & 1) - group.others[rank]);
      const against = this.valueOn(state, suit, suitMask);
      boards.push({ suit, suitMask, suited, others, against, weight, completions: null });
    });
    this.countBoards();
  }

  private boardsOf(state: number): EqualBoards[] | null {
    let boards = this.boards.get(state);
    if (boards === undefined) {
      boards = this.boards.size % this.slice.parts === this.slice.part ? [] : null;
      this.boards.set(state, boards);
    }
    return boards;
  }

  private meet(added: readonly Card[]): void {
    const cards = [...this.deal.board, ...added];
    let state = 0;
    for (let size = 0; size < cards.length; size++) state = addRank(this.tables, size, state, cards[size] >> 2);
    const boards = this.boardsOf(state);
    if (boards === null) return;
    const suit = flushSuit(cards);
    let suitMask = 0;
    for (const card of cards) if ((card & 3) === suit) suitMask |= 1 << (card >> 2);
    const equal = boards.find((known) => known.suit === suit && known.suitMask === suitMask);
    if (equal !== undefined) {
      equal.completions?.push(added);
      return;
    }
    const against = this.valueOn(state, suit, suitMask);
    boards.push({ suit, suitMask, ...this.supply(suit, added), against, weight: 1, completions: [added] });
  }

  /** What an unknown hand can hold once these cards are on the board. */
  private supply(suit: number, added: readonly Card[]): Pick<HandSupply, "suited" | "others"> {
    const others = this.liveOfRank.slice();
    let suited = suit < 0 ? 0 : this.liveOfSuit[suit];
    for (let rank = 0; rank < 13; rank++) others[rank] -= (suited >> rank) & 1;
    for (const card of added) {
      if ((card & 3) === suit) suited &= ~(1 << (card >> 2));
      else others[card >> 2]--;
    }
    return { suited, others };
  }

  /** Strength of the known hand. */
  private valueOn(state: number, suit: number, suitMask: number): HandValue {
    const flush = suit < 0 ? 0 : flushValue(this.tables, this.profile, suit, suitMask);
    return Math.max(offsuitValue(this.tables, this.profile, state), flush);
  }

  private countBoards(): void {
    for (const [state, boards] of this.boards) {
      if (boards === null) continue;
      if (this.cancelled()) return;
      const breakdowns = this.unknown.count(state, boards);
      for (const [i, { against, weight, completions }] of boards.entries()) {
        if (completions === null) this.into.recordVersus(against, breakdowns[i], weight, []);
        else for (const added of completions) this.into.recordVersus(against, breakdowns[i], weight, added);
      }
    }
  }
}

/** The suit that three or more cards are of, or -1. */
function flushSuit(cards: readonly Card[]): number {
  // Four-bit fields: adding 5 to each sets its top bit from a count of three on.
  let counts = 0x5555;
  for (const card of cards) counts += 1 << ((card & 3) << 2);
  const top = 31 - Math.clz32(counts & 0x8888);
  return top < 0 ? -1 : top >> 2;
}
