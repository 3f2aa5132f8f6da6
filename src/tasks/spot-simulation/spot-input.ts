import type { Card } from "../../poker/cards.js";
import type { Range } from "../../poker/ranges/range-tree.js";

/** What a player holds: cards with `null` for unknown ones, or a range. */
export type PlayerHand =
  | { readonly kind: "cards"; readonly cards: readonly (Card | null)[] }
  | { readonly kind: "range"; readonly range: Range };

export interface SpotPlayer {
  readonly playerNumber: number;
  readonly hand: PlayerHand;
}

/** A spot to simulate, checked: every card is distinct and everything can be dealt from one deck. */
export interface SpotInput {
  /** Hole cards of every hand: 4, 5 or 6. */
  readonly handSize: number;
  readonly players: readonly SpotPlayer[];
  /** Known cards of the one or two boards: 0 to 5 each. */
  readonly boards: readonly (readonly Card[])[];
  readonly folded: readonly Card[];
  /** Deals to simulate where the answer is not exact. */
  readonly runs: number;
  /** Opponents of the estimated numbers: 0 to 8. */
  readonly randomOpponents: number;
  readonly seed: number;
  readonly targetStandardError: number | null;
  /** What is played for; null where only equities are asked for. */
  readonly stake: Stake | null;
}

/** A pot and what the house takes of it, chips. */
export interface Stake {
  readonly pot: number;
  readonly rake: number;
}

/** Hole cards of a player that are known. */
export const knownCards = (hand: PlayerHand): Card[] =>
  hand.kind === "cards" ? hand.cards.filter((card) => card !== null) : [];

/** True when nothing is known of a player's hand: no card, or a range of every hand. */
export const isBlank = (hand: PlayerHand): boolean =>
  hand.kind === "cards" ? hand.cards.every((card) => card === null) : hand.range.root.kind === "any";
