import type { PotLimitSizing } from "../betting/sizing.js";
import type { HandSet } from "../game/hand-set.js";
import type { Spot, SpotRange } from "../spot/spot.js";
import type { DealCounts } from "../vector/heads-up-game.js";

/** One rung of the ladder from the game as asked to the smallest game that still says something. */
export interface Rung {
  /** Combos a range given by notation or default is thinned out to, and a range given hand by hand. */
  readonly combos: number;
  readonly explicitCombos: number;
  /** Whether the rung is there for having fewer combos, so that it also cuts what the job allows. */
  readonly fewerCombos: boolean;
  /** 1: only the largest size; null: all. */
  readonly rootSizes: 1 | null;
  readonly laterSizes: 1 | null;
  readonly laterRaises: number | null;
  readonly laterBetting: boolean;
  /** Deals to make; null for all. */
  readonly deals: DealCounts | null;
}

/** Combos of a range that the solver takes unasked, by street. */
const COMFORTABLE_COMBOS: readonly number[] = [0, 300, 400, 2000];
/** Listed hands are thinned out only beyond these, or when time or memory do not suffice. */
const EXPLICIT_COMBOS: readonly number[] = [0, 600, 2000, 20_000];
const LEAST_COMBOS = 30;

/** Samples of the deals to fall back on, richest first; null for all deals. */
function dealOptions(street: number, boards: number): readonly (DealCounts | null)[] {
  if (boards === 1) {
    if (street > 1) return [null];
    return [null, { first: 49, later: 12 }, { first: 49, later: 8 }, { first: 49, later: 5 }];
  }
  if (street === 3) return [null];
  if (street === 2) return [null, { first: 256, later: 0 }, { first: 128, later: 0 }, { first: 64, later: 0 }];
  return [
    { first: 192, later: 5 },
    { first: 128, later: 4 },
    { first: 96, later: 3 },
    { first: 64, later: 2 },
  ];
}

/** Versions of a heads-up game from the richest to the poorest. */
export function headsUpLadder(spot: Spot): Rung[] {
  const early = spot.street < 3;
  const comfortable = COMFORTABLE_COMBOS[spot.street];
  const deals = dealOptions(spot.street, spot.boards.length);
  const fewest = deals.at(-1) ?? null;
  const full: Rung = {
    combos: comfortable,
    explicitCombos: EXPLICIT_COMBOS[spot.street],
    fewerCombos: false,
    rootSizes: null,
    laterSizes: null,
    laterRaises: null,
    laterBetting: true,
    deals: deals[0],
  };
  const simple: Rung = early ? { ...full, laterSizes: 1, laterRaises: 1 } : full;
  const thinned = (rung: Rung, combos: number): Rung => ({
    ...rung,
    combos,
    explicitCombos: combos,
    fewerCombos: true,
  });
  const rungs: Rung[] = [];
  for (const made of deals) rungs.push({ ...full, deals: made }, { ...simple, deals: made });
  for (let combos = comfortable; combos >= LEAST_COMBOS; combos = Math.round(combos / 1.5)) {
    rungs.push({ ...thinned(simple, combos), deals: fewest });
  }
  rungs.push({ ...thinned(simple, 100), rootSizes: 1, deals: fewest });
  const poorest: Rung = { ...thinned(simple, LEAST_COMBOS), rootSizes: 1, deals: fewest };
  if (early) rungs.push({ ...thinned(simple, 100), laterBetting: false, deals: fewest });
  rungs.push({ ...poorest, laterBetting: !early });
  return rungs;
}

/** Hands a seat's range may have on a rung. */
export function comboLimit(spot: Spot, rung: Rung, seat: number): number {
  const { maxCombos } = spot.options;
  const usual = spot.ranges[seat].explicit ? rung.explicitCombos : rung.combos;
  if (maxCombos === null) return usual;
  return rung.fewerCombos ? Math.min(maxCombos, usual) : maxCombos;
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

/** How sampled deals change the game; null when all are made. */
export function describeDeals(deals: DealCounts, all: DealCounts): string | null {
  if (deals.first >= all.first && deals.later >= all.later) return null;
  const first = deals.first < all.first ? `${deals.first} of ${all.first} next deals` : `all ${all.first} next cards`;
  const later = deals.later < all.later ? ` and ${deals.later} of ${all.later} after each` : "";
  return `${first}${later} are played, evenly spread over the deck; the others count as like them`;
}
