import { parseCard, rankName, rankOf, suitOf } from "../cards.js";
import { expectedHere } from "./foreign-forms.js";
import type { RangeScanner } from "./range-scanner.js";
import { ALL_RANKS, type CardSlot, type HandShape, type RangeNode } from "./range-tree.js";
import { type Place, readCards, WORD_END } from "./read-cards.js";

/** A pattern as written, before `+` and `-` spread it over ranks. */
interface Pattern {
  readonly slots: CardSlot[];
  readonly wildcards: number;
  readonly suits: "any" | "suited" | "offsuit";
  readonly shape: HandShape | undefined;
  readonly offset: number;
}

const ACE = 12;
const SHAPE_SUFFIX: Readonly<Record<string, HandShape>> = { ds: "double-suited", ss: "single-suited" };
const SUFFIX = new RegExp(`ds${WORD_END}|ss${WORD_END}|o${WORD_END}`, "u");
const EXACT_HAND = /(?:(?:10|[2-9tjqka])[shdc]){4,6}(?=\s*(?:[,@)]|$))/u;
const EXACT_CARD = /(10|[2-9tjqka])([shdc])/giu;

/** Reads cards, ranks and wildcards with their suffixes: `AsKs`, `AAxx`, `AKs+`, `JT98ds-8765ds`. */
export function parsePattern(scanner: RangeScanner, handSize: number): RangeNode {
  const exact = exactHand(scanner, handSize);
  if (exact !== undefined) return exact;
  const first = readPattern(scanner, handSize);
  if (scanner.takeSymbol("+")) return spread(first, raises(scanner, first));
  if (scanner.takeSymbol("-")) {
    const operator = scanner.offset - 1;
    scanner.atEnd();
    const last = readPattern(scanner, handSize);
    return spread(first, between(scanner, first, last, operator));
  }
  refuseDoubtful(scanner, first);
  return toNode(first, first.slots);
}

/** A hand with all its cards: what long lists are made of. */
function exactHand(scanner: RangeScanner, handSize: number): RangeNode | undefined {
  const start = scanner.offset;
  const cards = scanner.lookAhead(EXACT_HAND).match(EXACT_CARD);
  if (cards === null || cards.length !== handSize) return undefined;
  scanner.take(EXACT_HAND);
  const slots = cards.map((text): CardSlot => {
    const card = parseCard(text);
    return { ranks: 1 << rankOf(card), suit: suitOf(card) };
  });
  const places = cards.map((_, i) => {
    const from = start + cards.slice(0, i).join("").length;
    return { start: from, last: from };
  });
  refuseDuplicates(scanner, slots, places);
  return { kind: "holds", slots, suits: "any" };
}

function readPattern(scanner: RangeScanner, handSize: number): Pattern {
  const offset = scanner.offset;
  const { slots, places, wildcards } = readCards(scanner, handSize);
  if (slots.length + wildcards === 0) {
    throw scanner.error(expectedHere(scanner));
  }
  const suffix = scanner.take(SUFFIX)?.[0].toLowerCase();
  const pattern: Pattern = { slots, wildcards, suits: "any", shape: SHAPE_SUFFIX[suffix ?? ""], offset };
  if (suffix === "o") return asTwoRanks(scanner, pattern, "offsuit", scanner.offset - 1);
  if (endsInBareS(pattern)) return asTwoRanks(scanner, pattern, "suited", places.at(-1)?.last);
  refuseDuplicates(scanner, slots, places);
  return pattern;
}

/**
 * Texts that players of other programs, or in a hurry, mean otherwise than they would be read.
 * @throws RangeSyntaxError with the forms that say either
 */
function refuseDoubtful(scanner: RangeScanner, { slots, wildcards, shape, offset }: Pattern): void {
  const text = scanner.source.slice(offset, scanner.offset).trim();
  const refuse = (problem: string): never => {
    throw scanner.error(problem, offset);
  };
  if (/^(?:\d|10|\d\d)$/u.test(text) && !/^([2-9])\1$/u.test(text)) {
    const cards = text === "10" ? "T" : text;
    refuse(
      `did you mean ${text}%? Cards of these ranks are written ${cards}${"x".repeat(Math.max(1, 4 - cards.length))}`,
    );
  }
  if (/^x+$/iu.test(text) && slots.length === 0 && text.length < 4) {
    refuse("x alone is any card: write any for every hand, [A-2]x[A-2]x or xxyy for suits");
  }
  if (shape !== undefined && slots.length === 1 && slots[0]?.rankName === undefined && wildcards === 0) {
    const rank = text.slice(0, -2);
    const suit = text.slice(-2, -1);
    refuse(
      `write ${rank}:${text.slice(-2)} for the property of the whole hand, ${rank}${suit}[A-2]${text.slice(-1)} for the cards`,
    );
  }
  if (/[^$]r$/u.test(text) && slots.filter(({ rankName }) => rankName !== undefined).length === 1) {
    refuse(`an r at the end is doubtful: write ${text.slice(0, -1)}:rainbow, or R for a card of another rank`);
  }
}

/** True when the only suit of the pattern is an `s` after its last rank: `AKs`. */
function endsInBareS({ slots }: Pattern): boolean {
  const isPlain = ({ suit, suitName }: CardSlot): boolean => suit < 0 && suitName === undefined;
  const last = slots.at(-1);
  return slots.length >= 2 && last?.suit === 0 && last.ranks !== ALL_RANKS && slots.slice(0, -1).every(isPlain);
}

/** `at`: offset of the letter that says so. */
function asTwoRanks(scanner: RangeScanner, pattern: Pattern, suits: "suited" | "offsuit", at?: number): Pattern {
  const letter = suits === "suited" ? "s" : "o";
  if (pattern.slots.length !== 2) {
    const hint = suits === "suited" ? "; a card of spades goes first, as in QsAK" : "";
    throw scanner.error(`"${letter}" belongs after two ranks${hint}`, at);
  }
  const slots = pattern.slots.map((slot) => ({ ...slot, suit: -1 }));
  const [one, other] = slots;
  if (one?.ranks === other?.ranks && one?.rankName === other?.rankName && isOneRank(one))
    throw scanner.error("a pair cannot be suited or offsuit", at);
  return { ...pattern, slots, suits };
}

/** A rank, or whatever one rank a variable stands for. */
const isOneRank = (slot: CardSlot | undefined): boolean =>
  slot !== undefined && (slot.rankName !== undefined || (slot.ranks & (slot.ranks - 1)) === 0);

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
  const bare = slots.every(
    ({ ranks, suit, suitName }) => suit < 0 && suitName === undefined && (ranks & (ranks - 1)) === 0,
  );
  if (!bare || slots.length === 0) throw scanner.error(`"${operator}" needs plain ranks`, at);
  return slots.map(({ ranks }) => Math.log2(ranks)).sort((one, other) => other - one);
}

/**
 * `KK+`: up to aces. `AT+`: the second rank up to below the first. Three or four ranks: all move up together.
 * @throws RangeSyntaxError for `T9+`: the nine has nowhere to go, and elsewhere it means T9, JT and so on
 */
function raises(scanner: RangeScanner, pattern: Pattern): number[][] {
  const ranks = bareRanks(scanner, pattern, "+", scanner.offset - 1);
  const [high = 0, low = 0] = ranks;
  if (ranks.length === 2 && high === low + 1 && high < ACE) {
    const text = rankName(high) + rankName(low);
    const why = `${rankName(low)} cannot go up below ${rankName(high)}`;
    throw scanner.error(`${why}: write ${text}, or ${text}-AK where both ranks go up`, pattern.offset);
  }
  if (ranks.length === 2 && high !== low) return upTo(low, high - 1).map((rank) => [high, rank]);
  return upTo(0, ACE - high).map((step) => ranks.map((rank) => rank + step));
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
