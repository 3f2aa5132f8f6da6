import { describe, expect, it } from "vitest";
import { parseCards } from "../../../../src/poker/cards.js";
import { expandRange } from "../../../../src/poker/ranges/expand-range.js";
import { parseRange } from "../../../../src/poker/ranges/parse-range.js";
import { run } from "../../../../src/tasks/spot-simulation/compute.js";
import type { Compute } from "../../../../src/tasks/spot-simulation/conduct.js";
import { equityDistributions } from "../../../../src/tasks/spot-simulation/distribution.js";
import { parseSpotInput } from "../../../../src/tasks/spot-simulation/parse-input.js";
import { simulateSpot } from "../../../../src/tasks/spot-simulation/simulate-spot.js";
import { orderOfOmaha } from "../../poker/oracle.js";

const compute: Compute = (input) => Promise.resolve(run(input, { progress: () => undefined, cancelled: () => false }));
const services = { compute, signal: new AbortController().signal };
const spread = (data: object) => equityDistributions(parseSpotInput(data), services);

describe("the distribution of equities", () => {
  it("has the equity of every hand, as counting all pairs of hands gives it", async () => {
    const board = "9s8s2dKc4h";
    const texts = ["AsKsQsJd@0.5,QQJT:ds,AAKK", "99[A-K],88K"];
    const [one] = await spread({ players: texts.map((cards) => ({ cards })), board });
    const [mine, theirs] = texts.map((text) => expandRange(parseRange(text), parseCards(board)));
    if (one === undefined || mine === undefined || theirs === undefined) throw new Error("nothing came");
    const river = parseCards(board);
    const hand = (hands: typeof mine, i: number): number[] => [...hands.cards.subarray(i * 4, i * 4 + 4)];
    const equities = new Map<string, number>();
    for (let i = 0; i < mine.count; i++) {
      let worth = 0;
      let deals = 0;
      for (let j = 0; j < theirs.count; j++) {
        if (hand(mine, i).some((card) => hand(theirs, j).includes(card))) continue;
        const difference = orderOfOmaha(hand(mine, i), river) - orderOfOmaha(hand(theirs, j), river);
        worth += difference > 0 ? 1 : difference === 0 ? 0.5 : 0;
        deals++;
      }
      equities.set(hand(mine, i).join(), worth / deals);
    }
    expect(one.hands).toHaveLength(mine.count);
    for (const each of one.hands) {
      const key = parseCards(each.hand)
        .sort((a, b) => a - b)
        .join();
      expect(each.equity).toBeCloseTo(equities.get(key) ?? -1, 12);
    }
  });

  it.each([
    [{ players: [{ cards: "AA:ds@0.5,KKQJ" }, { cards: "QQ:ds,T987" }], board: "9s8s2dKc" }],
    [{ players: [{ cards: "AAKK" }, { cards: "QQJJ" }], top_board: "9s8s2dKc", bottom_board: "Ah3h4c5d" }],
    [{ players: [{ cards: "AsAhKsKh" }, { cards: "QQJT" }], board: "9s8s2d" }],
  ])("has the reported equity as its mean, and shares that sum to 1", async (data) => {
    const results = await simulateSpot(parseSpotInput(data), { ...services, report: () => undefined });
    const distributions = await spread(data);
    distributions.forEach(({ mean, histogram, ecdf, hands }, player) => {
      expect(results[player]?.method).toBe("exact");
      expect(mean).toBeCloseTo(results[player]?.total_equity ?? -1, 10);
      expect(histogram.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1);
      expect(ecdf.at(-1)?.equity).toBe(hands.at(-1)?.equity);
    });
  });

  it("is refused where it cannot be counted", async () => {
    await expect(spread({ players: [{ cards: "AA" }, { cards: "KK" }] })).rejects.toThrow("from the flop on");
    await expect(
      spread({ players: [{ cards: "AAKK@0.137,AAQQ" }, { cards: "QQJJ" }], board: "9s8s2dKc" }),
    ).rejects.toThrow("multiples of a hundredth");
  });
});
