import { describe, expect, it } from "vitest";
import { parseCards } from "../../../../src/poker/cards.js";
import { choose } from "../../../../src/poker/combinatorics.js";
import { ShowdownCounts } from "../../../../src/poker/equity/showdown-counts.js";
import { countVersusRandom, type LoneDeal, type Slice } from "../../../../src/poker/equity/versus-random.js";
import { evaluatorTables } from "../../../../src/poker/evaluator/tables.js";
import { countNaively, emptyCounts, subsets } from "../naive-equity.js";
import { deckBytes, drawInto, seededRandom } from "../oracle.js";

function count(deal: LoneDeal, slice?: Slice): ShowdownCounts {
  const nextCard = [deal.board.length === 3 || deal.board.length === 4];
  const counts = new ShowdownCounts({ players: 2, nextCard });
  countVersusRandom(evaluatorTables(), deal, counts, slice);
  return counts;
}

/** Deals every other hand and every completion. */
function bruteForce(deal: LoneDeal): ReturnType<typeof emptyCounts> {
  const naive = emptyCounts(2, 1);
  const live = [...deckBytes([...deal.hand, ...deal.board, ...deal.dead])];
  for (const other of subsets(live, deal.hand.length)) countNaively([deal.hand, other], [deal.board], deal.dead, naive);
  return naive;
}

function expectNaive(deal: LoneDeal): void {
  const naive = bruteForce(deal);
  const counts = count(deal);
  for (const player of [0, 1]) {
    expect([...counts.breakdown(0, player)]).toEqual(naive.breakdown[0]?.[player]);
    expect([...counts.shares(0, player)]).toEqual(naive.shares[0]?.[player]);
    if (deal.board.length !== 3 && deal.board.length !== 4) continue;
    for (let card = 0; card < 52; card++) {
      expect([...counts.nextCardShares(0, card, player)]).toEqual(naive.next[0]?.[card]?.[player]);
    }
  }
}

/** A hand and a board with so many dead cards that `live` are left. */
function randomDeal(seed: number, size: number, known: number, live: number, board?: string): LoneDeal {
  const cards = new Uint8Array(52);
  const fixed = board === undefined ? [] : parseCards(board);
  const rest = deckBytes(fixed);
  drawInto(cards.subarray(0, rest.length), rest, seededRandom(seed));
  const order = [...cards.subarray(0, rest.length)];
  const hand = order.splice(0, size);
  return { hand, board: [...fixed, ...order.splice(0, known - fixed.length)], dead: order.slice(live) };
}

describe("a hand against every other hand", () => {
  it.each([
    [4, 5, 20],
    [5, 5, 16],
    [6, 5, 16],
    [4, 4, 16],
    [5, 4, 14],
    [6, 4, 13],
    [4, 3, 13],
    [5, 3, 12],
    [4, 2, 11],
    [4, 0, 10],
    [5, 1, 10],
  ])("matches brute force: %i cards, board of %i, %i live cards", (size, known, live) => {
    for (let seed = 0; seed < 2; seed++) expectNaive(randomDeal(seed * 53 + size, size, known, live));
  });

  it.each([
    "AsKsQsJs9s",
    "8h8d8c2s2h",
    "As2s3s4s9d",
    "7s7d2s3s4c",
    "7s7d7c3s4s",
    "Ts9s8s8d8h",
    "2s5s9s",
    "2s2d9s",
    "QsJs",
  ])("matches brute force on board %s", (board) => {
    const known = board.length / 2;
    for (let seed = 0; seed < 1; seed++) {
      expectNaive(randomDeal(seed, 4, known, [10, 10, 11, 12, 14, 24][known] ?? 10, board));
      expectNaive(randomDeal(seed, 5, known, [10, 10, 10, 11, 12, 17][known] ?? 10, board));
    }
  });

  it("counts every deal once", () => {
    const counts = count({ hand: parseCards("AsKsQhJh"), board: parseCards("9c8h2s"), dead: [] });
    expect([...counts.shares(0, 0)]).toEqual([62_469_718, 57_101_164, 2_605_018]);
    expect(counts.shares(0, 0).reduce((sum, n) => sum + n)).toBe(choose(45, 2) * choose(43, 4));
  });

  it("gives the same counts in slices", () => {
    for (const board of ["9c8h2s", "Ts"]) {
      const live = board.length === 2 ? 12 : 40;
      const deal = randomDeal(1, 4, board.length / 2, live, board);
      const whole = count(deal);
      const merged = count(deal, { part: 0, parts: 3 });
      merged.add(count(deal, { part: 1, parts: 3 }));
      merged.add(count(deal, { part: 2, parts: 3 }));
      expect(merged.data).toEqual(whole.data);
    }
  });

  it("ends early when asked", () => {
    let asked = 0;
    const counts = new ShowdownCounts({ players: 2, nextCard: [false] });
    const deal = { hand: parseCards("AsKsQhJh"), board: parseCards("9c8h2s"), dead: [] };
    countVersusRandom(evaluatorTables(), deal, counts, undefined, () => ++asked > 3);
    expect(asked).toBe(4);
  });
});
