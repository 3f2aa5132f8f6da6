import { describe, expect, it } from "vitest";
import type { Solution, SolutionNode } from "../../../../src/poker/solver/report/solution.js";
import { randomHands, solveInProcess } from "../../tasks/solver-analysis/solve-in-process.js";
import { seededRandom } from "../oracle.js";
import { IndependentResponse } from "./independent-response.js";

const RIVER = ["Ks", "Qd", "7h", "4c", "2d"];

function spot(seed: number, over: Record<string, unknown> = {}): Record<string, unknown> {
  const random = seededRandom(seed);
  const dead = [...((over.board as string[]) ?? RIVER), ...((over.board2 as string[]) ?? [])];
  const k = (over.num_cards as number) ?? 4;
  return {
    board: RIVER,
    pot_size: 100,
    stack_sizes: [300, 300],
    player_ranges: { "0": randomHands(14, k, dead, random), "1": randomHands(11, k, dead, random) },
    iterations: 30,
    full_strategy: true,
    ...over,
  };
}

const sorted = (hand: string): string => (hand.match(/../g) ?? []).sort().join("");

/** Follows actions by type and amount from the root. */
function follow(root: SolutionNode, ...path: readonly [string, number?][]): SolutionNode {
  let node = root;
  for (const [type, to] of path) {
    const action = node.actions.find((each) => each.action === type && (to === undefined || each.to === to));
    if (!action || !("actions" in action.next)) throw new Error(`no ${type} ${to}`);
    node = action.next;
  }
  return node;
}

describe("a solution, judged from its JSON alone", () => {
  it.each([
    ["river", 1, {}],
    ["river facing a bet", 2, { current_bet: 60, player_position: 1, pot_size: 160 }],
    [
      "river, uneven stacks, facing more than the stack",
      3,
      { current_bet: 200, player_position: 1, pot_size: 300, stack_sizes: [150, 70] },
    ],
    [
      "river, both have bets in",
      4,
      {
        betting_history: [
          [0, "bet", 50],
          [1, "raise", 150],
        ],
        current_bet: 150,
        pot_size: 300,
        player_position: 0,
      },
    ],
    ["double-board river", 5, { board2: ["Ah", "Jc", "8d", "5c", "3s"] }],
    ["five-card river", 6, { num_cards: 5 }],
    ["six-card river", 7, { num_cards: 6 }],
  ])("%s: value and exploitability agree with an independent best response", (_name, seed, over) => {
    const { solution } = solveInProcess(spot(seed, over));
    const judge = new IndependentResponse(solution);
    expect(judge.value(0, false)).toBeCloseTo(solution.ev["0"] as number, 1);
    expect(judge.value(0, false) + judge.value(1, false)).toBeCloseTo(solution.game.pot, 3);
    expect(Math.abs(judge.nashConv() - solution.nash_conv)).toBeLessThan(0.01 + solution.nash_conv * 0.01);
    expect(solution.exploitability).toBeCloseTo(((solution.nash_conv / 2) * 100) / solution.game.pot, 3);
  });

  it("turn: value and exploitability agree with an independent best response over all rivers", () => {
    const random = seededRandom(8);
    const board = ["Ks", "Qd", "7h", "4c"];
    const { solution } = solveInProcess(
      spot(8, {
        board,
        stack_sizes: [100, 120],
        player_ranges: { "0": randomHands(6, 4, board, random), "1": randomHands(5, 4, board, random) },
        bet_sizes: [1],
        max_raises: 1,
        iterations: 15,
      }),
    );
    const judge = new IndependentResponse(solution);
    expect(judge.value(0, false)).toBeCloseTo(solution.ev["0"] as number, 1);
    expect(Math.abs(judge.nashConv() - solution.nash_conv)).toBeLessThan(0.01 + solution.nash_conv * 0.01);
  });
});

describe("EVs of actions", () => {
  const board = RIVER.slice(0, 4);
  it.each([
    ["river", 31, { iterations: 300 }, 60],
    ["turn", 32, { board, stack_sizes: [100, 120], bet_sizes: [1], max_raises: 1, iterations: 60 }, 12],
  ])("%s: of those not taken are what the best continuation brings", (_name, seed, over, hands) => {
    const random = seededRandom(seed);
    const player_ranges = { "0": randomHands(hands, 4, RIVER, random), "1": randomHands(hands, 4, RIVER, random) };
    const { solution } = solveInProcess(spot(seed, { ...over, player_ranges }));
    const judge = new IndependentResponse(solution);
    const evs = ([0, 1] as const).flatMap((seat) => judge.actionEvs(seat));
    const never = evs.filter(({ taken }) => taken < 1e-3);
    const mean = (list: typeof evs): number => list.reduce((sum, ev) => sum + ev.best - ev.shown, 0) / list.length;
    expect(never.length).toBeGreaterThan(hands);
    expect(mean(never)).toBeLessThan(0.1);
    expect(mean(evs)).toBeLessThan(0.2);
    for (const { shown, best } of evs) expect(shown).toBeLessThan(best + 0.1);
  });

  it("keep their digits whatever a chip is worth", () => {
    const [large, small] = [1, 1e-6].map((unit) =>
      solveInProcess(spot(33, { pot_size: 100 * unit, stack_sizes: [300 * unit, 300 * unit] })),
    ) as [ReturnType<typeof solveInProcess>, ReturnType<typeof solveInProcess>];
    const ratio = (small.solution.ev["0"] as number) / (large.solution.ev["0"] as number);
    expect(ratio * 1e6).toBeCloseTo(1, 3);
    const hands = (each: typeof large): number[] => (each.solution.tree.combo_ev?.[0] ?? []) as number[];
    hands(large).forEach((ev, hand) => {
      expect(Math.abs((hands(small)[hand] as number) * 1e6 - ev)).toBeLessThan(0.5);
    });
    const sizes = (each: typeof large, unit: number): string[] =>
      each.solution.tree.actions.map((action) => (action.to / unit).toFixed(3));
    expect(sizes(small, 1e-6)).toEqual(sizes(large, 1));
  });
});

describe("the PLO toy river", () => {
  const toy = {
    board: RIVER,
    pot_size: 100,
    stack_sizes: [100, 100],
    player_ranges: {
      "0": [["Kd", "Qc", "3c", "3h"]],
      "1": [
        ["Kh", "Kc", "9s", "8s"],
        ["Js", "Tc", "9h", "8h"],
        ["Jh", "Th", "9d", "8c"],
      ],
    },
    bet_sizes: [1],
    max_raises: 0,
    target_exploitability: 0.0002,
    full_strategy: true,
  };
  const airs = ["JsTc9h8h", "JhTh9d8c"];

  function betFrequency(solution: Solution, hand: string): number {
    const node = follow(solution.tree, ["check"]);
    const bet = node.actions.findIndex((action) => action.action === "bet");
    const place = solution.ranges["1"]?.combos.findIndex((combo) => sorted(combo) === sorted(hand)) ?? -1;
    return node.strategy?.[bet]?.[place] as number;
  }

  it("is bet with the value hand always, with the two airs a quarter on average, and called half the time", () => {
    const { solution } = solveInProcess(toy);
    expect(solution.ev["0"]).toBeCloseTo(50, 0);
    expect(solution.tree.actions[0]?.frequency).toBeGreaterThan(0.97);
    expect(betFrequency(solution, "KhKc9s8s")).toBeGreaterThan(0.99);
    expect((betFrequency(solution, airs[0] as string) + betFrequency(solution, airs[1] as string)) / 2).toBeCloseTo(
      0.25,
      1,
    );
    const facing = follow(solution.tree, ["check"], ["bet", 100]);
    expect(facing.actions.find((action) => action.action === "call")?.frequency).toBeCloseTo(0.5, 1);
  });

  it("is another game when one air has a real hand", () => {
    // Instead of Js Tc 9h 8h a set of sevens, which beats the first player's two pair.
    const ranges = {
      ...toy.player_ranges,
      "1": [toy.player_ranges["1"][0], ["7s", "7d", "9h", "8h"], toy.player_ranges["1"][2]],
    };
    const { solution } = solveInProcess({ ...toy, player_ranges: ranges });
    expect(betFrequency(solution, "9h8h7s7d")).toBeGreaterThan(0.95);
    expect(solution.ev["0"]).toBeLessThan(45);
  });
});

describe("invariances", () => {
  it("suit permutations give permuted strategies and the same hash", () => {
    const base = spot(11, { iterations: 40 });
    const map: Record<string, string> = { s: "d", d: "c", c: "h", h: "s" };
    const rename = (text: string): string =>
      text.replace(/([2-9TJQKA])([shdc])/g, (_, rank: string, suit: string) => rank + map[suit]);
    const renamed = JSON.parse(JSON.stringify(base), (_key, value: unknown) =>
      typeof value === "string" ? rename(value) : value,
    ) as Record<string, unknown>;
    const [one, two] = [solveInProcess(base), solveInProcess(renamed)];
    expect(two.hash).toBe(one.hash);
    expect(two.solution.ev).toEqual(one.solution.ev);
    const byHand = (solution: Solution, change: (hand: string) => string): [string, number][] =>
      (solution.ranges["0"]?.combos ?? [])
        .map((hand, index): [string, number] => [sorted(change(hand)), solution.tree.strategy?.[0]?.[index] as number])
        .sort(([a], [b]) => (a < b ? -1 : 1));
    expect(byHand(two.solution, (hand) => hand)).toEqual(byHand(one.solution, rename));
  });

  it("two boards on which the same hands win give the single board's answer", () => {
    // Ranks decide alone on both boards, and they are the same ranks.
    const hands = { "0": ["AsAd5s5d", "KsKd3s3d", "JsTs9d8d"], "1": ["AhAc6h6c", "QhQcJhTc", "8h8c3h3c"] };
    const common = { pot_size: 100, stack_sizes: [200, 200], player_ranges: hands, iterations: 200 };
    const single = solveInProcess({ ...common, board: ["Kh", "9h", "7c", "4s", "2h"] }).solution;
    const twice = solveInProcess({
      ...common,
      board: ["Kh", "9h", "7c", "4s", "2h"],
      board2: ["Kc", "9c", "7h", "4d", "2c"],
    }).solution;
    expect(twice.ev["0"]).toBeCloseTo(single.ev["0"] as number, 1);
    expect(twice.equities["0"]).toBeCloseTo(single.equities["0"] as number, 6);
  });

  it("is the same for equal seeds and iterations", () => {
    const thinned = { board: RIVER, pot_size: 100, stack_sizes: [200, 200], max_combos: 60, iterations: 20, seed: 5 };
    const [one, two] = [solveInProcess(thinned).solution, solveInProcess(thinned).solution];
    expect({ ...two, solve_time: 0, convergence: [] }).toEqual({ ...one, solve_time: 0, convergence: [] });
  });
});

describe("convergence", () => {
  it("falls steadily, within noise, and players' values sum to the pot at every node", () => {
    const { solution } = solveInProcess(spot(21, { iterations: 400 }));
    const points = solution.convergence.map((point) => point.exploitability);
    expect(points.length).toBeGreaterThan(10);
    points.forEach((point, index) => {
      if (index > 0) expect(point).toBeLessThan((points[index - 1] as number) * 1.5 + 0.01);
    });
    expect(points.at(-1)).toBeLessThan(0.1);
    const visit = (node: SolutionNode): void => {
      if (node.ev) expect(Object.values(node.ev).reduce((sum, ev) => sum + ev, 0)).toBeCloseTo(node.pot, 3);
      for (const action of node.actions) if ("actions" in action.next) visit(action.next);
    };
    visit(solution.tree);
  });
});

it("costs a huge betting tree late raises first, and the result its far nodes' strategies", () => {
  const random = seededRandom(41);
  const { solution } = solveInProcess({
    board: RIVER,
    pot_size: 10,
    stack_sizes: [1e6, 1e6],
    player_ranges: { "0": randomHands(250, 4, RIVER, random), "1": randomHands(250, 4, RIVER, random) },
    bet_sizes: [0.25, 0.5, 0.75, 1],
    max_raises: 10,
    iterations: 2,
  });
  expect(solution.game.max_raises[0]).toBeGreaterThan(1);
  expect(solution.game.bet_sizes[0]).toEqual([0.25, 0.5, 0.75, 1]);
  expect(solution.abstraction[0]).toMatch(/^at most \d raises a street: more would make the betting tree too large$/);
  expect(solution.abstraction.at(-1)).toMatch(new RegExp(`at most ${solution.game.max_raises[0]} raises a street$`));
  expect(solution.ranges["0"]?.combos).toHaveLength(250);
  expect(JSON.stringify(solution).length).toBeLessThan(2_000_000);
  expect(solution.omitted.join()).toMatch(/combo strategies of \d+ nodes/);
  expect(solution.tree.strategy).toBeDefined();
});

describe("two boards of the same cards", () => {
  it("give the answer of one", () => {
    const one = solveInProcess(spot(8)).solution;
    const two = solveInProcess(spot(8, { board2: [...RIVER].reverse() })).solution;
    expect(two.ev).toEqual(one.ev);
    expect(two.equities).toEqual(one.equities);
    expect(two.exploitability).toBe(one.exploitability);
    expect(two.tree.strategy).toEqual(one.tree.strategy);
  });
});
