import {
  type BettingAction,
  type BettingState,
  betLevel,
  callAmount,
  type RaiseBounds,
  raiseBounds,
  roundChips,
  sameChips,
} from "./betting-state.js";
import { fractionOf, type StreetSizes, sizesOf } from "./size-menu.js";

/** Which bets and raises a solved tree offers. */
export type Sizing =
  | {
      readonly kind: "pot-limit";
      /** Fractions of the pot after the call, each in (0, 1], by street counted from the root street; the last repeats. */
      readonly fractionsByStreet: readonly (readonly number[])[];
      /** Raises after the first bet of a street, by street counted from the root street; the last repeats. */
      readonly maxRaisesByStreet: readonly number[];
      /** Streets counted from the root street on which chips may be bet; later ones are checked down. */
      readonly bettingStreets: number;
      /** In place of the fractions, where sizes differ by player or are not only fractions; the last repeats. */
      readonly sizesByStreet?: readonly StreetSizes[];
      /** A bet that would put in this part of the stack is all-in, where the pot limit allows it. */
      readonly allInFrom?: number;
    }
  | {
      readonly kind: "fixed-limit";
      /** The one bet (and raise) size by street counted from the root street. */
      readonly betByStreet: readonly number[];
      readonly maxRaisesByStreet: readonly number[];
    };

export type PotLimitSizing = Extract<Sizing, { kind: "pot-limit" }>;

function byStreet<T>(list: readonly T[], offset: number, fallback: T): T {
  return list[Math.min(offset, list.length - 1)] ?? fallback;
}

function raiseTotals(state: BettingState, seat: number, sizing: Sizing, offset: number, aggressor: number): number[] {
  const level = betLevel(state);
  const cap = byStreet(sizing.maxRaisesByStreet, offset, 0);
  if (level > 0 && state.raises >= cap) return [];
  if (sizing.kind === "pot-limit" && offset >= sizing.bettingStreets) return [];
  const bounds = raiseBounds(state, seat);
  if (!bounds) return [];
  if (sizing.kind === "fixed-limit") {
    return [Math.min(roundChips(level + byStreet(sizing.betByStreet, offset, 0), state.scale), bounds.stackTo)];
  }
  const potAfterCall = bounds.potTo - level;
  const totals: number[] = [];
  const menu = byStreet<StreetSizes | null>(sizing.sizesByStreet ?? [], offset, null);
  const sizes = menu ? sizesOf(menu, state, seat, aggressor) : byStreet(sizing.fractionsByStreet, offset, []);
  for (const size of sizes) {
    const wanted = Math.max(level + fractionOf(size, state, bounds) * potAfterCall, bounds.minTo);
    // A minimum above the pot limit leaves the pot as the only size; a short stack goes all-in for what it has.
    const bet = roundChips(Math.min(wanted, bounds.potTo, bounds.stackTo), state.scale);
    const to = isNearlyAllIn(bet, state.bets[seat], bounds, sizing.allInFrom) ? bounds.stackTo : bet;
    if (to > level && !totals.some((known) => sameChips(known, to))) totals.push(to);
  }
  return totals.sort((a, b) => a - b);
}

/** Whether a bet leaves so little behind that all of it goes in. */
function isNearlyAllIn(to: number, own: number, { potTo, stackTo }: RaiseBounds, from: number | undefined): boolean {
  return from !== undefined && stackTo <= potTo && to - own >= from * (stackTo - own) * (1 - 1e-9);
}

/**
 * The actions offered to `seat`, in a fixed order: fold, check or call, then bets or raises from small to large.
 * Equal sizes are offered once. A bet is never larger than what an opponent can still call, because the rest would
 * come straight back.
 *
 * @param offset streets since the root street, which selects the size menu.
 * @param aggressor seat that bet or raised last on the street before; -1: nobody did, or nobody knows.
 */
export function legalActions(
  state: BettingState,
  seat: number,
  sizing: Sizing,
  offset: number,
  aggressor = -1,
): BettingAction[] {
  const own = state.bets[seat];
  const stack = state.stacks[seat];
  const call = callAmount(state, seat);
  const actions: BettingAction[] = [];
  if (call > 0) {
    actions.push({ type: "fold", amount: 0, to: own, allIn: false });
    actions.push({
      type: "call",
      amount: call,
      to: roundChips(own + call, state.scale),
      allIn: sameChips(call, stack),
    });
  } else {
    actions.push({ type: "check", amount: 0, to: own, allIn: false });
  }
  const type = betLevel(state) > 0 ? "raise" : "bet";
  for (const to of raiseTotals(state, seat, sizing, offset, aggressor)) {
    const amount = roundChips(to - own, state.scale);
    actions.push({ type, amount, to, allIn: sameChips(amount, stack) });
  }
  return actions;
}
