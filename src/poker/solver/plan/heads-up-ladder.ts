import { raisesText } from "../betting/size-menu.js";
import type { PotLimitSizing } from "../betting/sizing.js";
import type { HandSet } from "../game/hand-set.js";
import type { Spot, SpotRange } from "../spot/spot.js";
import { chooseSizes, type SizeCut, sizesGivenUp } from "./size-choice.js";

/** One rung of the ladder from the game as asked to the smallest game that still says something. */
export interface Rung {
  /** Combos a range is thinned out to. */
  readonly combos: number;
  /** 1: only the largest size; null: all. */
  readonly rootSizes: 1 | null;
  /** Most raises; null: as many as asked for. */
  readonly rootRaises: number | null;
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
    rootRaises: null,
    laterSizes: null,
    laterRaises: null,
    laterBetting: true,
  };
  const simple: Rung = { ...full, laterSizes: 1, laterRaises: 1 };
  if (isTurn(spot)) return [full, simple, ...simpleTurns(simple)];
  if (spot.street < 3) return [full, simple];
  const rungs = [full];
  for (let combos = MOST_THINNED; combos >= LEAST_COMBOS; combos = Math.round(combos / 1.25))
    rungs.push({ ...full, combos });
  const one: Rung = { ...full, rootSizes: 1, rootRaises: 1 };
  return [...rungs, { ...one, combos: 100 }, { ...one, combos: LEAST_COMBOS }];
}

/** Whether only the river of one board is to come. */
export function isTurn({ street, boards }: Spot): boolean {
  return street === 2 && boards.length === 1;
}

/** Turns of whole ranges with ever fewer ways to the river: play that is exact is nearer to equilibrium than play by classes. */
function simpleTurns(simple: Rung): Rung[] {
  const oneRaise: Rung = { ...simple, rootRaises: 1 };
  const oneSize: Rung = { ...oneRaise, rootSizes: 1 };
  return [
    oneRaise,
    { ...oneRaise, laterRaises: 0 },
    oneSize,
    { ...oneSize, laterRaises: 0 },
    { ...oneSize, rootRaises: 0, laterRaises: 0 },
  ];
}

/** Hands a range may have on a rung. */
export function comboLimit(spot: Spot, rung: Rung): number {
  return Math.min(spot.options.maxCombos ?? Number.POSITIVE_INFINITY, rung.combos);
}

/** Bet sizes of a rung. */
export function rungSizing(spot: Spot, rung: Rung): PotLimitSizing {
  const { maxRaises } = spot.options;
  const rootRaises = Math.min(rung.rootRaises ?? maxRaises, maxRaises);
  const laterRaises = Math.min(rung.laterRaises ?? maxRaises, maxRaises);
  return chooseSizes(spot, cutOfRung(rung), {
    maxRaises: [rootRaises, laterRaises],
    bettingStreets: rung.laterBetting ? 4 : 1,
  });
}

const cutOfRung = ({ rootSizes, laterSizes }: Rung): SizeCut => ({ root: rootSizes, later: laterSizes });

/** What a rung gives up, one sentence each. */
export function describeRung(
  spot: Spot,
  rung: Rung,
  before: readonly SpotRange[],
  after: readonly HandSet[],
): string[] {
  const notes: string[] = [];
  const { maxRaises } = spot.options;
  const sizes = sizesGivenUp(spot, cutOfRung(rung));
  after.forEach((hands, seat) => {
    const total = before[seat].hands.count;
    if (hands.count < total) {
      notes.push(
        `range of player ${spot.players[seat]} thinned out to ${hands.count} of ${total} combos, evenly by strength`,
      );
    }
  });
  notes.push(...sizes.root);
  if (rung.rootRaises !== null && maxRaises > rung.rootRaises)
    notes.push(`${raisesText(rung.rootRaises)} on this street`);
  if (spot.street === 3) return notes;
  if (!rung.laterBetting)
    return [...notes, "no betting after this street: the remaining cards are dealt and hands compared"];
  notes.push(...sizes.later);
  if (rung.laterRaises !== null && maxRaises > rung.laterRaises)
    notes.push(`${raisesText(rung.laterRaises)} on later streets`);
  return notes;
}
