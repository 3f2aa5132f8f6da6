import { describe, expect, it } from "vitest";
import { describeRequest, type StoredSolution, serves } from "../../../../src/tasks/solver-analysis/stored-solution.js";

const extent: Parameters<typeof describeRequest>[1] = { treeDepth: null, fullStrategy: false };
const wish = (over: Partial<Parameters<typeof describeRequest>[0]> = {}, shown = extent) =>
  describeRequest({ iterations: null, targetExploitability: 0.005, timeLimitSeconds: 60, ...over }, shown);

function stored(over: Partial<StoredSolution>): StoredSolution {
  return { iterations: 100, exploitability: 0.4, stopped_by: "target", request: wish(), ...over } as StoredSolution;
}

describe("an earlier solution", () => {
  it("serves a request for the same or less exactness", () => {
    expect(serves(stored({}), wish())).toBe(true);
    expect(serves(stored({}), wish({ targetExploitability: 0.01 }))).toBe(true);
    expect(serves(stored({}), wish({ timeLimitSeconds: 5 }))).toBe(true);
    expect(serves(stored({}), wish({ iterations: 80, targetExploitability: null }))).toBe(true);
  });

  it("does not serve a request for more", () => {
    expect(serves(stored({}), wish({ targetExploitability: 0.001 }))).toBe(false);
    expect(serves(stored({}), wish({ iterations: 500, targetExploitability: null }))).toBe(false);
  });

  it("does not serve a request for another extent of the tree", () => {
    expect(serves(stored({}), wish({}, { treeDepth: 3, fullStrategy: false }))).toBe(false);
    expect(serves(stored({}), wish({}, { treeDepth: null, fullStrategy: true }))).toBe(false);
  });

  it("serves the same request when the time was all used up, but not when it was cut short", () => {
    const late = { exploitability: 2, stopped_by: "time_limit" } as const;
    expect(serves(stored(late), wish())).toBe(true);
    expect(serves(stored(late), wish({ timeLimitSeconds: 120 }))).toBe(false);
    expect(serves(stored({ ...late, stopped_by: "soft_time_limit" }), wish())).toBe(false);
  });
});
