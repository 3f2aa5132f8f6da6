import type { PotLimitSizing } from "../betting/sizing.js";
import type { HandSet } from "../game/hand-set.js";
import type { Spot, SpotRange } from "../spot/spot.js";

/** One rung of the ladder from the game as asked to the smallest game that still says something. */
export interface Rung {
  /** Combos a range is thinned out to. */
  readonly combos: number;
  /** 1: only the largest size; null: all. */
  readonly rootSizes: 1 | null;
  readonly laterSizes: 1 | null;
  readonly laterRaises: number | null;
  readonly laterBetting: boolean;
}

/** Combos that ranges are thinned out to when the whole ones do not fit. */
const MOST_THINNED = 150_000;
const LEAST_COMBOS = 30;

/**
 * Versions of a heads-up game from the richest to the poorest. Before the river they leave out no hand and no deal: where
 * none fits, hands and deals are drawn.
 */
export function headsUpLadder(spot: Spot): Rung[] {
  const full: Rung = {
    combos: Number.POSITIVE_INFINITY,
    rootSizes: null,
    laterSizes: null,
    laterRaises: null,
    laterBetting: true,
  };
  if (spot.street < 3) return [full, { ...full, laterSizes: 1, laterRaises: 1 }];
  const rungs = [full];
  for (let combos = MOST_THINNED; combos >= LEAST_COMBOS; combos = Math.round(combos / 1.25))
    rungs.push({ ...full, combos });
  return [...rungs, { ...full, combos: 100, rootSizes: 1 }, { ...full, combos: LEAST_COMBOS, rootSizes: 1 }];
}

/** Hands a range may have on a rung. */
export function comboLimit(spot: Spot, rung: Rung): number {
  return Math.min(spot.options.maxCombos ?? Number.POSITIVE_INFINITY, rung.combos);
}

/** Bet sizes of a rung. */
export function rungSizing(spot: Spot, rung: Rung): PotLimitSizing {
  const { betSizes, maxRaises } = spot.options;
  const pick = (count: 1 | null): readonly number[] => (count === null ? betSizes : [Math.max(...betSizes)]);
  const rootRaises = rung.rootSizes === null ? maxRaises : Math.min(1, maxRaises);
  return {
    kind: "pot-limit",
    fractionsByStreet: [pick(rung.rootSizes), pick(rung.laterSizes)],
    maxRaisesByStreet: [rootRaises, rung.laterRaises === null ? maxRaises : Math.min(rung.laterRaises, maxRaises)],
    bettingStreets: rung.laterBetting ? 4 : 1,
  };
}

/** What a rung gives up, one sentence each. */
export function describeRung(
  spot: Spot,
  rung: Rung,
  before: readonly SpotRange[],
  after: readonly HandSet[],
): string[] {
  const notes: string[] = [];
  const { betSizes, maxRaises } = spot.options;
  const largest = Math.max(...betSizes);
  after.forEach((hands, seat) => {
    const total = before[seat].hands.count;
    if (hands.count < total) {
      notes.push(
        `range of player ${spot.players[seat]} thinned out to ${hands.count} of ${total} combos, evenly by strength`,
      );
    }
  });
  if (rung.rootSizes !== null && betSizes.length > 1)
    notes.push(`only one bet size on this street: ${largest} of the pot`);
  if (rung.rootSizes !== null && maxRaises > 1) notes.push("at most one raise on this street");
  if (spot.street === 3) return notes;
  if (!rung.laterBetting)
    return [...notes, "no betting after this street: the remaining cards are dealt and hands compared"];
  if (rung.laterSizes !== null && betSizes.length > 1)
    notes.push(`only one bet size on later streets: ${largest} of the pot`);
  if (rung.laterRaises !== null && maxRaises > rung.laterRaises) notes.push("at most one raise on later streets");
  return notes;
}
