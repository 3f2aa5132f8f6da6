import { describe, expect, it } from "vitest";
import { formatCards, parseCards } from "../../../src/poker/cards.js";
import { drawFlops, flopClasses } from "../../../src/poker/flops.js";
import { mapCards, SUIT_MAPS } from "../../../src/poker/suits.js";

const ALL = SUIT_MAPS;
const NONE = SUIT_MAPS.filter((map) => map.join() === "0,1,2,3");

/** Counted from ranks alone: suits of a flop are all different, two alike, or all alike. */
const THREE_RANKS = 286 * 5;
const PAIRED = 13 * 12 * 2;
const TRIPS = 13;

describe("flopClasses", () => {
  it("leaves 1,755 of 22,100 flops, by their ranks and suits", () => {
    const classes = flopClasses(ALL, []);
    expect(classes).toHaveLength(THREE_RANKS + PAIRED + TRIPS);
    expect(classes.reduce((sum, { weight }) => sum + weight, 0)).toBe(22_100);
    const weightOf = (text: string) => {
      const cards = parseCards(text);
      const same = classes.filter(({ boards }) =>
        ALL.some((map) => mapCards(cards, map).join() === [...(boards[0] ?? [])].join()),
      );
      return same.map(({ weight }) => weight);
    };
    expect(weightOf("Ks8h7d")).toEqual([24]);
    expect(weightOf("Ks8s7s")).toEqual([4]);
    expect(weightOf("KsKh7d")).toEqual([12]);
    expect(weightOf("KsKhKd")).toEqual([4]);
  });

  it("keeps every flop where suits are told apart, and none with a dead card", () => {
    expect(flopClasses(NONE, [])).toHaveLength(22_100);
    const dead = parseCards("AsKd");
    const classes = flopClasses(NONE, dead);
    expect(classes).toHaveLength((50 * 49 * 48) / 6);
    expect(classes.flatMap(({ boards }) => boards.flat()).filter((card) => dead.includes(card))).toEqual([]);
  });
});

describe("drawFlops", () => {
  const from = { boards: 1, symmetries: ALL, dead: [], seed: 7 };
  const names = (flops: ReturnType<typeof drawFlops>) =>
    flops.map(({ boards, weight }) => `${boards.map(formatCards).join("/")} ${weight}`);

  it("draws so many, each as one of its class, the same ones for a seed", () => {
    const flops = drawFlops(200, from);
    expect(flops.reduce((sum, { weight }) => sum + weight, 0)).toBe(200);
    expect(flops.length).toBeLessThan(200);
    expect(new Set(names(flops)).size).toBe(flops.length);
    expect(names(drawFlops(200, from))).toEqual(names(flops));
    expect(names(drawFlops(200, { ...from, seed: 8 }))).not.toEqual(names(flops));
  });

  it("draws all flops where all are asked for, and no more", () => {
    const all = drawFlops(22_100, from);
    expect(all).toHaveLength(1755);
    expect(() => drawFlops(22_101, from)).toThrow(/there are 22100 flops/);
  });

  it("draws pairs of flops that share no card", () => {
    for (const { boards } of drawFlops(100, { ...from, boards: 2 })) expect(new Set(boards.flat()).size).toBe(6);
  });
});
