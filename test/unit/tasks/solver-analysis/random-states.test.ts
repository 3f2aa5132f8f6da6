import { describe, expect, it } from "vitest";
import { solveOrRefuse } from "./random-states.js";

describe("random game states", () => {
  it("are each solved soundly, or refused with a sentence", () => {
    const outcomes = Array.from({ length: 16 }, (_, index) => solveOrRefuse(1000 + index, 0.3));
    const refusals = outcomes.filter((outcome) => typeof outcome === "string");
    expect(refusals.length).toBeLessThan(outcomes.length);
    for (const refusal of refusals) expect(refusal).toMatch(/\w+ \w+/);
  });
});
