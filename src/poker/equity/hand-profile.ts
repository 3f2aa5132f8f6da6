import type { Card } from "../cards.js";
import type { HandValue } from "../evaluator/categories.js";
import { RANK_MULTISETS } from "../evaluator/five-card-values.js";
import { type EvaluatorTables, RANK_PAIRS } from "../evaluator/tables.js";

/** What a hand can do on a board, apart from the board: its pairs of ranks, in all and within each suit. */
export interface HandProfile {
  readonly cards: Uint8Array;
  /** Distinct numbers of its rank pairs. */
  readonly pairs: Uint8Array;
  /** For each suit, the rank pairs of two cards of that suit. */
  readonly suitedPairs: readonly Uint8Array[];
}

export function profileHand(tables: EvaluatorTables, cards: ArrayLike<Card>): HandProfile {
  const pairs = new Set<number>();
  const suited: number[][] = [[], [], [], []];
  for (let i = 1; i < cards.length; i++) {
    for (let j = 0; j < i; j++) {
      const a = cards[i];
      const b = cards[j];
      const pair = tables.pair[((a & 60) << 2) | (b >> 2)];
      pairs.add(pair);
      if ((a & 3) === (b & 3)) suited[a & 3].push(pair);
    }
  }
  return {
    cards: Uint8Array.from(cards),
    pairs: Uint8Array.from(pairs),
    suitedPairs: suited.map((list) => Uint8Array.from(list)),
  };
}

/** Best value without a flush on a board whose rank multiset has number `state`. */
export function offsuitValue(tables: EvaluatorTables, profile: HandProfile, state: number): HandValue {
  return bestOf(tables.offsuit, state * RANK_PAIRS, profile.pairs);
}

/** Best flush with the board's ranks `mask` (three bits or more) in `suit`; 0 without one. */
export function flushValue(tables: EvaluatorTables, profile: HandProfile, suit: number, mask: number): HandValue {
  const pairs = profile.suitedPairs[suit];
  if (pairs === undefined || pairs.length === 0) return 0;
  return bestOf(tables.flush, tables.flushRow[mask], pairs);
}

/** A hand's values by the board's rank multiset, each found once. */
export class StateValues {
  private readonly values = new Uint16Array(RANK_MULTISETS);

  constructor(
    private readonly tables: EvaluatorTables,
    private readonly profile: HandProfile,
  ) {}

  value(state: number): HandValue {
    const known = this.values[state];
    if (known !== 0) return known;
    const value = offsuitValue(this.tables, this.profile, state);
    this.values[state] = value;
    return value;
  }
}

function bestOf(values: Uint16Array, row: number, pairs: Uint8Array): HandValue {
  let best = 0;
  for (let i = 0; i < pairs.length; i++) {
    const value = values[row + pairs[i]];
    if (value > best) best = value;
  }
  return best;
}
