import type { HandSet } from "../hand-set.js";
import { mapCards, SUIT_MAPS } from "./canonical-suits.js";

const keyOf = (cards: readonly number[]): number => cards.reduce((key, card) => key * 64 + card, 0);

/**
 * Groups a range into classes of hands that differ in the names of suits only: one hand for each class, weighted by
 * the class's size. Null when the range tells suits apart (a class is not complete, or its hands differ in weight).
 */
export function suitClasses(hands: HandSet): HandSet | null {
  const weightOf = new Map<number, number>();
  for (let hand = 0; hand < hands.count; hand++) {
    const cards = [...hands.cards.subarray(hand * hands.k, (hand + 1) * hands.k)];
    weightOf.set(keyOf(cards), hands.weights[hand] as number);
  }
  const classes: { cards: number[]; weight: number }[] = [];
  const seen = new Set<number>();
  for (let hand = 0; hand < hands.count; hand++) {
    const cards = [...hands.cards.subarray(hand * hands.k, (hand + 1) * hands.k)];
    if (seen.has(keyOf(cards))) continue;
    const members = new Set(SUIT_MAPS.map((map) => keyOf(mapCards(cards, map))));
    const weight = hands.weights[hand] as number;
    for (const member of members) {
      if (weightOf.get(member) !== weight) return null;
      seen.add(member);
    }
    classes.push({ cards, weight: weight * members.size });
  }
  const cards = new Uint8Array(classes.length * hands.k);
  classes.forEach((entry, index) => {
    cards.set(entry.cards, index * hands.k);
  });
  return { k: hands.k, count: classes.length, cards, weights: Float64Array.from(classes, (entry) => entry.weight) };
}
