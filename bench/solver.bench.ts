/**
 * The solver's anchors, re-measured: seconds and exploitability of 100 iterations on random ranges, one thread, beside
 * a prototype's figures; then the real jobs of examples/spots on one and on two threads. With BENCH_HOLDEM_SOLVER, the source
 * directory of an outside solver, a river of the same tree beside a hold'em river of its.
 */
import { readdirSync, readFileSync } from "node:fs";
import { pino } from "pino";
import { ThreadPool } from "../src/celery/executor/thread-pool.js";
import { Random } from "../src/poker/random.js";
import { sortByScore } from "../src/poker/solver/abstraction/cap-range.js";
import { buildBettingTree } from "../src/poker/solver/betting/betting-tree.js";
import { omahaDeal } from "../src/poker/solver/game/deal-model.js";
import { createHandSet, type HandSet } from "../src/poker/solver/game/hand-set.js";
import { VectorSolver } from "../src/poker/solver/vector/vector-solver.js";
import { prepareKernel } from "../src/tasks/solver-analysis/kernels.js";
import { parseSolverInput } from "../src/tasks/solver-analysis/parse-input.js";
import { runSolve } from "../src/tasks/solver-analysis/run-solve.js";
import { type RiverRun, runHoldemSolver } from "./holdem-solver.js";
import { printTable, type Row, saveResults } from "./report.js";

const BOARD = [46, 42, 20, 11, 1];
const POT = 100;
const ITERATIONS = 100;

interface Anchor {
  readonly street: 2 | 3;
  readonly combos: number;
  readonly sizes: readonly number[];
  readonly raises: number;
  readonly boards?: 2;
  /** What it is to stay below, and what a prototype took (12 nodes instead of our 20 on the river). */
  readonly goalSeconds: number | null;
  readonly prototypeSeconds: number | null;
}

const ANCHORS: readonly Anchor[] = [
  { street: 3, combos: 300, sizes: [0.5, 1], raises: 3, goalSeconds: null, prototypeSeconds: 0.24 },
  { street: 3, combos: 1000, sizes: [0.5, 1], raises: 3, goalSeconds: 1, prototypeSeconds: 0.7 },
  { street: 3, combos: 3000, sizes: [0.5, 1], raises: 3, goalSeconds: null, prototypeSeconds: 1.9 },
  { street: 3, combos: 10_000, sizes: [0.5, 1], raises: 3, goalSeconds: 8, prototypeSeconds: 6.5 },
  { street: 3, combos: 1000, sizes: [0.5, 1], raises: 3, boards: 2, goalSeconds: null, prototypeSeconds: null },
  { street: 2, combos: 300, sizes: [1], raises: 1, goalSeconds: 20, prototypeSeconds: 18 },
];

/** CPU seconds of this process: what counts on a machine that does other things too. */
function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

function randomRange(count: number, dead: readonly number[], random: Random, board: readonly number[]): HandSet {
  const found = new Map<string, number[]>();
  while (found.size < count) {
    const hand = new Set<number>();
    while (hand.size < 4) {
      const card = random.below(52);
      if (!dead.includes(card)) hand.add(card);
    }
    const sorted = [...hand].sort((a, b) => a - b);
    found.set(sorted.join(), sorted);
  }
  const hands = createHandSet([...found.values()]);
  // As the job does: neighbours in strength are neighbours in memory.
  return board.length === 5 ? sortByScore(hands, Float64Array.from(omahaDeal([board]).strengths(hands, board))) : hands;
}

function measureAnchor(
  anchor: Anchor,
  seed: number,
): { readonly seconds: number; readonly exploitability: number; readonly wall: number; readonly nodes: number } {
  const { street, combos, sizes, raises } = anchor;
  const first = BOARD.slice(0, street + 2);
  const boards = anchor.boards === 2 ? [first, [45, 41, 23, 8, 2]] : [first];
  const fresh = { street, pot: POT, bets: [0, 0], stacks: [300, 300], folded: [false, false] };
  const state = { ...fresh, pending: [true, true], actedLevel: [-1, -1], minRaise: 0, raises: 0, scale: 1e6 };
  const sizing = {
    kind: "pot-limit",
    fractionsByStreet: [sizes],
    maxRaisesByStreet: [raises],
    bettingStreets: 4,
  } as const;
  const tree = buildBettingTree(state, 0, { sizing, lastStreet: 3, minBet: 0 });
  const random = Random.fromSeed(seed);
  const hands = [0, 1].map(() => randomRange(combos, boards.flat(), random, first)) as [HandSet, HandSet];
  const solver = new VectorSolver({ tree, hands, deal: omahaDeal(boards) }, { maxBytes: 2 ** 32 });
  const [cpu, wall] = [cpuSeconds(), performance.now()];
  for (let i = 0; i < ITERATIONS; i++) solver.iterate();
  const seconds = cpuSeconds() - cpu;
  const elapsed = (performance.now() - wall) / 1000;
  const nodes = solver.blocks.reduce((sum, { nodeCount }) => sum + nodeCount, 0);
  return { seconds, wall: elapsed, nodes, exploitability: (solver.exploitability().nashConv / 2 / POT) * 100 };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
}

function anchorRows(): Row[] {
  return ANCHORS.map((anchor) => {
    const rounds = [1, 2, 3].map((seed) => measureAnchor(anchor, seed));
    const round = (value: number, digits: number): number => Number(value.toFixed(digits));
    return {
      spot: `${anchor.street === 3 ? "river" : "turn"}${anchor.boards === 2 ? ", two boards" : ""}`,
      combos: anchor.combos,
      "100 iterations, CPU s": round(median(rounds.map(({ seconds }) => seconds)), 2),
      "elapsed s": round(median(rounds.map(({ wall }) => wall)), 2),
      "exploitability, % of pot": round(median(rounds.map(({ exploitability }) => exploitability)), 3),
      "goal, s": anchor.goalSeconds ?? "",
      "prototype, s": anchor.prototypeSeconds ?? "",
    };
  });
}

/** Rivers of the same betting tree, Omaha's and hold'em's, by what is done for a hand at a node. */
function besideHoldem(): Row[] {
  const theirs = runHoldemSolver(ITERATIONS);
  if (!theirs) return [];
  const ours = [theirs.combos, 10_000].map((combos): RiverRun => {
    const anchor = {
      street: 3,
      combos,
      sizes: [0.5, 1],
      raises: 3,
      goalSeconds: null,
      prototypeSeconds: null,
    } as const;
    return { combos, iterations: ITERATIONS, ...measureAnchor(anchor, 1) };
  });
  const row = (solver: string, { combos, nodes, iterations, seconds, exploitability }: RiverRun): Row => ({
    solver,
    combos,
    nodes,
    iterations,
    "CPU s": Number(seconds.toFixed(3)),
    "iterations × combos × nodes, M/s": Number(((iterations * combos * nodes) / seconds / 1e6).toFixed(1)),
    "exploitability, % of pot": Number(exploitability.toFixed(3)),
  });
  return [row("postflop-solver, hold'em", theirs), ...ours.map((run) => row("this one, Omaha", run))];
}

async function jobRows(): Promise<Row[]> {
  const pool = new ThreadPool({
    size: 2,
    maxCallsPerThread: null,
    maxMemoryPerThreadKilobytes: null,
    maxHeapMegabytes: null,
    log: pino({ level: "silent" }),
  });
  const folder = new URL("../examples/spots/", import.meta.url);
  const rows: Row[] = [];
  for (const file of readdirSync(folder).sort()) {
    for (const threads of [1, 2]) {
      const input = parseSolverInput(JSON.parse(readFileSync(new URL(file, folder), "utf8")));
      const prepared = await pool.run("bench", prepareKernel, input);
      const solution = await runSolve(prepared, input.request, {
        compute: (kernel, job, { signal, onProgress }) =>
          pool.run("bench", kernel, job, { signal, onProgress: onProgress as ((value: unknown) => void) | undefined }),
        maxBytes: 2 ** 30,
        threads,
        signal: new AbortController().signal,
        endsSoftly: () => true,
        onProgress: () => undefined,
      });
      rows.push({
        job: file.replace(".json", ""),
        threads: solution.threads,
        iterations: solution.iterations,
        "elapsed s": solution.solve_time,
        "exploitability, % of pot": solution.exploitability,
        "ended by": solution.stopped_by,
        "result, kB": Math.round(JSON.stringify(solution).length / 1000),
      });
    }
  }
  await pool.close();
  return rows;
}

const beside = besideHoldem();
if (beside.length > 0) {
  process.stdout.write("Rivers of one betting tree, one thread\n");
  printTable(beside);
  saveResults("solver-beside", beside);
  process.stdout.write("\n");
}
process.stdout.write("Solver, one thread, random ranges, pot 100, stacks 300, median of three\n");
const anchors = anchorRows();
printTable(anchors);
saveResults("solver", anchors);
process.stdout.write("\nThe example spots as jobs\n");
const jobs = await jobRows();
printTable(jobs);
saveResults("solver-jobs", jobs);
