import { styleText } from "node:util";
import type { GlobalFlags } from "../globals.js";
import { jsonText } from "./json-text.js";

export type Style = "bold" | "dim" | "red" | "green" | "yellow" | "blue" | "magenta" | "cyan" | "white";

/** Standard output of a command: colours on a terminal only. */
export class Output {
  readonly #colored: boolean;
  readonly quiet: boolean;

  constructor(flags: GlobalFlags, stream: { readonly isTTY?: boolean } = process.stdout) {
    this.#colored = stream.isTTY === true && flags.color !== false && !process.env.NO_COLOR;
    this.quiet = flags.quiet === true;
  }

  line(text = ""): void {
    process.stdout.write(`${text}\n`);
  }

  /** A value as one line of JSON. */
  json(value: unknown): void {
    this.line(jsonText(value));
  }

  style(text: string, ...styles: readonly Style[]): string {
    if (!this.#colored || styles.length === 0) return text;
    return styleText([...styles], text, { validateStream: false });
  }

  /** Rows under headings, in aligned columns: the first `left` ones flush left, the others, of numbers, flush right. */
  table(headings: readonly string[], rows: readonly (readonly string[])[], left = headings.length): void {
    const [first = "", ...others] = tableLines(headings, rows, left);
    this.line(this.style(first, "bold"));
    for (const line of others) this.line(line);
  }
}

/** Rows under headings, in aligned columns: the first `left` ones flush left, the others, of numbers, flush right. */
export function tableLines(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  left = headings.length,
): string[] {
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => (row[column] ?? "").length)),
  );
  return [headings, ...rows].map((cells) =>
    cells
      .map((cell, column) => (column < left ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join("  ")
      .trimEnd(),
  );
}

/** `1 node`, `2 nodes`. */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
