import { labelOf } from "../betting/action-label.js";
import type { HandSet } from "../game/hand-set.js";
import type { NodeLock } from "../spot/lock-nodes.js";
import type { Spot } from "../spot/spot.js";
import { roundShares } from "./numbers.js";
import type { LockedHands, SolvedLock } from "./solution.js";

/** Digits of frequencies, as of strategies. */
const DIGITS = 5;

/** See {@link Solution.locks}; empty where nothing is locked. @param hands solved hands by seat */
export function describeLocks(
  spot: Spot,
  locks: readonly NodeLock[],
  hands: (seat: number) => HandSet,
): { readonly locks?: readonly SolvedLock[] } {
  if (locks.length === 0) return {};
  return {
    locks: locks.map(({ lock, node, seat, deals, strategy, holds }) => {
      const shares = roundShares(strategy, DIGITS);
      return {
        path: lock.written.path,
        player: spot.players[seat],
        hands: lock.written.hands,
        combos: deals.length > 0 ? null : countOf(holds(hands(seat), spot.boards)),
        strategy: Object.fromEntries(node.actions.map((action, index) => [labelOf(action), shares[index]])),
      };
    }),
  };
}

const countOf = (held: Uint8Array): number => held.reduce((sum, one) => sum + one, 0);

/** Bytes of JSON for a place in a list. */
const BYTES_PER_PLACE = 6;

/** The mark of a node where hands are locked. @param weights of the hands here @param listed whether strategies are listed */
export function lockedHands(
  held: Uint8Array | null,
  weights: Float64Array,
  listed: boolean,
): { readonly mark: { readonly locked?: LockedHands }; readonly bytes: number } {
  if (!held) return { mark: {}, bytes: 0 };
  const combos = countOf(held);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const here = weights.reduce((sum, weight, hand) => sum + weight * held[hand], 0);
  const all = combos === held.length;
  const share = all ? 1 : total > 0 ? Math.round((here / total) * 1e5) / 1e5 : 0;
  const places = listed && !all ? [...held.keys()].filter((hand) => held[hand] === 1) : null;
  return {
    mark: { locked: { combos, share, ...(places ? { places } : {}) } },
    bytes: 60 + (places?.length ?? 0) * BYTES_PER_PLACE,
  };
}

/** Players whose gains exploitability is the mean of: those who are not locked wherever they act, one at least. */
export function playersWithChoice(withChoice: readonly boolean[]): number {
  return Math.max(1, withChoice.filter((choice) => choice).length);
}

/** What was measured where some play is given, as the end of a sentence; empty where none is. */
export function measuredWithLocks(spot: Spot, withChoice: readonly boolean[]): string {
  if (spot.locks.length === 0) return "";
  const fixed = spot.players.filter((_, seat) => !withChoice[seat]);
  const free = spot.players.length - fixed.length;
  const rest =
    free === 0
      ? "nobody has a choice left, and nothing to gain"
      : `${fixed.map((player) => `player ${player}`).join(" and ")} is locked wherever he acts and gains nothing, exploitability is the ${free > 1 ? "mean of the others' gains" : "other's gain"} alone`;
  return `; locked hands play as they are locked: a player's gain is by what he may change${fixed.length > 0 ? `; ${rest}` : ""}`;
}
