import type { Solution } from "../../../../src/poker/solver/report/solution.js";
import type { SolveProgress } from "../../../../src/poker/solver/solve-loop.js";
import { parseSolverInput } from "../../../../src/tasks/solver-analysis/parse-input.js";
import { prepareSpot } from "../../../../src/tasks/solver-analysis/prepare-spot.js";
import { run } from "../../../../src/tasks/solver-analysis/solve-kernel.js";

export interface InProcess {
  readonly hash: string;
  readonly solution: Solution;
  readonly progress: readonly SolveProgress[];
}

/** Solves a job's `input_data` on this thread, with the kernels of the job. `readingSeconds` takes the place of what reading took. */
export function solveInProcess(inputData: unknown, maxMebibytes = 512, readingSeconds?: number): InProcess {
  const input = parseSolverInput(inputData);
  const read = prepareSpot(input);
  const prepared = readingSeconds === undefined ? read : { ...read, seconds: readingSeconds };
  const progress: SolveProgress[] = [];
  const job = {
    prepared,
    request: input.request,
    maxBytes: maxMebibytes * 2 ** 20,
    threads: 1,
    stop: new SharedArrayBuffer(4),
  };
  const solution = run(job, {
    progress: (news) => {
      if (news.type === "progress") progress.push(news.progress);
    },
    cancelled: () => false,
  });
  return { hash: prepared.hash, solution, progress };
}

/** `count` random hands of `k` cards that avoid `dead`, as text. */
export function randomHands(count: number, k: number, dead: readonly string[], random: () => number): string[] {
  const deck = [..."23456789TJQKA"]
    .flatMap((rank) => [..."shdc"].map((suit) => rank + suit))
    .filter((card) => !dead.includes(card));
  const found = new Set<string>();
  while (found.size < count) {
    const hand = new Set<string>();
    while (hand.size < k) hand.add(deck[Math.floor(random() * deck.length)] as string);
    found.add([...hand].sort().join(""));
  }
  return [...found];
}
