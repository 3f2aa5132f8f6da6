import { cutText, isRecord, pythonRepr } from "../../../celery/values.js";
import { jsonText } from "../../terminal/json-text.js";
import type { Output } from "../../terminal/output.js";

/** A reply as Celery prints it: the status, and the value as indented text. */
export interface ReplyText {
  readonly status: string;
  readonly body: string;
}

/** Values appear as Python shows them, mappings as JSON with sorted keys. */
export function replyText(value: unknown, output: Output): ReplyText {
  const ok = output.style("OK", "green", "bold");
  if (isRecord(value)) {
    if ("ok" in value) return { status: ok, body: indent(replyText(value.ok, output).body, 4) };
    if ("error" in value) {
      const status = output.style("ERROR", "red", "bold");
      return { status, body: indent(replyText(value.error, output).body, 4) };
    }
    return { status: ok, body: jsonText(sorted(value), 4) };
  }
  if (Array.isArray(value)) return { status: ok, body: listText(value, output) };
  return { status: ok, body: typeof value === "string" ? value : repr(value) };
}

export function indent(text: string, spaces: number): string {
  const margin = " ".repeat(spaces);
  return text
    .split("\n")
    .map((line) => margin + line)
    .join("\n");
}

function listText(items: readonly unknown[], output: Output): string {
  if (items.length === 0) return "- empty -";
  const bullet = output.style("*", "white");
  return items.map((item) => cutLine(item) ?? `${bullet} ${typeof item === "string" ? item : repr(item)}`).join("\n");
}

/** The last entry of a list of requests that is cut, which is no request; null for any other. */
function cutLine(item: unknown): string | null {
  if (!isRecord(item)) return null;
  const { cut } = isRecord(item.request) ? item.request : item;
  if (!isRecord(cut)) return null;
  const { shown, of } = cut;
  return typeof shown === "number" && typeof of === "number" ? cutText({ shown, of }) : null;
}

function repr(value: unknown): string {
  return pythonRepr(value, { escape: true, maxLength: Number.POSITIVE_INFINITY, maxDepth: Number.POSITIVE_INFINITY });
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isRecord(value)) return value;
  const keys = Object.keys(value).sort();
  return Object.fromEntries(keys.map((key) => [key, sorted(value[key])]));
}
