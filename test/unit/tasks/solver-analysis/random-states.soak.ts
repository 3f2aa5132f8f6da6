import { describe, expect, it } from "vitest";
import { solveOrRefuse } from "./random-states.js";

describe("random game states, many of them", () => {
  it("are each solved soundly, or refused with a sentence", () => {
    let solved = 0;
    for (let seed = 1; seed <= 300; seed++) if (typeof solveOrRefuse(seed, 1) !== "string") solved++;
    expect(solved).toBeGreaterThan(120);
  });
});
