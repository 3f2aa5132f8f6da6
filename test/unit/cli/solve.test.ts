import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { createProgram } from "../../../src/cli/program.js";
import { solverEstimateSchema } from "../../../src/tasks/solver-analysis/estimate-schema.js";
import { solverResultSchema } from "../../../src/tasks/solver-analysis/result-schema.js";
import { usePrinted } from "../../support/printed.js";

const printed = usePrinted();
const folder = mkdtempSync(join(tmpdir(), "spots-"));

afterAll(() => rmSync(folder, { recursive: true }));

const solve = (...args: string[]) => createProgram("0").parseAsync(["node", "celery", "solve", ...args]);

function spotFile(over: Record<string, unknown>): string {
  const file = join(folder, "spot.json");
  const spot = { board: ["Ks", "Qd", "7h", "4c", "2d"], pot_size: 100, stack_sizes: [100, 100], max_combos: 60 };
  writeFileSync(file, JSON.stringify({ ...spot, ...over }));
  return file;
}

describe("celery solve", () => {
  it("prints the strategy of a spot of known value as a table, with the players' values", async () => {
    await solve("examples/spots/river.json", "--target", "0.05%");
    expect(printed.text).toMatch(/^River {2}Ks Qd 7h 4c 2d {2}pot 100 {2}stacks 0: 100, 1: 100$/mu);
    expect(printed.text).toMatch(
      /^Exploitability 0\.0[0-5]\d* % of the pot \(\d+ iterations, [\d.]+ s, target reached\)$/mu,
    );
    expect(printed.text).toMatch(
      /^whole range +100\.0 % {2} +66\.7 % +(74\.9|75\.0) % {2}░{24} +100\.0 % +\((49|50)\.\d\d\) +0\.\d %/mu,
    );
    expect(printed.text).toMatch(
      /^ {2}check, bet 100 \(all-in\) +(49|50|51)\.\d % {2}player 0: fold (49|50)\.\d %, call 100/mu,
    );
    expect(printed.text).toMatch(/^Player 0 {2}EV +(49\.9|50\.0)\d {2}equity +66\.7 % {2}realised +(74\.9|75\.0) %/mu);
  });

  it("prints a spread where values were sampled, singular forms, and no sign before a zero", async () => {
    const stacks = { stack_sizes: [100, 100, 100], max_combos: 40, hero_cards: "3c3h6d6s", max_raises: 1 };
    await solve(spotFile({ ...stacks, player_ranges: { "1": ["KdKcJsTs"] } }), "--iterations", "10", "--time", "3s");
    expect(printed.text).toMatch(/^Your hand .*check [\d.]+ % \(-?[\d.]+( ± [\d.]+)?\)/mu);
    expect(printed.text).toMatch(/^Player 1 .* 1 combo \(1 hand given\)$/mu);
    expect(printed.text).toMatch(/at most 1 raise a street$/mu);
    expect(printed.text).not.toMatch(/-0\.00/);
  });

  it("prints with --json what the job's result_data would be, and stops where it is told to", async () => {
    await solve(spotFile({}), "--iterations", "20", "--time", "30s", "--json");
    const result = JSON.parse(printed.text) as { readonly solution: object };
    expect(solverResultSchema.parse(result)).toBeTruthy();
    expect(result.solution).toMatchObject({ iterations: 20, stopped_by: "iterations", cached: false });
  });

  it("shows a hero's hand, an assumption, a second board and what was given up", async () => {
    const board2 = ["Ah", "Jc", "8d", "5c", "3s"];
    await solve(
      spotFile({ board2, hero_cards: "KdKcJsTs", player_position: 1, current_bet: 50 }),
      "--iterations",
      "20",
      "--threads",
      "1",
    );
    expect(printed.text).toMatch(/^ {2}assumed: player 0 bet 50$/mu);
    expect(printed.text).toMatch(/^hand on the first board +share/mu);
    expect(printed.text).toMatch(/^Your hand KcKdJsTs: fold .* EV -?\d+\.\d\d$/mu);
    expect(printed.text).toMatch(
      /^Exploitability [\d.]+ % of the pot, in a cut game \(20 iterations, .*\)\nHow far off this is in the game asked for was not measured/mu,
    );
    expect(printed.text).toMatch(/^ {2}- range of player 0 thinned out to 60 of \d+ combos, evenly by strength$/mu);
  });

  it("says with --estimate what the solve would take and give up, and with --json what an estimating job's result would be", async () => {
    const file = spotFile({ player_ranges: { "0": "AA", "1": "KK" } });
    await solve(file, "--estimate");
    expect(printed.text).toMatch(/^An estimate: nothing was solved\.$/mu);
    expect(printed.text).toMatch(/^Tree +\d+ decisions, \d+ ends$/mu);
    expect(printed.text).toMatch(/^Combos +player 0: 60 of \d+ \(AA\)$/mu);
    expect(printed.text).toMatch(/^Memory +tables [\d.]+ MiB of \d+ MiB allowed; .* the whole process [\d.]+ MiB$/mu);
    expect(printed.text).toMatch(/^Time +about .* of at most 60 s: .* to prepare, \d+ iterations of .*$/mu);
    expect(printed.text).toMatch(/^Given up +range of player 0 thinned out to 60 of \d+ combos, evenly by strength$/mu);
    printed.clear();
    await solve(file, "--estimate", "--json");
    const result = JSON.parse(printed.text) as { estimate: object };
    expect(solverEstimateSchema.strict().parse(result)).toBeTruthy();
    expect(Object.keys(result)).toEqual(["estimate", "game_state_hash"]);
  });

  it("says with --estimate what is locked, and what the method promises less of", async () => {
    const locks = [
      { path: "check", strategy: { "bet 100": 1 } },
      { path: "check", hands: "@set", strategy: { check: 1 } },
    ];
    const file = spotFile({ locks, rake: { percent: 5, cap: 3 } });
    await solve(file, "--estimate");
    expect(printed.text).toMatch(/rake 5 % up to 3$/mu);
    expect(printed.text).toMatch(
      /^ {2}locked: check: player 1, all hands \(60 combos\): bet 100 \(all-in\) 100\.0 %$/mu,
    );
    expect(printed.text).toMatch(/^ {2}locked: check: player 1, @set \(5 combos\): check 100\.0 %$/mu);
    expect(printed.text).toMatch(/^Note +with rake .*\n +some play was given \(locks\)/mu);
    printed.clear();
    await solve(file, "--estimate", "--json");
    const { estimate } = solverEstimateSchema.strict().parse(JSON.parse(printed.text));
    expect(estimate.locks?.map(({ combos }) => combos)).toEqual([60, 5]);
  });

  it("refuses what it cannot read, naming the file or the field", async () => {
    await expect(solve(join(folder, "none.json"))).rejects.toThrow(/none\.json cannot be read/u);
    await expect(solve(spotFile({ player_ranges: { "1": "AA++" } }))).rejects.toThrow(/^player_ranges\.1: range "AA/u);
    await expect(solve(spotFile({ max_raises: 99 }))).rejects.toThrow(
      "max_raises: a whole number from 0 to 10 is expected",
    );
    expect(printed.text).toBe("");
  });
});
