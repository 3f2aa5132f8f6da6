/**
 * Simulated deals a second of one thread; then whole jobs, from input to result, in a pool of two threads, with the delay
 * of the main loop beside them.
 */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { pino } from "pino";
import { ThreadPool } from "../src/celery/executor/thread-pool.js";
import { parseCards } from "../src/poker/cards.js";
import type { SeatedDeal } from "../src/poker/equity/deal.js";
import { MonteCarlo, strataOf } from "../src/poker/equity/monte-carlo.js";
import { ShowdownCounts } from "../src/poker/equity/showdown-counts.js";
import { StratumCounts } from "../src/poker/equity/stratum-counts.js";
import { evaluatorTables } from "../src/poker/evaluator/tables.js";
import { Random } from "../src/poker/random.js";
import { spotKernel } from "../src/tasks/spot-simulation/compute.js";
import { parseSpotInput } from "../src/tasks/spot-simulation/parse-input.js";
import { simulateSpot } from "../src/tasks/spot-simulation/simulate-spot.js";
import { medianMs, threeDigits } from "./poker-peers.js";
import { printTable, type Row, saveResults } from "./report.js";

const HERO = "AsKsQhJh";
const VILLAIN = "8c8d7c6d";
const RUNS = 200_000;
/** The old worker: 10,000 runs on a double-board flop took more than 30 s. */
const OLD_RUNS_A_SECOND = 10_000 / 30;

const DEALS: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ["heads-up, double-board flop", [HERO, VILLAIN], ["9c8h2s", "AdTd3c"]],
  ["heads-up, double-board preflop", [HERO, VILLAIN], ["", ""]],
  ["against one random, flop", [HERO, ""], ["9c8h2s"]],
  ["against one random, preflop", [HERO, ""], [""]],
  ["against three random, flop", [HERO, "", "", ""], ["9c8h2s"]],
];

function simulateOnce(hands: readonly string[], boards: readonly string[]): void {
  const seats = hands.map((hand) => ({ kind: "cards" as const, known: parseCards(hand) }));
  const deal: SeatedDeal = { handSize: 4, seats, boards: boards.map(parseCards), dead: [] };
  const counts = new ShowdownCounts({ players: seats.length, nextCard: boards.map(() => false) });
  const strata = strataOf(deal) > 1 ? new StratumCounts(strataOf(deal), 1, seats.length + 1) : undefined;
  new MonteCarlo(evaluatorTables(), deal, Random.ofStream([1])).simulate(RUNS, counts, strata);
}

function simulationRows(): Row[] {
  return DEALS.map(([name, hands, boards]) => {
    const rate = RUNS / (medianMs(7, () => simulateOnce(hands, boards)) / 1000);
    return {
      deal: name,
      "runs/s, millions": threeDigits(rate / 1e6),
      "old system, runs/s": name.includes("double-board flop") ? threeDigits(OLD_RUNS_A_SECOND) : "",
    };
  });
}

const JOBS: readonly (readonly [string, object])[] = [
  [
    "double-board flop, 2 players, 10,000 runs",
    { players: [HERO, VILLAIN].map((cards) => ({ cards })), top_board: "9c8h2s", bottom_board: "AdTd3c" },
  ],
  [
    "double-board preflop, 2 players, 10,000 runs",
    { players: [HERO, VILLAIN].map((cards) => ({ cards })), top_board: "", bottom_board: "" },
  ],
  [
    "flop against 3 random, 10,000,000 runs",
    { players: [{ cards: HERO }], board: "9c8h2s", random_opponents: 3, simulation_runs: 10_000_000 },
  ],
];

async function jobRows(pool: ThreadPool): Promise<Row[]> {
  const rows: Row[] = [];
  let owner = 0;
  for (const [name, data] of JOBS) {
    const delay = monitorEventLoopDelay({ resolution: 1 });
    const times: number[] = [];
    for (let round = 0; round < (name.includes("10,000,000") ? 2 : 7); round++) {
      if (round === 1) delay.enable();
      const id = String(owner++);
      const started = performance.now();
      await simulateSpot(parseSpotInput(data), {
        compute: (chunk) => pool.run(id, spotKernel, chunk),
        signal: new AbortController().signal,
        report: () => undefined,
      });
      times.push(performance.now() - started);
    }
    delay.disable();
    const median = times.slice(1).sort((one, other) => one - other)[Math.floor((times.length - 1) / 2)] ?? 0;
    rows.push({
      job: name,
      "first, ms": threeDigits(times[0] ?? 0),
      "then, ms": threeDigits(median),
      "main loop delay, 99 %, ms": threeDigits(delay.percentile(99) / 1e6),
      "main loop delay, most, ms": threeDigits(delay.max / 1e6),
    });
  }
  return rows;
}

/** Short jobs beside one that would take minutes, and how soon that one is gone once it is cancelled. */
async function fairnessRows(pool: ThreadPool): Promise<Row[]> {
  const controller = new AbortController();
  const { signal } = controller;
  const start = (owner: string, data: object) =>
    simulateSpot(parseSpotInput(data), {
      compute: (chunk) => pool.run(owner, spotKernel, chunk, { signal }),
      signal,
      report: () => undefined,
    });
  const players = [{ cards: HERO }];
  const ended = start("long", { players, random_opponents: 3, simulation_runs: 1_000_000_000 }).catch(() => undefined);
  const short = { players: [HERO, VILLAIN].map((cards) => ({ cards })), board: "9c8h2s4d" };
  const times: number[] = [];
  for (let round = 0; round < 30; round++) {
    const started = performance.now();
    await start(`short ${round}`, short);
    times.push(performance.now() - started);
    await sleep(20);
  }
  const cancelled = performance.now();
  controller.abort(new Error("cancelled"));
  await ended;
  while (pool.stats.active > 0) await sleep(1);
  const gone = performance.now() - cancelled;
  times.sort((one, other) => one - other);
  return [
    { what: "short job beside a long one, median", ms: threeDigits(times[15] ?? 0), "goal, ms": 200 },
    { what: "short job beside a long one, slowest", ms: threeDigits(times[29] ?? 0), "goal, ms": 200 },
    { what: "long job cancelled until no thread computes", ms: threeDigits(gone), "goal, ms": 100 },
  ];
}

const simulations = simulationRows();
process.stdout.write("Simulated deals a second, one thread\n");
printTable(simulations);
const pool = new ThreadPool({
  size: 2,
  maxCallsPerThread: null,
  maxMemoryPerThreadKilobytes: null,
  maxHeapMegabytes: null,
  log: pino({ level: "silent" }),
});
const jobs = await jobRows(pool);
process.stdout.write("\nWhole jobs in a pool of two threads\n");
printTable(jobs);
const fairness = await fairnessRows(pool);
process.stdout.write("\nJobs side by side\n");
printTable(fairness);
await pool.close();
saveResults("simulation", [...simulations, ...jobs, ...fairness]);
