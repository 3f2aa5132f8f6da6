import { describe, expect, it } from "vitest";
import { formatCards, parseCards } from "../../../../src/poker/cards.js";
import { RangeSyntaxError } from "../../../../src/poker/errors.js";
import { Random, shuffleStart } from "../../../../src/poker/random.js";
import { expandRange } from "../../../../src/poker/ranges/expand-range.js";
import { compileRange } from "../../../../src/poker/ranges/match-range.js";
import { parseRange } from "../../../../src/poker/ranges/parse-range.js";
import { standingOf } from "../../../../src/poker/ranges/standing.js";

const count = (source: string, handSize = 4): number => expandRange(parseRange(source, handSize)).count;
const hands = (source: string): string[] => {
  const { count: size, cards } = expandRange(parseRange(source));
  return Array.from({ length: size }, (_, i) => formatCards(cards.subarray(i * 4, i * 4 + 4)));
};

function refusalOf(source: string): RangeSyntaxError {
  try {
    parseRange(source);
  } catch (error) {
    if (error instanceof RangeSyntaxError) return error;
    throw error;
  }
  throw new Error(`${source} is read`);
}

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
    ["AA:ee", 4, "expected a hand"],
    ["AAKKQ", 5, "more than 4 cards"],
    ["KK, AAxxx", 9, "more than 4 cards"],
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
    ["AA@50", 3, "a weight is at most 1, or 100%: write @50% or @0.5"],
    [`${"(".repeat(60)}AA`, 52, "nested too deeply"],
  ])("refuses %j at position %i", (source, position, problem) => {
    const error = refusalOf(source);
    expect(error.message).toContain(problem);
    expect(error.position).toBe(position);
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

  it.each([
    // Doubtful texts, and the form that says either.
    ["15%,!AA", 5, "write 15%!AA"],
    ["!AA,15%", 1, "write 15%!AA"],
    ["AA,(KK,!QQ)", 8, "write 15%!AA"],
    ["25", 1, "did you mean 25%? Cards of these ranks are written 25xx"],
    ["AA:9", 4, "did you mean 9%?"],
    ["10", 1, "did you mean 10%?"],
    ["15", 1, "did you mean 15%?"],
    ["top 15%", 1, "written 15%"],
    ["ATC", 1, "every hand is written any, an ace and the ten of clubs TcA"],
    ["all", 1, "every hand is written any"],
    ["AA:xx", 4, "x alone is any card"],
    ["Ass", 1, "write A:ss"],
    ["Kds", 1, "write K:ds"],
    ["AAr", 1, "write AA:rainbow"],
    ["AA KK", 4, "joined with ,"],
    ["AA;KK", 3, "joined with ,"],
    ["T9+", 1, "9 cannot go up below T: write T9, or T9-AK where both ranks go up"],
    ["AA,(32s+)", 5, "write 32, or 32-AK"],
    ["AA&KK", 3, "joined with :"],
    ["AA,-KK", 4, "left out with !"],
    ["15%6h", 4, "leave out 6h"],
    ["$1g", 1, "runs with gaps have no name"],
    ["$dsn", 1, "suits with high cards have no name"],
    ["AA:$big", 4, "$big has no meaning here"],
    ["OON", 1, "O is a rank only beside R"],
    ["27<", 1, "did you mean 27%?"],
    ["K7<", 3, "as an interval"],
    ["!(AA@0.5)", 1, "what ! leaves out has no weights"],
    ["AA@1.5", 3, "a weight is at most 1"],
    ["AA@", 3, "after @ comes a category such as @set, or a weight such as @0.4"],
    ["@sett", 1, "there is no category @sett: did you mean @set?"],
    ["@nfd+", 1, "@nfd has no +"],
  ])("does not take %j for something else", (source, position, problem) => {
    const error = refusalOf(source);
    expect(error.message).toContain(problem);
    expect(error.position).toBe(position);
  });

  it.each([
    // As ProPokerTools and PLO Genius read them.
    ["AA$ds", "AA:ds"],
    ["AxKx", "AsKs,AhKh,AdKd,AcKc"],
    ["AxKy", "AKo"],
    ["AxAyxy", "AA:ds"],
    ["RROO", "tp"],
    ["RRON", "op"],
    ["RRO", "RR!RRRR"],
    ["AARR", "AAKK,AAQQ,AAJJ,AATT,AA99,AA88,AA77,AA66,AA55,AA44,AA33,AA22"],
    ["xxyy", "ds"],
    ["wxyz", "rainbow"],
    ["Ahh", "Ah[A-2]h"],
    ["$B$B", "[A-J][A-J]"],
    ["[A,K]", "A,K"],
    ["$0g", "rundown"],
    ["$rb", "rainbow"],
    ["$nt", "!(trips,quads)"],
    ["AA@0", "AA!any"],
    ["AA:1", "AA"],
  ])("%s is %s", (source, same) => {
    expect(count(source)).toBe(count(same));
  });

  it("gives a hand the weight of the last part that holds it", () => {
    const weights = (source: string): Record<string, number> => {
      const found: Record<string, number> = {};
      for (const weight of expandRange(parseRange(source)).weights ?? []) {
        found[weight.toFixed(3)] = (found[weight.toFixed(3)] ?? 0) + 1;
      }
      return found;
    };
    expect(weights("AA,AA:ds@0.4")).toEqual({ "1.000": 6961 - 864, "0.400": 864 });
    expect(weights("AA:ds@0.4,AA")).toEqual({ "1.000": 6961 });
    expect(weights("AA:0.5,AA:ds@0")).toEqual({ "0.500": 6961 - 864 });
    expect(weights("(AA@50%:ds)@0.5")).toEqual({ "0.250": 864 });
    expect(weights("AAKK@0.1,AsAhKsKh@0.2,AsAhKsKh@0.3")).toEqual({ "0.100": 35, "0.300": 1 });
  });

  it("ranks hands of five and six cards as well", () => {
    const gone = Array.from({ length: 24 }, (_, i) => i * 2);
    const left = (source: string): number => expandRange(parseRange(source, 5), gone).count;
    expect(left("10%") + left("10%-100%")).toBe(98_280);
    for (const size of [5, 6]) {
      const random = Random.fromSeed(size);
      const deck = Uint8Array.from({ length: 52 }, (_, card) => card);
      const test = compileRange(parseRange("15%", size).root);
      let inside = 0;
      for (let i = 0; i < 20_000; i++) {
        shuffleStart(deck, size, random);
        if (test(deck.slice(0, size).sort())) inside++;
      }
      expect(Math.abs(inside / 20_000 - 0.15)).toBeLessThan(0.01);
    }
    const standing = (hand: string): number => {
      const { hands, of } = standingOf(Uint8Array.from(parseCards(hand)).sort());
      return hands / of;
    };
    expect(standing("AsAhKsKhQs")).toBeLessThan(0.01);
    expect(standing("2s2h2d7c7s")).toBeGreaterThan(0.95);
    expect(standing("AsAhKsKhQsJh")).toBeLessThan(0.01);
    expect(standing("2s2h2d2c7c7s")).toBeGreaterThan(0.99);
    const hand = Uint8Array.from(parseCards("AsAhKsKhQsJh")).sort();
    expect(compileRange(parseRange("1%", 6).root)(hand)).toBe(true);
    expect(compileRange(parseRange("1%-100%", 6).root)(hand)).toBe(false);
  });
});
