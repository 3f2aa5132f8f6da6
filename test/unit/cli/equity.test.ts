import { describe, expect, it } from "vitest";
import { createProgram } from "../../../src/cli/program.js";
import { run } from "../../../src/tasks/spot-simulation/compute.js";
import { parseSpotInput } from "../../../src/tasks/spot-simulation/parse-input.js";
import { simulateSpot } from "../../../src/tasks/spot-simulation/simulate-spot.js";
import { usePrinted } from "../../support/printed.js";

const printed = usePrinted();

const equity = (...args: string[]) => createProgram("0").parseAsync(["node", "celery", "equity", ...args]);

describe("celery equity", () => {
  it("prints exact equities as a table with bars", async () => {
    await equity("AsKsQhJh", "8c8d7c6d", "--board", "9c8h2s");
    const [headings, first, second, , summary] = printed.text.split("\n");
    expect(headings).toMatch(/hand +equity +win +tie +lose +vs 1 random/u);
    expect(first).toMatch(/^1 {2}AsKsQhJh {2}18\.90 % +█{4}▌·+ +18\.90 % {2}0\.00 % {2}81\.10 % {2}47\.80 %$/u);
    expect(second).toMatch(/^2 {2}8c8d7c6d {2}81\.10 %/u);
    expect(summary).toMatch(/^exact: 820 boards in \d+ ms$/u);
  });

  it("prints both boards, and simulated numbers with their errors", async () => {
    await equity("AA:ds", "KKxx", "--board", "9c8h2s", "--board2", "", "--runs", "2000", "--seed", "7");
    expect(printed.text).toMatch(/hand +equity +top +bottom +scoop +¾ +¼ +vs 1 random \(top, bottom\)/u);
    expect(printed.text).toMatch(/^1 {2}AA:ds {2}\d\d\.\d\d ± \d\.\d\d %/mu);
    expect(printed.text).toMatch(/simulated: 2,000 deals, seed 7 in/u);
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
    expect(JSON.parse(printed.text)).toEqual(JSON.parse(JSON.stringify(result)));
  });

  it("leaves out the column of random opponents when there are none", async () => {
    await equity("AsKsQhJh", "8c8d7c6d", "--board", "9c8h2s", "--opponents", "0");
    expect(printed.text.split("\n")[0]).toMatch(/lose$/u);
    expect(printed.text).toMatch(/81\.10 %$/mu);
  });

  it("deals ranges alone as hands of the size asked for", async () => {
    await equity("AsAhKsKhQs", "AAKKx", "--board", "9c8h2s4d3d", "--cards", "5", "--opponents", "0", "--json");
    const [, result] = JSON.parse(printed.text);
    // The other two aces and kings, and one of the 38 cards left.
    expect(result.top_actual_stats.total).toBe(38);
    await expect(equity("AAKKx", "AAKKx", "--opponents", "0")).rejects.toThrow("more than 4 cards");
  });

  it("says what each part of a pot is worth after rake", async () => {
    await equity("AsKsQhJh", "8c8d7c6d", "--board", "9c8h2s", "--pot", "120", "--rake", "5%", "--rake-cap", "4");
    expect(printed.text).toMatch(/hand +equity +EV +win/u);
    expect(printed.text).toMatch(/^1 {2}AsKsQhJh {2}18\.90 % +█{4}▌·+ +21\.93 /mu);
    expect(printed.text).toMatch(/^2 {2}8c8d7c6d {2}81\.10 % .* 94\.07 /mu);
    expect(printed.text).toMatch(/^pot 120, of which the house takes 4\.00$/mu);
    await expect(equity("AsKsQhJh", "--rake", "5%")).rejects.toThrow("--rake needs --pot");
    await expect(equity("AsKsQhJh", "--pot", "9", "--rake-cap", "1")).rejects.toThrow("--rake-cap needs --rake");
  });

  it("speaks of its own arguments", async () => {
    await expect(equity("As", "Ks", "Qh", "Jh")).rejects.toThrow(
      'As, Ks, Qh, Jh: a hand is one argument, such as AsKsQhJh or "As Ks Qh Jh"',
    );
    await expect(equity("AsKsQhJh", "As2s3s4s")).rejects.toThrow('card "As" occurs twice: in hand 1 and in hand 2');
    await expect(equity("AsKsQhJh", "--runs", "0")).rejects.toThrow("--runs: 0 is not valid (at least 1)");
    await expect(equity("AsKsQhJh", "--board2", "1c")).rejects.toThrow('--board2: "1c" is not a card');
    await expect(equity("AsKsQhJh", "--dead", "As")).rejects.toThrow("in hand 1 and in --dead");
  });

  it("refuses bad cards and ranges by name", async () => {
    await expect(equity("AsKsQhJh", "8c8d7cEd")).rejects.toThrow(
      'hand 2: range "8c8d7cEd" at position 7: unexpected "E"',
    );
    await expect(equity("AsKsQhJh", "--board", "As")).rejects.toThrow('card "As" occurs twice');
  });
});
