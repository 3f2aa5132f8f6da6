import { describe, expect, it } from "vitest";
import { parseCards } from "../../../../src/poker/cards.js";
import { choose } from "../../../../src/poker/combinatorics.js";
import { type KnownDeal, KnownShowdowns } from "../../../../src/poker/equity/known-showdowns.js";
import { ShowdownCounts } from "../../../../src/poker/equity/showdown-counts.js";
import { evaluatorTables } from "../../../../src/poker/evaluator/tables.js";
import { countNaively } from "../naive-equity.js";
import { deckBytes, drawInto, seededRandom } from "../oracle.js";

const engine = new KnownShowdowns(evaluatorTables());

function count(deal: KnownDeal): ShowdownCounts {
  const nextCard = deal.boards.map((known) => known.length === 3 || known.length === 4);
  const counts = new ShowdownCounts({ players: deal.hands.length, nextCard });
  engine.count(deal, counts);
  return counts;
}

/** A random deal: `players` hands of `size`, boards with the given numbers of known cards, `folded` dead cards. */
function randomDeal(seed: number, players: number, size: number, known: readonly number[], folded: number) {
  const cards = new Uint8Array(players * size + known.reduce((sum, n) => sum + n, 0) + folded);
  drawInto(cards, deckBytes(), seededRandom(seed));
  const rest = [...cards];
  return {
    hands: Array.from({ length: players }, () => rest.splice(0, size)),
    boards: known.map((n) => rest.splice(0, n)),
    dead: rest,
  };
}

function expectNaive(deal: KnownDeal & { hands: number[][]; boards: number[][]; dead: number[] }): void {
  const naive = countNaively(deal.hands, deal.boards, deal.dead);
  const counts = count(deal);
  deal.boards.forEach((known, board) => {
    deal.hands.forEach((_, player) => {
      expect([...counts.breakdown(board, player)]).toEqual(naive.breakdown[board]?.[player]);
      expect([...counts.shares(board, player)]).toEqual(naive.shares[board]?.[player]);
      if (known.length !== 3 && known.length !== 4) return;
      for (let card = 0; card < 52; card++) {
        expect([...counts.nextCardShares(board, card, player)]).toEqual(naive.next[board]?.[card]?.[player]);
      }
    });
  });
  if (deal.boards.length < 2) return;
  deal.hands.forEach((_, player) => {
    expect([...counts.joint(player)]).toEqual(naive.joint[player]?.flat());
  });
}

describe("showdowns of known hands", () => {
  it.each([
    [2, 4, [3], 0],
    [2, 4, [4], 5],
    [2, 4, [5], 0],
    [3, 5, [3], 2],
    [4, 6, [3], 0],
    [6, 4, [3], 3],
    [2, 5, [2], 0],
    [3, 4, [2], 8],
    [10, 4, [3], 0],
    [1, 4, [3], 0],
  ])("match brute force: %i players, %i cards, boards %j, %i folded", (players, size, known, folded) => {
    for (let seed = 0; seed < 4; seed++) expectNaive(randomDeal(seed * 977 + players, players, size, known, folded));
  });

  it.each([
    [2, 4, [5, 5], 0],
    [2, 4, [4, 4], 2],
    [3, 4, [3, 5], 0],
    [2, 4, [3, 4], 0],
    [3, 4, [5, 4], 4],
    [4, 5, [3, 3], 0],
    [6, 4, [3, 3], 6],
    [2, 6, [2, 4], 20],
    [2, 4, [1, 3], 26],
    [2, 4, [0, 4], 24],
    [2, 4, [0, 0], 32],
    [3, 4, [0, 0], 28],
    [2, 4, [2, 0], 28],
    [2, 4, [1, 2], 26],
  ])("match brute force on pairs: %i players, %i cards, boards %j, %i folded", (players, size, known, folded) => {
    for (let seed = 0; seed < 2; seed++) expectNaive(randomDeal(seed * 7919 + 31, players, size, known, folded));
  });

  it("match brute force on a double-board flop, all 442,890 pairs", () => {
    const deal = randomDeal(4, 2, 4, [3, 3], 0);
    expectNaive(deal);
    const deals = count(deal)
      .joint(0)
      .reduce((sum, n) => sum + n, 0);
    expect(deals).toBe(choose(38, 2) * choose(36, 2));
  });

  it("deal every board exactly once, before the flop too", () => {
    const [hero, villain] = [parseCards("AsKsQhJh"), parseCards("8c8d7c6d")];
    const single = count({ hands: [hero, villain], boards: [[]], dead: [] });
    expect([...single.shares(0, 0)]).toEqual([515_754, 570_254, 0]);
    expect([...single.shares(0, 1)]).toEqual([570_254, 515_754, 0]);
    const double = count({ hands: [hero, villain], boards: [[], []], dead: [] });
    expect(double.joint(0).reduce((sum, n) => sum + n, 0)).toBe(choose(44, 5) * choose(39, 5));
    expect([...double.shares(1, 0)]).toEqual([515_754, 570_254, 0]);
  });

  it("give the same joint counts with the boards swapped", () => {
    const deal = randomDeal(99, 3, 4, [3, 2], 0);
    const counts = count(deal);
    const swapped = count({ ...deal, boards: [...deal.boards].reverse() });
    for (let player = 0; player < 3; player++) {
      const joint = counts.joint(player);
      const other = swapped.joint(player);
      for (let top = 0; top < 4; top++)
        for (let bottom = 0; bottom < 4; bottom++) expect(other[bottom * 4 + top]).toBe(joint[top * 4 + bottom]);
      expect([...swapped.breakdown(1, player)]).toEqual([...counts.breakdown(0, player)]);
    }
  });
});
