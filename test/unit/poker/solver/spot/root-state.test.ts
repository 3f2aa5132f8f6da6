import { describe, expect, it } from "vitest";
import type { HistoryEntry, HistoryType } from "../../../../../src/poker/solver/spot/betting-history.js";
import { rootState, type StateDescription } from "../../../../../src/poker/solver/spot/root-state.js";

type Entry = readonly [number, HistoryType, number?];

function describeState(
  over: Partial<Omit<StateDescription, "history">> & { history?: readonly Entry[] } = {},
): StateDescription {
  const { history = [], ...rest } = over;
  return {
    street: 3,
    activePlayers: [0, 1],
    playerToAct: 0,
    stacks: [300, 300, 300],
    pot: 100,
    potIncludesBets: true,
    currentBet: null,
    streetBets: null,
    bigBlind: null,
    lastAggressor: null,
    history: history.map(([player, type, amount = null]): HistoryEntry => ({ player, type, amount })),
    ...rest,
  };
}

describe("the betting state a job describes", () => {
  it("opens the street when nothing was bet", () => {
    const { state, toAct, assumptions } = rootState(describeState());
    expect(toAct).toBe(0);
    expect(state).toMatchObject({ pot: 100, bets: [0, 0], pending: [true, true], raises: 0 });
    expect(assumptions).toEqual([]);
  });

  it.each<[string, readonly Entry[], number]>([
    [
      "the big blind where the small blind has the button",
      [
        [0, "post", 0.5],
        [1, "post", 1],
      ],
      1,
    ],
    [
      "the big blind where he meets the button",
      [
        [2, "post", 0.5],
        [1, "post", 1],
        [0, "raise", 3],
        [2, "fold"],
      ],
      1,
    ],
    [
      "the small blind where others have folded",
      [
        [0, "post", 0.5],
        [1, "post", 1],
        [2, "fold"],
      ],
      0,
    ],
    ["the first in order where nobody is known to have posted", [[0, "raise", 3]], 0],
  ])("lets %s act first after the flop", (_name, history, seat) => {
    const toAct = history.some(([player, type]) => player === 0 && type === "raise") ? 1 : 0;
    const root = rootState(describeState({ street: 0, pot: 4.5, playerToAct: toAct, history }));
    expect(root.firstLater).toBe(seat);
    expect(root.assumptions.join()).toMatch(new RegExp(`after the flop player ${seat} acts first`));
  });

  it("takes those before the player to act to have checked", () => {
    const { state, assumptions } = rootState(describeState({ playerToAct: 1 }));
    expect(state.pending).toEqual([false, true]);
    expect(assumptions).toEqual(["player 0 checked"]);
  });

  it("says of no player who was all-in before the street that he checked", () => {
    const among = { activePlayers: [0, 1, 2], playerToAct: 2, stacks: [0, 300, 300] };
    expect(rootState(describeState(among)).assumptions).toEqual(["player 1 checked"]);
    expect(rootState(describeState({ ...among, currentBet: 40 })).assumptions[0]).toBe("player 1 bet 40");
  });

  it("takes the player before to have bet when only current_bet is given, and says so", () => {
    const { state, assumptions } = rootState(describeState({ playerToAct: 1, currentBet: 40 }));
    expect(state.bets).toEqual([40, 0]);
    expect(state.minRaise).toBe(40);
    expect(assumptions).toEqual(["player 0 bet 40", "pot_size 100 includes the 40 bet on this street"]);
  });

  it("takes a first player facing a bet to have checked before", () => {
    const { state } = rootState(describeState({ playerToAct: 0, currentBet: 40 }));
    expect(state.bets).toEqual([0, 40]);
    expect(state.pending).toEqual([true, false]);
  });

  it("adds the bets to a pot that leaves them out", () => {
    const { state } = rootState(describeState({ playerToAct: 1, currentBet: 40, potIncludesBets: false }));
    expect(state.pot).toBe(140);
  });

  it("replays the street from the history", () => {
    const { state } = rootState(
      describeState({
        pot: 300,
        history: [
          [0, "bet", 50],
          [1, "raise", 150],
        ],
        currentBet: 150,
      }),
    );
    expect(state).toMatchObject({ bets: [50, 150], minRaise: 100, raises: 1, pending: [true, false] });
  });

  it("finds the reading of raises that agrees with current_bet", () => {
    const added = rootState(
      describeState({
        pot: 500,
        history: [
          [0, "bet", 50],
          [1, "raise", 150],
          [0, "raise", 200],
        ],
        currentBet: 250,
        playerToAct: 1,
      }),
    );
    expect(added.state.bets).toEqual([250, 150]);
    expect(added.assumptions[0]).toMatch(/chips added/);
    const by = rootState(
      describeState({
        pot: 300,
        history: [
          [0, "bet", 50],
          [1, "raise", 100],
        ],
        currentBet: 150,
      }),
    );
    expect(by.state.bets).toEqual([50, 150]);
    expect(by.assumptions[0]).toMatch(/on top of/);
  });

  it("knows earlier streets in the history from this one", () => {
    const history = [
      [0, "bet", 20],
      [1, "call", 20],
      [0, "check"],
    ] as const;
    const { state } = rootState(describeState({ history, playerToAct: 1, currentBet: 0 }));
    expect(state).toMatchObject({ bets: [0, 0], pending: [false, true] });
  });

  it("leaves out players who have folded", () => {
    const history = [
      [0, "bet", 50],
      [2, "fold"],
    ] as const;
    const { state } = rootState(describeState({ history, playerToAct: 1, pot: 150 }));
    expect(state.bets).toEqual([50, 0]);
  });

  it("keeps a short all-in from reopening the betting", () => {
    const history = [
      [0, "bet", 100],
      [1, "all-in", 130],
      [2, "call", 130],
    ] as const;
    const { state } = rootState(describeState({ activePlayers: [0, 1, 2], stacks: [200, 0, 200], history, pot: 460 }));
    expect(state).toMatchObject({ bets: [100, 130, 130], minRaise: 100, actedLevel: [100, 130, 130] });
  });

  it("takes the last two players for the blinds preflop", () => {
    const { state, minBet } = rootState(describeState({ street: 0, pot: 1.5, currentBet: 1, stacks: [99.5, 99] }));
    expect(state).toMatchObject({ bets: [0.5, 1], pending: [true, true], minRaise: 1 });
    expect(minBet).toBe(1);
  });

  it.each([
    [{ activePlayers: [0] }, /at least two players/],
    [{ activePlayers: [0, 7] }, /names player 7, but stack_sizes has 3 entries/],
    [{ playerToAct: 2 }, /player_position 2 is not one of active_players/],
    [{ stacks: [0, 300] }, /player 0 is all-in/],
    [{ stacks: [300, 0] }, /nobody has a decision left/],
    [{ pot: 30, currentBet: 40, playerToAct: 1 }, /cannot be less than their sum 40/],
    [
      { history: [[0, "bet", 50]], currentBet: 0, playerToAct: 1 },
      /current_bet is 0, but betting_history leaves a bet of 50/,
    ],
    [{ history: [[0, "bet", 50]], playerToAct: 0 }, /player 1 is to act/],
    [
      {
        history: [
          [0, "check"],
          [1, "call", 20],
        ],
      },
      /player 1 calls and there is no bet/,
    ],
    [
      {
        history: [
          [0, "bet", 50],
          [1, "check"],
        ],
      },
      /checks facing a bet/,
    ],
    [{ history: [[1, "fold"]] }, /player 1 folds and is in active_players/],
  ] as const)("refuses what cannot be: %j", (over, message) => {
    expect(() => rootState(describeState(over as Parameters<typeof describeState>[0]))).toThrow(message);
  });
});
