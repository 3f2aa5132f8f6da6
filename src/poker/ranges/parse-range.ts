import { isCategory, similarCategories } from "../categories/names.js";
import { refuseWords, unexpectedHere } from "./foreign-forms.js";
import { parsePattern } from "./parse-pattern.js";
import { RangeScanner } from "./range-scanner.js";
import {
  type HandShape,
  isWeighted,
  type OnBoards,
  type Range,
  type RangeNode,
  type RangePartText,
} from "./range-tree.js";

const KEYWORDS: Readonly<Record<string, HandShape | "any">> = {
  any: "any",
  random: "any",
  rainbow: "rainbow",
  rb: "rainbow",
  ss: "single-suited",
  "single-suited": "single-suited",
  ds: "double-suited",
  "double-suited": "double-suited",
  ts: "triple-suited",
  "triple-suited": "triple-suited",
  mono: "monotone",
  monotone: "monotone",
  ms: "monotone",
  mt: "monotone",
  np: "unpaired",
  unpaired: "unpaired",
  op: "one-pair",
  "one-pair": "one-pair",
  tp: "two-pair",
  "two-pair": "two-pair",
  trips: "trips",
  nt: "no-trips",
  "no-trips": "no-trips",
  quads: "quads",
  rundown: "rundown",
  "0g": "rundown",
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
const WEIGHT = /\s*@\s*(\d+(?:\.\d+)?|\.\d+)(\s*%)?(?![a-z0-9.])/u;
/** After a colon only what cannot be a rank or a percentage is a weight. */
const COLON_WEIGHT = /\s*:\s*(0|1|[01]?\.\d+)(?!\s*%|[a-z\d.]|\s*-\s*\d)/u;
const CATEGORY = /@\s*([a-z0-9]*[a-z][a-z0-9]*)(\+)?(?:\.(1|2|both|any|either)(?![a-z0-9]))?/u;

/** Nesting that no sane range reaches; deeper input would exhaust the stack. */
const MAX_DEPTH = 50;

/**
 * Reads a range in the notation of docs/ranges.md.
 * @param handSize hole cards of a hand: 4, 5 or 6
 * @throws RangeSyntaxError with the position of the first character that breaks the grammar
 */
export function parseRange(source: string, handSize = 4): Range {
  const root = toNode(readParts(source, handSize));
  return { source, handSize, root };
}

/**
 * The parts of a range between its outer commas, each as written.
 * @throws RangeSyntaxError
 */
export function readParts(source: string, handSize = 4): RangePartText[] {
  const scanner = new RangeScanner(source);
  const parts = parseAlternatives(scanner, handSize, 0);
  if (!scanner.atEnd()) throw scanner.error(unexpectedHere(scanner));
  return parts;
}

function toNode(parts: readonly RangePartText[]): RangeNode {
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only.root : { kind: "or", parts: parts.map(({ root }) => root) };
}

function parseAlternatives(scanner: RangeScanner, handSize: number, depth: number): RangePartText[] {
  if (depth > MAX_DEPTH) throw scanner.error("nested too deeply");
  const parts: RangePartText[] = [];
  let negated: number | undefined;
  do {
    if (nextIs(scanner, "!")) negated ??= scanner.offset;
    const start = scanner.offset;
    const root = parseConditions(scanner, handSize, depth);
    parts.push({ text: scanner.source.slice(start, scanner.offset).trim(), root });
  } while (scanner.takeSymbol(","));
  if (parts.length > 1 && negated !== undefined) {
    throw scanner.error(
      "a part that begins with ! adds every hand without it: write 15%!AA to leave hands out, any!AA to add all others",
      negated,
    );
  }
  return parts;
}

function parseConditions(scanner: RangeScanner, handSize: number, depth: number): RangeNode {
  const parts: RangeNode[] = [];
  let weight: number | undefined;
  do {
    scanner.atEnd();
    const start = scanner.offset;
    const negated = scanner.takeSymbol("!");
    const part = parseAtom(scanner, handSize, depth);
    if (negated && isWeighted(part)) throw scanner.error("what ! leaves out has no weights", start);
    parts.push(negated ? { kind: "not", part } : part);
    for (let next = readWeight(scanner); next !== undefined; next = readWeight(scanner)) weight = (weight ?? 1) * next;
  } while (scanner.takeSymbol(":") || nextIs(scanner, "!") || nextIsCategory(scanner));
  const node: RangeNode = parts.length === 1 && parts[0] !== undefined ? parts[0] : { kind: "and", parts };
  return weight === undefined ? node : { kind: "weighted", part: node, weight };
}

const nextIs = (scanner: RangeScanner, symbol: string): boolean => !scanner.atEnd() && scanner.peek() === symbol;

/** `AA$ds` is `AA:ds`, and `AA@set` is `AA:@set`. */
const nextIsCategory = (scanner: RangeScanner): boolean => nextIs(scanner, "@") || nextIs(scanner, "$");

/** `@0.4`, `@40%` or `:0.4`. */
function readWeight(scanner: RangeScanner): number | undefined {
  const start = scanner.offset;
  const match = scanner.take(WEIGHT);
  if (match === undefined) {
    const colon = scanner.take(COLON_WEIGHT);
    return colon === undefined ? undefined : Number(colon[1]);
  }
  const [, number = "", percent] = match;
  const weight = Number(number) / (percent === undefined ? 1 : 100);
  if (weight <= 1) return weight;
  const wanted =
    percent === undefined && Number(number) <= 100 ? `: write @${number}% or @${Number(number) / 100}` : "";
  throw scanner.error(`a weight is at most 1, or 100%${wanted}`, start);
}

function parseAtom(scanner: RangeScanner, handSize: number, depth: number): RangeNode {
  scanner.atEnd();
  const start = scanner.offset;
  if (scanner.takeSymbol("(")) {
    const inner = toNode(parseAlternatives(scanner, handSize, depth + 1));
    if (!scanner.takeSymbol(")")) throw scanner.error("expected )");
    return inner;
  }
  const interval = scanner.take(PERCENT_INTERVAL);
  if (interval !== undefined) {
    const [, upToSecond = "", from, to] = interval;
    return percent(scanner, { start, last: start + upToSecond.length }, Number(from), Number(to));
  }
  const top = scanner.take(PERCENT);
  if (top !== undefined) return percent(scanner, { start, last: start }, 0, Number(top[1]));
  if (scanner.peek() === "@") return category(scanner);
  const keyword = scanner.take(KEYWORD);
  if (keyword === undefined) refuseWords(scanner);
  if (keyword === undefined) return parsePattern(scanner, handSize);
  const shape = KEYWORDS[keyword[1]?.toLowerCase() ?? ""] ?? "any";
  return shape === "any" ? { kind: "any" } : { kind: "shape", shape };
}

function percent(
  scanner: RangeScanner,
  at: { readonly start: number; readonly last: number },
  from: number,
  to: number,
): RangeNode {
  if (!(from < to && to <= 100)) throw scanner.error("percentages must ascend within 0 to 100", at.last);
  if (scanner.take(/6h/u) !== undefined) {
    throw scanner.error("there is one ranking, against a random hand: leave out 6h", scanner.offset - 2);
  }
  return from === 0 && to === 100 ? { kind: "any" } : { kind: "percent", from, to };
}

const ON_BOARDS: Readonly<Record<string, OnBoards>> = { 1: 0, 2: 1, both: "both", any: "either", either: "either" };

/** `@set`, `@set+`, `@nfd.2`. */
function category(scanner: RangeScanner): RangeNode {
  const start = scanner.offset;
  const match = scanner.take(CATEGORY);
  const [, written = "", plus, on = "either"] = match ?? [];
  const name = written.toLowerCase();
  const orBetter = plus !== undefined;
  if (match === undefined)
    throw scanner.error("after @ comes a category such as @set, or a weight such as @0.4", start);
  if (!isCategory(name, orBetter)) {
    const similar = similarCategories(name).map((other) => `@${other}`);
    const hint = similar.length > 0 ? `: did you mean ${similar.join(" or ")}?` : "";
    const problem = orBetter && isCategory(name, false) ? `@${name} has no +` : `there is no category @${name}`;
    throw scanner.error(`${problem}${hint} (celery range --categories lists them)`, start);
  }
  return { kind: "category", name, orBetter, on: ON_BOARDS[on.toLowerCase()] ?? "either" };
}
