import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createProgram } from "../../../src/cli/program.js";
import { run } from "../../../src/tasks/spot-simulation/compute.js";
import { parseSpotInput } from "../../../src/tasks/spot-simulation/parse-input.js";
import { simulateSpot } from "../../../src/tasks/spot-simulation/simulate-spot.js";

let printed = "";

beforeEach(() => {
  printed = "";
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    printed += String(text);
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
});

const equity = (...args: string[]) => createProgram("0").parseAsync(["node", "celery", "equity", ...args]);

describe("celery equity", () => {
  it("prints exact equities as a table with bars", async () => {
    await equity("AsKsQhJh", "8c8d7c6d", "--board", "9c8h2s");
    const [headings, first, second, , summary] = printed.split("\n");
    expect(headings).toMatch(/hand +equity +win +tie +lose +vs 1 random/u);
    expect(first).toMatch(/^1 {2}AsKsQhJh {2}18\.90 % +█{4}▌·+ +18\.90 % {2}0\.00 % {2}81\.10 % {2}47\.80 %$/u);
    expect(second).toMatch(/^2 {2}8c8d7c6d {2}81\.10 %/u);
    expect(summary).toMatch(/^exact: 820 boards in \d+ ms$/u);
  });

  it("prints both boards, and simulated numbers with their errors", async () => {
    await equity("AA:ds", "KKxx", "--board", "9c8h2s", "--board2", "", "--runs", "2000", "--seed", "7");
    expect(printed).toMatch(/hand +equity +top +bottom +scoop +¾ +¼ +vs random \(top, bottom\)/u);
    expect(printed).toMatch(/^1 {2}AA:ds {2}\d\d\.\d\d ± \d\.\d\d %/mu);
    expect(printed).toMatch(/simulated: 2,000 deals, seed 7 in/u);
  });

  it("prints with --json what the job's result_data would be", async () => {
    await equity(
      "AsKsQhJh",
      "8c8d7c6d",
      "--board",
      "9c8h2s",
      "--dead",
      "2c2d",
      "--opponents",
      "2",
      "--runs",
      "3000",
      "--json",
    );
    const data = {
      players: [["As", "Ks", "Qh", "Jh"], { cards: ["8c", "8d", "7c", "6d"] }],
      top_board: ["9c", "8h", "2s"],
      folded_cards: ["2c", "2d"],
      random_opponents: 2,
      simulation_runs: 3000,
    };
    const result = await simulateSpot(parseSpotInput(data), {
      compute: async (input) => run(input, { progress: () => undefined, cancelled: () => false }),
      signal: new AbortController().signal,
      report: () => undefined,
    });
    expect(JSON.parse(printed)).toEqual(JSON.parse(JSON.stringify(result)));
  });

  it("refuses bad cards and ranges by name", async () => {
    await expect(equity("AsKsQhJh", "8c8d7cZd")).rejects.toThrow(
      'players[1]: range "8c8d7cZd" at position 7: unexpected "Z"',
    );
    await expect(equity("AsKsQhJh", "--board", "As")).rejects.toThrow('card "As" occurs twice');
  });
});
