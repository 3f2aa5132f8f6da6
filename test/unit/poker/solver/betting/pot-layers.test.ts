import { describe, expect, it } from "vitest";
import {
  applyAction,
  type BettingAction,
  type BettingState,
} from "../../../../../src/poker/solver/betting/betting-state.js";
import { type BettingNode, buildBettingTree } from "../../../../../src/poker/solver/betting/betting-tree.js";
import { potLayers } from "../../../../../src/poker/solver/betting/pot-layers.js";
import { freshState, potLimit } from "../toy-games.js";

function act(state: BettingState, seat: number, type: BettingAction["type"], to: number): BettingState {
  const amount = type === "fold" ? 0 : to - (state.bets[seat] ?? 0);
  return applyAction(state, seat, { type, amount, to, allIn: amount === state.stacks[seat] });
}

describe("main and side pots", () => {
  const root = buildBettingTree(freshState(3, 90, [300, 120, 40]), 0, {
    sizing: potLimit([1], 1),
    lastStreet: 3,
    minBet: 0,
  });
  const layersAfter = (...moves: readonly [number, BettingAction["type"], number][]): string[] => {
    const state = moves.reduce((at, [seat, type, to]) => act(at, seat, type, to), root.state);
    const node: BettingNode = { kind: "showdown", state };
    return potLayers(root, node).map(({ chips, seats }) => `${chips}:${seats.toString(2).padStart(3, "0")}`);
  };

  it("one pot when everyone has put in the same", () => {
    expect(layersAfter([0, "bet", 40], [1, "call", 40], [2, "call", 40])).toEqual(["210:111"]);
  });

  it("a side pot that the short stack does not play for", () => {
    // 90 + 3 × 40 for all three, 2 × 50 for the two others.
    expect(layersAfter([0, "bet", 90], [1, "call", 90], [2, "call", 40])).toEqual(["210:111", "100:011"]);
  });

  it("chips of a folded player stay, and an uncalled part goes back", () => {
    // Seat 1 calls 90 and folds to nothing; seat 0 has 90 in against seat 2's 40.
    expect(layersAfter([0, "bet", 90], [2, "call", 40], [1, "fold", 0])).toEqual(["170:101", "50:001"]);
    expect(layersAfter([0, "bet", 90], [1, "raise", 120], [2, "call", 40], [0, "fold", 90])).toEqual([
      "210:110",
      "130:010",
    ]);
  });
});
