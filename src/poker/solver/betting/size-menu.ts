import { plural } from "../../errors.js";
import { type BettingState, betLevel, type RaiseBounds } from "./betting-state.js";

/**
 * A bet or raise as it is asked for: a fraction of the pot after the call, in (0, 1]; or the geometric size, which put in
 * and called on each of so many streets has the stack in by the last. Null: all streets that are left.
 */
export type BetSize = number | { readonly geometric: number | null };

/** What each seat may bet on a street; empty: nothing. */
export interface StreetSizes {
  /** Sizes of the first bet, by seat. */
  readonly bets: readonly (readonly BetSize[])[];
  readonly raises: readonly (readonly BetSize[])[];
  /** Of a first bet into the last street's aggressor, who is still to act. */
  readonly donks: readonly (readonly BetSize[])[];
}

/** Kinds of {@link StreetSizes}. */
export const SIZE_KINDS = ["bets", "raises", "donks"] as const;
export const SIZE_WORDS = { bets: "bets", raises: "raises", donks: "donk bets" } as const;

/** Streets of a hand. */
const STREETS = 4;

/** The sizes that a seat has where it is to act. */
export function sizesOf(menu: StreetSizes, state: BettingState, seat: number, aggressor: number): readonly BetSize[] {
  if (betLevel(state) > 0) return menu.raises[seat] ?? [];
  const donk = aggressor > seat && state.pending[aggressor] && !state.folded[aggressor] && state.stacks[aggressor] > 0;
  return (donk ? menu.donks : menu.bets)[seat] ?? [];
}

/**
 * A size as a fraction of the pot after the call. The geometric one supposes one caller; it may be above 1, which pot limit
 * then cuts.
 */
export function fractionOf(size: BetSize, state: BettingState, { potTo, stackTo }: RaiseBounds): number {
  if (typeof size === "number") return size;
  const level = betLevel(state);
  const potAfterCall = potTo - level;
  const streets = size.geometric ?? STREETS - state.street;
  return ((1 + (2 * (stackTo - level)) / potAfterCall) ** (1 / Math.max(1, streets)) - 1) / 2;
}

/** "50 %", "the geometric size", "the geometric size over 2 streets". */
export function sizeText(size: BetSize): string {
  if (typeof size === "number") return `${Math.round(size * 1000) / 10} %`;
  if (size.geometric === null) return "the geometric size";
  return `the geometric size over ${plural(size.geometric, "street")}`;
}

/** "no raises", "at most 1 raise", "at most 2 raises". */
export function raisesText(most: number): string {
  return most === 0 ? "no raises" : `at most ${plural(most, "raise")}`;
}

/** The one size that stands for several: the geometric one, or the largest. */
export function mainSize(sizes: readonly BetSize[]): readonly BetSize[] {
  const geometric = sizes.find((size) => typeof size !== "number");
  if (geometric !== undefined || sizes.length < 2) return geometric === undefined ? sizes : [geometric];
  return [Math.max(...sizes.filter((size) => typeof size === "number"))];
}
