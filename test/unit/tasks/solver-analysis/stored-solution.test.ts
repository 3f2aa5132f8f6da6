import { describe, expect, it } from "vitest";
import { describeRequest, type StoredSolution, serves } from "../../../../src/tasks/solver-analysis/stored-solution.js";

const extent: Parameters<typeof describeRequest>[1] = { treeDepth: null, fullStrategy: false };
const usual = { threads: 2, maxBytes: 2 ** 30, speed: 1 };
const wish = (over: Partial<Parameters<typeof describeRequest>[0]> = {}, shown = extent, means = usual) =>
  describeRequest({ iterations: null, targetExploitability: 0.005, timeLimitSeconds: 60, ...over }, shown, means);

function stored(over: Partial<StoredSolution>): StoredSolution {
  const whole = { iterations: 100, exploitability: 0.4, stopped_by: "target", measured_game: "asked" } as const;
  const exact = { "0": { gain: 0.4, standard_error: null }, "1": { gain: 0.4, standard_error: null } };
  return { deviation_gains: exact, ...whole, request: wish(), ...over } as StoredSolution;
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

  it("that a slow machine was given the time for does not serve a fast one, but the other way round", () => {
    const late = { exploitability: 2, stopped_by: "time_limit" } as const;
    const fast = wish({}, extent, { ...usual, speed: 2 });
    expect(serves(stored(late), fast)).toBe(false);
    expect(serves(stored(late), wish({}, extent, { ...usual, threads: 4 }))).toBe(false);
    expect(serves(stored({ ...late, request: fast }), wish())).toBe(true);
    expect(serves(stored(late), wish({}, extent, { ...usual, speed: 1.1 }))).toBe(true);
    expect(serves(stored({}), fast)).toBe(true);
  });

  it("whose distance was sampled serves only who gives no more work", () => {
    const gains = { "0": { gain: 0.1, standard_error: 0.05 }, "1": { gain: 0.1, standard_error: 0.05 } };
    expect(serves(stored({ deviation_gains: gains }), wish())).toBe(true);
    expect(serves(stored({ deviation_gains: gains }), wish({ timeLimitSeconds: 240 }))).toBe(false);
  });

  it("of a cut game serves only who gives no more work and memory, whatever it reached", () => {
    const cut = stored({ measured_game: "cut" });
    expect(serves(cut, wish())).toBe(true);
    expect(serves(cut, wish({ timeLimitSeconds: 240 }))).toBe(false);
    expect(serves(cut, wish({ iterations: 80, targetExploitability: null, timeLimitSeconds: 600 }))).toBe(false);
    expect(serves(cut, wish({}, extent, { ...usual, maxBytes: 2 ** 31 }))).toBe(false);
  });
});
