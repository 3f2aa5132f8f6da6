/** Resolves at the first SIGINT, SIGTERM or SIGHUP; a second one has its usual effect. */
export function whenInterrupted(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => resolve(signal));
  });
}

/** Shows a fraction that grows: one line rewritten in place on a terminal, a line per change elsewhere. */
export class ProgressBar {
  private shown = "";

  constructor(private readonly out: NodeJS.WriteStream = process.stdout) {}

  update(percent: number, text: string): void {
    const bounded = Math.max(0, Math.min(100, Math.round(percent)));
    const plain = `${String(bounded).padStart(3)} %  ${text}`;
    if (plain === this.shown) return;
    this.shown = plain;
    if (!this.out.isTTY) {
      this.out.write(`  ${plain}\n`);
      return;
    }
    const room = (this.out.columns ?? 80) - plain.length - 4;
    const width = Math.max(0, Math.min(32, room));
    const full = Math.round((bounded / 100) * width);
    const line = `  ${"█".repeat(full)}${"░".repeat(width - full)} ${plain}`;
    this.out.write(`\r\x1b[K${line.slice(0, (this.out.columns ?? 80) - 1)}`);
  }

  end(): void {
    if (this.out.isTTY && this.shown !== "") this.out.write("\n");
  }
}

/** Columns padded to their widest cell; the first `left` ones flush left, the others right. */
export function table(header: readonly string[], rows: readonly (readonly string[])[], left: number): string {
  const lines = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...lines.map((cells) => (cells[column] ?? "").length)));
  const render = (cells: readonly string[]) =>
    widths
      .map((width, column) =>
        column < left ? (cells[column] ?? "").padEnd(width) : (cells[column] ?? "").padStart(width),
      )
      .join("  ")
      .trimEnd();
  const rule = widths.map((width) => "─".repeat(width)).join("  ");
  return [render(header), rule, ...rows.map(render)].map((line) => `  ${line}`).join("\n");
}
