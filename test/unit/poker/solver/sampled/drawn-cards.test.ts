import { describe, expect, it } from "vitest";
import { DrawnCards, waysToDeal } from "../../../../../src/poker/solver/sampled/drawn-cards.js";

const deck = (...without: number[]): Uint8Array =>
  Uint8Array.from({ length: 52 }, (_, card) => card).filter((card) => !without.includes(card));

describe("cards that are drawn", () => {
  it("are every flop once, and every card of the turn", () => {
    const cards = new DrawnCards([[]], deck());
    expect(cards.waysAt(1)).toBe(22_100);
    const flops = new Set<string>();
    for (let way = 0; way < 22_100; way++) {
      cards.place(1, way);
      flops.add([...(cards.boardsAt(1)[0] ?? [])].sort((a, b) => a - b).join());
    }
    expect(flops.size).toBe(22_100);
    expect(cards.waysAt(2)).toBe(49);
    const turns = new Set<number | undefined>();
    for (let way = 0; way < 49; way++) {
      cards.place(2, way);
      turns.add(cards.boardsAt(2)[0]?.[3]);
    }
    expect(turns.size).toBe(49);
  });

  it("lie on one of two boards each, and no hand may hold them", () => {
    const known = [
      [0, 1, 2],
      [3, 4, 5],
    ];
    const cards = new DrawnCards(known, deck(0, 1, 2, 3, 4, 5));
    expect(cards.waysAt(1)).toBe(46 * 45);
    cards.place(1, 46 * 45 - 1);
    cards.place(2, 1000);
    const boards = cards.boardsAt(2);
    expect(new Set(boards.flat()).size).toBe(10);
    const dealt = boards.flatMap((board) => board.slice(3));
    const dead = dealt.filter((card) =>
      card < 32 ? (cards.deadLow[2] ?? 0) & (1 << card) : (cards.deadHigh[2] ?? 0) & (1 << (card - 32)),
    );
    expect(dead).toHaveLength(4);
  });

  it("are two flops in as many ways as there are", () => {
    const cards = new DrawnCards([[], []], deck());
    expect(cards.waysAt(1)).toBe(22_100 * 18_424);
    expect(waysToDeal(46, 1, 2)).toBe(cards.waysAt(2));
    cards.place(1, cards.waysAt(1) - 1);
    expect(new Set(cards.boardsAt(1).flat()).size).toBe(6);
  });
});
