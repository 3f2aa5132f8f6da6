import { DecodeError } from "./errors.js";
import { endOfString, JsonReader, type JsonReaderOptions, MAX_DEPTH } from "./json-read.js";
import { JsonWriter } from "./json-write.js";
import { complete } from "./steps.js";
import { decodeTyped, TYPED_KEYS } from "./typed-values.js";

/** A number token of 16 digits or more may lie beyond 2^53. Also matches digits in text, which costs time only. */
const LONG_INTEGER = /(?:^|[[,:\s-])\d{16}/;
const LONG_DIGITS = 16;

/**
 * Reads JSON as Python's `json` and kombu do: `NaN` and `±Infinity` are numbers, integers beyond 2^53 become bigint,
 * and `{"__type__", "__value__"}` pairs become dates, bytes, … (see `decodeTyped`). A key named `__proto__` is an
 * ordinary own property.
 *
 * @throws DecodeError, also for nesting deeper than 1000 and integers of more than 4,300 digits.
 */
export function parseJson(text: string): unknown {
  if (hasDigitsInARow(text, LONG_DIGITS) && LONG_INTEGER.test(text)) return readJson(text);
  checkDepth(text);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    // Rather than look for NaN in every text, let JSON.parse trip over it.
    if (text.includes("NaN") || text.includes("Infinity")) return readJson(text);
    throw new DecodeError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
  return text.includes("__type__") ? reviveTyped(value) : value;
}

/** Looks at one character of so many: an expression, which looks at all, takes as long as `JSON.parse` itself. */
function hasDigitsInARow(text: string, count: number): boolean {
  for (let at = count - 1; at < text.length; at += count) {
    if (!isDigitAt(text, at)) continue;
    let start = at;
    while (at - start < count && isDigitAt(text, start - 1)) start -= 1;
    let end = at + 1;
    while (end - start < count && isDigitAt(text, end)) end += 1;
    if (end - start >= count) return true;
  }
  return false;
}

function isDigitAt(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 0x30 && code <= 0x39;
}

/** Reads the JSON that `JSON.parse` cannot: with NaN, infinities, long integers or other keys of typed values. */
export function readJson(text: string, options: JsonReaderOptions = {}): unknown {
  const reader = new JsonReader(text, options);
  complete(reader);
  return reader.value;
}

function checkDepth(text: string): void {
  // Ordinary texts are settled by the two cheap bounds.
  if (text.length <= MAX_DEPTH || !hasManyBrackets(text)) return;
  let depth = 0;
  for (let index = 0; index < text.length; index += 1) {
    switch (text.charCodeAt(index)) {
      case 0x22:
        index = endOfString(text, index);
        if (index === -1) return;
        break;
      case 0x5b:
      case 0x7b:
        depth += 1;
        if (depth > MAX_DEPTH) throw new DecodeError(`JSON is nested deeper than ${MAX_DEPTH} levels`);
        break;
      case 0x5d:
      case 0x7d:
        depth -= 1;
        break;
    }
  }
}

function hasManyBrackets(text: string): boolean {
  let count = 0;
  for (const bracket of ["[", "{"]) {
    for (let at = text.indexOf(bracket); at !== -1; at = text.indexOf(bracket, at + 1)) {
      count += 1;
      if (count > MAX_DEPTH) return true;
    }
  }
  return false;
}

/** Replaces typed pairs in place, innermost first, as Python's object hook does. */
function reviveTyped(value: unknown): unknown {
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index += 1) value[index] = reviveTyped(value[index]);
    return value;
  }
  if (!isRecord(value)) return value;
  const keys = Object.keys(value);
  for (const key of keys) value[key] = reviveTyped(value[key]);
  if (keys.length === 2 && Object.hasOwn(value, "__type__") && Object.hasOwn(value, "__value__")) {
    return decodeTyped(value.__type__, value.__value__);
  }
  return value;
}

/** Options of {@link stringifyJson}. */
export interface StringifyOptions {
  /**
   * Write dates, bytes, decimals and UUIDs as kombu ≥ 5.3 does: `{"__type__", "__value__"}`. False writes plain text,
   * as older kombu does (bytes are then refused). Default true.
   */
  readonly typedValues?: boolean;
}

/**
 * Writes JSON that Python's `json` and kombu read: `NaN` and infinities as words, bigint as digits. `undefined` is null
 * in arrays and at the top, and omitted in objects. `toJSON` is honoured; typed arrays become arrays of numbers.
 *
 * @throws EncodeError for functions, symbols, cycles, nesting deeper than 1000, integers of more than 4,300 digits, and
 * objects that would lose their content (Map, Set, Promise, …).
 */
export function stringifyJson(value: unknown, options: StringifyOptions = {}): string {
  if (isOrdinary(value, 0)) return JSON.stringify(value) ?? "null";
  const writer = new JsonWriter(value, (options.typedValues ?? true) ? TYPED_KEYS : null);
  complete(writer);
  return writer.text;
}

/** Whether `JSON.stringify` writes the value as we want it. */
function isOrdinary(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case "string":
    case "boolean":
    case "undefined":
      return true;
    case "number":
      return Number.isFinite(value);
    case "object":
      return value === null || (depth < MAX_DEPTH && isOrdinaryObject(value, depth + 1));
    default:
      return false;
  }
}

function isOrdinaryObject(value: object, depth: number): boolean {
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index += 1) if (!isOrdinary(value[index], depth)) return false;
    return !("toJSON" in value);
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  const record = value as Record<string, unknown>;
  for (const key in record) if (!isOrdinary(record[key], depth)) return false;
  return !("toJSON" in record);
}

/** Whether a value is an object with members: neither null nor an array. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
