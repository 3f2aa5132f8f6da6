import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createProgram } from "../../../src/cli/program.js";
import { expandRange } from "../../../src/poker/ranges/expand-range.js";
import { parseRange } from "../../../src/poker/ranges/parse-range.js";
import type { Solution } from "../../../src/poker/solver/report/solution.js";
import { usePrinted } from "../../support/printed.js";
import { solveInProcess } from "../tasks/solver-analysis/solve-in-process.js";

const folder = mkdtempSync(join(tmpdir(), "view-"));
const file = join(folder, "solution.json");
let solution: Solution;
const printed = usePrinted();

beforeAll(() => {
  solution = solveInProcess({
    board: ["Ks", "Qd", "7h", "4c", "2d"],
    pot_size: 100,
    stack_sizes: [100, 100],
    player_ranges: {
      "0": "KQ:ds@0.5,77",
      "1": [
        ["Kh", "Kc", "9s", "8s"],
        ["Js", "Tc", "9h", "8h"],
      ],
    },
    bet_sizes: [1],
    max_raises: 0,
    iterations: 60,
    locks: [{ path: "check", hands: "@set", strategy: { check: 0.25, "bet 100": 0.75 } }],
    rake: { percent: 5, cap: 3 },
    classes: [
      { name: "sets", range: "@set" },
      { name: "two pair", range: "@twopair" },
    ],
  }).solution;
  writeFileSync(file, JSON.stringify({ solution, game_state_hash: "x" }));
});
afterAll(() => rmSync(folder, { recursive: true }));

const view = async (...args: string[]): Promise<string> => {
  await createProgram("0").parseAsync(["node", "celery", "view", file, ...args]);
  return printed.text;
};

describe("celery view", () => {
  it("shows a node by the classes that the job asked for, with the ways on", async () => {
    const text = await view();
    expect(text).toMatch(/^sets +\d/mu);
    expect(text).toMatch(/^two pair +\d/mu);
    expect(text).toMatch(/^ {2}1 {2}check {2}[\d.]+ %/mu);
  });

  it("marks what is locked: the node, the step to it, and the hand", async () => {
    expect(await view("--path", "check")).toMatch(/to call 0 {2}\[locked: 1 combo, [\d.]+ %\]$/mu);
    printed.clear();
    expect(await view()).toMatch(/^ {2}1 {2}check {2}[\d.]+ % {2}\[locked\]$/mu);
    printed.clear();
    const hand = await view("--path", "check", "--hand", "KhKc9s8s");
    expect(hand).toMatch(/^KcKh9s8s, player 1 {2}\[locked\]$/mu);
    expect(hand).toMatch(/^ {2}check +25\.0 %/mu);
    printed.clear();
    expect(await view("--path", "check", "--hand", "JsTc9h8h")).not.toContain("locked");
  });

  it("takes amounts as players write them", async () => {
    for (const path of ["check, bet 100.00", "check, bet 100 (all-in)", "CHECK, Bet 100", "check, b"]) {
      expect(await view("--path", path)).toMatch(/^check, bet 100 \(all-in\)/mu);
      printed.clear();
    }
  });

  it("follows a path by names, beginnings and numbers", async () => {
    expect(await view("--path", "check, bet 100")).toMatch(/^check, bet 100 \(all-in\) {2}\(river/mu);
    printed.clear();
    expect(await view("--path", "1,2")).toMatch(/^check, bet 100/mu);
    printed.clear();
    expect(await view("--path", "check,check")).toContain("Showdown for 100.");
    await expect(view("--path", "dance")).rejects.toThrow('no step "dance" at the root: there is check, bet 100');
  });

  it("prints a node's hands as CSV, and what one hand does", async () => {
    const [head, first] = (await view("--path", "check", "--csv")).split("\n");
    expect(head).toBe("hand,weight,check,bet 100 (all-in)");
    expect(first).toMatch(/^KcKh9s8s,1,[\d.]+,[\d.]+$/u);
    printed.clear();
    expect(await view("--path", "check", "--hand", "8s9sKcKh")).toMatch(/bet 100 \(all-in\) +[\d.]+ %/u);
    await expect(view("--hand", "AsAhAdAc")).rejects.toThrow("is not in the range of player 0");
  });

  it("exports a range at a node that reads back as it was", async () => {
    const text = await view("--path", "check", "--export", "0");
    const root = solution.tree;
    const range = solution.ranges["0"];
    const weights = new Map(
      range?.combos.map((hand, i) => [hand, (range.weights[i] ?? 0) * (root.strategy?.[0]?.[i] ?? 0)]),
    );
    const { count, weights: read } = expandRange(parseRange(text));
    const expected = [...weights.values()].filter((weight) => weight >= 5e-7);
    expect(count).toBe(expected.length);
    const sum = read === undefined ? count : read.reduce((total, weight) => total + weight, 0);
    expect(sum).toBeCloseTo(
      expected.reduce((total, weight) => total + weight, 0),
      3,
    );
  });
});
