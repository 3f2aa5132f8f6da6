/**
 * CPU milliseconds of this build's equities beside those of another build, in turn and in one process; both must count
 * the same. BENCH_DIST names the other one's `dist`: of a worktree of an older commit after `make build`, for example.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ROOT } from "../scripts/local/state.js";
import { threeDigits } from "./poker-peers.js";
import { printTable, type Row, saveResults } from "./report.js";

const OTHER = process.env.BENCH_DIST;
const ROUNDS = 15;
const RUNS = 50_000;
const HERO = "AsKsQhJh";
const VILLAIN = "8c8d7c6d";

const VERSUS: readonly (readonly [string, string])[] = [
  [HERO, "9c8h2s4d"],
  [HERO, "9c8h2s"],
  [HERO, "9s8h2s"],
  ["AsKsQhJh2h", "9c8h9s"],
  ["AsKsQhJh2h3c", "9c8h2s4c"],
];
const SIMULATED: readonly (readonly [readonly string[], readonly string[]])[] = [
  [
    [HERO, VILLAIN],
    ["9c8h2s", "AdTd3c"],
  ],
  [
    [HERO, VILLAIN],
    ["", ""],
  ],
  [[HERO, ""], ["9c8h2s"]],
  [[HERO, "", "", ""], ["9c8h2s"]],
];

/** What of a build is measured; each call returns all counts as text. */
interface Build {
  versus(hand: string, board: string): string;
  simulate(hands: readonly string[], boards: readonly string[]): string;
}

async function load(dist: string): Promise<Build> {
  const part = (file: string) => import(pathToFileURL(join(dist, "poker", `${file}.js`)).href);
  const { parseCards }: typeof import("../src/poker/cards.js") = await part("cards");
  const { Random }: typeof import("../src/poker/random.js") = await part("random");
  const { evaluatorTables }: typeof import("../src/poker/evaluator/tables.js") = await part("evaluator/tables");
  const { ShowdownCounts }: typeof import("../src/poker/equity/showdown-counts.js") =
    await part("equity/showdown-counts");
  const { StratumCounts }: typeof import("../src/poker/equity/stratum-counts.js") = await part("equity/stratum-counts");
  const { MonteCarlo, strataOf }: typeof import("../src/poker/equity/monte-carlo.js") =
    await part("equity/monte-carlo");
  const { countVersusRandom }: typeof import("../src/poker/equity/versus-random.js") =
    await part("equity/versus-random");
  return {
    versus(hand, board) {
      const counts = new ShowdownCounts({ players: 2, nextCard: [true] });
      countVersusRandom(evaluatorTables(), { hand: parseCards(hand), board: parseCards(board), dead: [] }, counts);
      return counts.data.join();
    },
    simulate(hands, boards) {
      const seats = hands.map((hand) => ({ kind: "cards" as const, known: parseCards(hand) }));
      const deal = { handSize: 4, seats, boards: boards.map(parseCards), dead: [] };
      const counts = new ShowdownCounts({ players: hands.length, nextCard: boards.map(() => false) });
      const strata = strataOf(deal) > 1 ? new StratumCounts(strataOf(deal), 1, hands.length + 1) : undefined;
      new MonteCarlo(evaluatorTables(), deal, Random.ofStream([1])).simulate(RUNS, counts, strata);
      return counts.data.join();
    },
  };
}

function cpuMs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

function compare(what: string, ours: () => string, other: () => string): Row {
  for (let round = 0; round < 3; round++) if (ours() !== other()) throw new Error(`${what}: other counts`);
  const times = Array.from({ length: ROUNDS }, () => [cpuMs(ours), cpuMs(other)] as const);
  const median = (column: 0 | 1): number =>
    times.map((pair) => pair[column]).sort((one, two) => one - two)[ROUNDS >> 1] ?? 0;
  return {
    what,
    "this build, ms": threeDigits(median(0)),
    "other build, ms": threeDigits(median(1)),
    ratio: threeDigits(median(1) / median(0)),
  };
}

if (OTHER === undefined || !existsSync(OTHER)) {
  process.stdout.write("Two builds side by side: give the other one's dist in BENCH_DIST\n");
} else {
  const ours = await load(join(ROOT, "dist"));
  const other = await load(OTHER);
  const rows = [
    ...VERSUS.map(([hand, board]) =>
      compare(
        `${hand} against one random on ${board}`,
        () => ours.versus(hand, board),
        () => other.versus(hand, board),
      ),
    ),
    ...SIMULATED.map(([hands, boards]) =>
      compare(
        `${RUNS} runs of ${hands.join(",")} on ${boards.join("/")}`,
        () => ours.simulate(hands, boards),
        () => other.simulate(hands, boards),
      ),
    ),
  ];
  process.stdout.write("CPU milliseconds of two builds\n");
  printTable(rows);
  saveResults("versions", rows);
}
