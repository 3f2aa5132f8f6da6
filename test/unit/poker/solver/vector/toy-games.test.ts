import { describe, expect, it } from "vitest";
import { StreetSnapshot } from "../../../../../src/poker/solver/report/street-snapshot.js";
import type { HeadsUpGame } from "../../../../../src/poker/solver/vector/heads-up-game.js";
import { VectorSolver } from "../../../../../src/poker/solver/vector/vector-solver.js";
import { akq, kuhn, leduc, polarised } from "../toy-games.js";

function solved(game: HeadsUpGame, iterations: number): VectorSolver {
  const solver = new VectorSolver(game);
  for (let i = 0; i < iterations; i++) solver.iterate();
  return solver;
}

describe("games with known answers", () => {
  it("Kuhn poker is worth -1/18 to the first player", () => {
    const solver = solved(kuhn(), 2000);
    // Values count the pot of 2, of which the first player has put in 1.
    expect(solver.values()[0] - 1).toBeCloseTo(-1 / 18, 5);
    expect(solver.exploitability().nashConv).toBeLessThan(5e-4);
  });

  it("Leduc hold'em is worth -0.0856064 to the first player", () => {
    const solver = solved(leduc(), 2000);
    expect(solver.values()[0] - 1).toBeCloseTo(-0.0856064, 5);
    expect(solver.exploitability().nashConv).toBeLessThan(5e-4);
  });

  it.each([2, 3, 5])("AKQ half-street game with pot %i: queens bluff 1/(P+1), kings call (P-1)/(P+1)", (pot) => {
    const solver = solved(akq(pot), 3000);
    const street = new StreetSnapshot(solver, []);
    const root = street.decision(0);
    const bet = root.node.actions.findIndex((action) => action.type === "bet");
    const [queen, , ace] = root.strategy[bet] as Float64Array;
    expect(ace).toBeGreaterThan(0.99);
    expect(queen).toBeCloseTo(1 / (pot + 1), 2);
    const facing = street.decision((street.block.firstChild[0] as number) + bet);
    const call = facing.node.actions.findIndex((action) => action.type === "call");
    expect(facing.strategy[call]?.[1]).toBeCloseTo((pot - 1) / (pot + 1), 2);
  });

  it.each([
    [20, 1],
    [40, 0.5],
    [10, 1 / 3],
  ])("a polarised range with %f of 100 hands for value and bets of %f pot gets P v (1+2s)/(1+s)", (value, size) => {
    const solver = solved(polarised(value, 100, size, 1), 3000);
    expect(solver.values()[0]).toBeCloseTo((100 * (value / 100) * (1 + 2 * size)) / (1 + size), 1);
    const street = new StreetSnapshot(solver, []);
    const root = street.decision(0);
    const bluffsPerValue = ((root.strategy[1]?.[1] as number) * (100 - value)) / value;
    expect(bluffsPerValue).toBeCloseTo(size / (1 + size), 2);
  });

  it("over two streets of pot-sized bets a polarised range of 30 % value gets P v (3/2)^2", () => {
    const solver = solved(polarised(30, 100, 1, 2), 2000);
    expect(Math.abs(solver.values()[0] - 100 * 0.3 * 2.25)).toBeLessThan(0.5);
    const root = new StreetSnapshot(solver, []).decision(0);
    const bluffsPerValue = ((root.strategy[1]?.[1] as number) * 70) / 30;
    expect(Math.abs(bluffsPerValue - 5 / 4)).toBeLessThan(0.03);
  });
});
