import { describe, expect, it } from "vitest";
import { stepNamed } from "../../../../src/poker/solver/betting/action-label.js";
import { actionLabel, type Solution, type SolutionNext } from "../../../../src/poker/solver/report/solution.js";
import { parseSolverInput } from "../../../../src/tasks/solver-analysis/parse-input.js";
import { prepareSpot } from "../../../../src/tasks/solver-analysis/prepare-spot.js";
import { run as relabel } from "../../../../src/tasks/solver-analysis/relabel-kernel.js";
import type { StoredSolution } from "../../../../src/tasks/solver-analysis/stored-solution.js";
import { randomHands, solveInProcess } from "../../tasks/solver-analysis/solve-in-process.js";
import { seededRandom } from "../oracle.js";
import { IndependentResponse } from "./independent-response.js";
import { independentGain } from "./multiway/independent-multiway.js";
import { solveDrawn } from "./sampled/solve-drawn.js";

const RIVER = ["Ks", "Qd", "7h", "4c", "2d"];
const TOY = {
  board: RIVER,
  pot_size: 100,
  stack_sizes: [100, 100],
  player_ranges: { "0": ["KdQc3c3h"], "1": ["KhKc9s8s", "JsTc9h8h", "JhTh9d8c"] },
  bet_sizes: [1],
  max_raises: 0,
  iterations: 100,
  full_strategy: true,
};

type Input = Readonly<Record<string, unknown>>;
const solve = (input: Input, ...locks: readonly Input[]): Solution => solveInProcess({ ...input, locks }).solution;

/** Where a path leads: labels of actions, or dealt cards. */
function at(solution: Solution, path: string): Extract<SolutionNext, { player: number }> {
  let next: SolutionNext = solution.tree;
  for (const step of path.split(",").map((each) => each.trim())) {
    if (step === "") continue;
    if ("actions" in next) next = next.actions[stepNamed(next.actions.map(actionLabel), step)]?.next as SolutionNext;
    else if (next.end === "deal") next = next.cards?.[step] as SolutionNext;
  }
  if (!("actions" in next)) throw new Error(`nobody decides after ${path}`);
  return next;
}

/** What a hand does at a node, by label of action. */
function play(solution: Solution, path: string, hand: string): Record<string, number> {
  const node = at(solution, path);
  const cards = (text: string): string => (text.match(/../gu) ?? []).sort().join("");
  const place = solution.ranges[String(node.player)]?.combos.findIndex((combo) => cards(combo) === cards(hand)) ?? -1;
  return Object.fromEntries(
    node.actions.map((action, i) => [actionLabel(action), node.strategy?.[i]?.[place] as number]),
  );
}

describe("closed forms", () => {
  it("a player who always bets a river is always called by what beats his bluffs", () => {
    const solution = solve(TOY, { path: "check", strategy: { "bet 100": 1 } });
    const facing = at(solution, "check, bet 100");
    expect(facing.actions.map(({ frequency }) => frequency)).toEqual([0, 1]);
    // One hand of three wins 100 of the caller, two lose 200 to him.
    expect(facing.ev?.["0"]).toBeCloseTo((2 / 3) * 300 - 100, 3);
    expect(solution.ev).toEqual({ "0": 100, "1": 0 });
    expect(at(solution, "check").locked).toEqual({ combos: 3, share: 1 });
    expect(solution.tree.locked).toBeUndefined();
    expect(solution.caveats?.join()).toMatch(/no equilibrium of the game without locks/);
  });

  it("bluffs just short of the right number are never called, just above always", () => {
    for (const [bluff, called] of [
      [0.24, 0],
      [0.26, 1],
    ] as const) {
      const bluffs = { path: "check", hands: "JsTc9h8h,JhTh9d8c", strategy: { "bet 100": bluff, check: 1 - bluff } };
      const solution = solve({ ...TOY, iterations: 600 }, bluffs, {
        path: "check",
        hands: "KhKc9s8s",
        strategy: { "bet 100": 1 },
      });
      expect(at(solution, "check, bet 100").actions[1]?.frequency).toBeCloseTo(called, 2);
      expect(play(solution, "check", "JsTc9h8h")).toEqual({ check: 1 - bluff, "bet 100 (all-in)": bluff });
    }
  });

  it("a player who folds to every bet is bet at with everything", () => {
    const checks = { strategy: { check: 1 } };
    const solution = solve(TOY, checks, { path: "check, bet 100", player: 0, strategy: { fold: 1 } });
    for (const air of ["JsTc9h8h", "JhTh9d8c"])
      expect(play(solution, "check", air)["bet 100 (all-in)"]).toBeGreaterThan(0.99);
    expect(solution.ev["1"]).toBeCloseTo(100, 0);
  });

  it("with rake, too: an always-bet river is called and the house takes its part of the called pot", () => {
    const solution = solve({ ...TOY, rake: { percent: 5 } }, { path: "check", strategy: { "bet 100": 1 } });
    expect(solution.ev["0"]).toBeCloseTo((2 / 3) * 285 - 100, 3);
    expect(solution.expected_rake).toBeCloseTo(15, 3);
    expect(solution.caveats).toHaveLength(2);
  });
});

describe("what is measured", () => {
  const random = (seed: number, board: readonly string[], first = 12, second = 10) => {
    const next = seededRandom(seed);
    return { "0": randomHands(first, 4, board, next), "1": randomHands(second, 4, board, next) };
  };
  const spot = { board: RIVER, pot_size: 100, stack_sizes: [300, 300], iterations: 40, full_strategy: true };

  it.each([
    ["a whole node", [{ path: "check", strategy: { check: 0.3, "bet 50": 0.2, "bet 100": 0.5 } }]],
    ["some hands", [{ path: "bet 50", hands: "A,K", strategy: { fold: 0.25, call: 0.5, "raise to 250": 0.25 } }]],
    [
      "the root and an answer",
      [{ strategy: { "bet 100": 1 } }, { path: "bet 100", hands: "!A", strategy: { call: 1 } }],
    ],
    ["a category", [{ path: "check, bet 100", hands: "@pair", strategy: { call: 0.5, fold: 0.5 } }]],
  ])("%s: gains are by what a player may change, as an independent count has it", (_name, locks) => {
    const solution = solve({ ...spot, player_ranges: random(3, RIVER) }, ...locks);
    const judge = new IndependentResponse(solution);
    expect(judge.value(0, false)).toBeCloseTo(solution.ev["0"] as number, 1);
    expect(Math.abs(judge.nashConv() - solution.nash_conv)).toBeLessThan(0.01 + solution.nash_conv * 0.01);
    expect(solution.exploitability).toBeCloseTo(solution.nash_conv / 2, 2);
    expect(solution.exploitability_method).toMatch(/by what he may change$/);
    expect(solution.locks).toHaveLength(locks.length);
  });

  it.each([
    ["every river", "check, check, *", 48],
    ["one river", "check, check, 2c", 1],
  ])("on later streets: %s", (_name, path, rivers) => {
    const board = RIVER.slice(0, 4);
    const input = {
      ...spot,
      board,
      stack_sizes: [100, 120],
      player_ranges: random(5, [...board, "2c"], 6, 5),
      bet_sizes: [1],
      max_raises: 0,
      iterations: 12,
    };
    const solution = solve(input, { path, strategy: { check: 0.25, "bet 100": 0.75 } });
    const dealt = solution.tree.actions[0]?.next as Extract<SolutionNext, { player: number }>;
    const { next } = dealt.actions[0] as (typeof dealt.actions)[number];
    const nodes = Object.values("end" in next && next.end === "deal" ? (next.cards ?? {}) : {}) as (typeof dealt)[];
    expect(nodes.filter(({ locked }) => locked !== undefined)).toHaveLength(rivers);
    expect(at(solution, "check, check, 2c").actions.map(({ frequency }) => frequency)).toEqual([0.25, 0.75]);
    expect(at(solution, "check, check, 2c").locked).toEqual({ combos: 6, share: 1 });
    const judge = new IndependentResponse(solution);
    expect(judge.value(0, false)).toBeCloseTo(solution.ev["0"] as number, 1);
    expect(Math.abs(judge.nashConv() - solution.nash_conv)).toBeLessThan(0.01 + solution.nash_conv * 0.01);
    expect(solution.locks?.[0]).toMatchObject({ path, combos: null });
  });

  it("on both later streets of a flop, whatever comes", () => {
    const board = RIVER.slice(0, 3);
    const input = {
      ...spot,
      board,
      ...{ pot_size: 100, stack_sizes: [100, 100], bet_sizes: [1], max_raises: 0, iterations: 3 },
      player_ranges: { "0": ["KdQc3c3h", "AsAd9s8s"], "1": ["KhKc9c8d", "JsTc9h8h"] },
    };
    const turn = "check, check, *";
    const solution = solve(
      input,
      { path: turn, strategy: { check: 1 } },
      { path: `${turn}, check, check, *`, hands: "AA", strategy: { check: 0.5, "bet 100": 0.5 } },
      { path: `${turn}, check, check, 2c`, hands: "AA", strategy: { "bet 100": 1 } },
    );
    const river = at(solution, "check, check, 7c, check, check, 2s");
    expect(river.locked).toMatchObject({ combos: 1 });
    expect(play(solution, "check, check, 7c, check, check, 2s", "AsAd9s8s")).toMatchObject({ check: 0.5 });
    expect(play(solution, "check, check, 7c, check, check, 2c", "AsAd9s8s")).toMatchObject({ check: 0 });
    const judge = new IndependentResponse(solution);
    expect(Math.abs(judge.nashConv() - solution.nash_conv)).toBeLessThan(0.01 + solution.nash_conv * 0.01);
  });

  it("a player who is locked everywhere has no gain, and exploitability is the other's alone", () => {
    const everywhere = [
      { strategy: { check: 0.5, "bet 100": 0.5 } },
      { path: "check, bet 100", strategy: { fold: 0.5, call: 0.5 } },
    ];
    const solution = solve({ ...TOY, iterations: 1 }, ...everywhere);
    expect(solution.deviation_gains["0"]).toEqual({ gain: 0, standard_error: null });
    expect(solution.deviation_gains["1"]?.gain).toBeGreaterThan(1);
    expect(solution.exploitability).toBeCloseTo(solution.deviation_gains["1"]?.gain ?? Number.NaN, 3);
    expect(solution.exploitability_method).toMatch(/player 0 is locked wherever he acts .* the other's gain alone$/);
    const both = [...everywhere, { path: "check", strategy: { check: 1 } }, { path: "bet 100", strategy: { call: 1 } }];
    expect(solve({ ...TOY, iterations: 9 }, ...both)).toMatchObject({ exploitability: 0, nash_conv: 0 });
  });

  it("a later lock counts where two are about the same hand", () => {
    const all = { path: "check", strategy: { check: 1 } };
    const solution = solve(TOY, all, { path: "check", hands: ["JsTc9h8h"], strategy: { "bet 100": 1 } });
    expect(play(solution, "check", "JsTc9h8h")).toEqual({ check: 0, "bet 100 (all-in)": 1 });
    expect(play(solution, "check", "KhKc9s8s")).toEqual({ check: 1, "bet 100 (all-in)": 0 });
    expect(solution.locks).toEqual([
      { path: "check", player: 1, hands: null, combos: 3, strategy: { check: 1, "bet 100 (all-in)": 0 } },
      { path: "check", player: 1, hands: "JsTc9h8h", combos: 1, strategy: { check: 0, "bet 100 (all-in)": 1 } },
    ]);
  });

  it("classes of the result's table can be locked by name", () => {
    const classes = { strong: "KK", air: "any" };
    const lock = { path: "check", class: "air", strategy: { check: 1 } };
    const solution = solve({ ...TOY, classes }, lock);
    expect(at(solution, "check").locked).toMatchObject({ combos: 2, places: [1, 2] });
    const named = solve(TOY, { ...lock, class: "Top of range (Three of a Kind)" });
    expect(at(named, "check").locked).toMatchObject({ combos: 1 });
  });
});

describe("sampled play", () => {
  const three = (seed: number) => {
    const next = seededRandom(seed);
    const hands = () => randomHands(6, 4, RIVER, next);
    return {
      ...{ board: RIVER, pot_size: 100, stack_sizes: [100, 100, 100], bet_sizes: [1], max_raises: 0 },
      ...{ player_ranges: { "0": hands(), "1": hands(), "2": hands() }, iterations: 4, full_strategy: true },
    };
  };

  it("three players on a river: locked play is exact, and gains are by what may change", () => {
    const input = three(4);
    const hand = input.player_ranges["1"][2] as string;
    const solution = solve(
      input,
      { path: "check", strategy: { check: 0.3, "bet 100": 0.7 } },
      { path: "check", hands: hand, strategy: { check: 0.125, "bet 100": 0.875 } },
      { path: "check, check", hands: "!A", strategy: { check: 1 } },
    );
    expect(play(solution, "check", hand)).toEqual({ check: 0.125, "bet 100 (all-in)": 0.875 });
    const other = at(solution, "check").strategy?.[0]?.filter((share) => share === 0.3);
    expect(other).toHaveLength(5);
    expect(at(solution, "check").locked).toMatchObject({ combos: 6, share: 1 });
    expect(solution.locks).toMatchObject([{ player: 1, combos: 6 }, { combos: 1 }, { player: 2 }]);
    for (const seat of [0, 1, 2]) {
      const gain = solution.deviation_gains[String(seat)]?.gain as number;
      expect(Math.abs(independentGain(solution, seat) - gain)).toBeLessThan(0.01 + gain * 0.01);
    }
  });

  it("a player locked wherever he acts gains nothing; the mean is of the others", () => {
    const input = three(5);
    const facing = ["bet 100", "check, check, bet 100, fold", "check, check, bet 100, call"];
    const folds = facing.map((path) => ({ path, player: 1, strategy: { fold: 1 } }));
    const solution = solve(input, { path: "check", player: 1, strategy: { check: 1 } }, ...folds);
    expect(solution.deviation_gains["1"]?.gain).toBe(0);
    expect(solution.exploitability).toBeCloseTo(solution.nash_conv / 2, 2);
    expect(solution.exploitability_method).toMatch(
      /player 1 is locked wherever he acts .* mean of the others' gains alone$/,
    );
  });

  it("before the flop: classes of suits where the lock knows none, single hands else", () => {
    const spot = {
      // Who calls is all-in, so that nothing is bet later.
      ...{ stack_sizes: [98, 1], pot_size: 3, current_bet: 2, active_players: [1, 0], player_position: 1 },
      ...{ street_bets: [2, 1], big_blind: 2, bet_sizes: [1], max_raises: 0, iterations: 1 },
      ...{ player_ranges: { "0": "AA", "1": "AA" }, max_combos: 900 },
    };
    const strategy = { call: 0.25, fold: 0.75 };
    for (const [hands, classes] of [
      ["AA:ds", true],
      ["As", false],
    ] as const) {
      const solution = solve(spot, { hands, strategy });
      expect(solution.cut.join()).toMatch(classes ? /classes that ignore the names of suits/ : /thinned out to 900/);
      const { locked, strategy: columns } = solution.tree;
      expect(locked?.combos).toBeGreaterThan(10);
      for (const place of locked?.places ?? []) {
        expect(columns?.map((column) => column[place])).toEqual([0.75, 0.25]);
        const hand = solution.ranges["1"]?.combos[place] ?? "";
        expect(classes ? new Set(hand.match(/[shdc]/gu)).size : hand).toEqual(
          classes ? 2 : expect.stringContaining("As"),
        );
      }
    }
    const deep = { ...spot, stack_sizes: [98, 99] };
    expect(() => solve(deep, { path: "call, check, *", strategy: { check: 1 } })).toThrow(
      "locks[0].path: after the next card hands share strategies by classes here (before the flop)",
    );
  });
});

describe("drawn deals", () => {
  const board = RIVER.slice(0, 4);
  const next = seededRandom(14);
  const input = {
    ...{ board, pot_size: 100, stack_sizes: [100, 100], bet_sizes: [1], max_raises: 0, iterations: 40 },
    player_ranges: { "0": randomHands(25, 4, board, next), "1": randomHands(25, 4, board, next) },
  };
  const bets = [{ strategy: { "bet 100": 1 } }, { path: "bet 100", strategy: { call: 1 } }];

  it("answers keep to locks: who may change nothing on the way gains nothing", () => {
    const solution = solveDrawn({ ...input, iterations: 2, locks: bets });
    expect(solution.nash_conv).toBeCloseTo(0, 6);
    expect(Math.abs((solution.ev["0"] as number) - 300 * (solution.equities["0"] as number) + 100)).toBeLessThan(5);
    expect(at(solution, "bet 100").actions.map(({ frequency }) => frequency)).toEqual([0, 1]);
    expect(at(solution, "bet 100").locked).toEqual({ combos: 25, share: 1 });
  });

  it("locked play is exact, hand by hand, and the answer that of the exact solver", () => {
    const hand = input.player_ranges["1"][3] as string;
    const locks = [
      { path: "check", hands: "!A", strategy: { check: 0.3, "bet 100": 0.7 } },
      { path: "check", hands: hand, strategy: { check: 0.9, "bet 100": 0.1 } },
    ];
    const drawn = solveDrawn({ ...input, locks });
    const exact = solve(input, ...locks);
    const { locked, strategy = [] } = at(drawn, "check");
    expect(locked?.combos).toBe(at(exact, "check").locked?.combos);
    const shares = (locked?.places ?? []).map((place) => strategy[0]?.[place]);
    expect(shares.filter((share) => share === 0.9)).toHaveLength(1);
    expect(shares.filter((share) => share === 0.3)).toHaveLength(shares.length - 1);
    expect(Math.abs((drawn.ev["0"] as number) - (exact.ev["0"] as number))).toBeLessThan(3);
    expect(drawn.locks).toEqual(exact.locks?.map((lock, i) => ({ ...lock, hands: drawn.locks?.[i]?.hands })));
    expect(drawn.exploitability_method).toMatch(/by what he may change$/);
  });

  it("behind a deal they are refused", () => {
    const lock = { path: "check, check, *", strategy: { check: 1 } };
    expect(() => solveDrawn({ ...input, locks: [lock] })).toThrow(/classes here \(not all hands and deals fit/);
  });
});

describe("equal games", () => {
  const lock = (hands: string, path = "check") => ({ path, hands, strategy: { check: 1 } });

  it("locks are part of the hash, in canonical suits", () => {
    const hashOf = (input: Input) => solveInProcess({ ...input, iterations: 1 }).hash;
    const plain = hashOf(TOY);
    const locked = hashOf({ ...TOY, locks: [lock("JsTc9h8h")] });
    const other = hashOf({ ...TOY, locks: [lock("JhTh9d8c")] });
    expect(new Set([plain, locked, other]).size).toBe(3);
    expect(hashOf({ ...TOY, locks: [] })).toBe(plain);
    const renamed = JSON.parse(
      JSON.stringify({ ...TOY, locks: [lock("JsTc9h8h")] }).replace(
        /([2-9TJQKA])([shdc])/gu,
        (_, rank, suit) => `${rank}${{ s: "d", d: "c", c: "h", h: "s" }[suit as "s"]}`,
      ),
    );
    expect(hashOf(renamed)).toBe(locked);
    const again = solveInProcess(renamed).solution;
    expect(again.locks?.[0]?.hands).toBe("JdTh9s8s");
    const stored = solveInProcess({ ...TOY, locks: [lock("JsTc9h8h")] }).solution as StoredSolution;
    const own = prepareSpot(parseSolverInput({ ...TOY, locks: [lock("JsTc9h8h")] }));
    const prepared = prepareSpot(parseSolverInput(renamed));
    const relabelled = relabel({ stored: { ...stored, canonical_suits: own.suits }, prepared });
    expect(relabelled.locks).toEqual(again.locks);
    expect(relabelled.tree).toEqual(again.tree);
    expect(again.ev).toEqual(solve(TOY, lock("JsTc9h8h")).ev);
  });
});

describe("refusals", () => {
  it.each([
    [{ path: "check, bet 50" }, /^locks\[0\]\.path: no step "bet 50" after check: there is check, bet 100 \(all-in\)$/],
    [{ path: "raise" }, /^locks\[0\]\.path: no step "raise" at the root: there is check, bet 100 \(all-in\)$/],
    [{ path: "check, check" }, /^locks\[0\]\.path: nobody decides after check, check$/],
    [{ path: "check, check, check" }, /no step "check" after check, check: the line ends$/],
    [{ strategy: { check: 0.5, "bet 100": 0.4 } }, /^locks\[0\]\.strategy: the frequencies sum to 0\.9, not to 1$/],
    [{ strategy: { check: 0.5, call: 0.5 } }, /^locks\[0\]\.strategy: no action "call": there is check, bet 100/],
    [{ strategy: { check: -1, bet: 2 } }, /^locks\.0\.strategy\.check: a frequency from 0 to 1 is expected, not -1/],
    [{ strategy: { bet: 0.5, "bet 100": 0.5 } }, /bet 100 \(all-in\) is named twice$/],
    [{ path: "check", player: 0 }, /^locks\[0\]\.player: player 1 acts there, not player 0$/],
    [{ hands: "AsAdAhAc" }, /^locks\[0\]\.hands: AsAdAhAc is not in the range of player 0$/],
    [{ path: "check", hands: "AA" }, /^locks\[0\]\.hands: player 1 holds no AA here$/],
    [{ hands: "KK@0.5" }, /^locks\[0\]\.hands: a lock has no weights/],
    [{ hands: "K%K" }, /^locks\[0\]\.hands: range "K%K"/],
    [{ hands: "KK", class: "x" }, /^locks\[0\]: hands and class are both given$/],
    [{ class: "Flush" }, /^locks\[0\]\.class: player 0 has no class "Flush" here: there is Top of range \(Two Pair\)$/],
    [{ hand: "KK" }, /^locks\[0\]\.hand is no key of this input: did you mean hands\?/],
  ])("%j", (over, message) => {
    expect(() => solve(TOY, { strategy: { check: 1 }, ...over })).toThrow(message);
  });

  it("paths over dealt cards say which cards they need", () => {
    const turn = { ...TOY, board: RIVER.slice(0, 4), stack_sizes: [300, 300] };
    const lock = (path: string) => solve(turn, { path, strategy: { check: 1 } });
    expect(() => lock("check, check")).toThrow(
      "a card is dealt after check, check: name it (such as 2c), or * for any",
    );
    expect(() => lock("check, check, bet 100")).toThrow(/name it .* not "bet 100"$/);
    expect(() => lock("check, check, Ks")).toThrow("locks[0].path: Ks lies on the board already");
    const flush = { path: "check, check, *", hands: "@flush", strategy: { check: 1 } };
    expect(() => solve({ ...turn, iterations: 1 }, flush)).toThrow(/^locks\[0\]: none of the player's hands is locked/);
    expect(() => lock("check, check, 2c/3d")).toThrow("locks[0].path: one card is dealt, not 2c/3d");
  });
});
