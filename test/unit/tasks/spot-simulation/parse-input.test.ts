import { describe, expect, it } from "vitest";
import { JobInputError } from "../../../../src/jobs/errors.js";
import { formatCards } from "../../../../src/poker/cards.js";
import { parseSpotInput } from "../../../../src/tasks/spot-simulation/parse-input.js";
import { knownCards, type SpotInput } from "../../../../src/tasks/spot-simulation/spot-input.js";

const HERO = ["As", "Ks", "Qh", "Jh"];
const VILLAIN = ["8c", "8d", "7c", "6d"];
const cardsOf = (input: SpotInput): string[] => input.players.map(({ hand }) => formatCards(knownCards(hand)));
const boardsOf = (input: SpotInput): string[] => input.boards.map((board) => formatCards(board));

describe("spot input", () => {
  it("is read in every form the backend sends", () => {
    const input = parseSpotInput({
      players: [{ cards: HERO, player_number: 3 }, VILLAIN, { cards: ["10H", "t♠", "9♦", "9c"] }],
      top_board: ["9h", "8h", "2s", "", ""],
      bottom_board: [],
      simulation_runs: "5000",
      max_hand_combinations: 10000,
      folded_cards: [["3c"], "3d", ""],
      spot_name: "x",
      from_spot_mode: true,
    });
    expect(cardsOf(input)).toEqual(["AsKsQhJh", "8c8d7c6d", "ThTs9d9c"]);
    expect(input.players.map((player) => player.playerNumber)).toEqual([3, 2, 3]);
    expect(boardsOf(input)).toEqual(["9h8h2s", ""]);
    expect(formatCards(input.folded)).toBe("3c3d");
    expect(input).toMatchObject({ handSize: 4, runs: 5000, randomOpponents: 1, targetStandardError: null });
  });

  it("has defaults, and other names for the same", () => {
    expect(parseSpotInput({ players: [HERO] }).runs).toBe(10_000);
    expect(parseSpotInput({ players: [HERO], iterations: 77 }).runs).toBe(77);
    expect(parseSpotInput({ players: [HERO], simulation_runs: 1_000_000_000, iterations: 77 }).runs).toBe(1e9);
    expect(parseSpotInput({ players: [HERO], random_opponents: 0 }).randomOpponents).toBe(0);
    expect(parseSpotInput({ players: [HERO], random_opponents: 8, seed: 5 })).toMatchObject({
      randomOpponents: 8,
      seed: 5,
    });
  });

  it("has one board unless a bottom board is spoken of", () => {
    const boards = (fields: object): string[] => boardsOf(parseSpotInput({ players: [HERO, VILLAIN], ...fields }));
    expect(boards({})).toEqual([""]);
    expect(boards({ board: ["2c", "3c"] })).toEqual(["2c3c"]);
    expect(boards({ board: "2c3c4c" })).toEqual(["2c3c4c"]);
    expect(boards({ top_board: ["2c"], bottom_board: null })).toEqual(["2c"]);
    expect(boards({ top_board: [], bottom_board: [] })).toEqual(["", ""]);
    expect(boards({ board: [], top_board: ["2c"], bottom_board: ["3c"] })).toEqual(["2c", "3c"]);
  });

  it("reads blanks, ranges and lists of hands", () => {
    const input = parseSpotInput({
      players: [
        { cards: ["As", "Ks", "", null] },
        { cards: ["", "", "", ""] },
        { cards: [] },
        { cards: "AA:ds" },
        { cards: ["QsQhJsJh", "QdQcJdJc"] },
        {
          cards: [
            ["2s", "2h", "3s", "3h"],
            ["4s", "4h", "5s", "5h"],
          ],
        },
      ],
    });
    expect(cardsOf(input)).toEqual(["AsKs", "", "", "", "", ""]);
    expect(input.players.map(({ hand }) => (hand.kind === "range" ? hand.range.source : hand.cards.length))).toEqual([
      4,
      4,
      4,
      "AA:ds",
      "QsQhJsJh,QdQcJdJc",
      "2s2h3s3h,4s4h5s5h",
    ]);
  });

  it("takes a list of one hand for that hand", () => {
    const input = parseSpotInput({
      players: [{ cards: ["AsKsQhJh"] }, { cards: [VILLAIN] }, { cards: ["2s3s", "4s5s"] }],
    });
    expect(cardsOf(input)).toEqual(["AsKsQhJh", "8c8d7c6d", ""]);
    expect(input.players[2]?.hand).toMatchObject({ kind: "range", range: { source: "2s3s,4s5s" } });
  });

  it("takes commas between cards for a hand's, and those between parts of hands for a range's", () => {
    const handOf = (cards: string) => parseSpotInput({ players: [{ cards }] }).players[0]?.hand;
    expect(handOf("As,Ks, Qh,Jh")).toMatchObject({ kind: "cards", cards: [48, 44, 41, 37] });
    expect(handOf("As Ks Qh Jh")).toMatchObject({ kind: "cards", cards: [48, 44, 41, 37] });
    for (const source of ["AsAh,KsKh", "AsAh,AsKs", "AsAhKdKc,2c2d2h2s", "As,Ks,Qh", "AsK,KsQ"]) {
      expect(handOf(source)).toMatchObject({ kind: "range", range: { source } });
    }
  });

  it("reads a hand of which some cards are written x", () => {
    const handOf = (cards: string, more: object = {}) =>
      parseSpotInput({ players: [{ cards }], ...more }).players[0]?.hand;
    expect(handOf("AsKsQhx")).toEqual({ kind: "cards", cards: [48, 44, 41, null] });
    expect(handOf("AsXxX", { num_cards: 5 })).toMatchObject({ kind: "range" });
    expect(handOf("xx10♥xx", { num_cards: 5 })).toEqual({ kind: "cards", cards: [null, null, 33, null, null] });
    expect(handOf("AsKx")).toMatchObject({ kind: "range" });
    expect(handOf("xxxx")).toEqual({ kind: "cards", cards: [null, null, null, null] });
    expect(handOf("AsKsx")).toMatchObject({ kind: "range" });
  });

  it.each([
    [{ rake: { percent: 5, capp: 3 }, pot_size: 10 }, /^rake\.capp is no key of this input: did you mean cap\?/],
    [{ bet_size: 1 }, /^bet_size is no key of this input/],
    [{ board2: ["2c"] }, /^board2 is no key of this input: did you mean board\?/],
    [{ simulation_run: 5 }, /did you mean simulation_runs\?/],
    [
      { players: [HERO, { cards: VILLAIN, range: "AA" }] },
      /^players\[1\]\.range is no key of this input: did you mean cards\?/,
    ],
  ])("refuses a key that nobody reads: %j", (fields, message) => {
    expect(() => parseSpotInput({ players: [HERO], ...fields })).toThrow(message);
  });

  it.each([
    [{ rake: { percent: 5 } }, /^rake needs pot_size/],
    [{ rake: 5, pot_size: 10 }, /^rake: 5 is not valid \(expected an object\)/],
    [{ rake: { percent: 100 }, pot_size: 10 }, /^rake.percent: 100 is not valid \(less than 100\)/],
    [{ rake: { percent: 5, cap: -1 }, pot_size: 10 }, /^rake.cap: -1 is not valid \(at least 0\)/],
    [{ pot_size: 0 }, /^pot_size: 0 is not valid \(more than 0\)/],
  ])("refuses a pot or rake that cannot be: %j", (fields, message) => {
    expect(() => parseSpotInput({ players: [HERO], ...fields })).toThrow(message);
  });

  it("takes what the front end sends beside the cards, and comments", () => {
    const fields = {
      spot_name: "x",
      spot_description: "y",
      from_spot_mode: true,
      max_hand_combinations: 5,
      _note: "z",
    };
    expect(parseSpotInput({ players: [HERO], ...fields }).players).toHaveLength(1);
  });

  it("does not stumble over a player's number", () => {
    const numbers = ["7", 0, 2.5, null, {}, 9];
    const input = parseSpotInput({ players: numbers.map((player_number) => ({ cards: [], player_number })) });
    expect(input.players.map((player) => player.playerNumber)).toEqual([7, 2, 3, 4, 5, 9]);
  });

  it("knows the size of hands", () => {
    expect(parseSpotInput({ players: [[...HERO, "2c"], { cards: "AAKKx" }] }).handSize).toBe(5);
    expect(parseSpotInput({ players: [[...HERO, "2c", "3c"]] }).handSize).toBe(6);
    expect(parseSpotInput({ players: [{ cards: "AA" }], num_cards: 5 }).handSize).toBe(5);
  });

  it("takes equal spots for equal, whatever else is in the input", () => {
    const seed = (fields: object): number => parseSpotInput({ players: [HERO, VILLAIN], ...fields }).seed;
    expect(seed({ spot_name: "a" })).toBe(seed({ spot_name: "b" }));
    expect(seed({})).not.toBe(seed({ board: ["2c"] }));
  });

  it.each([
    [null, "input_data: null is not valid (expected an object)"],
    [{}, "players is missing"],
    [{ playres: [] }, "players is missing: is playres meant?"],
    [{ players: "AA" }, 'players: "AA" is not valid (expected a list)'],
    [{ players: [] }, "players: [] is not valid (at least 1 entry)"],
    [{ players: new Array(11).fill(HERO) }, "players: a list of 11 is not valid (at most 10 entries)"],
    [{ players: [5] }, "players[0]: 5 is not valid (expected a list of cards, or an object with cards)"],
    [{ players: [{ cards: 5 }] }, 'players[0]: {"cards":5} is not valid'],
    [{ players: [["As", "Ks", "Qh", "Zz"]] }, 'players[0].cards[3]: "Zz" is not a card'],
    [{ players: [["As", "Ks", "Qh"]] }, "players[0]: a hand has 4, 5 or 6 cards, not 3 cards (As Ks Qh)"],
    [{ players: [[...HERO, "2c", "3c", "4c"]] }, "not 7 cards (As Ks Qh Jh 2c 3c 4c)"],
    [{ players: [HERO, [...VILLAIN, "2c"]] }, "players[1]: a hand of 5 cards (8c 8d 7c 6d 2c) among hands of 4"],
    [{ players: [HERO, ["As", "2c", "3c", "4c"]] }, 'card "As" occurs twice: in players[0] and in players[1]'],
    [{ players: [["As", "As", "3c", "4c"]] }, 'card "As" occurs twice in players[0]'],
    [{ players: [HERO], top_board: ["Ks"] }, 'card "Ks" occurs twice: in players[0] and in the top board'],
    [{ players: [HERO], top_board: ["2c"], bottom_board: ["2c"] }, "in the top board and in the bottom board"],
    [{ players: [HERO], folded_cards: ["Qh"] }, "in players[0] and in folded_cards"],
    [{ players: [HERO], top_board: ["2c", "3c", "4c", "5c", "6c", "7c"] }, "a board has at most 5 cards, not 6"],
    [{ players: [HERO], top_board: ["2c", "1d"] }, 'top_board[1]: "1d" is not a'],
    [{ players: [HERO], top_board: 5 }, "top_board: 5 is not valid (expected a list of cards)"],
    [{ players: [HERO], board: ["2c"], top_board: ["3c"] }, 'board ["2c"] and top_board ["3c"] are both given'],
    [{ players: [HERO], simulation_runs: 0 }, "simulation_runs: 0 is not valid (at least 1)"],
    [{ players: [HERO], simulation_runs: 1e9 + 1 }, "simulation_runs: 1000000001 is not valid (at most 1000000000)"],
    [{ players: [HERO], simulation_runs: 2.5 }, "simulation_runs: 2.5 is not valid (expected a whole number)"],
    [{ players: [HERO], simulation_runs: "many" }, 'simulation_runs: "many" is not valid (expected a whole number)'],
    [{ players: [HERO], random_opponents: 9 }, "random_opponents: 9 is not valid (at most 8)"],
    [{ players: [[...HERO, "2c", "3c"]], random_opponents: 8 }, "random_opponents 8: 9 hands of 6 cards"],
    [{ players: [HERO], target_standard_error: 0 }, "target_standard_error: 0 is not valid (more than 0)"],
    [{ players: [{ cards: "AAex" }] }, 'players[0]: range "AAex" at position 3: unexpected "e"'],
    [{ players: new Array(10).fill(["", "", "", "", ""]) }, "10 hands of 5 cards, 1 board and 0 folded cards need 55"],
    [{ players: [{ cards: "AsKsQhJhTh9h8h" }] }, "players[0]: a hand has 4, 5 or 6 cards, not 7 cards"],
  ])("is refused with the offending value: %j", (data, message) => {
    expect(() => parseSpotInput(data)).toThrow(JobInputError);
    expect(() => parseSpotInput(data)).toThrow(message);
  });
});
