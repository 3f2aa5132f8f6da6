import { describe, expect, it } from "vitest";
import {
  applyAction,
  type BettingAction,
  type BettingState,
  type Rake,
} from "../../../../../src/poker/solver/betting/betting-state.js";
import { buildBettingTree } from "../../../../../src/poker/solver/betting/betting-tree.js";
import { potLayers } from "../../../../../src/poker/solver/betting/pot-layers.js";
import { rakeAt } from "../../../../../src/poker/solver/betting/rake.js";
import { freshState, potLimit } from "../toy-games.js";

type Move = readonly [seat: number, type: BettingAction["type"], to: number];

const RAKE: Rake = { percent: 5, cap: null, noFlopNoDrop: true, foldedBet: 0 };

function played(root: BettingState, moves: readonly Move[]): BettingState {
  return moves.reduce((state, [seat, type, to]) => {
    const amount = type === "fold" ? 0 : to - (state.bets[seat] ?? 0);
    return applyAction(state, seat, { type, amount, to, allIn: amount === state.stacks[seat] });
  }, root);
}

const river = (rake: Partial<Rake> = {}, street = 3): BettingState => ({
  ...freshState(street, 90, [300, 120, 40]),
  rake: { ...RAKE, ...rake },
});

describe("rake", () => {
  it("is taken of what was called, not of the bet that nobody called", () => {
    const root = river();
    const state = played(root, [
      [0, "bet", 50],
      [1, "fold", 0],
      [2, "fold", 0],
    ]);
    expect(rakeAt(root, { kind: "fold", state, winner: 0 })).toBeCloseTo(0.05 * 90, 12);
    const called = played(root, [
      [0, "bet", 90],
      [1, "call", 90],
      [2, "fold", 0],
    ]);
    expect(rakeAt(root, { kind: "showdown", state: called })).toBeCloseTo(0.05 * 270, 12);
  });

  it("ends at the cap", () => {
    const root = river({ cap: 3 });
    expect(rakeAt(root, { kind: "showdown", state: root })).toBe(3);
  });

  it("is not taken of a hand that ends before the flop, unless the table drops there too", () => {
    const ended = { kind: "fold", winner: 0 } as const;
    for (const [noFlopNoDrop, taken] of [
      [true, 0],
      [false, 4.5],
    ] as const) {
      const root = river({ noFlopNoDrop }, 0);
      expect(rakeAt(root, { ...ended, state: root })).toBeCloseTo(taken, 12);
      expect(rakeAt(root, { kind: "showdown", state: { ...root, street: 3 } })).toBeCloseTo(4.5, 12);
    }
  });

  it("counts a folded player's bet as a call of its part", () => {
    const raised = { ...freshState(3, 290, [0, 300]), bets: [150, 0], rake: { ...RAKE, foldedBet: 50 } };
    expect(rakeAt(raised, { kind: "fold", state: raised, winner: 0 })).toBeCloseTo(0.05 * 190, 12);
  });

  it("is taken of main and side pots in proportion, and not of what goes back", () => {
    const root = river();
    const tree = buildBettingTree(root, 0, { sizing: potLimit([1], 1), lastStreet: 3, minBet: 0 });
    const pots = (moves: readonly Move[]): number[] =>
      potLayers(tree, { kind: "showdown", state: played(root, moves) }).map(({ chips }) => chips);
    const [main, side] = pots([
      [0, "bet", 90],
      [1, "call", 90],
      [2, "call", 40],
    ]);
    expect(main).toBeCloseTo(210 * 0.95, 10);
    expect(side).toBeCloseTo(100 * 0.95, 10);
    const [both, back] = pots([
      [0, "bet", 90],
      [2, "call", 40],
      [1, "fold", 0],
    ]);
    expect(both).toBeCloseTo(170 * 0.95, 10);
    expect(back).toBeCloseTo(50, 10);
  });
});
