import { describe, expect, it } from "vitest";
import { buildBettingTree } from "../../../../src/poker/solver/betting/betting-tree.js";
import type { Solution, SolutionNode } from "../../../../src/poker/solver/report/solution.js";
import { StreetSnapshot } from "../../../../src/poker/solver/report/street-snapshot.js";
import { VectorSolver } from "../../../../src/poker/solver/vector/vector-solver.js";
import { randomHands, solveInProcess } from "../../tasks/solver-analysis/solve-in-process.js";
import { seededRandom } from "../oracle.js";
import { IndependentResponse } from "./independent-response.js";
import { independentGain } from "./multiway/independent-multiway.js";
import { solveDrawn } from "./sampled/solve-drawn.js";
import { polarised, potLimit } from "./toy-games.js";

const RIVER = ["Ks", "Qd", "7h", "4c", "2d"];
const RAKE = { percent: 5, cap: 7 };

function spot(seed: number, over: Record<string, unknown> = {}): Record<string, unknown> {
  const random = seededRandom(seed);
  const dead = [...((over.board as string[]) ?? RIVER), ...((over.board2 as string[]) ?? [])];
  return {
    board: RIVER,
    pot_size: 100,
    stack_sizes: [300, 300],
    player_ranges: { "0": randomHands(14, 4, dead, random), "1": randomHands(11, 4, dead, random) },
    iterations: 30,
    full_strategy: true,
    rake: RAKE,
    ...over,
  };
}

const sum = (values: Readonly<Record<string, number>>): number => Object.values(values).reduce((a, b) => a + b, 0);

function eachNode(node: SolutionNode, visit: (node: SolutionNode) => void): void {
  visit(node);
  for (const action of node.actions) if ("actions" in action.next) eachNode(action.next, visit);
}

function expectSums({ tree, ev, expected_rake: rake, game }: Solution, digits: number): void {
  expect(rake).toBeGreaterThan(0);
  expect(sum(ev) + (rake ?? 0)).toBeCloseTo(game.pot, digits);
  eachNode(tree, (node) => {
    if (node.ev) expect(sum(node.ev) + (node.rake ?? Number.NaN)).toBeCloseTo(node.pot, digits);
    expect(node.rake).toBeGreaterThanOrEqual(0);
  });
}

describe("closed forms", () => {
  const raked = (value: number, size: number, percent: number): VectorSolver => {
    const game = polarised(value, 100, size, 1);
    const { state, seat } = game.tree;
    const rake = { percent, cap: null, noFlopNoDrop: true, foldedBet: 0 };
    const options = { sizing: potLimit([size], 0), lastStreet: 3, minBet: 0 };
    const solver = new VectorSolver({ ...game, tree: buildBettingTree({ ...state, rake }, seat, options) });
    for (let i = 0; i < 4000; i++) solver.iterate();
    return solver;
  };

  it.each([
    [20, 1, 5],
    [30, 0.5, 10],
  ])("%d of 100 hands for value, bets of %f pot, %d %% rake: both are indifferent", (value, size, percent) => {
    const solver = raked(value, size, percent);
    const kept = 1 - percent / 100;
    const street = new StreetSnapshot(solver, []);
    const root = street.decision(0);
    const bluffs = (root.strategy[1]?.[1] as number) * (100 - value);
    const betting = bluffs + value * (root.strategy[1]?.[0] as number);
    expect(root.strategy[1]?.[0]).toBeGreaterThan(0.99);
    // A caller pays s for (1 + 2s) less the rake; a bluff wins the pot less its rake, as often as it is not called.
    expect(bluffs / betting).toBeCloseTo(size / ((1 + 2 * size) * kept), 2);
    const facing = street.decision((street.block.firstChild[0] as number) + 1);
    const call = facing.node.actions.findIndex((action) => action.type === "call");
    expect(facing.strategy[call]?.[0]).toBeCloseTo(kept / (kept + size), 2);
    expect(solver.exploitability().nashConv).toBeLessThan(0.2);
  });

  it("a game that is only checked is worth equity times what the house leaves", () => {
    const game = polarised(30, 100, 1, 1);
    const { state, seat } = game.tree;
    const rake = { percent: 5, cap: 3, noFlopNoDrop: true, foldedBet: 0 };
    const options = { sizing: potLimit([], 0), lastStreet: 3, minBet: 0 };
    const solver = new VectorSolver({ ...game, tree: buildBettingTree({ ...state, rake }, seat, options) });
    solver.iterate();
    const [first, second] = solver.equities();
    expect(solver.values()[0]).toBeCloseTo(first * 97, 10);
    expect(solver.values()[1]).toBeCloseTo(second * 97, 10);
    expect(solver.exploitability().nashConv).toBeCloseTo(0, 10);
  });
});

describe("a raked solution, judged from its JSON alone", () => {
  it.each([
    ["river", 1, {}],
    ["river, no cap", 2, { rake: { percent: 4 } }],
    ["river, uneven stacks", 3, { current_bet: 200, player_position: 1, pot_size: 300, stack_sizes: [150, 70] }],
    ["two boards, one rake", 5, { board2: ["Ah", "Jc", "8d", "5c", "3s"] }],
    ["turn", 8, { board: RIVER.slice(0, 4), stack_sizes: [100, 120], bet_sizes: [1], max_raises: 1, iterations: 12 }],
  ])("%s: values, best responses and rake agree with an independent count", (name, seed, over) => {
    const board = ((over as Record<string, unknown>).board as string[]) ?? RIVER;
    const random = seededRandom(seed);
    const few = { "0": randomHands(6, 4, board, random), "1": randomHands(5, 4, board, random) };
    const { solution } = solveInProcess(spot(seed, { ...over, ...(name === "turn" ? { player_ranges: few } : {}) }));
    const judge = new IndependentResponse(solution);
    expect(judge.value(0, false)).toBeCloseTo(solution.ev["0"] as number, 1);
    expect(judge.value(1, false)).toBeCloseTo(solution.ev["1"] as number, 1);
    expect(Math.abs(judge.nashConv() - solution.nash_conv)).toBeLessThan(0.01 + solution.nash_conv * 0.01);
    expectSums(solution, 3);
    expect(solution.is_equilibrium_approximation).toBe(false);
    expect(solution.caveats?.join()).toMatch(/general-sum/);
    expect(solution.game.rake).toMatchObject({ no_flop_no_drop: true });
  });

  it("three players: best responses with side pots agree deal by deal", () => {
    const random = seededRandom(9);
    const hands = () => randomHands(7, 4, RIVER, random);
    const { solution } = solveInProcess({
      ...spot(9),
      stack_sizes: [90, 90, 90],
      bet_sizes: [1],
      max_raises: 1,
      player_ranges: { "0": hands(), "1": hands(), "2": hands() },
      iterations: 3,
    });
    for (const seat of [0, 1, 2]) {
      const gain = solution.deviation_gains[String(seat)]?.gain as number;
      expect(Math.abs(independentGain(solution, seat) - gain)).toBeLessThan(0.01 + gain * 0.02);
    }
    expectSums(solution, 2);
  });

  it("drawn deals: each player's EV is near that of the exact solver, and what is missing is rake", () => {
    const board = RIVER.slice(0, 4);
    const random = seededRandom(12);
    const ranges = { "0": randomHands(20, 4, board, random), "1": randomHands(20, 4, board, random) };
    const input = { board, stack_sizes: [60, 60], bet_sizes: [1], max_raises: 0, player_ranges: ranges };
    const drawn = solveDrawn(spot(12, { ...input, iterations: 60, full_strategy: false }));
    const exact = solveInProcess(spot(12, { ...input, iterations: 60, full_strategy: false })).solution;
    expectSums(drawn, 1);
    for (const player of ["0", "1"])
      expect(Math.abs((drawn.ev[player] as number) - (exact.ev[player] as number))).toBeLessThan(2.5);
    expect(drawn.expected_rake).toBeCloseTo(exact.expected_rake as number, 0);
    expect(drawn.deviation_gains["0"]?.gain).toBeLessThan(10);
  });
});

describe("no rake", () => {
  const answer = ({ solution, hash }: ReturnType<typeof solveInProcess>) => {
    const { solve_time: _, convergence, ...rest } = solution;
    return { hash, ...rest, convergence: convergence.map(({ seconds: __, ...point }) => point) };
  };

  it.each([
    ["river", {}],
    ["three players", { stack_sizes: [90, 90, 90], bet_sizes: [1], max_raises: 0, iterations: 2 }],
  ])("%s: 0 percent, or a cap of 0, is the same to the bit", (_name, over) => {
    const plain = answer(solveInProcess(spot(21, { ...over, rake: undefined })));
    for (const rake of [{ percent: 0, cap: 3 }, { percent: 5, cap: 0 }, null])
      expect(answer(solveInProcess(spot(21, { ...over, rake })))).toEqual(plain);
    expect(JSON.stringify(plain)).not.toMatch(/rake|caveats/);
  });

  it("is another game than one with rake, and each rake one of its own", () => {
    const hashes = [undefined, RAKE, { ...RAKE, cap: 8 }, { ...RAKE, percent: 4 }, { ...RAKE, no_flop_no_drop: false }];
    expect(new Set(hashes.map((rake) => solveInProcess(spot(22, { rake, iterations: 1 })).hash)).size).toBe(5);
  });

  it("a percentage that looks like a fraction is taken as it stands, which is said", () => {
    const { solution } = solveInProcess(spot(24, { rake: { percent: 0.05 }, iterations: 1 }));
    expect(solution.assumptions.join()).toMatch(/rake\.percent 0\.05 is read as .* 5 is five percent/);
    expect(solution.expected_rake).toBeLessThan(0.5);
  });

  it.each([
    [{ percent: 100 }, /rake\.percent: percent of the pot, from 0 to less than 100, is expected .* not 100/],
    [{ percent: 5, cap: -1 }, /rake\.cap: chips cannot be negative/],
    [{ cap: 3 }, /rake\.percent: .*missing/],
    [5, /rake: rake is \{"percent": 5.*not 5/],
    [{ percent: 5, no_flop_drop: true }, /rake\.no_flop_drop is no key of this input: did you mean no_flop_no_drop/],
  ])("%j is refused", (rake, message) => {
    expect(() => solveInProcess(spot(23, { rake }))).toThrow(message);
  });
});
