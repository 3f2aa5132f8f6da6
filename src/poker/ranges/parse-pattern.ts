import { rankOfSymbol, suitOfSymbol } from "../cards.js";
import type { RangeScanner } from "./range-scanner.js";
import type { CardSlot, HandShape, RangeNode } from "./range-tree.js";

/** A pattern as written, before `+` and `-` spread it over ranks. */
interface Pattern {
  readonly slots: CardSlot[];
  readonly wildcards: number;
  readonly suits: "any" | "suited" | "offsuit";
  readonly shape: HandShape | undefined;
  readonly offset: number;
}

/** Offsets of the first and the last character of a card. */
interface Place {
  readonly start: number;
  readonly last: number;
}

const SHAPE_SUFFIX: Readonly<Record<string, HandShape>> = { ds: "double-suited", ss: "single-suited" };
const WORD_END = "(?![a-z0-9])";

/** Reads cards, ranks and wildcards with their suffixes: `AsKs`, `AAxx`, `AKs+`, `JT98ds-8765ds`. */
export function parsePattern(scanner: RangeScanner, handSize: number): RangeNode {
  const first = readPattern(scanner, handSize);
  if (scanner.takeSymbol("+")) return spread(first, raises(scanner, first));
  if (scanner.takeSymbol("-")) {
    const operator = scanner.offset - 1;
    scanner.atEnd();
    const last = readPattern(scanner, handSize);
    return spread(first, between(scanner, first, last, operator));
  }
  return toNode(first, first.slots);
}

function readPattern(scanner: RangeScanner, handSize: number): Pattern {
  const offset = scanner.offset;
  const slots: CardSlot[] = [];
  const places: Place[] = [];
  let wildcards = 0;
  for (;;) {
    const start = scanner.offset;
    const slot = readSlot(scanner);
    if (slot === undefined) break;
    if (slots.length + wildcards === handSize) throw scanner.error(`more than ${handSize} cards`, start);
    if (slot === "wildcard") {
      wildcards++;
    } else {
      slots.push(slot);
      places.push({ start, last: scanner.offset - 1 });
    }
  }
  if (slots.length + wildcards === 0) {
    const found = scanner.atEnd() ? "the end" : JSON.stringify(scanner.peek());
    throw scanner.error(`expected a hand, a percentage or a keyword, found ${found}`);
  }
  const suffix = scanner.take(new RegExp(`ds${WORD_END}|ss${WORD_END}|o${WORD_END}`, "u"))?.[0].toLowerCase();
  const pattern: Pattern = { slots, wildcards, suits: "any", shape: SHAPE_SUFFIX[suffix ?? ""], offset };
  if (suffix === "o") return asTwoRanks(scanner, pattern, "offsuit", scanner.offset - 1);
  if (endsInBareS(pattern)) return asTwoRanks(scanner, pattern, "suited", places.at(-1)?.last);
  refuseDuplicates(scanner, slots, places);
  return pattern;
}

function readSlot(scanner: RangeScanner): CardSlot | "wildcard" | undefined {
  if (scanner.take(/[x*]/u) !== undefined) return "wildcard";
  const ranks = scanner.peek() === "[" ? readRankSet(scanner) : readRank(scanner);
  if (ranks === undefined) return undefined;
  // "AAds" asks for a double-suited hand; it is not the ace of diamonds followed by an s.
  const suit = scanner.take(new RegExp(`(?!ds${WORD_END}|ss${WORD_END})[shdc♠♥♦♣]`, "u"));
  return { ranks, suit: suit === undefined ? -1 : suitOfSymbol(suit[0]) };
}

function readRank(scanner: RangeScanner): number | undefined {
  const match = scanner.take(/10|[2-9tjqka]/u);
  if (match === undefined) return undefined;
  return 1 << (match[0] === "10" ? 8 : rankOfSymbol(match[0]));
}

/** `[AKQ]` or `[A-T]`. */
function readRankSet(scanner: RangeScanner): number {
  scanner.takeSymbol("[");
  let set = 0;
  while (!scanner.takeSymbol("]")) {
    const from = readRank(scanner);
    if (from === undefined) throw scanner.error("expected a rank or ]");
    if (scanner.takeSymbol("-")) {
      const to = readRank(scanner);
      if (to === undefined) throw scanner.error("expected a rank");
      for (let rank = Math.min(from, to); rank <= Math.max(from, to); rank <<= 1) set |= rank;
    } else {
      set |= from;
    }
  }
  if (set === 0) throw scanner.error("expected a rank", scanner.offset - 1);
  return set;
}

/** True when the only suit of the pattern is an `s` after its last rank: `AKs`. */
function endsInBareS({ slots }: Pattern): boolean {
  return slots.length >= 2 && slots.at(-1)?.suit === 0 && slots.slice(0, -1).every((slot) => slot.suit < 0);
}

/** `at`: offset of the letter that says so. */
function asTwoRanks(scanner: RangeScanner, pattern: Pattern, suits: "suited" | "offsuit", at?: number): Pattern {
  const letter = suits === "suited" ? "s" : "o";
  if (pattern.slots.length !== 2) {
    const hint = suits === "suited" ? "; a card of spades goes first, as in QsAK" : "";
    throw scanner.error(`"${letter}" belongs after two ranks${hint}`, at);
  }
  const slots = pattern.slots.map(({ ranks }) => ({ ranks, suit: -1 }));
  if (slots[0]?.ranks === slots[1]?.ranks) throw scanner.error("a pair cannot be suited or offsuit", at);
  return { ...pattern, slots, suits };
}

function refuseDuplicates(scanner: RangeScanner, slots: readonly CardSlot[], places: readonly Place[]): void {
  const seen = new Set<number>();
  slots.forEach(({ ranks, suit }, i) => {
    if (suit < 0 || (ranks & (ranks - 1)) !== 0) return;
    const card = ranks * 4 + suit;
    if (seen.has(card)) throw scanner.error("the same card twice", places[i]?.start);
    seen.add(card);
  });
}

/** Ranks of a pattern without suits, highest first. */
function bareRanks(scanner: RangeScanner, { slots }: Pattern, operator: string, at: number): number[] {
  const bare = slots.every(({ ranks, suit }) => suit < 0 && (ranks & (ranks - 1)) === 0);
  if (!bare || slots.length === 0) throw scanner.error(`"${operator}" needs plain ranks`, at);
  return slots.map(({ ranks }) => Math.log2(ranks)).sort((one, other) => other - one);
}

/** `KK+`: up to aces. `AT+`: the second rank up to below the first. Three or four ranks: all move up together. */
function raises(scanner: RangeScanner, pattern: Pattern): number[][] {
  const ranks = bareRanks(scanner, pattern, "+", scanner.offset - 1);
  const [high = 0, low = 0] = ranks;
  if (ranks.length === 2 && high !== low) return upTo(low, high - 1).map((rank) => [high, rank]);
  return upTo(0, 12 - high).map((step) => ranks.map((rank) => rank + step));
}

/** `KK-TT`, `AK-AT`, `KQJT-8765`: every pattern from one to the other, in steps of a rank. */
function between(scanner: RangeScanner, first: Pattern, last: Pattern, operator: number): number[][] {
  const from = bareRanks(scanner, first, "-", operator);
  const to = bareRanks(scanner, last, "-", last.offset);
  const moves = from.map((rank, i) => (to[i] ?? rank) - rank);
  const [move = 0] = moves;
  const alike = from.length === to.length && first.suits === last.suits && first.shape === last.shape;
  if (alike && moves.every((other) => other === move)) {
    return upTo(Math.min(0, move), Math.max(0, move)).map((step) => from.map((rank) => rank + step));
  }
  const [high = 0, low = 0] = from;
  if (alike && from.length === 2 && move === 0) {
    const other = to[1] ?? low;
    return upTo(Math.min(low, other), Math.max(low, other)).map((rank) => [high, rank]);
  }
  throw scanner.error("both ends of an interval must have the same form", last.offset);
}

const upTo = (from: number, to: number): number[] =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, step) => from + step);

function spread(pattern: Pattern, alternatives: readonly number[][]): RangeNode {
  const parts = alternatives.map((ranks) =>
    toNode(
      pattern,
      ranks.map((rank) => ({ ranks: 1 << rank, suit: -1 })),
    ),
  );
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : { kind: "or", parts };
}

function toNode(pattern: Pattern, slots: readonly CardSlot[]): RangeNode {
  const holds: RangeNode = slots.length === 0 ? { kind: "any" } : { kind: "holds", slots, suits: pattern.suits };
  if (pattern.shape === undefined) return holds;
  return { kind: "and", parts: [holds, { kind: "shape", shape: pattern.shape }] };
}
