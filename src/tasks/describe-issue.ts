import type { z } from "zod";
import { editDistance, isRecord, nearest } from "../celery/values.js";

type Issue = z.core.$ZodIssue;

const TYPE_WORDS: Readonly<Record<string, string>> = {
  array: "a list",
  object: "an object",
  record: "an object",
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
};

/**
 * What a user reads of input that its schema refuses: the place, the value found there, and what is allowed.
 * @param unionHint what is allowed at a place that takes several forms, where the value has none of them
 */
export function describeIssue(
  issue: Issue | undefined,
  input: unknown,
  unionHint: (place: string) => string | undefined,
): string {
  if (issue === undefined) return "input_data is not valid";
  const place = placeOf(issue.path);
  const value = valueAt(input, issue.path);
  if (value === undefined) return `${place} is missing${misspelt(input, issue.path)}`;
  return `${place}: ${show(value)} is not valid (${allowed(issue, value, unionHint(place))})`;
}

/** Letters that a key may be written with instead of, beside or without those of the one that is missing. */
const MOST_WRONG_LETTERS = 2;

/** Where a key is missing and one that is nearly it stands beside it: a question, as the end of a sentence. */
export function misspelt(input: unknown, path: readonly PropertyKey[]): string {
  const missing = path.at(-1);
  const beside = valueAt(input, path.slice(0, -1));
  if (typeof missing !== "string" || !isRecord(beside)) return "";
  const near = nearest(missing, Object.keys(beside));
  return near !== "" && editDistance(near.toLowerCase(), missing) <= MOST_WRONG_LETTERS ? `: is ${near} meant?` : "";
}

/** `players[0].cards`; the whole input is `input_data`. */
function placeOf(path: readonly PropertyKey[]): string {
  const join = (text: string, key: PropertyKey): string => {
    if (typeof key === "number") return `${text}[${key}]`;
    return text === "" ? String(key) : `${text}.${String(key)}`;
  };
  return path.reduce<string>(join, "") || "input_data";
}

/** What stands at a place of the input; undefined where nothing does. */
export function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input;
  for (const key of path) value = (value as Readonly<Record<PropertyKey, unknown>> | null | undefined)?.[key];
  return value;
}

function show(value: unknown): string {
  if (Array.isArray(value) && value.length > 3) return `a list of ${value.length}`;
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}

function allowed(issue: Issue, value: unknown, hint: string | undefined): string {
  switch (issue.code) {
    case "invalid_type":
      return `expected ${TYPE_WORDS[issue.expected] ?? issue.expected}`;
    case "too_small":
      return `${issue.inclusive === false ? "more than" : "at least"} ${count(issue.minimum, value)}`;
    case "too_big":
      return `${issue.inclusive === false ? "less than" : "at most"} ${count(issue.maximum, value)}`;
    case "invalid_value":
      return `expected ${issue.values.map((word) => JSON.stringify(word)).join(" or ")}`;
    case "invalid_union": {
      // The form whose type fits says best what is wrong with the value.
      const fitting = issue.errors.map(([first]) => first).find((first) => first && first.code !== "invalid_type");
      return fitting?.path.length === 0 && fitting.code !== "invalid_format"
        ? allowed(fitting, value, hint)
        : (hint ?? "in none of the forms it may have");
    }
    default:
      return issue.message;
  }
}

const count = (limit: number | bigint, value: unknown): string =>
  Array.isArray(value) ? `${limit} ${limit === 1 ? "entry" : "entries"}` : String(limit);
