import type { Card } from "./cards.js";

/** A renaming of suits: `map[suit]` is the new suit. */
export type SuitMap = readonly [number, number, number, number];

/** All 24 renamings. */
export const SUIT_MAPS: readonly SuitMap[] = [0, 1, 2, 3].flatMap((a) =>
  [0, 1, 2, 3].flatMap((b) =>
    [0, 1, 2, 3].flatMap((c) => {
      const d = 6 - a - b - c;
      return new Set([a, b, c, d]).size === 4 ? [[a, b, c, d] as const] : [];
    }),
  ),
);

/** The card under a renaming. */
export function mapCard(card: Card, map: SuitMap): Card {
  return (card & ~3) | map[(card & 3) as 0];
}

/** The renaming that undoes `map`. */
export function invert(map: SuitMap): SuitMap {
  return [map.indexOf(0), map.indexOf(1), map.indexOf(2), map.indexOf(3)] as const;
}

/** Cards under a renaming, ascending. */
export function mapCards(cards: readonly Card[], map: SuitMap): Card[] {
  return cards.map((card) => mapCard(card, map)).sort((a, b) => a - b);
}
