import { describe, expect, it } from "vitest";
import { flopClasses } from "../../../src/poker/flops.js";
import { flopText } from "../../../src/tasks/flop-report/report-input.js";
import { ALL_FLOPS, compareFlops, type FlopFilter, flopTest } from "../../../web/src/answers/report/flops.js";

/** All 22,100, as reports write them. */
const FLOPS = flopClasses([[0, 1, 2, 3]], []).map(({ boards }) => flopText(boards));
const countOf = (filter: Partial<FlopFilter>) => FLOPS.filter(flopTest({ ...ALL_FLOPS, ...filter })).length;

describe("flops of a report, filtered", () => {
  it.each([
    [{}, 22_100],
    [{ suits: "monotone" }, 4 * 286],
    [{ suits: "two-tone" }, 4 * 78 * 39],
    [{ suits: "rainbow" }, 4 * 13 ** 3],
    [{ pairing: "trips" }, 13 * 4],
    [{ pairing: "paired" }, 13 * 6 * 48],
    [{ pairing: "unpaired", suits: "monotone" }, 4 * 286],
    [{ cards: "Kh" }, (51 * 50) / 2],
    [{ cards: "K" }, 22_100 - (48 * 47 * 46) / 6],
    [{ cards: "kk" }, 6 * 48 + 4],
    [{ cards: "K Kh" }, 3 * 48 + 3],
    [{ cards: "10h, 9" }, 4 * 47 + 6],
    [{ cards: "KKKK" }, 0],
  ] as const)("%j are %d", (filter, count) => {
    expect(countOf(filter)).toBe(count);
  });

  it("of two boards have the cards of either", () => {
    const test = flopTest({ ...ALL_FLOPS, cards: "KQh" });
    expect(test("Ks8h7d/Qh4c2h")).toBe(true);
    expect(test("Ks8h7d/Qc4c2h")).toBe(false);
  });

  it("refuse what is no card", () => {
    expect(() => flopTest({ ...ALL_FLOPS, cards: "Kx" })).toThrow(/ranks or cards/);
  });

  it("are sorted by their high cards", () => {
    expect(["2h2d2c", "AhKd2c", "AsKd2c", "KsQdJc", "AhQd3c"].sort(compareFlops)).toEqual([
      "AhKd2c",
      "AsKd2c",
      "AhQd3c",
      "KsQdJc",
      "2h2d2c",
    ]);
  });
});
