import { mapCards, SUIT_MAPS } from "../../suits.js";
import { type HandSet, handKey, selectHands } from "../game/hand-set.js";

/** A seat's range as the sampler draws from it. */
export interface SampledRange {
  readonly hands: HandSet;
  /** Each hand stands for all hands that differ from it in the names of the suits only. */
  readonly suitClasses: boolean;
}

/**
 * Groups a range into classes of hands that differ in the names of suits only: one hand for each class, weighted by
 * the class's size. Null when the range tells suits apart (a class is not complete, or its hands differ in weight), or
 * has more than `limit` classes.
 */
export function suitClasses(hands: HandSet, limit = Number.POSITIVE_INFINITY): HandSet | null {
  const { k, count } = hands;
  const weightOf = new Map<number, number>();
  for (let hand = 0; hand < count; hand++) weightOf.set(handKey(hands.cards, hand * k, k), hands.weights[hand]);
  const chosen: number[] = [];
  const weights: number[] = [];
  const seen = new Set<number>();
  for (let hand = 0; hand < count; hand++) {
    if (seen.has(handKey(hands.cards, hand * k, k))) continue;
    const cards = [...hands.cards.subarray(hand * k, (hand + 1) * k)];
    const members = new Set(SUIT_MAPS.map((map) => handKey(mapCards(cards, map))));
    const weight = hands.weights[hand];
    for (const member of members) {
      if (weightOf.get(member) !== weight) return null;
      seen.add(member);
    }
    if (chosen.length >= limit) return null;
    chosen.push(hand);
    weights.push(weight * members.size);
  }
  return selectHands(hands, chosen, weights);
}
