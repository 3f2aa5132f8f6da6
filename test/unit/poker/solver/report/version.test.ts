import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { SOLVER_VERSION } from "../../../../../src/poker/solver/report/version.js";
import { randomHands, solveInProcess } from "../../../tasks/solver-analysis/solve-in-process.js";
import { seededRandom } from "../../oracle.js";
import { solveDrawn } from "../sampled/solve-drawn.js";

/** Raise SOLVER_VERSION when the digest changes, then write both down here. */
const KNOWN = { version: 21, digest: "3309fa7596509d06a370c269fc553a9af4261edacf55bfe24d99f6973ee3db22" };

const BOARD = ["Ks", "Qd", "7h", "4c", "2d"];
const CASES: readonly Record<string, unknown>[] = [
  { board: BOARD, iterations: 40 },
  { board: BOARD, board2: ["Ah", "Jc", "8d", "5c", "3s"], iterations: 20 },
  { board: BOARD, num_cards: 5, max_combos: 25, iterations: 20 },
  { board: BOARD.slice(0, 4), stack_sizes: [100, 100], bet_sizes: [1], max_raises: 1, iterations: 10 },
  { board: BOARD.slice(0, 3), stack_sizes: [60, 60], bet_sizes: [1], max_raises: 0, iterations: 4 },
  { board: BOARD, stack_sizes: [100, 100, 100], bet_sizes: [1], max_raises: 0, iterations: 4 },
];

/** Numbers to five digits: the last bits of a power may differ between versions of the JavaScript engine. */
function rounded(key: string, value: unknown): unknown {
  // Words for the reader, of a range that did not change.
  if (key === "read_as") return undefined;
  return typeof value === "number" ? Number(value.toPrecision(5)) : value;
}

it("the solver's answers are those of its version", () => {
  const hash = createHash("sha256");
  for (const [index, each] of CASES.entries()) {
    const dead = [...(each.board as string[]), ...((each.board2 as string[]) ?? [])];
    const random = seededRandom(100 + index);
    const hands = () => randomHands(40, (each.num_cards as number) ?? 4, dead, random);
    const spot = { pot_size: 100, stack_sizes: [300, 300], player_ranges: { "0": hands(), "1": hands() }, ...each };
    const { solution } = solveInProcess({ ...spot, time_limit_seconds: 1000 });
    const { convergence: _, solve_time: __, solver_version: ___, ...answer } = solution;
    hash.update(JSON.stringify(answer, rounded));
  }
  const drawn = { board: BOARD.slice(0, 3), stack_sizes: [100, 100], bet_sizes: [1], iterations: 6 };
  const random = seededRandom(200);
  const hands = () => randomHands(40, 4, drawn.board, random);
  const solution = solveDrawn({ pot_size: 100, player_ranges: { "0": hands(), "1": hands() }, ...drawn });
  hash.update(JSON.stringify([solution.tree, solution.ev, solution.deviation_gains], rounded));
  expect({ version: SOLVER_VERSION, digest: hash.digest("hex") }).toEqual(KNOWN);
});

it("the statement that deletes answers of older solvers names it", () => {
  const page = readFileSync(new URL("../../../../../docs/solver.md", import.meta.url), "utf8");
  expect(page).toContain(`not like '% solver_version=${SOLVER_VERSION}'`);
});
