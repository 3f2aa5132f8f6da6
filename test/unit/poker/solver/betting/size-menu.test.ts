import { describe, expect, it } from "vitest";
import { type BettingState, betLevel, raiseBounds } from "../../../../../src/poker/solver/betting/betting-state.js";
import {
  type BettingNode,
  buildBettingTree,
  type DecisionNode,
  TreeTooLargeError,
} from "../../../../../src/poker/solver/betting/betting-tree.js";
import type { BetSize, StreetSizes } from "../../../../../src/poker/solver/betting/size-menu.js";
import type { PotLimitSizing } from "../../../../../src/poker/solver/betting/sizing.js";
import { seededRandom } from "../../oracle.js";
import { freshState } from "../toy-games.js";

const everyone = (sizes: readonly BetSize[], seats = 2): (readonly BetSize[])[] =>
  Array.from({ length: seats }, () => sizes);
const menu = (bets: readonly BetSize[], raises = bets, donks = bets): StreetSizes => ({
  bets: everyone(bets),
  raises: everyone(raises),
  donks: everyone(donks),
});
const sized = (sizesByStreet: readonly StreetSizes[], over: Partial<PotLimitSizing> = {}): PotLimitSizing => ({
  kind: "pot-limit",
  fractionsByStreet: [[]],
  maxRaisesByStreet: [2],
  bettingStreets: 4,
  sizesByStreet,
  ...over,
});
const tree = (state: BettingState, sizing: PotLimitSizing, aggressor = -1, toAct = 0): DecisionNode =>
  buildBettingTree(state, toAct, { sizing, lastStreet: 3, minBet: 0, aggressor });

/** Totals of the bets or raises of a node that is reached by these totals (0 checks or calls). */
function totals(root: DecisionNode, path: readonly number[] = []): number[] {
  let node: BettingNode = root;
  for (const move of path) {
    while (node.kind === "chance") node = node.child;
    if (node.kind !== "decision") throw new Error("the hand is over");
    const { actions, children }: DecisionNode = node;
    const at = actions.findIndex(({ type, to }) => (move === 0 ? type === "check" || type === "call" : to === move));
    node = children[at] as BettingNode;
  }
  while (node.kind === "chance") node = node.child;
  if (node.kind !== "decision") throw new Error("the hand is over");
  return node.actions.flatMap(({ type, to }) => (type === "bet" || type === "raise" ? [to] : []));
}

describe("sizes by street and player, worked by hand", () => {
  it("are the street's and the player's own, raises apart from bets", () => {
    const flop = { bets: [[0.5], [0.25, 1]], raises: [[1], []], donks: [[0.5], [0.25, 1]] };
    const root = tree(freshState(1, 100, [1000, 1000]), sized([flop, menu([0.75]), menu([])]));
    expect(totals(root)).toEqual([50]);
    expect(totals(root, [50])).toEqual([]);
    expect(totals(root, [0])).toEqual([25, 100]);
    // 100, bet 100: after the call 300.
    expect(totals(root, [0, 100])).toEqual([400]);
    expect(totals(root, [0, 0])).toEqual([75]);
    expect(totals(root, [0, 0, 0, 0])).toEqual([]);
  });

  it("have donk bets where the last street's aggressor is still to act behind, and nowhere else", () => {
    const sizes = menu([0.5], [1], [0.25]);
    const state = freshState(1, 100, [1000, 1000]);
    expect(totals(tree(state, sized([sizes]), 1))).toEqual([25]);
    expect(totals(tree(state, sized([sizes]), 0))).toEqual([50]);
    const root = tree(state, sized([sizes]));
    expect(totals(root)).toEqual([50]);
    // Seat 1 bet the flop and was called: the turn's first bet leads into him; a turn checked through has no aggressor.
    expect(totals(root, [0, 50, 0])).toEqual([50]);
    expect(totals(root, [0, 50, 0, 0])).toEqual([100]);
    expect(totals(root, [0, 50, 0, 0, 0])).toEqual([100]);
    expect(totals(root, [50, 0])).toEqual([100]);
    const none = menu([0.5], [1], []);
    expect(totals(tree(state, sized([none]), 1))).toEqual([]);
  });

  it("put the stack in by the river where they are geometric, as far as the pot limit allows", () => {
    // Pot 100, 400 behind: 100 × 3 × 3 = 900 = 100 + 2 × 400, so two pot-size bets put it in.
    const root = tree(freshState(2, 100, [400, 400]), sized([menu([{ geometric: null }])]));
    expect(totals(root)).toEqual([100]);
    expect(totals(root, [100, 0])).toEqual([300]);
    // 100 behind three streets: (1 + 2)^(1/3).
    const small = tree(freshState(1, 100, [100, 100]), sized([menu([{ geometric: null }])]));
    expect(totals(small)[0]).toBeCloseTo(((3 ** (1 / 3) - 1) / 2) * 100, 4);
    // Deeper than pot bets reach: the pot.
    expect(totals(tree(freshState(3, 100, [1000, 1000]), sized([menu([{ geometric: 1 }])])))).toEqual([100]);
    // Over two streets although three are left.
    expect(totals(tree(freshState(1, 100, [400, 400]), sized([menu([{ geometric: 2 }])])))).toEqual([100]);
  });

  it("become all-in from the threshold on, where the pot limit allows it", () => {
    const state = freshState(3, 100, [100, 100]);
    expect(totals(tree(state, sized([menu([0.25, 0.5, 0.75])], { allInFrom: 0.75 })))).toEqual([25, 50, 100]);
    expect(totals(tree(state, sized([menu([0.25, 0.5, 0.75])], { allInFrom: 0.5 })))).toEqual([25, 100]);
    // The pot is 100 and the stack 110: pot limit forbids the rest.
    expect(totals(tree(freshState(3, 100, [110, 110]), sized([menu([1])], { allInFrom: 0.5 })))).toEqual([100]);
  });
});

/** What a node may offer, from the rules as the documentation has them. */
function expected(
  state: BettingState,
  seat: number,
  sizes: readonly BetSize[],
  allInFrom: number | undefined,
): number[] {
  const level = betLevel(state);
  const own = state.bets[seat] ?? 0;
  const called = state.pot + level - own;
  const reach = state.bets.map((bet, other) =>
    other === seat || state.folded[other] ? 0 : bet + (state.stacks[other] ?? 0),
  );
  const most = Math.min(own + (state.stacks[seat] ?? 0), Math.max(...reach));
  const all = sizes.map((size) => {
    const asked =
      typeof size === "number" ? size * called : geometric(size.geometric ?? 4 - state.street, called, most - level);
    const by = Math.min(Math.max(asked, state.minRaise), called, most - level);
    const nearly = allInFrom !== undefined && level + by - own >= allInFrom * (most - own) - 1e-7;
    return nearly && most - level <= called + 1e-7 ? most : level + by;
  });
  const sorted = all.sort((a, b) => a - b);
  return sorted.filter((to, index) => index === 0 || to - (sorted[index - 1] as number) > 1e-6);
}

/** Halves the interval for the fraction that puts `behind` in when bet and called on so many streets. */
function geometric(streets: number, pot: number, behind: number): number {
  let [low, high] = [0, 1e6];
  for (let step = 0; step < 200; step++) {
    const fraction = (low + high) / 2;
    let [now, left] = [pot, behind];
    for (let street = 0; street < streets; street++) {
      left -= fraction * now;
      now += 2 * fraction * now;
    }
    if (left > 0) low = fraction;
    else high = fraction;
  }
  return low * pot;
}

describe("sizes of random trees", () => {
  const random = seededRandom(2026);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const sizes = (): BetSize[] =>
    Array.from({ length: Math.floor(random() * 3) }, () =>
      random() < 0.25 ? { geometric: pick([null, 1, 2, 3]) } : pick([0.1, 0.25, 1 / 3, 0.5, 0.75, 1]),
    );

  it("are all that were asked for, at their amounts, and none is above the pot limit", () => {
    let offered = 0;
    let donks = 0;
    for (let round = 0; round < 150; round++) {
      const seats = pick([2, 2, 2, 3]);
      const street = pick([1, 2, 3, 3]);
      const stacks = Array.from({ length: seats }, () => Math.round(20 + random() * 400));
      const state = { ...freshState(street, 100, stacks), minRaise: pick([0, 10]) };
      const bySeat = (): BetSize[][] => Array.from({ length: seats }, sizes);
      const menus = Array.from({ length: 4 - street }, () => ({ bets: bySeat(), raises: bySeat(), donks: bySeat() }));
      const allInFrom = pick([undefined, 0.5, 0.8]);
      const aggressor = pick([-1, 0, 1]);
      const sizing = sized(menus, { maxRaisesByStreet: [pick([0, 1, 2])], ...(allInFrom ? { allInFrom } : {}) });
      const cap = sizing.maxRaisesByStreet[0] ?? 0;
      const visit = (node: BettingNode, before: number, now: number): void => {
        if (node.kind === "chance") visit(node.child, now, -1);
        if (node.kind !== "decision") return;
        const { seat, state: at } = node;
        const level = betLevel(at);
        const here = menus[at.street - street] as StreetSizes;
        const leads =
          level === 0 && before > seat && !at.folded[before] && (at.stacks[before] ?? 0) > 0 && at.pending[before];
        const kind = level > 0 ? "raises" : leads ? "donks" : "bets";
        const bets = node.actions.filter(({ type }) => type === "bet" || type === "raise");
        const open = raiseBounds(at, seat) !== null && !(level > 0 && at.raises >= cap);
        const wanted = open ? expected(at, seat, here[kind][seat] ?? [], allInFrom) : [];
        expect(bets).toHaveLength(wanted.length);
        bets.forEach(({ to }, index) => {
          expect(to).toBeCloseTo(wanted[index] as number, 4);
        });
        for (const { to, amount } of bets) {
          const toCall = level - (at.bets[seat] ?? 0);
          expect(to - level).toBeLessThanOrEqual(at.pot + toCall + 1e-6);
          expect(amount).toBeLessThanOrEqual(at.stacks[seat] ?? 0);
        }
        offered += bets.length;
        if (kind === "donks") donks += bets.length;
        node.children.forEach((child, index) => {
          const type = node.actions[index]?.type;
          visit(child, before, type === "bet" || type === "raise" ? seat : now);
        });
      };
      try {
        const options = { sizing, lastStreet: 3, minBet: state.minRaise, aggressor, maxNodes: 3000 };
        visit(buildBettingTree(state, 0, options), aggressor, -1);
      } catch (error) {
        if (!(error instanceof TreeTooLargeError)) throw error;
      }
    }
    expect(offered).toBeGreaterThan(2000);
    expect(donks).toBeGreaterThan(100);
  });
});
