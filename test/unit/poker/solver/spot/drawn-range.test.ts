import { describe, expect, it } from "vitest";
import { parseCards } from "../../../../../src/poker/cards.js";
import { Random } from "../../../../../src/poker/random.js";
import { drawRange } from "../../../../../src/poker/solver/spot/drawn-range.js";
import { solveInProcess } from "../../../tasks/solver-analysis/solve-in-process.js";

const NO_CARDS: ReadonlySet<number> = new Set();

describe("ranges of five- and six-card hands", () => {
  it("are drawn where they are wide, with an estimate of their size", () => {
    const drawn = drawRange("AA", 6, NO_CARDS, Random.fromSeed(1));
    // Two, three or four aces among six cards of 52.
    const size = 6 * 194_580 + 4 * 17_296 + 1_128;
    expect(Math.abs((drawn?.size ?? 0) / size - 1)).toBeLessThan(0.03);
    expect(new Set(drawn?.hands.map((hand) => hand.join(" "))).size).toBe(20_000);
    expect(drawn?.hands.every((hand) => hand.filter((card) => card >= 48).length >= 2)).toBe(true);
  });

  it("hold no dead card", () => {
    const dead = new Set(parseCards("AsKsQd"));
    expect(
      drawRange("any", 5, dead, Random.fromSeed(1))
        ?.hands.flat()
        .some((card) => dead.has(card)),
    ).toBe(false);
  });

  it("are listed where they are small, and always with four cards", () => {
    expect(drawRange("AAKKQQ", 6, NO_CARDS, Random.fromSeed(1))).toBeNull();
    expect(drawRange("AA", 5, NO_CARDS, Random.fromSeed(1))).toBeNull();
    expect(drawRange("any", 4, NO_CARDS, Random.fromSeed(1))).toBeNull();
  });

  it("say in the result that they were drawn", () => {
    const { solution } = solveInProcess({
      num_cards: 6,
      board: "KsQd7h4c2d",
      pot_size: 100,
      stack_sizes: [100, 100],
      player_ranges: { "0": "AA", "1": [["Kh", "Kc", "9s", "8s", "3s", "3d"]] },
      max_combos: 60,
      iterations: 5,
    });
    expect(solution.ranges["0"]?.source).toBe("AA");
    expect(solution.abstraction[0]).toMatch(/^range of player 0: 20000 of its about \d+ combos, drawn at random$/);
  });
});
