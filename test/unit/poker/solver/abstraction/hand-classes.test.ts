import { describe, expect, it } from "vitest";
import { parseCards } from "../../../../../src/poker/cards.js";
import type { GrainName } from "../../../../../src/poker/solver/abstraction/class-grains.js";
import { HandClasses } from "../../../../../src/poker/solver/abstraction/hand-classes.js";
import { createHandSet } from "../../../../../src/poker/solver/game/hand-set.js";
import { randomHands } from "../../../tasks/solver-analysis/solve-in-process.js";
import { seededRandom } from "../../oracle.js";

const RIVER = parseCards("Ks8s7s2c3d");
const TURN = parseCards("Ks8s7s2c");

const hands = (texts: readonly string[]) => createHandSet(texts.map((text) => parseCards(text)));
const many = (seed: number) => hands(randomHands(600, 4, ["Ks", "8s", "7s", "2c", "3d"], seededRandom(seed)));

const classesOf = (grain: GrainName = "fine", boards = 1, preflop = false) =>
  new HandClasses([many(1), many(2)], boards, grain, preflop);

describe("classes of hands", () => {
  it("tell hands of one strength apart by what they block of the strongest hands", () => {
    // Three kings each; the ace of spades takes the best flushes from the opponent.
    const [set] = classesOf().river([hands(["KdKhAs4d", "KdKh4c5d"])], [RIVER]) as [Int32Array];
    expect(set[0]).toBeGreaterThan(set[1] as number);
  });

  it("tell hands apart on the turn by what they block of hands that may come", () => {
    const [set] = classesOf().turn([hands(["KdKhAs4d", "KdKhAc4d"])], [TURN]) as [Int32Array];
    expect(set[0]).not.toBe(set[1]);
  });

  it.each(["coarse", "medium", "fine"] as const)("%s: lie below their number, and many of them occur", (grain) => {
    const classes = classesOf(grain);
    for (const [of, count] of [
      [classes.river([many(3)], [RIVER])[0], classes.riverClasses],
      [classes.turn([many(3)], [TURN])[0], classes.turnClasses],
    ] as const) {
      expect(Math.min(...(of ?? []))).toBeGreaterThanOrEqual(0);
      expect(Math.max(...(of ?? []))).toBeLessThan(count);
      expect(new Set(of).size).toBeGreaterThan(Math.min(count, 600) / 4);
    }
  });

  it("are the same whatever was asked before", () => {
    const [used, fresh] = [classesOf(), classesOf()];
    // The first card of the deck before the turn's cards is another board, not the turn.
    used.river([many(3)], [parseCards("2hKs8s7s2c")]);
    used.river([many(3)], [RIVER]);
    used.turn([many(3)], [parseCards("KsQs7d2c")]);
    expect(used.turn([many(3)], [TURN])).toEqual(fresh.turn([many(3)], [TURN]));
    expect(used.river([many(3)], [RIVER])).toEqual(fresh.river([many(3)], [RIVER]));
  });

  it("of a flop lie below their number, and are the same whatever was asked before", () => {
    const flop = TURN.slice(0, 3);
    const [used, fresh] = [classesOf("coarse", 1, true), classesOf("coarse", 1, true)];
    // Boards that a flop may become were looked at without what there is to block on them.
    used.flop([many(3)], [flop]);
    used.turn([many(3)], [TURN]);
    const [rows] = fresh.flop([many(3)], [flop]) as [Int32Array];
    expect(used.flop([many(3)], [flop])[0]).toEqual(rows);
    expect(Math.max(...rows)).toBeLessThan(fresh.flopClasses);
    expect(new Set(rows).size).toBeGreaterThan(20);
    const rivers = Array.from({ length: 48 }, (_, card) => card).filter((card) => !TURN.includes(card));
    for (const river of rivers)
      expect(used.river([many(3)], [[...TURN, river]])).toEqual(fresh.river([many(3)], [[...TURN, river]]));
  });

  it("of two boards go by strength alone", () => {
    const classes = classesOf("coarse", 2);
    const other = parseCards("AhJc4s5d9d");
    const [set] = classes.river([hands(["KdKhAs6d", "KdKh6c6d"])], [RIVER, other]) as [Int32Array];
    expect(Math.max(...set)).toBeLessThan(classes.riverClasses);
  });
});
