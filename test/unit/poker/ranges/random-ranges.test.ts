import { describe, expect, it } from "vitest";
import { forEachSubset } from "../../../../src/poker/combinatorics.js";
import { Random, shuffleStart } from "../../../../src/poker/random.js";
import { expandRange } from "../../../../src/poker/ranges/expand-range.js";
import { compileWeights } from "../../../../src/poker/ranges/match-range.js";
import { parseRange } from "../../../../src/poker/ranges/parse-range.js";
import { heldCards, randomRange } from "./random-ranges.js";

const RANGES = 250;
const HANDS = 120;
const DECK = Array.from({ length: 52 }, (_, card) => card);

describe("a random range", () => {
  it.each([4, 5, 6])("gives random hands of %i cards the weights of the test's own reading", (handSize) => {
    const random = Random.fromSeed(handSize);
    const deck = Uint8Array.from(DECK);
    let inside = 0;
    for (let i = 0; i < RANGES; i++) {
      const range = randomRange(random);
      const weightOf = compileWeights(parseRange(range.text, handSize).root);
      for (let j = 0; j < HANDS; j++) {
        shuffleStart(deck, handSize, random);
        const hand = deck.slice(0, handSize).sort();
        const weight = weightOf(hand);
        if (handSize === 4 || !/RR|wxyz|xxyy|\$op/u.test(range.text)) {
          const expected = range.weight(heldCards(hand)) ?? -1;
          expect(
            Math.abs(weight - expected),
            `${range.text} for ${hand.join()}: ${weight}, not ${expected}`,
          ).toBeLessThan(1e-9);
        }
        if (weight > 0) inside++;
      }
    }
    expect(inside).toBeGreaterThan(1000);
  });

  it("has as many hands, of as much weight together, as counting all of them one by one gives", () => {
    const random = Random.fromSeed(99);
    for (let i = 0; i < 4; i++) {
      const range = randomRange(random);
      const { count, weights } = expandRange(parseRange(range.text));
      let expected = 0;
      let weight = 0;
      forEachSubset(DECK, 4, (hand) => {
        const own = range.weight(heldCards(hand)) ?? 0;
        if (own > 0) expected++;
        weight += own;
      });
      const sum = weights?.reduce((total, own) => total + own, 0) ?? count;
      expect({ text: range.text, count }).toEqual({ text: range.text, count: expected });
      expect(sum, range.text).toBeCloseTo(weight, 6);
    }
  });
});
