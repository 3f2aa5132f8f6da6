import { rankOfSymbol, suitOfSymbol } from "../cards.js";
import type { RangeScanner } from "./range-scanner.js";
import { ALL_RANKS, type CardSlot } from "./range-tree.js";

/** Offsets of the first and the last character of a card. */
export interface Place {
  readonly start: number;
  readonly last: number;
}

/** Cards of a pattern as written. */
export interface PatternCards {
  readonly slots: CardSlot[];
  readonly places: Place[];
  /** `x` and `*` at the end: cards of which nothing is said. */
  readonly wildcards: number;
}

export const WORD_END = "(?![a-z0-9])";
const SUIT_SYMBOLS = "[shdc♠♥♦♣]";
const RANK = "(?:10|[2-9tjqka])";

/** Rank variables of ProPokerTools, in the order of its manual. */
const RANK_NAMES = "rongp";
const SUIT_NAMES = "xyzw";

/** Sets of ranks that ProPokerTools and its followers name. */
const NAMED_RANKS: Readonly<Record<string, string>> = {
  b: "AKQJ",
  r: "AKQJT",
  m: "T987",
  z: "65432",
  l: "A8765432",
  w: "A5432",
  n: "KQJT9",
  f: "KQJ",
};

const NAMED_SET = new RegExp(`\\$([${Object.keys(NAMED_RANKS).join("")}])(?![a-bd-z0-9]|[shdc][a-z0-9])`, "u");

/** What letters mean in a pattern: it is read once for that, before its cards. */
interface Dialect {
  /** `x`, `y`, `z` and `w` are suits. */
  readonly suitNames: boolean;
  /** `R`, `O`, `N` … are ranks. */
  readonly rankNames: boolean;
}

const PATTERN_TEXT = /(?:\[[^\]]*\]|\$[bzmlwnfr](?![a-z0-9])|10|[2-9tjqkashdc♠♥♦♣xyzwrongp*])*/iu;

function dialectOf(scanner: RangeScanner): Dialect {
  const text = scanner.lookAhead(PATTERN_TEXT).replaceAll(/\[[^\]]*\]/gu, "A");
  // Two cards that share x, or a y: suits. An x after the last rank is any card, as in AAxx.
  const suitNames = /[yzw]/iu.test(text) || new RegExp(`${RANK}x+${RANK}`, "iu").test(text);
  return { suitNames, rankNames: /r/iu.test(text.replaceAll(/\$r/giu, "")) };
}

/**
 * Reads the cards of a pattern: ranks, suits, sets of ranks, variables and wildcards.
 * @throws RangeSyntaxError
 */
export function readCards(scanner: RangeScanner, handSize: number): PatternCards {
  const dialect = dialectOf(scanner);
  const slots: CardSlot[] = [];
  const places: Place[] = [];
  let wildcards = 0;
  for (;;) {
    const start = scanner.offset;
    const slot = readSlot(scanner, dialect);
    if (slot === undefined) break;
    if (slots.length + wildcards === handSize) throw scanner.error(`more than ${handSize} cards`, start);
    if (slot === "wildcard") {
      wildcards++;
    } else {
      slots.push(slot);
      places.push({ start, last: scanner.offset - 1 });
    }
  }
  return { slots, places, wildcards };
}

function readSlot(scanner: RangeScanner, dialect: Dialect): CardSlot | "wildcard" | undefined {
  if (scanner.take(dialect.suitNames ? /\*/u : /[x*]/u) !== undefined) return "wildcard";
  const rankName = dialect.rankNames ? takeName(scanner, RANK_NAMES) : undefined;
  const ranks = rankName === undefined ? readRanks(scanner) : ALL_RANKS;
  if (ranks === undefined) return readSuitAlone(scanner, dialect);
  const named = { ranks, suit: -1, ...(rankName === undefined ? {} : { rankName }) };
  const suitName = dialect.suitNames ? takeName(scanner, SUIT_NAMES) : undefined;
  if (suitName !== undefined) return { ...named, suitName };
  return { ...named, suit: takeSuit(scanner) };
}

/** `h` in `Ahh`: any card of that suit; `xxyy`: two cards of one suit, two of another. */
function readSuitAlone(scanner: RangeScanner, dialect: Dialect): CardSlot | undefined {
  const suitName = dialect.suitNames ? takeName(scanner, SUIT_NAMES) : undefined;
  if (suitName !== undefined) return { ranks: ALL_RANKS, suit: -1, suitName };
  const suit = takeSuit(scanner);
  return suit < 0 ? undefined : { ranks: ALL_RANKS, suit };
}

function takeName(scanner: RangeScanner, names: string): number | undefined {
  const match = scanner.take(new RegExp(`[${names}]`, "u"));
  return match === undefined ? undefined : names.indexOf(match[0].toLowerCase());
}

/** "AAds" asks for a double-suited hand; it is not the ace of diamonds followed by an s. */
function takeSuit(scanner: RangeScanner): number {
  const suit = scanner.take(new RegExp(`(?!ds${WORD_END}|ss${WORD_END})${SUIT_SYMBOLS}`, "u"));
  return suit === undefined ? -1 : suitOfSymbol(suit[0]);
}

function readRanks(scanner: RangeScanner): number | undefined {
  if (scanner.peek() === "[") return readRankSet(scanner);
  const named = scanner.take(NAMED_SET);
  if (named !== undefined) return ranksOf(NAMED_RANKS[named[1]?.toLowerCase() ?? ""] ?? "");
  return readRank(scanner);
}

const ranksOf = (symbols: string): number => [...symbols].reduce((set, symbol) => set | (1 << rankOfSymbol(symbol)), 0);

function readRank(scanner: RangeScanner): number | undefined {
  const match = scanner.take(new RegExp(RANK, "u"));
  if (match === undefined) return undefined;
  return 1 << (match[0] === "10" ? 8 : rankOfSymbol(match[0]));
}

/** `[AKQ]`, `[A,K,Q]` or `[A-T]`. */
function readRankSet(scanner: RangeScanner): number {
  scanner.takeSymbol("[");
  let set = 0;
  while (!scanner.takeSymbol("]")) {
    if (set !== 0) scanner.takeSymbol(",");
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
