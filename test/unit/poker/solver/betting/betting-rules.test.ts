import { describe, expect, it } from "vitest";
import {
  applyAction,
  type BettingState,
  chipScale,
  nextToAct,
} from "../../../../../src/poker/solver/betting/betting-state.js";
import {
  type BettingNode,
  buildBettingTree,
  countNodes,
} from "../../../../../src/poker/solver/betting/betting-tree.js";
import { legalActions } from "../../../../../src/poker/solver/betting/sizing.js";
import { freshState, potLimit } from "../toy-games.js";

/** "fold, call 50, raise 250*": `to` totals, a star for all-in. */
function offered(state: BettingState, seat: number, fractions: readonly number[], maxRaises = 3): string {
  return legalActions(state, seat, potLimit(fractions, maxRaises), 0)
    .map((action) => {
      const star = action.allIn ? "*" : "";
      if (action.type === "fold" || action.type === "check") return action.type;
      return action.type === "call" ? `call ${action.amount}${star}` : `${action.type} ${action.to}${star}`;
    })
    .join(", ");
}

/** Plays totals: a number bets or raises to it, "x" checks, "c" calls, "f" folds. */
function play(
  start: BettingState,
  moves: readonly (number | "x" | "c" | "f")[],
): { state: BettingState; seat: number } {
  let state = start;
  let seat = nextToAct(state, 0);
  for (const move of moves) {
    const actions = legalActions(state, seat, potLimit([0.01, 0.25, 0.5, 0.75, 1], 9), 0);
    const wanted = { x: "check", c: "call", f: "fold" } as const;
    const own = state.bets[seat] ?? 0;
    const action =
      typeof move === "number"
        ? { type: "raise" as const, amount: move - own, to: move, allIn: move - own === state.stacks[seat] }
        : actions.find(({ type }) => type === wanted[move]);
    if (!action) throw new Error(`no ${move}`);
    state = applyAction(state, seat, action);
    seat = nextToAct(state, seat + 1);
  }
  return { state, seat };
}

describe("pot-limit rules, worked by hand", () => {
  it.each([
    // An opening bet is at most the pot.
    [100, [300, 300], [], [0.5, 1], "check, bet 50, bet 100"],
    [100, [300, 300], ["x"], [1 / 3, 0.75], "check, bet 33.333333, bet 75"],
    // 100 in the pot, bet 100: after calling the pot is 300, so a pot raise is to 400.
    [100, [1000, 1000], [100], [0.5, 1], "fold, call 100, raise 250, raise 400"],
    // 100, bet 50, raise to 250: pot 400, call 200 makes 600; pot raise by 600 to 850.
    [100, [2000, 2000], [50, 250], [1], "fold, call 200, raise 850"],
    // A third of the pot after the call would be less than the minimum raise of 100.
    [30, [1000, 1000], [100], [0.25, 1], "fold, call 100, raise 200, raise 330"],
    // Sizes that the stack cuts to the same amount are offered once, as an all-in.
    [100, [300, 300], [100], [0.5, 1], "fold, call 100, raise 250, raise 300*"],
    [100, [80, 300], [], [0.5, 1], "check, bet 50, bet 80*"],
    [100, [40, 300], [], [0.5, 1], "check, bet 40*"],
    // A call for less.
    [100, [300, 60], [100], [1], "fold, call 60*"],
    // An all-in raise below the minimum is allowed: 130 over a bet of 100.
    [100, [300, 130], [100], [1], "fold, call 100, raise 130*"],
    // No bet beyond what the opponent can call.
    [100, [300, 70], [], [0.5, 1], "check, bet 50, bet 70"],
    [100, [300, 0], [], [1], ""],
    // Three players: the pot raise counts the caller's chips: 100 + 50 + 50, call 50 → 250; raise to 300.
    [100, [900, 900, 900], [50, "c"], [1], "fold, call 50, raise 300"],
  ] as const)("pot %i, stacks %j, after %j: sizes %j", (pot, stacks, moves, fractions, expected) => {
    const { state, seat } = play(freshState(3, pot, stacks), moves);
    expect(seat < 0 ? "" : offered(state, seat, fractions)).toBe(expected);
  });

  it("a short all-in does not reopen the betting for those who have acted", () => {
    // Seat 0 bets 100, seat 1 goes all-in for 130, seat 2 calls: seat 0 may call or fold only.
    const { state, seat } = play(freshState(3, 100, [900, 130, 900]), [100, 130, "c"]);
    expect(seat).toBe(0);
    expect(offered(state, seat, [1])).toBe("fold, call 30");
  });

  it("a short all-in leaves the betting open for those who have not acted", () => {
    // The last full bet was 100, so the minimum raise is to 230; pot 100 + 100 + 130, call 130: by 460.
    const { state, seat } = play(freshState(3, 100, [900, 130, 900]), [100, 130]);
    expect(seat).toBe(2);
    expect(offered(state, seat, [0.01, 1])).toBe("fold, call 130, raise 230, raise 590");
  });

  it("two short all-ins that add up to a full raise reopen the betting", () => {
    // 100, all-in 160, all-in 210, call: seat 0 faces 110 more than it bet, a full raise, and seat 3 can answer.
    const { state, seat } = play(freshState(3, 100, [900, 160, 210, 900]), [100, 160, 210, "c"]);
    expect(seat).toBe(0);
    expect(offered(state, 0, [0.01])).toBe("fold, call 110, raise 310");
  });

  it("offers no raise when nobody has chips to answer with", () => {
    const { state, seat } = play(freshState(3, 100, [900, 160, 210]), [100, 160, 210]);
    expect(offered(state, seat, [1])).toBe("fold, call 110");
  });

  it("stops raising at the cap, but never the first bet", () => {
    const { state, seat } = play(freshState(3, 100, [9000, 9000]), [100, 300]);
    expect(offered(state, seat, [1], 1)).toBe("fold, call 200");
    expect(offered(freshState(3, 100, [900, 900]), 0, [1], 0)).toBe("check, bet 100");
  });

  it("ends the street when everyone has acted, and deals on without decisions after an all-in", () => {
    const options = { sizing: potLimit([1], 0), lastStreet: 3, minBet: 0 };
    const tree = buildBettingTree(freshState(2, 100, [100, 100]), 0, options);
    // Turn: check-check leads to a river with bets; bet-call is all-in and leads to a river without.
    const afterAllIn = tree.children[1];
    if (afterAllIn?.kind !== "decision") throw new Error("a bet must be answered");
    const called = afterAllIn.children[1];
    expect(called).toMatchObject({ kind: "chance", child: { kind: "showdown" } });
    expect(countNodes(tree)).toEqual({ decisions: 8, folds: 4, showdowns: 5, chances: 3 });
  });

  it.each([
    [6.5, 97],
    [0.00025, 0.0097],
    [9.99, 1234.5678],
  ])("keeps a hand's amounts on one grid, however pot and stacks grow apart: pot %d, stacks %d", (pot, stack) => {
    const root = { ...freshState(1, pot, [stack, stack]), scale: chipScale(pot) };
    const tree = buildBettingTree(root, 0, { sizing: potLimit([0.75], 2), lastStreet: 3, minBet: 0 });
    const left: number[] = [];
    const visit = (node: BettingNode): void => {
      if (node.kind === "chance") visit(node.child);
      if (node.kind !== "decision") return;
      node.children.forEach((child, index) => {
        if (node.actions[index]?.allIn) left.push(child.state.stacks[node.seat] as number);
        visit(child);
      });
    };
    visit(tree);
    expect(left.length).toBeGreaterThan(5);
    expect(new Set(left)).toEqual(new Set([0]));
  });

  it("has the anchor's 20 decisions and 37 ends with pot 100, stacks 300, half pot and pot, three raises", () => {
    const tree = buildBettingTree(freshState(3, 100, [300, 300]), 0, {
      sizing: potLimit([0.5, 1], 3),
      lastStreet: 3,
      minBet: 0,
    });
    expect(countNodes(tree)).toEqual({ decisions: 20, folds: 18, showdowns: 19, chances: 0 });
  });
});
