import { describe, expect, it } from "vitest";
import { flopsOf, parseSolverInput } from "../../../../src/tasks/solver-analysis/parse-input.js";

const river = { board: ["Ks", "Qd", "7h", "4c", "2d"], pot_size: 100, stack_sizes: [300, 300] };

describe("a solver job's input", () => {
  it("may be the state itself or lie under game_state with options beside it", () => {
    const nested = parseSolverInput({ game_state: river, iterations: 50, bet_sizes: [1, 0.5, 1], opponents: 1 });
    const flat = parseSolverInput({ ...river, iterations: 50, bet_sizes: [0.5, 1] });
    expect(nested).toEqual(flat);
    expect(nested.options.betSizes).toEqual([0.5, 1]);
  });

  it("has the documented defaults", () => {
    const input = parseSolverInput(river);
    expect(input.state).toMatchObject({ street: 3, activePlayers: [0, 1], playerToAct: 0, currentBet: null });
    expect(input.options).toEqual({
      betSizes: [0.5, 1],
      sizes: null,
      maxRaises: 3,
      maxCombos: null,
      seed: 1,
      treeDepth: null,
      fullStrategy: false,
      classes: null,
    });
    expect(input.request).toEqual({ iterations: null, targetExploitability: 0.005, timeLimitSeconds: 60 });
    expect(parseSolverInput({ ...river, iterations: 100 }).request).toEqual({
      iterations: 100,
      targetExploitability: null,
      timeLimitSeconds: 600,
    });
    expect(input.useCache).toBe(true);
  });

  it("reads cards and numbers in the forms that clients write", () => {
    const input = parseSolverInput({
      ...river,
      board: "K♠Qd 7h,4c 2D",
      pot_size: "100",
      hero_cards: ["10h", "9H", "ac", "Ad"],
    });
    expect(input.boards).toEqual(parseSolverInput(river).boards);
    expect(input.heroCards).toHaveLength(4);
    expect(parseSolverInput({ ...river, hero_cards: ["", "", "", ""] }).heroCards).toBeNull();
  });

  it("takes two complete boards of the same cards, which must give the answer of one", () => {
    const twice = { ...river, board2: [...river.board].reverse(), hero_cards: ["As", "Ah", "Jd", "Td"] };
    expect(parseSolverInput(twice).boards).toHaveLength(2);
    const turn = river.board.slice(0, 4);
    expect(() => parseSolverInput({ ...river, board: turn, board2: turn })).toThrow(/card Ks lies twice/);
  });

  it("reads ranges as hands, text, notation and with weights", () => {
    const { ranges } = parseSolverInput({
      ...river,
      player_ranges: {
        "0": [["As", "Ah", "Jd", "Td"], "AdAcJsTs", { cards: "9s9h8d8c", weight: 0.5 }, "KK:ds"],
        "1": ["Ts", "9s", "8h", "7c"],
      },
    });
    expect(ranges[0]?.map(({ kind, weight }) => [kind, weight])).toEqual([
      ["hand", 1],
      ["hand", 1],
      ["hand", 0.5],
      ["notation", 1],
    ]);
    expect(ranges[1]).toHaveLength(1);
    const empty = parseSolverInput({ ...river, player_position: 0, player_ranges: { "0": [], "1": "" } });
    expect(empty.ranges).toEqual([null, null]);
    expect(empty.assumptions).toEqual([
      "player_ranges.0 is empty: the default range is taken",
      "player_ranges.1 is empty: the default range is taken",
    ]);
  });

  it("says of a range that its player has folded, and refuses one of nobody", () => {
    const three = { ...river, stack_sizes: [300, 300, 300], active_players: [0, 2], player_position: 0 };
    expect(parseSolverInput({ ...three, player_ranges: { "1": "AA" } }).assumptions).toEqual([
      "the range of player 1 is not used: he is not one of active_players",
    ]);
    expect(() => parseSolverInput({ ...three, player_ranges: { "7": "AA" } })).toThrow(
      "player_ranges.7: there is no player 7: active_players are [0, 2]",
    );
  });

  it.each([
    [{ ...river, board: ["Ks", "Qd"] }, /0, 3, 4 or 5 cards, not 2/],
    [{ ...river, board: ["Ks", "Ks", "7h", "4c", "2d"] }, /card Ks lies twice/],
    [{ ...river, board: ["Ks", "Zz", "7h", "4c", "2d"] }, /board: "Zz" is not a card/],
    [{ ...river, street: "turn" }, /street is turn but the board has 5 cards/],
    [{ ...river, street: "seventh" }, /"seventh" is not preflop, flop, turn or river/],
    [{ ...river, pot_size: 0 }, /pot_size: .* above 0 .*, not 0/],
    [{ board: river.board, stack_sizes: [1, 1] }, /pot_size: .* is expected, but it is missing/],
    [{ board: river.board, stack_sizes: [1, 1], potsize: 3 }, /pot_size: .* is missing: is potsize meant\?/],
    [{ ...river, rake: { Percnt: 5 } }, /rake.percent: .* is missing: is Percnt meant\?/],
    [{ ...river, rake: { cap: 5 } }, /rake.percent: .* is missing$/],
    [{ ...river, locks: [{ strtegy: { check: 1 } }] }, /locks.0.strategy: .* is missing: is strtegy meant\?/],
    [{ ...river, pot_size: "abc", seed: -1 }, /^pot_size: a number is expected, not "abc"; seed: [^;]*, not -1$/],
    [{ ...river, player_ranges: { player_1: "AA" } }, /player_ranges: "player_1" is not a player id/],
    [{ ...river, board2: river.board.slice(0, 4) }, /board has 5 cards and board2 4/],
    [
      { ...river, num_cards: 6, stack_sizes: Array(9).fill(100) },
      /9 players with 6 cards and a board need 59 cards of 52/,
    ],
    [{ ...river, hero_cards: ["Ks", "Kh", "Kc", "2c"] }, /hero_cards KsKhKc2c: card Ks occurs twice/],
    [{ ...river, pot_size: "much" }, /pot_size: a number is expected/],
    [{ ...river, bet_sizes: [1.5] }, /bet_sizes\.0: pot limit allows no bet above the pot/],
    [{ ...river, max_raises: -1 }, /max_raises/],
    [{ ...river, target_exploitability: 2 }, /target_exploitability/],
    [{ ...river, num_cards: 3 }, /4, 5 or 6 hole cards, not 3/],
    [{ ...river, hero_cards: ["Ks", "Ah", "3c", "3d"] }, /card Ks occurs twice/],
    [{ ...river, hero_cards: ["Ah", "3c"] }, /instead of 4|hole cards/],
    [{ ...river, num_boards: 2 }, /both boards must be on the same street/],
    [{ ...river, board2: ["Ks", "2h", "3h", "4h", "5h"] }, /card Ks lies twice/],
    [{ ...river, betting_history: [["x", "bet", 10]] }, /betting_history\[0\]: "x" is not a player id/],
    [{ ...river, betting_history: [[0, "dance", 10]] }, /"dance" is not an action/],
    [{ ...river, player_ranges: { "0": [["As", "Qq", "Jd", "Td"]] } }, /player_ranges\.0\[0\]: "Qq" is not a card/],
    [{ ...river, bet_size: [1] }, /^bet_size is no key of this input: did you mean bet_sizes\?/],
    [{ game_state: { ...river, raek: 1 } }, /^raek is no key of this input/],
    [
      { ...river, betting_history: [{ player: 0, action: "bet", amonut: 5 }] },
      /^betting_history\[0\]\.amonut .*amount/,
    ],
    [{ ...river, player_ranges: { "0": [{ range: "AA", wieght: 0.5 }] } }, /^player_ranges\.0\[0\]\.wieght .*weight/],
    [{ ...river, player_ranges: { "0": { hands: ["AA"], weight: [1] } } }, /^player_ranges\.0\.weight .*weights/],
    [{ game_state: 7 }, /game_state must be an object/],
    [null, /input_data/],
    ["nonsense", /input_data/],
  ])("is refused with the place and the value: %j", (input, message) => {
    expect(() => parseSolverInput(input)).toThrow(message);
  });
});

it.each([
  ["in the state itself", { flops: "all" }, "all"],
  ["in a state within", { game_state: { flops: "all" } }, "all"],
  ["beside a state", { flops: "all", game_state: {} }, "all"],
  ["in both, of which the state's count", { flops: "all", game_state: { flops: { sample: 5 } } }, { sample: 5 }],
  ["nowhere", { game_state: {} }, null],
  ["beside what is no state", { flops: "all", game_state: 3 }, "all"],
  ["in no object", "flops", null],
])("finds the flops of a report %s", (_where, input, flops) => {
  expect(flopsOf(input)).toEqual(flops);
});
