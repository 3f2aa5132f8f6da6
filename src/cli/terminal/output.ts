import type { GlobalFlags } from "../globals.js";
import { jsonText } from "./json-text.js";

const CODES = { bold: 1, red: 31, green: 32, yellow: 33, blue: 34, magenta: 35, cyan: 36, white: 37, dim: 2 } as const;

export type Style = keyof typeof CODES;

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
    return `\u001b[${styles.map((style) => CODES[style]).join(";")}m${text}\u001b[0m`;
  }

  /** Rows under headings, in aligned columns. */
  table(headings: readonly string[], rows: readonly (readonly string[])[]): void {
    const widths = headings.map((heading, column) =>
      Math.max(heading.length, ...rows.map((row) => (row[column] ?? "").length)),
    );
    const aligned = (cells: readonly string[]) =>
      cells
        .map((cell, column) => (column === cells.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
        .join("  ")
        .trimEnd();
    this.line(this.style(aligned(headings), "bold"));
    for (const row of rows) this.line(aligned(row));
  }
}

/** `1 node`, `2 nodes`. */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
