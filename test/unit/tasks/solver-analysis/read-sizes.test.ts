import { describe, expect, it } from "vitest";
import { planHeadsUp } from "../../../../src/poker/solver/plan/heads-up-plan.js";
import { planMultiway } from "../../../../src/poker/solver/plan/multiway-plan.js";
import { classifyOn } from "../../../../src/poker/solver/report/hand-classes.js";
import { gameBytes } from "../../../../src/poker/solver/vector/memory-layout.js";
import { parseSolverInput } from "../../../../src/tasks/solver-analysis/parse-input.js";
import { prepareSpot } from "../../../../src/tasks/solver-analysis/prepare-spot.js";
import { solverResultSchema } from "../../../../src/tasks/solver-analysis/result-schema.js";
import { seededRandom } from "../../poker/oracle.js";
import { randomHands, solveInProcess } from "./solve-in-process.js";

const RIVER = ["Ks", "Qd", "7h", "4c", "2d"];
const flop = { board: RIVER.slice(0, 3), pot_size: 100, stack_sizes: [300, 300] };
const river = { ...flop, board: RIVER };

const sizesOf = (over: object) => parseSolverInput({ ...flop, ...over }).options.sizes;

describe("a job's sizes", () => {
  it("are fractions for everyone where nothing else is said, as ever", () => {
    const { options, assumptions } = parseSolverInput({ ...flop, player_position: 0, bet_sizes: [1, "0.5", 1] });
    expect(options).toMatchObject({ betSizes: [0.5, 1], sizes: null });
    expect(assumptions).toEqual([]);
  });

  it("go by street, by player, or by both in either order", () => {
    const [byStreet, byPlayer] = [
      sizesOf({ bet_sizes: { flop: [0.5], turn: { 0: [1], 1: "none" }, river: "geometric" } }),
      sizesOf({
        bet_sizes: {
          0: { flop: [0.5], turn: [1], river: "geometric" },
          1: { flop: 0.5, turn: [], river: ["geometric"] },
        },
      }),
    ];
    expect(byStreet).toEqual(byPlayer);
    expect(byStreet?.byStreet.map(({ bets }) => bets)).toEqual([
      [[0.5], [0.5]],
      [[1], []],
      [[{ geometric: null }], [{ geometric: null }]],
    ]);
    // Raises and donk bets are as bets where nothing is said of them.
    expect(byStreet?.byStreet.map(({ raises }) => raises)).toEqual(byStreet?.byStreet.map(({ bets }) => bets));
    const apart = sizesOf({ raise_sizes: [1], donk_sizes: { turn: "none" }, all_in_threshold: 0.8 });
    expect(apart?.byStreet[1]).toEqual({
      bets: [
        [0.5, 1],
        [0.5, 1],
      ],
      raises: [[1], [1]],
      donks: [[], []],
    });
    expect(apart?.allInFrom).toBe(0.8);
  });

  it("say what they do not name, and what of them plays no part", () => {
    const { assumptions } = parseSolverInput({
      ...river,
      player_position: 0,
      bet_sizes: { flop: [1], river: { 0: [0.5] } },
      last_aggressor: 1,
    });
    expect(assumptions).toEqual([
      "bet_sizes.flop is not used: the spot is on the river",
      "bet_sizes does not name the river for player 1: 50 %, 100 % of the pot are offered there",
      "last_aggressor is not used: it says where donk_sizes are offered, and there are none",
    ]);
  });

  it.each([
    [{ bet_sizes: [50] }, /^bet_sizes\.0: pot limit .* at most 1 \(50 % is written 0\.5\), not 50$/],
    [{ bet_sizes: { flop: [1.5] } }, /^bet_sizes\.flop\.0: pot limit/],
    [{ bet_sizes: { trun: [1] } }, /^bet_sizes\.trun is neither a street nor a player: did you mean turn\?/],
    [{ bet_sizes: { 2: [1] } }, /^bet_sizes\.2: there is no player 2: active_players are \[0, 1\]/],
    [{ bet_sizes: { flop: [1], 1: [1] } }, /^bet_sizes: name streets or players, not both beside each other/],
    [{ bet_sizes: { flop: { turn: [1] } } }, /^bet_sizes\.flop: sizes are a list such as/],
    [{ bet_sizes: { flop: {} } }, /^bet_sizes\.flop: sizes are a list such as/],
    [{ bet_sizes: {} }, /^bet_sizes: sizes are a list such as \[0\.5, 1\], "geometric"/],
    [{ bet_sizes: [] }, /^bet_sizes: one to six sizes are expected/],
    [{ bet_sizes: [0] }, /^bet_sizes\.0: a size must be above 0, not 0/],
    [{ bet_sizes: ["half"] }, /^bet_sizes\.0: sizes are a list such as .* not "half"/],
    [{ raise_sizes: { river: { geometric: 9 } } }, /^raise_sizes\.river: \{"geometric": n\} takes .* from 1 to 4/],
    [{ donk_sizes: { 0: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7] } }, /^donk_sizes\.0: at most six sizes are allowed/],
    [{ all_in_threshold: 80 }, /^all_in_threshold: a part of the stack above 0 and at most 1 is expected/],
    [{ donk_sizes: "none", last_aggressor: 7 }, /^last_aggressor: there is no player 7/],
  ])("%j is refused with what to write", (over, problem) => {
    expect(() => parseSolverInput({ ...flop, ...over })).toThrow(problem);
  });

  it("lead into the player whom history or job name as the last street's aggressor", () => {
    const aggressor = (over: object): number =>
      prepareSpot(parseSolverInput({ ...flop, player_ranges: { 0: "AA", 1: "KK" }, ...over })).spot.root.aggressor;
    const history = [
      [0, "post", 1],
      [1, "post", 2],
      [0, "raise", 6],
      [1, "raise", 18],
      [0, "call", 12],
    ];
    expect(aggressor({ betting_history: history })).toBe(1);
    expect(aggressor({ betting_history: [...history, [0, "check"], [1, "check"]], board: RIVER.slice(0, 4) })).toBe(-1);
    expect(aggressor({})).toBe(-1);
    expect(aggressor({ last_aggressor: 0 })).toBe(0);
  });

  it("are part of the game's hash", () => {
    const hash = (over: object): string =>
      prepareSpot(parseSolverInput({ ...river, player_ranges: { 0: "AA", 1: "KK" }, ...over })).hash;
    const all = [
      {},
      { raise_sizes: [1] },
      { all_in_threshold: 0.5 },
      { donk_sizes: [] },
      { donk_sizes: [], last_aggressor: 1 },
    ];
    expect(new Set(all.map(hash)).size).toBe(all.length);
  });
});

describe("a spot of sizes by street and player", () => {
  const random = seededRandom(5);
  const player_ranges = { 0: randomHands(40, 4, RIVER, random), 1: randomHands(40, 4, RIVER, random) };

  it("is answered as by fractions where it says the same", () => {
    const limits = { player_ranges, iterations: 20, player_position: 0 };
    const flat = solveInProcess({ ...river, ...limits, bet_sizes: [0.5, 1] }).solution;
    const named = solveInProcess({ ...river, ...limits, bet_sizes: { river: [0.5, 1] } }).solution;
    expect({ ...named.tree, ev: named.ev }).toEqual({ ...flat.tree, ev: flat.ev });
    expect(flat.game).not.toHaveProperty("sizes");
    expect(named.game.sizes).toEqual([
      {
        street: "river",
        bets: { 0: [0.5, 1], 1: [0.5, 1] },
        raises: { 0: [0.5, 1], 1: [0.5, 1] },
        donks: { 0: [0.5, 1], 1: [0.5, 1] },
      },
    ]);
  });

  it("shows what was offered, in the published schema", () => {
    const { solution } = solveInProcess({
      ...river,
      player_ranges,
      iterations: 5,
      bet_sizes: { 0: ["geometric"], 1: [0.5] },
      raise_sizes: "none",
      all_in_threshold: 0.7,
    });
    expect(solverResultSchema.shape.solution.shape.game.parse(solution.game)).toEqual(solution.game);
    expect(solution.game).toMatchObject({ all_in_threshold: 0.7, sizes: [{ raises: { 0: [], 1: [] } }] });
    expect(solution.abstraction.at(-1)).toBe(
      "river: bets of the geometric size (player 0), 50 % (player 1), no raises, donk bets of the geometric size (player 0), 50 % (player 1); sizes are parts of the pot after the call, at most 3 raises a street; what would put in 70 % of a stack or more is all-in",
    );
    expect(solution.tree.actions.map(({ action, to }) => `${action} ${to}`)).toEqual(["check 0", "bet 100"]);
  });

  it("names every size that the ladder gives up", () => {
    const turn = {
      ...river,
      board: RIVER.slice(0, 4),
      player_ranges,
      bet_sizes: { turn: [0.5, 1], river: { 0: [0.25, 0.75, 1], 1: [0.5, "geometric"] } },
      raise_sizes: { river: [0.5, 1], turn: [1] },
    };
    const input = parseSolverInput({ ...turn, time_limit_seconds: 1000 });
    const { spot } = prepareSpot(input);
    const limits = { ...input.request, maxBytes: 2 ** 30, threads: 1 };
    const whole = planHeadsUp(spot, limits, classifyOn(spot)).plan;
    expect(whole?.reductions.filter((each) => each.includes("size"))).toEqual([]);
    expect(whole?.sizing.sizesByStreet).toEqual(spot.options.sizes?.byStreet);
    // So little memory that the river keeps one size for each player and kind.
    const bytes = whole === null ? 0 : gameBytes(whole.game);
    const tight = planHeadsUp(spot, { ...limits, maxBytes: bytes - 1 }, classifyOn(spot)).plan;
    expect(tight?.reductions).toContain(
      "one size stands for several on the river: given up are bets of 25 %, 75 % (player 0), 50 % (player 1), raises of 50 %, donk bets of 25 %, 75 % (player 0), 50 % (player 1)",
    );
    expect(tight?.sizing.sizesByStreet?.[1]?.bets).toEqual([[1], [{ geometric: null }]]);
    expect(tight?.sizing.sizesByStreet?.[0]).toEqual(spot.options.sizes?.byStreet[0]);
  });

  it("is cut on later streets for three players, which is said", () => {
    const input = parseSolverInput({
      ...flop,
      stack_sizes: [60, 60, 60],
      bet_sizes: { flop: [1], turn: [0.5, 1], river: [1] },
      player_ranges: { 0: "AA", 1: "KK", 2: "QQ" },
    });
    const { spot } = prepareSpot(input);
    const { reductions, sizing } = planMultiway(
      spot,
      { ...input.request, maxBytes: 2 ** 29, threads: 1 },
      classifyOn(spot),
    );
    expect(reductions).toContain(
      "one size stands for several on the turn: given up are bets of 50 %, raises of 50 %, donk bets of 50 %",
    );
    expect(sizing.sizesByStreet?.[1]?.raises).toEqual([[1], [1], [1]]);
  });
});
