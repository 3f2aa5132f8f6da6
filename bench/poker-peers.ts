import { execFileSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** A random deal of `cards` cards, `count` times, one after the other; the same ones every time. */
export function randomDeals(count: number, cards: number): Uint8Array {
  const deals = new Uint8Array(count * cards);
  const deck = Uint8Array.from({ length: 52 }, (_, card) => card);
  let state = 0x2545f491;
  for (let at = 0; at < deals.length; at += cards) {
    for (let i = 0; i < cards; i++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      const j = i + ((state >>> 0) % (52 - i));
      const card = deck[j] ?? 0;
      deck[j] = deck[i] ?? 0;
      deck[i] = card;
      deals[at + i] = card;
    }
  }
  return deals;
}

/** Five-card evaluation of the npm package phe; undefined when it is not installed. Lower is stronger. */
export async function loadPhe(): Promise<((codes: readonly number[]) => number) | undefined> {
  try {
    return (await import("phe")).default.evaluateCardCodes;
  } catch {
    return undefined;
  }
}

/** Best of the 60 five-card hands of four hole cards, by phe. */
export function pheOmaha(
  evaluate: (codes: readonly number[]) => number,
  cards: Uint8Array,
  board: number,
  hole: number,
): number {
  let best = Number.POSITIVE_INFINITY;
  for (let i = hole + 1; i < hole + 4; i++)
    for (let j = hole; j < i; j++)
      for (let x = board + 2; x < board + 5; x++)
        for (let y = board + 1; y < x; y++)
          for (let z = board; z < y; z++) {
            const value = evaluate([cards[i] ?? 0, cards[j] ?? 0, cards[x] ?? 0, cards[y] ?? 0, cards[z] ?? 0]);
            if (value < best) best = value;
          }
  return best;
}

/** Hands a second of the C++ twin, compiled here and now; undefined without a compiler. */
export function runNativeTwin():
  | { readonly random: number; readonly fixed: number; readonly pairs: number }
  | undefined {
  const source = fileURLToPath(new URL("./native/evaluator.cpp", import.meta.url));
  const binary = join(mkdtempSync(join(tmpdir(), "plosolver-bench-")), "evaluator");
  try {
    execFileSync("g++", ["-O3", "-march=native", "-std=c++17", "-o", binary, source], { stdio: "ignore" });
    return JSON.parse(execFileSync(binary, { encoding: "utf8" })) as { random: number; fixed: number; pairs: number };
  } catch {
    return undefined;
  }
}

/** Median milliseconds of one call; `rounds` calls after two to warm up. */
export function medianMs(rounds: number, work: () => void): number {
  work();
  work();
  const times = Array.from({ length: rounds }, () => {
    const start = performance.now();
    work();
    return performance.now() - start;
  });
  return times.sort((one, other) => one - other)[Math.floor(rounds / 2)] ?? 0;
}

/** A number with three digits that matter. */
export const threeDigits = (value: number): number => Number(value.toPrecision(3));
