import { JobResultError } from "./errors.js";

/** The ORM declares 1024 characters although the column is `text`. */
export const ERROR_MESSAGE_LIMIT = 1024;
export const PROGRESS_MESSAGE_LIMIT = 255;
export const NAME_LIMIT = 255;

/** NUL, which PostgreSQL's text does not take, and halves of surrogate pairs, which are no characters. */
const NUL = "\u0000";
const LONE_SURROGATE = /\p{Surrogate}/gu;

/** Text that a column of `limit` characters takes: without NUL, cut between characters, with an ellipsis. */
export function columnText(text: string, limit: number): string {
  const clean = storable(text);
  if (clean.length <= limit) return clean;
  const characters = Array.from(clean);
  return characters.length <= limit ? clean : `${characters.slice(0, limit - 1).join("")}…`;
}

/**
 * JSON text for a `json` column. NUL is left out of strings and keys, because PostgreSQL cannot read it back as text.
 * @throws JobResultError for NaN, Infinity, big integers, functions and cycles: JSON has no such values.
 */
export function columnJson(value: unknown): string {
  return jsonAsIs(value) ?? JSON.stringify(plainJson(value, "$", new Set())) ?? "null";
}

/** As `JSON.stringify` writes NUL and halves of surrogate pairs. */
const ESCAPED_UNSTORABLE = /\\u(?:0000|d[89a-f])/;

/** The text of a value that holds nothing to leave out or refuse, as nearly all do; null for others. */
function jsonAsIs(value: unknown): string | null {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch {
    return null;
  }
  return text !== undefined && !ESCAPED_UNSTORABLE.test(text) && isJson(value) ? text : null;
}

/** Whether a value without cycles is of numbers, texts, truth values, arrays and simple objects. */
function isJson(value: unknown): boolean {
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value === "string" || typeof value === "boolean" || value === null || value === undefined) return true;
  if (typeof value !== "object" || "toJSON" in value) return false;
  if (Array.isArray(value)) return value.every(isJson);
  const prototype: unknown = Object.getPrototypeOf(value);
  return (prototype === Object.prototype || prototype === null) && Object.values(value).every(isJson);
}

function plainJson(value: unknown, path: string, parents: Set<object>): unknown {
  if (typeof value === "string") return storable(value);
  if (typeof value === "number") {
    if (Number.isFinite(value)) return value;
    throw new JobResultError(`the result is not JSON: ${value} at ${path}`);
  }
  if (typeof value === "boolean" || value === null || value === undefined) return value;
  if (typeof value !== "object") throw new JobResultError(`the result is not JSON: a ${typeof value} at ${path}`);
  if (parents.has(value)) throw new JobResultError(`the result is not JSON: a cycle at ${path}`);
  const inside = new Set(parents).add(value);
  if (Array.isArray(value)) return value.map((item, index) => plainJson(item ?? null, `${path}[${index}]`, inside));
  if ("toJSON" in value && typeof value.toJSON === "function") return plainJson(value.toJSON(), path, inside);
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [storable(key), plainJson(item, `${path}.${key}`, inside)]),
  );
}

function storable(text: string): string {
  return text.replaceAll(NUL, "").replace(LONE_SURROGATE, "\uFFFD");
}
