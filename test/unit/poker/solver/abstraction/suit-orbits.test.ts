import { describe, expect, it } from "vitest";
import { parseCards } from "../../../../../src/poker/cards.js";
import { suitOrbits } from "../../../../../src/poker/solver/abstraction/suit-orbits.js";
import { createHandSet } from "../../../../../src/poker/solver/game/hand-set.js";
import type { Solution } from "../../../../../src/poker/solver/report/solution.js";
import { mapCards, SUIT_MAPS } from "../../../../../src/poker/suits.js";
import { solveDrawn } from "../sampled/solve-drawn.js";

const cards = (text: string): number[] => parseCards(text);

/** All hands that some hands become by renaming suits, those apart that share a card with the board. */
function symmetric(hands: readonly string[], board: string): number[][] {
  const dead = new Set(cards(board));
  const images = hands.flatMap((hand) => SUIT_MAPS.map((map) => mapCards(cards(hand), map)));
  const distinct = new Map(images.map((each) => [each.join(), each]));
  return [...distinct.values()].filter((each) => !each.some((card) => dead.has(card)));
}

describe("hands that differ only in suits which nothing tells apart", () => {
  const HANDS = ["AsAhKsQd", "JsTs9h8d"];
  it.each([
    ["one suit", "KhTh6h", 6],
    ["two suits", "KhTh6s", 2],
    ["two suits that pair", "KhKs6d", 2],
    ["three suits", "KhTs6d", 1],
  ])("on a board of %s (%s) come in groups of up to %i", (_name, board, most) => {
    const range = createHandSet(symmetric(HANDS, board));
    const [orbits = new Int32Array(0)] = suitOrbits([cards(board)], [range]);
    const sizes = new Map<number, number>();
    for (const first of orbits) sizes.set(first, (sizes.get(first) ?? 0) + 1);
    expect(Math.max(...sizes.values())).toBe(most);
    expect([...orbits].every((first, hand) => first <= hand && orbits[first] === first)).toBe(true);
  });

  it("are told apart by one range, or one weight, that does", () => {
    const board = cards("KhTh6h");
    const whole = createHandSet(symmetric(HANDS, "KhTh6h"));
    const weighted = { ...whole, weights: whole.weights.map((weight, hand) => (hand === 0 ? weight / 2 : weight)) };
    const alone = (orbits: Int32Array | undefined): number =>
      [...(orbits ?? [])].filter((at, hand) => at === hand).length;
    expect(alone(suitOrbits([board], [whole, whole])[0])).toBeLessThan(whole.count / 3);
    expect(alone(suitOrbits([board], [whole, weighted])[0])).toBeGreaterThan(whole.count / 3);
    expect(alone(suitOrbits([board], [whole, createHandSet([cards("AsAhKsQd")])])[0])).toBeGreaterThan(whole.count / 3);
  });

  it("share a strategy on drawn deals, and win what they win where every hand has its own", () => {
    const spot = (...more: readonly object[]) => ({
      board: ["Kh", "Th", "6h", "2h"],
      pot_size: 100,
      stack_sizes: [100, 100],
      bet_sizes: [1],
      max_raises: 1,
      player_ranges: { "0": "AKQ9", "1": [{ range: "AAJ7", weight: 1 }, ...more] },
      iterations: 30,
    });
    const folded = solveDrawn(spot());
    // A hand that hardly ever comes tells the suits apart.
    const unfolded = solveDrawn(spot({ cards: "JsQs8d9d", weight: 1e-9 }));
    const rows = ({ sampling }: Solution): number => sampling?.rows["0"]?.[0] ?? 0;
    expect(rows(folded)).toBeLessThan(rows(unfolded) / 3);
    const error = ({ sampling }: Solution): number => sampling?.standard_error.ev ?? 0;
    const difference = (folded.ev["0"] as number) - (unfolded.ev["0"] as number);
    expect(Math.abs(difference)).toBeLessThan(3.2 * Math.hypot(error(folded), error(unfolded)) + 0.5);
  });
});
