import { describe, expect, it } from "vitest";
import { formatCards, parseCards } from "../../../../src/poker/cards.js";
import { compileCategory } from "../../../../src/poker/categories/compile-category.js";
import { CATEGORY_LIST, isCategory, outsOf } from "../../../../src/poker/categories/names.js";
import { Random, shuffleStart } from "../../../../src/poker/random.js";
import { expandRange } from "../../../../src/poker/ranges/expand-range.js";
import { parseRange } from "../../../../src/poker/ranges/parse-range.js";
import { orderOfOmaha } from "../oracle.js";
import { NaiveBoard, naiveCategories } from "./naive-categories.js";

const NAMES = [
  ...CATEGORY_LIST.map(({ name }) => name),
  ...["outs4", "outs8", "wrap9", "wrap13", "wrap16", "wrap17", "wrap20"],
];
/** Boards that random ones seldom are: paired, of one suit, connected, three of a rank. */
const SPECIAL = [
  "9s8s7s",
  "KhKd7c",
  "5c5d5h",
  "AsKsQsJs",
  "2h3d4c5s",
  "9c9d8c8d2h",
  "ThJhQhKhAh",
  "7s7h7d2c2s",
  "As2d3h",
];

function dealt(random: Random, count: number): number[] {
  const deck = Uint8Array.from({ length: 52 }, (_, card) => card);
  shuffleStart(deck, count, random);
  return [...deck.subarray(0, count)];
}

const onBoard = (name: string, boards: readonly (readonly number[])[], orBetter = false) =>
  compileCategory({ name, orBetter, on: "either" }, boards);

describe("categories", () => {
  it.each([4, 5, 6])(
    "of hands of %i cards are those of the definitions, on random and on special boards",
    (handSize) => {
      const random = Random.fromSeed(handSize);
      const boards = [...SPECIAL.map(parseCards), ...[3, 3, 3, 4, 4, 5].map((size) => dealt(random, size))];
      const seen = new Set<string>();
      for (const cards of boards) {
        const board = new NaiveBoard(cards);
        const tests = NAMES.map((name) => [name, onBoard(name, [cards])] as const);
        for (let i = 0; i < 60; i++) {
          const hand = dealt(random, handSize + 5)
            .filter((card) => !cards.includes(card))
            .slice(0, handSize)
            .sort((a, b) => a - b);
          const expected = naiveCategories(hand, board);
          const found = tests.filter(([, test]) => test(Uint8Array.from(hand))).map(([name]) => name);
          expect({ hand: formatCards(hand), board: formatCards(cards), is: found }).toEqual({
            hand: formatCards(hand),
            board: formatCards(cards),
            is: NAMES.filter((name) => expected.has(name)),
          });
          for (const name of found) seen.add(name);
        }
      }
      expect(seen.size).toBeGreaterThan(30);
    },
  );

  it("or better means as strong as the weakest member", () => {
    const random = Random.fromSeed(5);
    for (const cards of [...["9s8s2d", "KhKd7c"].map(parseCards), dealt(random, 4), dealt(random, 5)]) {
      const board = new NaiveBoard(cards);
      const rest = Array.from({ length: 52 }, (_, card) => card).filter((card) => !cards.includes(card));
      for (const name of ["set", "toppair", "toptwo", "overpair", "trips"]) {
        const member = onBoard(name, [cards]);
        const orders = rest.flatMap((one, i) =>
          rest
            .slice(i + 1)
            .filter((other) => member(Uint8Array.of(one, other)))
            .map((other) => orderOfOmaha([one, other], cards)),
        );
        if (orders.length === 0) continue;
        const test = onBoard(name, [cards], true);
        for (let i = 0; i < 100; i++) {
          const hand = dealt(random, 10)
            .filter((card) => !cards.includes(card))
            .slice(0, 4)
            .sort((a, b) => a - b);
          expect(test(Uint8Array.from(hand))).toBe(orderOfOmaha(hand, board.cards) >= Math.min(...orders));
        }
      }
    }
  });

  it("go by either board, by one of them, or by both", () => {
    const boards = [parseCards("9s8s2d"), parseCards("AhKh3c")];
    const dead = boards.flat();
    const count = (text: string): number => expandRange(parseRange(text), dead, { boards }).count;
    const [one, other, both] = [count("@set.1"), count("@set.2"), count("@set.both")];
    expect(both).toBeGreaterThan(0);
    expect(count("@set")).toBe(one + other - both);
    expect(count("@set.1:@set.2")).toBe(both);
    expect(count("!@set")).toBe(count("any") - count("@set"));
    expect(count("@set.1:@nfd.2")).toBe(count("@nfd.2") - count("@nfd.2!@set.1"));
  });

  it("are told from weights", () => {
    const boards = [parseCards("9s8s2d")];
    const sum = (text: string): number =>
      expandRange(parseRange(text), boards.flat(), { boards }).weights?.reduce((all, weight) => all + weight, 0) ?? 0;
    const sets = expandRange(parseRange("@set"), boards.flat(), { boards }).count;
    expect(sum("@set@0.5")).toBeCloseTo(sets / 2);
    expect(sum("@set:0.5")).toBeCloseTo(sets / 2);
    expect(sum("@2ndfd@25%")).toBeGreaterThan(0);
  });

  it("need a board", () => {
    expect(() => expandRange(parseRange("@set"))).toThrow("@set needs a board of three to five cards");
    expect(() => onBoard("set", [parseCards("9s8s")])).toThrow("three to five cards");
    expect(() => expandRange(parseRange("@set.2"), [], { boards: [parseCards("9s8s2d")] })).toThrow("second board");
    expect(() => expandRange(parseRange("@set.both"), [], { boards: [parseCards("9s8s2d")] })).toThrow("two boards");
  });

  it("have names that are told from each other", () => {
    const all = CATEGORY_LIST.flatMap(({ name, aliases }) => [name, ...aliases]);
    expect(new Set(all).size).toBe(all.length);
    expect(all.filter((name) => !isCategory(name, false) || outsOf(name) !== undefined)).toEqual([]);
    expect(isCategory("nfd", true)).toBe(false);
    expect(isCategory("wrap13", true)).toBe(true);
  });
});
