import { describe, expect, it } from "vitest";
import { expandFlops } from "../../../../src/tasks/flop-report/expand-flops.js";
import { parseReport, type ReportInput } from "../../../../src/tasks/flop-report/report-input.js";
import { parseSolverInput } from "../../../../src/tasks/solver-analysis/parse-input.js";

const SPOT = { pot_size: 6.5, stack_sizes: [97, 97], player_ranges: { "0": "AA", "1": "KK" } };
const read = (more: object) => parseReport({ ...SPOT, ...more }, parseSolverInput);
const expand = ({ example: spot, choice, boards }: ReportInput) => expandFlops({ spot, choice, boards });

describe("a report's flops", () => {
  it("are listed with weights, in any order of cards", () => {
    const report = read({ flops: ["7d8hKs", { flop: "QcJc4h", weight: 2.5 }] });
    expect(expand(report)).toEqual([
      { flop: "Ks8h7d", weight: 1 },
      { flop: "QcJc4h", weight: 2.5 },
    ]);
    expect(report.on("Ks8h7d").boards).toEqual(parseSolverInput({ ...SPOT, board: "Ks8h7d" }).boards);
  });

  it("are pairs for two boards", () => {
    const report = read({ flops: ["Ks8h7d/Qc4c2h"] });
    expect(report.boards).toBe(2);
    expect(report.on("Ks8h7d/Qc4c2h").boards).toHaveLength(2);
    expect(
      expand(read({ flops: { sample: 20 }, num_boards: 2 })).every(({ flop }) => /^\w{6}\/\w{6}$/.test(flop)),
    ).toBe(true);
  });

  it("are all that differ in more than the names of suits, also where ranges have categories", () => {
    expect(expand(read({ flops: "all" }))).toHaveLength(1755);
    expect(expand(read({ flops: "all", player_ranges: { "0": "AA:@set", "1": "KK" } }))).toHaveLength(1755);
  });

  it.each([
    // Suits that ranges name are told apart, the others are not: 2 renamings are left.
    ["of a range that names two suits", { player_ranges: { "0": "AsAh", "1": "KK" } }, 4],
    ["of a hand", { hero_cards: "AsKhQdJc" }, 1],
    ["of a hand with two suits", { hero_cards: "AsAhKsQh" }, 2],
  ])("%s keep what the renamings of suits leave", (_, more, symmetries) => {
    const flops = expand(read({ ...more, flops: "all" }));
    const left = "hero_cards" in more ? (48 * 47 * 46) / 6 : 22_100;
    expect(flops.reduce((sum, { weight }) => sum + weight, 0)).toBe(left);
    expect(flops.length).toBeGreaterThanOrEqual(left / symmetries);
    if (symmetries === 1) expect(flops).toHaveLength(left);
    else expect(flops.length).toBeLessThan(left);
  });

  it.each([
    [{ flops: "some" }, /flops is "all"/],
    [{ flops: [] }, /flops is "all"/],
    [{ flops: { sample: 0 } }, /flops is "all"/],
    [{ flops: ["Ks8h"] }, /"Ks8h" is no flop/],
    [{ flops: ["Ks8h7d", "7dKs8h"] }, /listed twice: give it a weight/],
    [{ flops: ["KsKs7d"] }, /Ks lies twice/],
    [{ flops: ["Ks8h7d", "Ks8h7d/Qc4c2h"] }, /all of them have one board/],
    [{ flops: "all", num_boards: 2 }, /too many pairs/],
    [{ flops: ["Ks8h7d"], num_boards: 2 }, /num_boards is 2 but the flops have 1/],
    [{ flops: ["Ks8h7d"], board: "Ks8h7d" }, /flops and no board/],
    [{ flops: ["Ks8h7d"], street: "turn" }, /not "turn"/],
    [{ flops: ["Ks8h7d"], hero_cards: "KsQsJsTs" }, /Ks/],
    [{ flops: ["Ks8h7d", "AsQh7d"], hero_cards: "AsQsJsTs" }, /AsQh7d holds As/],
    [{ flops: ["Ks8h7d"], pot_size: -1 }, /pot_size/],
  ])("%j is refused", (more, message) => {
    expect(() => expand(read(more))).toThrow(message);
  });
});
