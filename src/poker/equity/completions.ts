import type { Card } from "../cards.js";
import { choose } from "../combinatorics.js";
import type { HandValue } from "../evaluator/categories.js";
import { RANK_MULTISETS } from "../evaluator/five-card-values.js";
import { addRank, type EvaluatorTables } from "../evaluator/tables.js";
import { flushValue, type HandProfile, StateValues } from "./hand-profile.js";
import type { WinnerSets } from "./winner-sets.js";

/** As in the evaluator: see `omaha.ts`. */
const THREE_OR_MORE = 0x5555;
const TOP_BITS = 0x8888;
const UNKNOWN = 0xffff;

/**
 * Who wins on every completion of a board: the number of the winner set, for each subset of `live` of the size that is
 * to come, in colexicographic order of positions in `live`.
 *
 * A board without three cards of a suit that matters has the winners of its ranks alone, found once per rank multiset.
 */
export function winnersOfCompletions(
  tables: EvaluatorTables,
  profiles: readonly HandProfile[],
  known: readonly Card[],
  live: readonly Card[],
  sets: WinnerSets,
): Uint16Array {
  const winners = new Uint16Array(choose(live.length, 5 - known.length));
  new CompletionWalk(tables, profiles, live, sets, winners).run(known);
  return winners;
}

class CompletionWalk {
  private readonly values: Uint16Array;
  private readonly offsuit: readonly StateValues[];
  private readonly ofState = new Uint16Array(RANK_MULTISETS).fill(UNKNOWN);
  private readonly flushes: Uint16Array[];
  private readonly suitsThatMatter: number;
  private at = 0;

  constructor(
    private readonly tables: EvaluatorTables,
    private readonly profiles: readonly HandProfile[],
    private readonly live: readonly Card[],
    private readonly sets: WinnerSets,
    private readonly winners: Uint16Array,
  ) {
    this.values = new Uint16Array(profiles.length);
    this.offsuit = profiles.map((profile) => new StateValues(tables, profile));
    let matter = 0;
    for (const profile of profiles) {
      for (let suit = 0; suit < 4; suit++) if (profile.suitedPairs[suit].length > 0) matter |= 8 << (suit * 4);
    }
    this.suitsThatMatter = matter & TOP_BITS;
    this.flushes = Array.from({ length: 4 }, (_, suit) =>
      (matter >> (suit * 4)) & 8 ? new Uint16Array(profiles.length << 13).fill(UNKNOWN) : new Uint16Array(0),
    );
  }

  run(known: readonly Card[]): void {
    let state = 0;
    let counts = 0;
    let maskA = 0;
    let maskB = 0;
    known.forEach((card, size) => {
      state = addRank(this.tables, size, state, card >> 2);
      counts += 1 << ((card & 3) << 2);
      if (card & 2) maskB |= 1 << ((card & 1) * 13 + (card >> 2));
      else maskA |= 1 << ((card & 1) * 13 + (card >> 2));
    });
    if (known.length === 5) this.winners[0] = this.winnersOn(state, counts, maskA, maskB);
    else this.walk(5 - known.length, this.live.length, known.length, state, counts, maskA, maskB);
  }

  /** Adds `left` cards from the first `limit` live ones. Masks hold two suits each, 13 bits a suit. */
  private walk(
    left: number,
    limit: number,
    size: number,
    state: number,
    counts: number,
    maskA: number,
    maskB: number,
  ): void {
    for (let i = left - 1; i < limit; i++) {
      const card = this.live[i];
      const bit = 1 << ((card & 1) * 13 + (card >> 2));
      const nextState = addRank(this.tables, size, state, card >> 2);
      const nextCounts = counts + (1 << ((card & 3) << 2));
      const nextA = card & 2 ? maskA : maskA | bit;
      const nextB = card & 2 ? maskB | bit : maskB;
      if (left > 1) this.walk(left - 1, i, size + 1, nextState, nextCounts, nextA, nextB);
      else this.winners[this.at++] = this.winnersOn(nextState, nextCounts, nextA, nextB);
    }
  }

  private winnersOn(state: number, counts: number, maskA: number, maskB: number): number {
    const flushBoard = (counts + THREE_OR_MORE) & this.suitsThatMatter;
    if (flushBoard === 0) {
      const known = this.ofState[state];
      if (known !== UNKNOWN) return known;
      for (let player = 0; player < this.values.length; player++)
        this.values[player] = this.offsuitValue(player, state);
      const set = this.sets.ofValues(this.values);
      this.ofState[state] = set;
      return set;
    }
    const suit = (31 - Math.clz32(flushBoard)) >> 2;
    const mask = ((suit & 2 ? maskB : maskA) >> ((suit & 1) * 13)) & 0x1fff;
    for (let player = 0; player < this.values.length; player++) {
      this.values[player] = Math.max(this.offsuitValue(player, state), this.flushValue(player, suit, mask));
    }
    return this.sets.ofValues(this.values);
  }

  private offsuitValue(player: number, state: number): HandValue {
    return this.offsuit[player].value(state);
  }

  private flushValue(player: number, suit: number, mask: number): HandValue {
    const cache = this.flushes[suit];
    const known = cache[(player << 13) | mask];
    if (known !== UNKNOWN) return known;
    const value = flushValue(this.tables, this.profiles[player], suit, mask);
    cache[(player << 13) | mask] = value;
    return value;
  }
}
