/**
 * CPU milliseconds of this build beside those of another build, in turn and in one process: equities, of which both must
 * count the same, and a river of 10,000 by 10,000 hands on one thread. BENCH_DIST names the other one's `dist`: of a worktree of an older commit after `make build`, for example.
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

const RIVER = [46, 42, 20, 11, 1];
const RIVER_COMBOS = 10_000;
const RIVER_ITERATIONS = 100;
const RIVER_STATE = {
  street: 3,
  pot: 100,
  bets: [0, 0],
  stacks: [300, 300],
  folded: [false, false],
  pending: [true, true],
  actedLevel: [-1, -1],
  minRaise: 0,
  raises: 0,
  scale: 1e6,
};
const RIVER_SIZING = {
  kind: "pot-limit",
  fractionsByStreet: [[0.5, 1]],
  maxRaisesByStreet: [3],
  bettingStreets: 4,
} as const;
const RIVER_ROUNDS = 3;

/** What of a build is measured; each call returns all counts as text. */
interface Build {
  /** A river game on which nothing is done yet. */
  river(): { iterate(): void; exploitability(): { readonly nashConv: number } };
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
  const { createHandSet }: typeof import("../src/poker/solver/game/hand-set.js") = await part("solver/game/hand-set");
  const { sortByScore }: typeof import("../src/poker/solver/abstraction/cap-range.js") =
    await part("solver/abstraction/cap-range");
  const { omahaDeal }: typeof import("../src/poker/solver/game/deal-model.js") = await part("solver/game/deal-model");
  const { buildBettingTree }: typeof import("../src/poker/solver/betting/betting-tree.js") =
    await part("solver/betting/betting-tree");
  const { VectorSolver }: typeof import("../src/poker/solver/vector/vector-solver.js") =
    await part("solver/vector/vector-solver");
  return {
    river() {
      const random = Random.fromSeed(1);
      const deal = omahaDeal([RIVER]);
      const hands = [0, 1].map(() => {
        const range = createHandSet(randomHands(RIVER_COMBOS, RIVER, (below) => random.below(below)));
        return sortByScore(range, Float64Array.from(deal.strengths(range, RIVER)));
      });
      const [first, second] = hands as [(typeof hands)[0], (typeof hands)[0]];
      const tree = buildBettingTree(RIVER_STATE, 0, { sizing: RIVER_SIZING, lastStreet: 3, minBet: 0 });
      return new VectorSolver({ tree, hands: [first, second], deal }, { maxBytes: 2 ** 31 });
    },
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

/** Different hands of four cards that leave the board alone. */
function randomHands(count: number, dead: readonly number[], below: (end: number) => number): number[][] {
  const found = new Map<string, number[]>();
  while (found.size < count) {
    const hand = new Set<number>();
    while (hand.size < 4) {
      const card = below(52);
      if (!dead.includes(card)) hand.add(card);
    }
    const sorted = [...hand].sort((one, two) => one - two);
    found.set(sorted.join(), sorted);
  }
  return [...found.values()];
}

/** Both builds solve in turn; what each leaves to gain says that the faster one is no worse. */
function compareRivers(ours: Build, other: Build): Row {
  const rounds = Array.from({ length: RIVER_ROUNDS }, () =>
    [ours, other].map((build) => {
      const game = build.river();
      const ms = cpuMs(() => {
        for (let iteration = 0; iteration < RIVER_ITERATIONS; iteration++) game.iterate();
      });
      return { ms, left: game.exploitability().nashConv / 2 };
    }),
  );
  const of = (build: 0 | 1) => rounds.map((round) => round[build] as { ms: number; left: number });
  const median = (build: 0 | 1): number =>
    of(build)
      .map(({ ms }) => ms)
      .sort((one, two) => one - two)[RIVER_ROUNDS >> 1] ?? 0;
  const left = ([0, 1] as const).map((build) => `${threeDigits(of(build)[0]?.left ?? 0)} %`).join(" and ");
  return {
    what: `river ${RIVER_COMBOS}², ${RIVER_ITERATIONS} iterations: ${left} of the pot left to gain`,
    "this build, ms": threeDigits(median(0)),
    "other build, ms": threeDigits(median(1)),
    ratio: threeDigits(median(1) / median(0)),
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
    compareRivers(ours, other),
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
