import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";

export type Row = Readonly<Record<string, string | number>>;

/** Prints rows as an aligned table, the columns in the order of the first row. */
export function printTable(rows: readonly Row[]): void {
  const columns = Object.keys(rows[0] ?? {});
  const width = (column: string) => Math.max(column.length, ...rows.map((row) => String(row[column] ?? "").length));
  const line = (cells: readonly (string | number)[]) =>
    columns
      .map((column, index) =>
        typeof cells[index] === "number"
          ? String(cells[index]).padStart(width(column))
          : String(cells[index] ?? "").padEnd(width(column)),
      )
      .join("  ");
  process.stdout.write(`${line(columns)}\n${columns.map((column) => "-".repeat(width(column))).join("  ")}\n`);
  for (const row of rows) process.stdout.write(`${line(columns.map((column) => row[column] ?? ""))}\n`);
}

/**
 * Writes `bench/results/<name>.json` with the machine it was measured on.
 * @param more what else ran, such as the broker's version
 */
export function saveResults(name: string, rows: readonly Row[], more: Row = {}): void {
  const directory = new URL("./results/", import.meta.url);
  mkdirSync(directory, { recursive: true });
  const machine = {
    node: process.version,
    cpus: cpus().length,
    model: cpus()[0]?.model ?? "unknown",
    load: loadavg()[0] ?? 0,
    ...more,
  };
  writeFileSync(
    new URL(`${name}.json`, directory),
    `${JSON.stringify({ name, at: new Date().toISOString(), machine, rows }, null, 2)}\n`,
  );
}
