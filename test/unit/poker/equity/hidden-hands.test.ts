import { describe, expect, it } from "vitest";
import { parseCards } from "../../../../src/poker/cards.js";
import { countAssignments, handsPerSeat, listHands } from "../../../../src/poker/equity/assignments.js";
import type { Seat, SeatedDeal } from "../../../../src/poker/equity/deal.js";
import { countLateBoards } from "../../../../src/poker/equity/late-boards.js";
import { completionsOfLists, countLists } from "../../../../src/poker/equity/list-showdowns.js";
import { chooseMethod } from "../../../../src/poker/equity/method.js";
import { ShowdownCounts } from "../../../../src/poker/equity/showdown-counts.js";
import { countVersusRandom } from "../../../../src/poker/equity/versus-random.js";
import { evaluatorTables } from "../../../../src/poker/evaluator/tables.js";
import { expandRange } from "../../../../src/poker/ranges/expand-range.js";
import { parseRange } from "../../../../src/poker/ranges/parse-range.js";
import { countNaively, emptyCounts } from "../naive-equity.js";
import { deckBytes, drawInto, seededRandom } from "../oracle.js";

type Counter = typeof countAssignments;

const tables = evaluatorTables();
const known = (text: string): Seat => ({ kind: "cards", known: parseCards(text) });

function range(text: string, dead: string, handSize = 4): Seat {
  return { kind: "range", hands: expandRange(parseRange(text, handSize), parseCards(dead)) };
}

function count(counter: Counter, deal: SeatedDeal, from = 0, to = Number.POSITIVE_INFINITY): ShowdownCounts {
  const nextCard = deal.boards.map((board) => board.length === 3 || board.length === 4);
  const counts = new ShowdownCounts({ players: deal.seats.length, nextCard });
  counter(tables, deal, from, to, counts, () => false);
  return counts;
}

/** Deals every combination of hidden hands. */
function bruteForce(deal: SeatedDeal): ReturnType<typeof emptyCounts> {
  const naive = emptyCounts(deal.seats.length, deal.boards.length);
  const choices = deal.seats.map((_, player) => {
    const { count: hands, cards } = listHands(deal, player);
    return Array.from({ length: hands }, (_, i) => [...cards.subarray(i * deal.handSize, (i + 1) * deal.handSize)]);
  });
  const assign = (hands: number[][]): void => {
    const next = choices[hands.length];
    if (next === undefined) countNaively(hands, deal.boards, deal.dead, naive);
    else for (const hand of next) if (!hand.some((card) => hands.flat().includes(card))) assign([...hands, hand]);
  };
  assign([]);
  return naive;
}

function expectNaive(counter: Counter, deal: SeatedDeal): void {
  const naive = bruteForce(deal);
  const counts = count(counter, deal);
  deal.seats.forEach((_, player) => {
    deal.boards.forEach((board, b) => {
      expect([...counts.breakdown(b, player)]).toEqual(naive.breakdown[b]?.[player]);
      expect([...counts.shares(b, player)]).toEqual(naive.shares[b]?.[player]);
      if (board.length !== 3 && board.length !== 4) return;
      for (let card = 0; card < 52; card++) {
        expect([...counts.nextCardShares(b, card, player)]).toEqual(naive.next[b]?.[card]?.[player]);
      }
    });
    if (deal.boards.length === 2) expect([...counts.joint(player)]).toEqual(naive.joint[player]?.flat());
  });
}

/** All cards but those named and `live` others. */
function allBut(live: number, named: string): number[] {
  const rest = deckBytes(parseCards(named));
  const shuffled = new Uint8Array(rest.length);
  drawInto(shuffled, rest, seededRandom(live));
  return [...shuffled.subarray(live)];
}

describe("hidden hands", () => {
  const HERO = "AsKsQhJh";
  const VILLAIN = "8c8d7c6d";

  it.each<[string, SeatedDeal]>([
    ["one blank", { handSize: 4, seats: [known("AsKsQh"), known(VILLAIN)], boards: [parseCards("9c8h2s")], dead: [] }],
    [
      "two blanks in two hands",
      {
        handSize: 4,
        seats: [known("AsKsQh"), known("8c8d7c")],
        boards: [parseCards("9c8h2s4d")],
        dead: allBut(20, "AsKsQh8c8d7c9c8h2s4d"),
      },
    ],
    [
      "a short range",
      {
        handSize: 4,
        seats: [known(HERO), range("AAAx", `${HERO}9c8h2s4d`)],
        boards: [parseCards("9c8h2s4d")],
        dead: [],
      },
    ],
    [
      "three players",
      {
        handSize: 4,
        seats: [known(HERO), known("8c8d7c"), known("5c5d4c4d")],
        boards: [parseCards("9c8h2s4s"), parseCards("TdTc3c3d")],
        dead: [],
      },
    ],
    [
      "five cards",
      { handSize: 5, seats: [known("AsKsQhJh"), known(`${VILLAIN}2c`)], boards: [parseCards("9c8h2s4s")], dead: [] },
    ],
  ])("are dealt in every way: %s", (_, deal) => {
    expectNaive(countAssignments, deal);
    if (deal.boards.every((board) => board.length >= 4)) expectNaive(countLateBoards, deal);
  });

  it.each<[string, SeatedDeal]>([
    [
      "both rivers",
      {
        handSize: 4,
        seats: [known(HERO), known("")],
        boards: [parseCards("9c8h2s4d3d"), parseCards("TdTc3cKh2c")],
        dead: allBut(13, `${HERO}9c8h2s4d3dTdTc3cKh2c`),
      },
    ],
    [
      "turn and river",
      {
        handSize: 4,
        seats: [known(HERO), known("")],
        boards: [parseCards("9c8h2s4d"), parseCards("TdTc3cKh2c")],
        dead: allBut(12, `${HERO}9c8h2s4dTdTc3cKh2c`),
      },
    ],
    [
      "river and turn",
      {
        handSize: 4,
        seats: [known(""), known(HERO)],
        boards: [parseCards("9c8h2s4d3d"), parseCards("TdTc3cKh")],
        dead: allBut(12, `${HERO}9c8h2s4d3dTdTc3cKh`),
      },
    ],
    [
      "both turns",
      {
        handSize: 4,
        seats: [known(HERO), known("")],
        boards: [parseCards("9c8h2s4d"), parseCards("TdTc3cKh")],
        dead: allBut(11, `${HERO}9c8h2s4dTdTc3cKh`),
      },
    ],
    [
      "both turns, 5 cards, 3 players",
      {
        handSize: 5,
        seats: [known(`${HERO}2d`), known(""), known("5c5d6s6c7h")],
        boards: [parseCards("9c8h2s4d"), parseCards("TdTc3cKh")],
        dead: allBut(9, `${HERO}2d5c5d6s6c7h9c8h2s4dTdTc3cKh`),
      },
    ],
  ])("are counted on late boards: %s", (_, deal) => {
    expectNaive(countLateBoards, deal);
  });

  it.each<[string, SeatedDeal]>([
    [
      "river",
      {
        handSize: 4,
        seats: [range("AAKQ", "9c8h2s4d3d"), range("8877,99xx:AK:ss", "9c8h2s4d3d")],
        boards: [parseCards("9c8h2s4d3d")],
        dead: [],
      },
    ],
    [
      "turn",
      {
        handSize: 4,
        seats: [range("AAKK,AAKQ:ds", "9c8h2s4d"), range("KKQQ,9988:ds", "9c8h2s4d")],
        boards: [parseCards("9c8h2s4d")],
        dead: [],
      },
    ],
    [
      "flop",
      {
        handSize: 4,
        seats: [range("AAKK", "9c8h2s"), range("AAQQ,KKQQ", "9c8h2s")],
        boards: [parseCards("9c8h2s")],
        dead: allBut(16, "AsAhAdAcKsKhKdKcQsQhQdQc9c8h2s"),
      },
    ],
    [
      "against a known hand",
      {
        handSize: 4,
        seats: [known(HERO), range("99xx:JT", `${HERO}9c8h2s4d`)],
        boards: [parseCards("9c8h2s4d")],
        dead: [],
      },
    ],
    [
      "against a blank",
      {
        handSize: 4,
        seats: [known("AsKsQh"), range("9988", "AsKsQh9c8h2s4d")],
        boards: [parseCards("9c8h2s4d")],
        dead: [],
      },
    ],
  ])("are counted as lists: %s", (_, deal) => {
    const dead = new Set(deal.dead);
    const seats = deal.seats.map((seat): Seat => {
      if (seat.kind === "cards") return seat;
      const { handSize, cards } = seat.hands;
      const hands: number[] = [];
      for (let at = 0; at < cards.length; at += handSize) {
        const hand = [...cards.subarray(at, at + handSize)];
        if (!hand.some((card) => dead.has(card))) hands.push(...hand);
      }
      return { kind: "range", hands: { handSize, count: hands.length / handSize, cards: Uint8Array.from(hands) } };
    });
    expectNaive(countLists, { ...deal, seats });
  });

  it("give the same counts by every method, whole and in slices", () => {
    const dead = allBut(30, `${HERO}9c8h2s4d`);
    const deal: SeatedDeal = {
      handSize: 4,
      seats: [known(HERO), known("")],
      boards: [parseCards("9c8h2s4d")],
      dead,
    };
    const expected = new ShowdownCounts({ players: 2, nextCard: [true] });
    countVersusRandom(tables, { hand: parseCards(HERO), board: parseCards("9c8h2s4d"), dead }, expected);
    const late = count(countLateBoards, deal, 0, 10_000);
    late.add(count(countLateBoards, deal, 10_000));
    expect(late.data).toEqual(expected.data);
    const lists = count(countLists, deal, 0, 10);
    lists.add(count(countLists, deal, 10, completionsOfLists(deal)));
    expect(lists.data).toEqual(expected.data);
  });

  it("are counted exactly where that is worth it, and simulated elsewhere", () => {
    const method = (seats: readonly Seat[], boards: readonly string[], runs: number, dead = ""): string =>
      chooseMethod({ handSize: 4, seats, boards: boards.map(parseCards), dead: parseCards(dead) }, runs, 40e6).kind;
    const hero = known(HERO);
    const random = known("");
    expect(method([hero, known(VILLAIN)], ["", ""], 1)).toBe("known");
    expect(method([hero, random], ["9c8h2s"], 10_000)).toBe("versus-random");
    expect(method([hero, random], [""], 10_000)).toBe("monte-carlo");
    expect(method([hero, random], [""], 100_000_000)).toBe("versus-random");
    const folded = "AcAhKdKcQdQcJdJcTsTh9s9h8d8c7d7c6s6h5s5h4d4c3d2c9d8s7h6d5c4s";
    expect(method([hero, random], [""], 200_000, folded.slice(0, 16))).toBe("monte-carlo");
    expect(method([hero, random], [""], 200_000, folded)).toBe("versus-random");
    expect(method([hero, random, random], ["9c8h2s"], 10_000)).toBe("monte-carlo");
    expect(method([known("AsKsQh"), known(VILLAIN)], ["9c8h2s"], 10_000)).toBe("assignments");
    expect(method([hero, random], ["9c8h2s4d3d", "TdTc3cKh2c"], 10_000)).toBe("late-boards");
    expect(method([hero, random], ["9c8h2s", "TdTc3c"], 10_000)).toBe("monte-carlo");
    expect(method([range("AA", "9c8h2s4d"), range("KK", "9c8h2s4d")], ["9c8h2s4d"], 1_000_000)).toBe("lists");
    expect(handsPerSeat({ handSize: 4, seats: [hero, random], boards: [[]], dead: [] })).toEqual([1, 194_580]);
  });

  it("stop when asked", () => {
    const deal: SeatedDeal = {
      handSize: 4,
      seats: [known(HERO), known("")],
      boards: [parseCards("9c8h2s4d3d")],
      dead: [],
    };
    const counts = new ShowdownCounts({ players: 2, nextCard: [false] });
    let asked = 0;
    countLateBoards(tables, deal, 0, Number.POSITIVE_INFINITY, counts, () => ++asked >= 3);
    expect(asked).toBe(3);
    expect(counts.shares(0, 0).reduce((sum, n) => sum + n)).toBeLessThan(100);
  });
});
