import { describe, expect, it } from "vitest";
import { formatCards } from "../../../../src/poker/cards.js";
import { RangeSyntaxError } from "../../../../src/poker/errors.js";
import { expandRange } from "../../../../src/poker/ranges/expand-range.js";
import { parseRange } from "../../../../src/poker/ranges/parse-range.js";

const count = (source: string, handSize = 4): number => expandRange(parseRange(source, handSize)).count;
const hands = (source: string): string[] => {
  const { count: size, cards } = expandRange(parseRange(source));
  return Array.from({ length: size }, (_, i) => formatCards(cards.subarray(i * 4, i * 4 + 4)));
};

describe("range notation", () => {
  it.each([
    ["any", 270_725],
    ["*", 270_725],
    ["AA", 6_961],
    ["AAxx", 6_961],
    ["AAA", 193],
    ["AAAA", 1],
    ["AAKK", 36],
    ["KK+", 13_886],
    ["AA,KK", 13_886],
    ["KK-AA", 13_886],
    ["AKQJ", 256],
    ["AhKhQdJd", 1],
    ["A", 270_725 - 194_580],
    ["ds", 36_504],
    ["double-suited", 36_504],
    ["$ss", 205_660],
    ["rainbow", 28_561],
    ["mono", 2_860],
    ["np", 715 * 256],
    ["trips", 13 * 4 * 48],
    ["quads", 13],
    ["tp", 78 * 36],
    ["op", 13 * 6 * 66 * 16],
    ["rundown", 11 * 256],
    ["JT98+", 4 * 256],
    ["KQJT-8765", 6 * 256],
    ["AAKK:ds", 6],
    ["AAKKds", 6],
    ["AA!AAA", 6_768],
    ["!A", 194_580],
    ["[AK][AK][AK][AK]", 70],
    ["[A-T][A-T]xx:!(A,K)", 66 * 496 + 220 * 32 + 495],
    ["AA:ds", 6 * 12 * 12],
    ["0-100%", 270_725],
  ])("%s is %i hands", (source, expected) => {
    expect(count(source)).toBe(expected);
  });

  it("tells a suited ace-king from the king of spades", () => {
    // Four suited pairs; hands with several of them count once.
    const suited = count("AKs");
    expect(suited).toBe(count("AsKs,AhKh,AdKd,AcKc"));
    expect(count("KsA")).toBe(count("KsAs,KsAh,KsAd,KsAc"));
    expect(count("AKo")).toBe(count("AsKh,AsKd,AsKc,AhKs,AhKd,AhKc,AdKs,AdKh,AdKc,AcKs,AcKh,AcKd"));
    expect(count("AT+")).toBe(count("AT,AJ,AQ,AK"));
    expect(count("AJ-A9")).toBe(count("AJ,AT,A9"));
    expect(count("AKsxx")).toBe(suited);
  });

  it("lists hands once, in order, without dead cards", () => {
    expect(hands("AsKsQhJh,JhQhKsAs,8c8d7c6d")).toEqual(["6d7c8d8c", "JhQhKsAs"]);
    expect(expandRange(parseRange("AA"), [48]).count).toBe(3 * 1128 + 48);
  });

  it("reads hands of five and six cards", () => {
    expect(count("AAKKQ", 5)).toBe(36 * 4);
    expect(count("AsKsQhJh2c", 5)).toBe(1);
    expect(count("AsKsQhJh", 5)).toBe(48);
    expect(count("AAAAKx", 6)).toBe((48 * 47) / 2 - (44 * 43) / 2);
  });

  it.each([
    ["", 1, "expected a hand"],
    ["AA,", 4, "expected a hand"],
    ["AA;KK", 3, 'unexpected ";"'],
    ["AA:zz", 4, "expected a hand"],
    ["AAKKQ", 5, "more than 4 cards"],
    ["KK, AAxxAs", 9, "more than 4 cards"],
    ["AsAs", 3, "the same card twice"],
    ["AsKs10hT♥", 8, "the same card twice"],
    ["AAs", 3, "a pair cannot be suited"],
    ["AAo", 3, "a pair cannot be suited"],
    ["KK,AKQs", 7, '"s" belongs after two ranks'],
    ["AKQsx", 4, '"s" belongs after two ranks'],
    ["AKQo", 4, '"o" belongs after two ranks'],
    ["(AA", 4, "expected )"],
    ["AA)", 3, 'unexpected ")"'],
    ["AhK+", 4, '"+" needs plain ranks'],
    ["AhK-QJ", 4, '"-" needs plain ranks'],
    ["AK-QhJ", 4, '"-" needs plain ranks'],
    ["KK-T9", 4, "both ends of an interval"],
    ["30%-10%", 5, "percentages must ascend"],
    ["0%", 1, "percentages must ascend"],
    ["10%-101%", 5, "percentages must ascend"],
    ["[]x", 2, "expected a rank"],
    ["AA:130%", 4, "percentages must ascend"],
    ["[A", 3, "expected a rank or ]"],
    ["AA@50", 3, 'unexpected "@"'],
    [`${"(".repeat(60)}AA`, 52, "nested too deeply"],
  ])("refuses %j at position %i", (source, position, problem) => {
    let error: unknown;
    try {
      parseRange(source);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(RangeSyntaxError);
    expect((error as RangeSyntaxError).message).toContain(problem);
    expect((error as RangeSyntaxError).position).toBe(position);
  });

  it("orders hands by exact equity against a random hand", () => {
    // Enumerated: AATT in two suits 0.71526 is the best class, deuces full of themselves 0.09291 the worst.
    expect(hands("0.001%")).toHaveLength(6);
    expect(hands("0.001%")).toContain("TsThAsAh");
    expect(hands("99.9995-100%")).toEqual(["2s2h2d2c"]);
    expect(count("10%") + count("10%-100%")).toBe(270_725);
    expect(count("AA:10%") + count("AA!10%")).toBe(6_961);
    expect(Math.abs(count("10%") - 27_072)).toBeLessThan(24);
  });

  it("ranks hands of four cards only", () => {
    expect(() => parseRange("10%", 5)).toThrow(
      'range "10%" at position 1: percentages rank hands of 4 cards, not of 5',
    );
  });
});
