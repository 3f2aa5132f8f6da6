import { describe, expect, it } from "vitest";
import { Random } from "../../../src/poker/random.js";

describe("xoshiro128**", () => {
  it("gives the published sequence from state 1, 2, 3, 4", () => {
    const random = new Random(Int32Array.of(1, 2, 3, 4));
    expect(Array.from({ length: 10 }, () => random.next())).toEqual([
      11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804,
    ]);
  });

  it("starts apart for different seeds and alike for equal ones", () => {
    const first = (...words: number[]): number[] => {
      const random = Random.ofStream(words);
      return Array.from({ length: 4 }, () => random.next());
    };
    expect(first(1, 0, 0, 0)).toEqual(first(1, 0, 0, 0));
    const starts = [first(), first(0), first(0, 0), first(1, 0), first(0, 1), first(2 ** 32 - 1), first(1, 0, 0, 1)];
    expect(new Set(starts.map(String)).size).toBe(starts.length);
  });

  it("gives the same numbers for the same seed for ever: stored answers name their seed", () => {
    const numbers = (random: Random): number[] => Array.from({ length: 4 }, () => random.next());
    expect(numbers(Random.fromSeed(1))).toEqual([393288148, 2174103013, 3814759091, 2092745082]);
    expect(numbers(Random.fromSeed(2 ** 40 + 5))).toEqual([3447652807, 3882202626, 2283786247, 2809518552]);
    expect(numbers(Random.ofStream([1, 0, 2, 3]))).toEqual([3544060751, 968522117, 760319897, 2946947024]);
  });

  it.each(["below", "belowByHalves"] as const)("%s draws evenly below any number", (method) => {
    const random = Random.ofStream([7]);
    for (const n of [1, 2, 3, 7, 52, 1000]) {
      const runs = 20_000;
      const counts = new Array<number>(n).fill(0);
      for (let i = 0; i < runs; i++) {
        const drawn = random[method](n);
        counts[drawn] = (counts[drawn] ?? 0) + 1;
      }
      // Chi-squared with n − 1 degrees of freedom: mean n − 1, variance 2 (n − 1).
      const chi = counts.reduce((sum, count) => sum + (count - runs / n) ** 2 / (runs / n), 0);
      expect(chi).toBeLessThan(n - 1 + 5 * Math.sqrt(2 * n));
    }
  });
});
