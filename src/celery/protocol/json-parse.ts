import { DecodeError } from "./errors.js";
import { scanJson } from "./json-scan.js";
import { decodeTyped } from "./typed-values.js";

/** Python's own parser gives up at its recursion limit, which is 1000 by default. */
const MAX_DEPTH = 1000;

/** A number token of 16 digits or more may lie beyond 2^53. Also matches digits in text, which costs time only. */
const LONG_INTEGER = /(?:^|[[,:\s-])\d{16}/;

/**
 * Reads JSON as Python's `json` and kombu do: `NaN` and `±Infinity` are numbers, integers beyond 2^53 become bigint,
 * and `{"__type__", "__value__"}` pairs become dates, bytes, … (see `decodeTyped`). A key named `__proto__` is an
 * ordinary own property.
 *
 * @throws DecodeError, also for nesting deeper than 1000.
 */
export function parseJson(text: string): unknown {
  checkDepth(text);
  const value = LONG_INTEGER.test(text) ? scanJson(text) : parseOrdinary(text);
  return text.includes("__type__") ? reviveTyped(value) : value;
}

function parseOrdinary(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    // Rather than look for NaN in every text, let JSON.parse trip over it.
    if (text.includes("NaN") || text.includes("Infinity")) return scanJson(text);
    throw new DecodeError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function checkDepth(text: string): void {
  // Ordinary texts are settled by the two cheap bounds.
  if (text.length <= MAX_DEPTH || !hasManyBrackets(text)) return;
  let depth = 0;
  for (let index = 0; index < text.length; index += 1) {
    switch (text.charCodeAt(index)) {
      case 0x22:
        index = endOfString(text, index);
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

function endOfString(text: string, open: number): number {
  for (let close = text.indexOf('"', open + 1); close !== -1; close = text.indexOf('"', close + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(close - 1 - backslashes) === 0x5c) backslashes += 1;
    if (backslashes % 2 === 0) return close;
  }
  return text.length;
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

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
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
