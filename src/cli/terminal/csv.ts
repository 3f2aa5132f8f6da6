/** Rows under headings as CSV (RFC 4180), a line each. */
export function csvLines(headings: readonly string[], rows: readonly (readonly unknown[])[]): string[] {
  return [headings, ...rows].map((cells) => cells.map(cellText).join(","));
}

function cellText(value: unknown): string {
  const text = String(value);
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
