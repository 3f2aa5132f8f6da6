import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { ProgressBar, table } from "../../../scripts/local/terminal.js";

function output(options: { isTTY?: boolean; columns?: number } = {}): NodeJS.WriteStream & { text(): string } {
  const stream = Object.assign(new PassThrough(), options);
  return Object.assign(stream as unknown as NodeJS.WriteStream, { text: () => String(stream.read() ?? "") });
}

describe("ProgressBar", () => {
  it("writes a line a change where the output is no terminal", () => {
    const out = output();
    const bar = new ProgressBar(out);
    bar.update(0, "QUEUED");
    bar.update(0, "QUEUED");
    bar.update(41.6, "PROCESSING");
    bar.end();
    expect(out.text()).toBe("    0 %  QUEUED\n   42 %  PROCESSING\n");
  });

  it("rewrites one line of a terminal and keeps within its width", () => {
    const out = output({ isTTY: true, columns: 30 });
    const bar = new ProgressBar(out);
    bar.update(50, "RUN");
    bar.update(150, "A MESSAGE THAT IS FAR TOO LONG");
    bar.end();
    const lines = out.text().split("\r\u001b[K");
    expect(lines).toHaveLength(3);
    expect(lines[1]).toBe(`  ${"█".repeat(8)}${"░".repeat(8)}  50 %  RUN`);
    expect(lines[2]).toBe("   100 %  A MESSAGE THAT IS F\n");
  });
});

describe("tables", () => {
  it("pads columns to their widest cell", () => {
    expect(table(["Name", "N"], [["a", "100"]], 1)).toBe("  Name    N\n  ────  ───\n  a     100");
  });
});
