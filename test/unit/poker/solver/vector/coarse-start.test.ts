import { expect, it } from "vitest";
import { Random } from "../../../../../src/poker/random.js";
import { sortedRanges } from "../../../../../src/poker/solver/abstraction/cap-range.js";
import { buildBettingTree } from "../../../../../src/poker/solver/betting/betting-tree.js";
import { omahaDeal } from "../../../../../src/poker/solver/game/deal-model.js";
import { createHandSet, type HandSet } from "../../../../../src/poker/solver/game/hand-set.js";
import { planHeadsUp } from "../../../../../src/poker/solver/plan/heads-up-plan.js";
import { classifyOn } from "../../../../../src/poker/solver/report/hand-classes.js";
import type { HeadsUpGame } from "../../../../../src/poker/solver/vector/heads-up-game.js";
import { VectorSolver } from "../../../../../src/poker/solver/vector/vector-solver.js";
import { parseSolverInput } from "../../../../../src/tasks/solver-analysis/parse-input.js";
import { prepareSpot } from "../../../../../src/tasks/solver-analysis/prepare-spot.js";
import { seededRandom } from "../../oracle.js";
import { freshState, potLimit } from "../toy-games.js";

const BOARD = [46, 42, 20, 11, 1];
/** The smallest number of hands of which a game is a large one. */
const LARGE = 4200;

function game(street: 2 | 3, hands: number, raises: number): HeadsUpGame {
  const board = BOARD.slice(0, street + 2);
  const random = seededRandom(9);
  const range = (): HandSet => {
    const found = new Map<string, number[]>();
    while (found.size < hands) {
      const hand = new Set<number>();
      while (hand.size < 4) {
        const card = Math.floor(random() * 52);
        if (!board.includes(card)) hand.add(card);
      }
      const sorted = [...hand].sort((a, b) => a - b);
      found.set(sorted.join(), sorted);
    }
    return createHandSet([...found.values()]);
  };
  const [first, second] = sortedRanges([range(), range()], [board], Random.fromSeed(1)) as [HandSet, HandSet];
  const options = { sizing: potLimit([1], raises), lastStreet: 3, minBet: 0 };
  const tree = buildBettingTree(freshState(street, 100, [500, 500]), 0, options);
  return { tree, hands: [first, second], deal: omahaDeal([board]) };
}

/** Percent of the pot after so many iterations, begun from the coarse game or from nothing. */
function distance(of: HeadsUpGame, iterations: number, started: boolean): number {
  const solver = new VectorSolver(of);
  if (started) expect(solver.startCoarsely()).toBe(true);
  for (let i = 0; i < iterations; i++) solver.iterate();
  return solver.exploitability().nashConv / 2;
}

it.each([
  ["river", 3, 2, 8],
  ["turn", 2, 0, 3],
] as const)(
  "a large %s that begins with the play of a few hands is far nearer to equilibrium after as many iterations",
  (_, street, raises, iterations) => {
    const of = game(street, LARGE, raises);
    const started = distance(of, iterations, true);
    expect(started).toBeLessThan(distance(of, iterations, false) / 2);
    expect(started).toBeLessThan(10);
  },
);

it("a large game is measured in single precision as in double", () => {
  const solver = new VectorSolver(game(2, LARGE, 1));
  solver.startCoarsely();
  solver.iterate();
  const numbers = () => [...solver.exploitability().gains, ...solver.values(), ...seatsMatrices(solver)];
  const single = numbers();
  solver.measuresSingly = false;
  const double = numbers();
  const apart = single.map((value, at) => Math.abs(value - (double[at] as number)));
  expect(Math.max(...apart)).toBeLessThan(1e-3);
  // They are not the same numbers.
  expect(Math.max(...apart)).toBeGreaterThan(0);
});

/** Value of the first way to the river for some hands of each seat, in chips: the report's. */
function seatsMatrices(solver: VectorSolver): number[] {
  const [{ laneCount, chance }] = solver.blocks as [(typeof solver.blocks)[number]];
  return ([0, 1] as const).flatMap((seat) => {
    const { values } = solver.probe(seat, [], "continue");
    return [0, 500, 2000].map(
      (hand) => ((values[hand * laneCount + chance.start] as number) / solver.pairWeight) * LARGE,
    );
  });
}

it("a small game is left as it is, and so is one that has begun", () => {
  expect(new VectorSolver(game(3, 200, 1)).startCoarsely()).toBe(false);
  const begun = new VectorSolver(game(3, LARGE, 0));
  begun.iterate();
  expect(begun.startCoarsely()).toBe(false);
});

it("a turn of wide ranges is solved over all their hands and rivers, with fewer sizes, where that fits", () => {
  const input = parseSolverInput({
    board: ["Ks", "8h", "7d", "2c"],
    pot_size: 6.5,
    stack_sizes: [97, 97],
    player_ranges: { "0": "30%", "1": "20%" },
    bet_sizes: [0.33, 0.75],
    iterations: 20,
    time_limit_seconds: 600,
  });
  const { spot } = prepareSpot(input);
  const plan = (mebibytes: number) =>
    planHeadsUp(spot, { ...input.request, maxBytes: mebibytes * 2 ** 20, threads: 2 }, classifyOn(spot)).plan;
  expect(plan(2048)?.game.hands.map(({ count }) => count)).toEqual(spot.ranges.map(({ hands }) => hands.count));
  expect(plan(2048)?.reductions).toEqual([
    "only one bet size on this street: 0.75 of the pot",
    "at most 1 raise on this street",
    "only one bet size on later streets: 0.75 of the pot",
    "at most 1 raise on later streets",
  ]);
  expect(plan(1024)?.reductions).toContain("no raises on later streets");
  expect(plan(256)).toBeNull();
});
