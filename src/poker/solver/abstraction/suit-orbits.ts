import { mapCards, SUIT_MAPS, type SuitMap } from "../../suits.js";
import { type HandSet, handCards, handKey } from "../game/hand-set.js";

/** The renamings of suits, but for none, that leave every board and every range as it is. */
function symmetries(
  boards: readonly (readonly number[])[],
  ranges: readonly HandSet[],
  placesOf: readonly ReadonlyMap<number, number>[],
): SuitMap[] {
  const key = (cards: readonly number[], map: SuitMap): number => handKey(mapCards(cards, map));
  const none = SUIT_MAPS[0];
  const maps = SUIT_MAPS.filter((map) => map !== none && boards.every((board) => key(board, map) === key(board, none)));
  return maps.filter((map) =>
    ranges.every((range, seat) => {
      for (let hand = 0; hand < range.count; hand++) {
        const image = placesOf[seat].get(key(handCards(range, hand), map));
        if (image === undefined || range.weights[image] !== range.weights[hand]) return false;
      }
      return true;
    }),
  );
}

/**
 * For each hand of each range the first of the hands that differ from it only in suits which neither boards nor ranges
 * tell apart: what is best for one is best for all of them.
 */
export function suitOrbits(boards: readonly (readonly number[])[], ranges: readonly HandSet[]): Int32Array[] {
  const placesOf = ranges.map(
    (range) =>
      new Map(
        Array.from(
          { length: range.count },
          (_, hand) => [handKey(range.cards, hand * range.k, range.k), hand] as const,
        ),
      ),
  );
  const maps = symmetries(boards, ranges, placesOf);
  return ranges.map((range, seat) =>
    Int32Array.from({ length: range.count }, (_, hand) => {
      const cards = handCards(range, hand);
      const images = maps.map((map) => placesOf[seat].get(handKey(mapCards(cards, map))) ?? hand);
      return Math.min(hand, ...images);
    }),
  );
}
