import { describe, expect, it } from "vitest";
import { parseCards } from "../../../../../src/poker/cards.js";
import { Random } from "../../../../../src/poker/random.js";
import { suitClasses } from "../../../../../src/poker/solver/abstraction/suit-classes.js";
import { buildBettingTree } from "../../../../../src/poker/solver/betting/betting-tree.js";
import { omahaDeal } from "../../../../../src/poker/solver/game/deal-model.js";
import { createHandSet, type HandSet } from "../../../../../src/poker/solver/game/hand-set.js";
import { DealSampler } from "../../../../../src/poker/solver/multiway/deal-sampler.js";
import { ExternalSampling } from "../../../../../src/poker/solver/multiway/external-sampling.js";
import { Measure } from "../../../../../src/poker/solver/multiway/measure.js";
import { MultiwayState } from "../../../../../src/poker/solver/multiway/multiway-state.js";
import { flattenTree } from "../../../../../src/poker/solver/multiway/multiway-tree.js";
import { VectorSolver } from "../../../../../src/poker/solver/vector/vector-solver.js";
import { randomHands, solveInProcess } from "../../../tasks/solver-analysis/solve-in-process.js";
import { seededRandom } from "../../oracle.js";
import { freshState, potLimit } from "../toy-games.js";
import { independentGain } from "./independent-multiway.js";

const RIVER = ["Ks", "Qd", "7h", "4c", "2d"];

describe("sampled deals", () => {
  it("give every seat its hands as often as exact counting says, card removal included", () => {
    // One card each of a deck of four: seat 0 holds 0 or 1, seat 1 holds 1 or 2 (twice as likely), no card twice.
    const ranges = [
      { hands: createHandSet([[0], [1]]), suitClasses: false },
      { hands: createHandSet([[1], [2]], [1, 2]), suitClasses: false },
    ];
    const sampler = new DealSampler(ranges, [[3]], 8, Random.fromSeed(3));
    const counts = new Map<string, number>();
    for (let deal = 0; deal < 20_000; deal++) {
      sampler.deal(-1);
      const key = `${sampler.cards[0]}${sampler.cards[1]}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    // Weights: (0,1) 1, (0,2) 2, (1,2) 2.
    expect((counts.get("01") ?? 0) / 20_000).toBeCloseTo(0.2, 1);
    expect((counts.get("02") ?? 0) / 20_000).toBeCloseTo(0.4, 1);
    expect(counts.has("11")).toBe(false);
  });

  it("are refused when the ranges exclude each other", () => {
    const range = { hands: createHandSet([[0]]), suitClasses: false };
    expect(() => new DealSampler([range, range], [[]], 8, Random.fromSeed(1)).deal(-1)).toThrow(
      /cannot be held at the same time/,
    );
  });

  it("stand for whole classes of suits only where a range has them completely", () => {
    const all = [0, 1, 2, 3].flatMap((a) => [0, 1, 2, 3].map((b) => [48 + a, 44 + b]));
    expect(suitClasses(createHandSet(all))?.weights).toEqual(new Float64Array([4, 12]));
    expect(suitClasses(createHandSet(all.slice(1)))).toBeNull();
  });
});

describe("external sampling", () => {
  const random = seededRandom(5);
  const ranges = [0, 1, 2].map(() => randomHands(40, 4, RIVER, random));
  const common = { board: RIVER, pot_size: 90, bet_sizes: [1], max_raises: 1, time_limit_seconds: 60 };

  it("is labelled for what it is and leaves little to gain in a three-way river", () => {
    const wide = [0, 1, 2].map(() => randomHands(90, 4, RIVER, random));
    const { solution } = solveInProcess({
      ...common,
      stack_sizes: [180, 180, 180],
      player_ranges: { "0": wide[0], "1": wide[1], "2": wide[2] },
      iterations: 80,
    });
    expect(solution.is_equilibrium_approximation).toBe(false);
    expect(solution.exploitability_method).toMatch(/sampled.*no guarantee of an equilibrium/);
    expect(Object.values(solution.ev).reduce((sum, ev) => sum + ev, 0)).toBeCloseTo(90, 3);
    expect(Object.values(solution.equities).reduce((sum, equity) => sum + equity, 0)).toBeCloseTo(1, 3);
    const first = solution.convergence[0]?.exploitability ?? 0;
    expect(solution.exploitability).toBeLessThan(first / 2);
    expect(solution.exploitability).toBeLessThan(8);
    for (const { gain, standard_error: error } of Object.values(solution.deviation_gains)) {
      expect(error).toBeGreaterThan(0);
      expect(Math.abs(gain)).toBeLessThan(9);
    }
  });

  it("goes through all deals of small ranges, and gains what an independent best response does", () => {
    const { solution } = solveInProcess({
      ...common,
      stack_sizes: [180, 180, 180],
      player_ranges: Object.fromEntries(ranges.map((range, player) => [player, range.slice(0, 12)])),
      iterations: 20,
      full_strategy: true,
    });
    expect(solution.omitted).toEqual([]);
    expect(solution.exploitability_method).toMatch(/^exact.*no guarantee of an equilibrium/);
    for (const seat of [0, 1, 2]) {
      const { gain = 0, standard_error: error } = solution.deviation_gains[String(seat)] ?? {};
      expect(error).toBeNull();
      expect(Math.abs(gain - independentGain(solution, seat))).toBeLessThan(0.01);
    }
  });

  it("knows a hero's exact hand as well as any other, though it is a rare one", () => {
    const { solution } = solveInProcess({
      ...common,
      stack_sizes: [180, 180, 180],
      player_ranges: { "0": "25%", "1": "25%", "2": "25%" },
      hero_cards: ["Kd", "Kc", "Js", "Ts"],
      max_combos: 60,
      iterations: 30,
    });
    const { actions, ev } = solution.hero ?? {};
    const best = Math.max(...(actions ?? []).map((action) => action.ev ?? 0));
    for (const action of actions ?? []) {
      expect(action.standard_error).toBeGreaterThan(0);
      expect(action.standard_error).toBeLessThan(2);
    }
    // Untrained it would mix evenly, and lose half of the actions' difference.
    expect(ev).toBeGreaterThan(best - 4);
    expect(ev).toBeGreaterThan(90);
  });

  it("comes to the exact solver's value and small deviation gains heads-up", () => {
    const tree = buildBettingTree(freshState(3, 90, [180, 180]), 0, {
      sizing: potLimit([1], 1),
      lastStreet: 3,
      minBet: 0,
    });
    const board = RIVER.flatMap((card) => parseCards(card));
    const hands = [0, 1].map((seat) => createHandSet((ranges[seat] ?? []).slice(0, 25).map(parseCards)));
    const exact = new VectorSolver({
      tree,
      hands: [hands[0] as HandSet, hands[1] as HandSet],
      deal: omahaDeal([board]),
    });
    for (let i = 0; i < 200; i++) exact.iterate();
    const sampled = hands.map((set) => ({ hands: set, suitClasses: false }));
    const rows = [hands.map((set) => set.count)];
    const sampler = new DealSampler(sampled, [board], 52, Random.fromSeed(1));
    const state = new MultiwayState(flattenTree(tree, rows), sampler, 1, () => 0);
    const trainer = new ExternalSampling(state, Random.fromSeed(2));
    for (let deal = 0; deal < 60_000; deal++) trainer.iterate(1 + Math.floor(deal / 500));
    const measure = new Measure(state, sampled, Random.fromSeed(3));
    const { chips } = measure.sampleTable(20_000);
    expect(Math.abs((chips[0] as number) - exact.values()[0])).toBeLessThan(2);
    expect((chips[0] as number) + (chips[1] as number)).toBeCloseTo(90, 6);
    const gain = measure.gain(0, measure.sampleSeat(0, 2000), 2000);
    expect(Math.abs(gain.chips)).toBeLessThan(3);
  });

  it("values actions that a hand does not take by its best way of going on", () => {
    const options = { sizing: potLimit([0.5, 1], 2), lastStreet: 3, minBet: 0 };
    const tree = flattenTree(buildBettingTree(freshState(3, 90, [180, 180, 180]), 0, options), [[12, 12, 12]]);
    const sets = ranges.map((range) => createHandSet(range.slice(0, 12).map(parseCards)));
    const sampled = sets.map((hands) => ({ hands, suitClasses: false }));
    const board = RIVER.flatMap((card) => parseCards(card));
    const sampler = new DealSampler(sampled, [board], 52, Random.fromSeed(1));
    const state = new MultiwayState(tree, sampler, 1, () => 0);
    const trainer = new ExternalSampling(state, Random.fromSeed(2));
    for (let deal = 0; deal < 4000; deal++) trainer.iterate(1 + Math.floor(deal / 100));
    const measure = new Measure(state, sampled, Random.fromSeed(3));
    const sample = measure.sampleSeat(0, measure.listDeals(0, 1e6) ?? 0);
    const [shown, best, average] = [
      measure.valuesOf(0, sample, true),
      measure.rise(0, sample, true),
      measure.rise(0, sample, false),
    ] as const;
    const shares = new Float64Array(8);
    const gaps: number[] = [];
    for (let hand = 0; hand < 12; hand++) {
      state.averageOf(0, hand, shares);
      for (let action = 0; action < (tree.actionCount[0] ?? 0); action++) {
        const child = (tree.firstChild[0] ?? 0) + action;
        const of = (values: readonly Float64Array[]): number => values[child]?.[hand] ?? Number.NaN;
        if ((shares[action] ?? 0) >= 0.01) continue;
        expect(of(shown)).toBeCloseTo(of(best), 6);
        gaps.push(of(best) - of(average));
      }
    }
    // Average play, which hardly ever came there, would have told less.
    expect(gaps.length).toBeGreaterThan(3);
    expect(Math.max(...gaps)).toBeGreaterThan(0.01);
  });

  it("values the hero's actions over many deals even where the tree is large", () => {
    const { solution } = solveInProcess({
      pot_size: 1.5,
      current_bet: 1,
      big_blind: 1,
      stack_sizes: [20, 20, 20, 19.5, 19],
      active_players: [0, 1, 2, 3, 4],
      hero_cards: "AsAhKsKh",
      time_limit_seconds: 20,
      max_combos: 100,
      iterations: 1,
    });
    expect(solution.hero?.actions?.length).toBeGreaterThan(2);
    for (const action of solution.hero?.actions ?? []) {
      if (action.label !== "fold") expect(action.ev).toBeGreaterThan(0);
      expect(action.standard_error).toBeLessThan(0.5);
    }
  });

  it.each([
    [150, 0],
    [190, 1],
  ])(
    "finds out before the flop whether a pot of %d pays for a call of 100 (%d), which several runouts a deal make plain",
    (pot, call) => {
      const { solution } = solveInProcess({
        pot_size: pot,
        stack_sizes: [0, 100],
        player_position: 1,
        betting_history: [[0, "all-in", 100]],
        // Some 37 % against the aces and kings: worth a call from a pot of 170 on.
        player_ranges: { "0": ["AsAhKsKh"], "1": ["QdQcJdJc"] },
        iterations: 20,
        time_limit_seconds: 20,
      });
      expect(solution.tree.actions.map(({ action }) => action)).toEqual(["fold", "call"]);
      expect(Math.abs((solution.tree.actions[1]?.frequency ?? 0) - call)).toBeLessThan(0.1);
    },
  );

  it("thins ranges out to the memory allowed, rather than refuse a crowded table", () => {
    const crowd = { board: RIVER, pot_size: 100, stack_sizes: Array<number>(8).fill(300), max_combos: 5000 };
    const limits = { bet_sizes: [1], max_raises: 1, iterations: 1, time_limit_seconds: 1 };
    const { solution } = solveInProcess({ ...crowd, ...limits }, 128);
    expect(solution.abstraction.join()).toMatch(/range of player 7 thinned out to \d\d of/);
  });

  it("plays a flop on with classes of hands, and preflop to a check-down, and says so", () => {
    const flop = solveInProcess({
      ...common,
      board: RIVER.slice(0, 3),
      stack_sizes: [90, 90, 90],
      time_limit_seconds: 1,
      max_combos: 60,
      iterations: 5,
    }).solution;
    expect(flop.abstraction.join()).toMatch(/told apart by strength only/);
    const preflop = solveInProcess({
      pot_size: 2,
      current_bet: 1,
      stack_sizes: [20, 19.5, 19],
      active_players: [0, 1, 2],
      time_limit_seconds: 1,
      max_combos: 200,
      iterations: 5,
    }).solution;
    expect(preflop.abstraction.join()).toMatch(/no betting after this street/);
    expect(preflop.assumptions.join()).toMatch(/player 2 has posted 1, player 1 1/);
    expect(Object.values(preflop.ev).reduce((sum, ev) => sum + ev, 0)).toBeCloseTo(2, 3);
  });
});
