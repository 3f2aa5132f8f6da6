import { parsePattern } from "./parse-pattern.js";
import { RangeScanner } from "./range-scanner.js";
import type { HandShape, Range, RangeNode } from "./range-tree.js";

const KEYWORDS: Readonly<Record<string, HandShape | "any">> = {
  any: "any",
  random: "any",
  rainbow: "rainbow",
  ss: "single-suited",
  "single-suited": "single-suited",
  ds: "double-suited",
  "double-suited": "double-suited",
  ts: "triple-suited",
  "triple-suited": "triple-suited",
  mono: "monotone",
  monotone: "monotone",
  np: "unpaired",
  unpaired: "unpaired",
  op: "one-pair",
  "one-pair": "one-pair",
  tp: "two-pair",
  "two-pair": "two-pair",
  trips: "trips",
  quads: "quads",
  rundown: "rundown",
};
const KEYWORD = new RegExp(
  `\\$?(${Object.keys(KEYWORDS)
    .sort((one, other) => other.length - one.length)
    .join("|")})(?![a-z0-9-])`,
  "u",
);
const NUMBER = "(\\d+(?:\\.\\d+)?)\\s*";
const PERCENT_INTERVAL = new RegExp(`(${NUMBER}%?\\s*-\\s*)${NUMBER}%`, "u");
const PERCENT = new RegExp(`${NUMBER}%`, "u");

/** Nesting that no sane range reaches; deeper input would exhaust the stack. */
const MAX_DEPTH = 50;

/**
 * Reads a range in the notation of docs/ranges.md.
 * @param handSize hole cards of a hand: 4, 5 or 6
 * @throws RangeSyntaxError with the position of the first character that breaks the grammar
 */
export function parseRange(source: string, handSize = 4): Range {
  const scanner = new RangeScanner(source);
  const root = parseAlternatives(scanner, handSize, 0);
  if (!scanner.atEnd()) throw scanner.error(`unexpected ${JSON.stringify(scanner.peek())}`);
  return { source, handSize, root };
}

function parseAlternatives(scanner: RangeScanner, handSize: number, depth: number): RangeNode {
  if (depth > MAX_DEPTH) throw scanner.error("nested too deeply");
  const parts: RangeNode[] = [];
  do parts.push(parseConditions(scanner, handSize, depth));
  while (scanner.takeSymbol(","));
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : { kind: "or", parts };
}

function parseConditions(scanner: RangeScanner, handSize: number, depth: number): RangeNode {
  const parts: RangeNode[] = [];
  do {
    const negated = scanner.takeSymbol("!");
    const part = parseAtom(scanner, handSize, depth);
    parts.push(negated ? { kind: "not", part } : part);
  } while (scanner.takeSymbol(":") || nextIs(scanner, "!"));
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : { kind: "and", parts };
}

const nextIs = (scanner: RangeScanner, symbol: string): boolean => !scanner.atEnd() && scanner.peek() === symbol;

function parseAtom(scanner: RangeScanner, handSize: number, depth: number): RangeNode {
  scanner.atEnd();
  const start = scanner.offset;
  if (scanner.takeSymbol("(")) {
    const inner = parseAlternatives(scanner, handSize, depth + 1);
    if (!scanner.takeSymbol(")")) throw scanner.error("expected )");
    return inner;
  }
  const interval = scanner.take(PERCENT_INTERVAL);
  if (interval !== undefined) {
    const [, upToSecond = "", from, to] = interval;
    return percent(scanner, { start, last: start + upToSecond.length }, handSize, Number(from), Number(to));
  }
  const top = scanner.take(PERCENT);
  if (top !== undefined) return percent(scanner, { start, last: start }, handSize, 0, Number(top[1]));
  const keyword = scanner.take(KEYWORD);
  if (keyword === undefined) return parsePattern(scanner, handSize);
  const shape = KEYWORDS[keyword[1]?.toLowerCase() ?? ""] ?? "any";
  return shape === "any" ? { kind: "any" } : { kind: "shape", shape };
}

function percent(
  scanner: RangeScanner,
  at: { readonly start: number; readonly last: number },
  handSize: number,
  from: number,
  to: number,
): RangeNode {
  if (handSize !== 4) throw scanner.error(`percentages rank hands of 4 cards, not of ${handSize}`, at.start);
  if (!(from < to && to <= 100)) throw scanner.error("percentages must ascend within 0 to 100", at.last);
  return from === 0 && to === 100 ? { kind: "any" } : { kind: "percent", from, to };
}
