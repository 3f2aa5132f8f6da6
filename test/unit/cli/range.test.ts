import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { createProgram } from "../../../src/cli/program.js";
import { usePrinted } from "../../support/printed.js";

const folder = mkdtempSync(join(tmpdir(), "ranges-"));
const printed = usePrinted();

afterAll(() => rmSync(folder, { recursive: true }));

async function range(...args: string[]): Promise<string> {
  printed.clear();
  await createProgram("0").parseAsync(["node", "celery", "range", ...args]);
  return printed.text;
}

describe("celery range", () => {
  it("says how a range is read, with counts and examples", async () => {
    const text = await range("AA:ds,KK@0.4", "--examples", "3");
    expect(text).toMatch(
      /^read as {3}holds A, A and two or more cards of exactly two suits; or holds K, K, weight 0\.4$/mu,
    );
    expect(text).toMatch(/^hands {5}7,819 of 270,725 \(2\.89 %\)$/mu);
    expect(text).toMatch(/^AA:ds +864 +holds A, A/mu);
    expect(text).toMatch(/^examples( {2}\S+){3}$/mu);
  });

  it("exports a range that reads back identically", async () => {
    const boards = ["--board", "9s8s2d"];
    const exported = await range("@set@0.35,AA:ds@0.1234567,KsKhQdQc", "--export", ...boards);
    const file = join(folder, "range.txt");
    writeFileSync(file, exported);
    expect(await range(`file:${file}`, "--export", ...boards)).toBe(exported);
    const csv = (await range(`file:${file}`, "--csv", ...boards)).trim().split("\n");
    expect(csv).toHaveLength(exported.trim().split("\n").length + 1);
    expect(csv[0]).toBe("hand,weight");
  });

  it("counts the classes of a view, which are all hands together", async () => {
    const args = ["any", "--board", "9s8s2d", "--view", "examples/views/flop.yaml", "--json"];
    const { classes, hands } = JSON.parse(await range(...args));
    const sum = classes.reduce((total: number, row: { hands: number }) => total + row.hands, 0);
    expect(sum).toBe(hands);
  });

  it("refuses what cannot be read in a sentence", async () => {
    await expect(range("25")).rejects.toThrow("did you mean 25%?");
    await expect(range("@set")).rejects.toThrow("needs a board");
    await expect(range("AA", "--board", "AsAs2d")).rejects.toThrow("card As stands twice");
    await expect(range("any", "--view", "package.json")).rejects.toThrow("package.json is no view");
    await expect(range()).rejects.toThrow("give a range");
  });
});
