import { describe, expect, it } from "vitest";
import { parseCards } from "../../../../src/poker/cards.js";
import { Random, shuffleStart } from "../../../../src/poker/random.js";
import { compileClasses, parseClasses, renameClassSuits } from "../../../../src/poker/ranges/class-view.js";
import { compileRange } from "../../../../src/poker/ranges/match-range.js";
import { parseRange } from "../../../../src/poker/ranges/parse-range.js";
import { mapCards } from "../../../../src/poker/suits.js";

const BOARD = parseCards("9s8s2d");
const CLASSES = parseClasses(
  [
    { name: "sets", range: "@set", classes: [{ name: "top", range: "@topset" }] },
    { name: "spades", range: "As[A-2]s" },
    { name: "pairs", range: "RR" },
  ],
  4,
);

function* randomHands(count: number): Generator<Uint8Array> {
  const random = Random.fromSeed(3);
  const deck = Uint8Array.from({ length: 52 }, (_, card) => card).filter((card) => !BOARD.includes(card));
  for (let i = 0; i < count; i++) {
    shuffleStart(deck, 4, random);
    yield deck.slice(0, 4).sort();
  }
}

describe("classes of hands", () => {
  it("take each hand into the first that holds it, and inside that into the first of its own", () => {
    const { names, placeOf } = compileClasses(CLASSES, [BOARD]);
    expect(names).toEqual(["sets / top", "sets", "spades", "pairs", "other"]);
    const holds = (range: string) => compileRange(parseRange(range).root, [BOARD]);
    const tests = ["@topset", "@set!@topset", "As[A-2]s!@set", "RR!(@set,As[A-2]s)", "!(@set,As[A-2]s,RR)"].map(holds);
    for (const hand of randomHands(2000)) {
      expect(tests.map((test) => test(hand))).toEqual(names.map((_, place) => place === placeOf(hand)));
    }
  });

  it("are the same after the suits of hands, boards and classes are renamed", () => {
    const map = [2, 0, 3, 1] as const;
    const { placeOf } = compileClasses(CLASSES, [BOARD]);
    const renamed = compileClasses(renameClassSuits(CLASSES, map), [mapCards(BOARD, map)]);
    for (const hand of randomHands(2000)) {
      expect(renamed.placeOf(Uint8Array.from(mapCards([...hand], map)))).toBe(placeOf(hand));
    }
  });
});
