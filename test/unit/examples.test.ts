import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readView } from "../../src/cli/session/view-file.js";
import { parseCards } from "../../src/poker/cards.js";
import { compileClasses } from "../../src/poker/ranges/class-view.js";
import { readClasses } from "../../src/tasks/class-definitions.js";
import { solverAnalysis } from "../../src/tasks/solver-analysis/kind.js";
import { parseSolverInput } from "../../src/tasks/solver-analysis/parse-input.js";
import { prepareSpot } from "../../src/tasks/solver-analysis/prepare-spot.js";
import { parseSpotInput } from "../../src/tasks/spot-simulation/parse-input.js";
import { solveInProcess } from "./tasks/solver-analysis/solve-in-process.js";

const json = (file: string): unknown => JSON.parse(readFileSync(`examples/${file}`, "utf8"));

describe("examples", () => {
  it.each(["spot.json", "ranges.json"])("%s is a spot simulation", (file) => {
    expect(parseSpotInput(json(file)).players).toHaveLength(2);
  });

  it.each(readdirSync("examples/spots"))("spots/%s is a solver's spot that can be prepared", (file) => {
    const { spot } = prepareSpot(parseSolverInput(json(`spots/${file}`)));
    expect(spot.ranges.every(({ hands }) => hands.count > 0)).toBe(true);
  });

  it.each(["river-rake.json", "river-locks.json"])("spots/%s has the answer that its comment promises", (file) => {
    const { solution } = solveInProcess(json(`spots/${file}`));
    expect(solution.converged).toBe(true);
    if (file === "river-rake.json") {
      expect(solution.expected_rake).toBe(3);
      expect((solution.ev["0"] ?? 0) + (solution.ev["1"] ?? 0)).toBeCloseTo(97, 3);
    } else {
      expect(solution.locks).toMatchObject([{ combos: 3 }, { combos: 1 }]);
      // Two airs of three lose 200, a set that bets four times in five wins as much, and is checked else.
      expect(solution.ev["0"]).toBeCloseTo((2 * 200 - 0.8 * 100) / 3, 0);
    }
  });

  it.each(readdirSync("examples/reports"))("reports/%s is a report over flops", async (file) => {
    const { parse } = await solverAnalysis.load();
    expect(parse(json(`reports/${file}`))).toMatchObject({ kind: "flop-report", boards: 1 });
  });

  it.each(readdirSync("examples/views"))("views/%s is a view of a flop", async (file) => {
    const classes = readClasses(await readView(`examples/views/${file}`), 4);
    const { names, placeOf } = compileClasses(classes, [parseCards("9s8s2d")]);
    const place = (hand: string): string => names[placeOf(Uint8Array.from(parseCards(hand)).sort())] ?? "";
    expect(place("9c9d4h3h")).toBe("sets");
    expect(place("9c9d4s3s")).toBe("sets / with a flush draw");
    expect(place("AsKs4h3c")).toBe("nut flush draw");
    expect(place("KhKd4h3c")).toBe("overpair or top pair");
    expect(place("KhQd4h3c")).toBe("other");
  });

  it("are the files that README names", () => {
    const named = readFileSync("README.md", "utf8").matchAll(/examples\/[\w./-]+\.(?:json|yaml|mjs)/gu);
    for (const [file] of named) expect(() => readFileSync(file)).not.toThrow();
  });
});
