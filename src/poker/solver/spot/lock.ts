import type { Card } from "../../cards.js";
import { renameSuits } from "../../ranges/class-view.js";
import type { RangeNode } from "../../ranges/range-tree.js";
import { mapCard, mapCards, type SuitMap } from "../../suits.js";

/** A step of a lock's path: an action by its label, or cards dealt, one for each board (null: any); as the job wrote it. */
export type LockStep =
  | { readonly kind: "action"; readonly text: string }
  | { readonly kind: "deal"; readonly cards: readonly Card[] | null; readonly text: string };

export interface ListedHand {
  readonly cards: readonly Card[];
  /** As the job wrote it. */
  readonly text: string;
}

/** Which of the hands at a node a lock is about. */
export type LockHands =
  | { readonly kind: "all" }
  /** `listed`: hands that stand in the range card by card. */
  | { readonly kind: "range"; readonly root: RangeNode; readonly listed: readonly ListedHand[] }
  | { readonly kind: "class"; readonly name: string };

/** What hands do at a node, given instead of found. */
export interface Lock {
  /** Where the lock stands in the input, for messages. */
  readonly place: string;
  readonly path: readonly LockStep[];
  /** Player who is to act there; null: whoever does. */
  readonly player: number | null;
  readonly hands: LockHands;
  /** Frequencies of actions by their labels; of others 0. They sum to 1. */
  readonly strategy: readonly (readonly [label: string, frequency: number])[];
  /** Path and hands as the job wrote them, in the suits of the job. */
  readonly written: { readonly path: string; readonly hands: string | null };
}

/** Locks under a renaming of suits. */
export function renameLockSuits(locks: readonly Lock[], map: SuitMap): Lock[] {
  return locks.map((lock) => ({
    ...lock,
    path: lock.path.map((step) =>
      step.kind === "deal" && step.cards ? { ...step, cards: step.cards.map((card) => mapCard(card, map)) } : step,
    ),
    hands:
      lock.hands.kind === "range"
        ? {
            ...lock.hands,
            root: renameSuits(lock.hands.root, map),
            listed: lock.hands.listed.map(({ cards, text }) => ({ cards: mapCards(cards, map), text })),
          }
        : lock.hands,
  }));
}

/** Text that is equal for equal locks. */
export function lockKey(locks: readonly Lock[]): string {
  return JSON.stringify(
    locks.map(({ path, player, hands, strategy }) => [
      path.map((step) => (step.kind === "action" ? step.text : step.cards)),
      player,
      hands.kind === "range" ? hands.root : hands,
      strategy,
    ]),
  );
}
