import { mapCards, SUIT_MAPS, type SuitMap } from "../../suits.js";
import { type HandSet, handKey } from "../game/hand-set.js";

/** A hand set under a renaming, its hands in order of their cards: independent of the order they were given in. */
export function mapHands(hands: HandSet, map: SuitMap): HandSet {
  const { k, count } = hands;
  const keyed = Array.from({ length: count }, (_, hand) => {
    const cards = mapCards([...hands.cards.subarray(hand * k, (hand + 1) * k)], map);
    return { cards, key: handKey(cards), weight: hands.weights[hand] };
  });
  keyed.sort((a, b) => a.key - b.key);
  const cards = new Uint8Array(count * k);
  keyed.forEach((entry, place) => {
    cards.set(entry.cards, place * k);
  });
  return { k, count, cards, weights: Float64Array.from(keyed, (entry) => entry.weight) };
}

function compare(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i] - b[i];
  return a.length - b.length;
}

function least<T>(candidates: readonly T[], key: (candidate: T) => ArrayLike<number>): T[] {
  let best: T[] = [];
  let bestKey: ArrayLike<number> = [];
  for (const candidate of candidates) {
    const its = key(candidate);
    const order = best.length === 0 ? -1 : compare(its, bestKey);
    if (order < 0) {
      best = [candidate];
      bestKey = its;
    } else if (order === 0) best.push(candidate);
  }
  return best;
}

/**
 * The renaming of suits that makes a spot canonical: two spots that differ only in the names of the suits come out
 * the same. Boards count first, then the hero's hand, then the ranges.
 *
 * @param ranges ranges that may tell suits apart; symmetric ones (the default) are left out
 * @param textOf what else the spot says, as text under a renaming; null: nothing
 */
export function canonicalSuits(
  boards: readonly (readonly number[])[],
  heroCards: readonly number[] | null,
  ranges: readonly HandSet[],
  textOf: ((map: SuitMap) => string) | null = null,
): SuitMap {
  let maps: readonly SuitMap[] = SUIT_MAPS;
  for (const cards of [...boards, heroCards ?? []]) maps = least(maps, (map) => mapCards(cards, map));
  for (const hands of ranges) {
    if (maps.length === 1) break;
    const mapped = new Map(maps.map((map) => [map, mapHands(hands, map)]));
    maps = least(maps, (map) => mapped.get(map)?.cards ?? []);
    maps = least(maps, (map) => mapped.get(map)?.weights ?? []);
  }
  if (textOf && maps.length > 1) {
    const texts = maps.map(textOf);
    return maps[texts.indexOf([...texts].sort()[0])];
  }
  return maps[0];
}
