import { afterEach, describe, expect, it } from "vitest";
import { kernelsOf, releaseKernels } from "../../../../src/poker/evaluator/kernels.js";
import { OmahaEvaluator } from "../../../../src/poker/evaluator/omaha.js";
import { evaluatorTables } from "../../../../src/poker/evaluator/tables.js";
import { deckBytes, drawInto, seededRandom } from "../oracle.js";

const CASES = process.env.SOAK === undefined ? 60_000 : 1_000_000;
const DEALS = 500;
const tables = evaluatorTables();

afterEach(releaseKernels);

/** Random deals in the kernel's memory and in an array of their own. */
function drawDeals(width: number, seed: number): Uint8Array {
  const random = seededRandom(seed);
  const deck = deckBytes();
  const deals = new Uint8Array(DEALS * width);
  for (let i = 0; i < DEALS; i++) drawInto(deals.subarray(i * width, (i + 1) * width), deck, random);
  kernelsOf(tables).workspace.set(deals);
  return deals;
}

function evaluateDeals(deals: Uint8Array, boards: number, players: number, size: number): Uint16Array {
  const { hands, base, workspace } = kernelsOf(tables);
  const out = base + Math.ceil(deals.length / 2) * 2;
  hands.evaluateDeals(base, DEALS, boards, players, size, out);
  return new Uint16Array(workspace.buffer, out, DEALS * boards * players);
}

describe("evaluator kernel", () => {
  const shapes = [4, 5, 6].flatMap((size) =>
    [1, 2].flatMap((boards) => [1, 3].map((players) => [size, boards, players])),
  );

  it.each(shapes)("gives hands of %i cards, %i boards, %i players the evaluator's values", (size, boards, players) => {
    const evaluator = new OmahaEvaluator(tables);
    const width = boards * 5 + players * size;
    let wrong = 0;
    for (let seed = 0; seed < CASES / DEALS / 4; seed++) {
      const deals = drawDeals(width, seed * 64 + size * 8 + boards);
      const values = evaluateDeals(deals, boards, players, size);
      let next = 0;
      for (let at = 0; at < deals.length; at += width)
        for (let board = 0; board < boards; board++) {
          const [a = 0, b = 0, c = 0, d = 0, e = 0] = deals.subarray(at + board * 5);
          evaluator.setBoard(a, b, c, d, e);
          for (let player = 0; player < players; player++) {
            if (values[next++] !== evaluator.evaluate(deals, at + boards * 5 + player * size, size)) wrong++;
          }
        }
    }
    expect(wrong).toBe(0);
  });

  it("takes a workspace for a thread and gives it back", () => {
    const used = () => tables.claims.reduce((sum, claim) => sum + claim, 0);
    expect(used()).toBe(0);
    const kernels = kernelsOf(tables);
    expect(kernelsOf(tables)).toBe(kernels);
    expect(used()).toBe(1);
    releaseKernels();
    expect(used()).toBe(0);
  });

  it("computes with tables of its own when other threads have all workspaces", () => {
    tables.claims.fill(1);
    try {
      expect(kernelsOf(tables).workspace.buffer).not.toBe(tables.memory.buffer);
      const deals = drawDeals(9, 1);
      const [a = 0, b = 0, c = 0, d = 0, e = 0] = deals;
      const evaluator = new OmahaEvaluator(tables);
      evaluator.setBoard(a, b, c, d, e);
      expect(evaluateDeals(deals, 1, 1, 4)[0]).toBe(evaluator.evaluate(deals, 5, 4));
      releaseKernels();
      expect(tables.claims.every((claim) => claim === 1)).toBe(true);
    } finally {
      tables.claims.fill(0);
    }
  });
});
