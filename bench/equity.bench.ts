/**
 * Milliseconds of exact equities, one thread, median of several rounds, beside the goals, the figures of the npm packages
 * as they were measured before, and a brute force with the npm package phe run here and now.
 */
import { parseCards } from "../src/poker/cards.js";
import { choose } from "../src/poker/combinatorics.js";
import { KnownShowdowns } from "../src/poker/equity/known-showdowns.js";
import { ShowdownCounts } from "../src/poker/equity/showdown-counts.js";
import { countVersusRandom } from "../src/poker/equity/versus-random.js";
import { evaluatorTables } from "../src/poker/evaluator/tables.js";
import { loadPhe, medianMs, pheOmaha, randomDeals, threeDigits } from "./poker-peers.js";
import { printTable, type Row, saveResults } from "./report.js";

interface Spot {
  readonly name: string;
  readonly hands: readonly string[];
  readonly boards: readonly string[];
  /** Milliseconds to stay below. */
  readonly goal: number;
  /** Best npm package, in milliseconds, as measured once. */
  readonly npm?: number;
}

const HERO = "AsKsQhJh";
const VILLAIN = "8c8d7c6d";
const THIRD = "AhAd5c4c";
const SPOTS: readonly Spot[] = [
  { name: "heads-up flop", hands: [HERO, VILLAIN], boards: ["9c8h2s"], goal: 1, npm: 17 },
  { name: "heads-up preflop", hands: [HERO, VILLAIN], boards: [""], goal: 100, npm: 469 },
  { name: "3-way preflop", hands: [HERO, VILLAIN, THIRD], boards: [""], goal: 50, npm: 355 },
  { name: "double-board flop", hands: [HERO, VILLAIN], boards: ["9c8h2s", "AcTd3c"], goal: 3 },
  { name: "double-board preflop", hands: [HERO, VILLAIN], boards: ["", ""], goal: 1000 },
  { name: "against one random, river", hands: [HERO], boards: ["9c8h2s4d3d"], goal: 2 },
  { name: "against one random, turn", hands: [HERO], boards: ["9c8h2s4d"], goal: 40 },
  { name: "against one random, flop", hands: [HERO], boards: ["9c8h2s"], goal: 600 },
];

const tables = evaluatorTables();
const engine = new KnownShowdowns(tables);

function countOnce({ hands, boards }: Spot): void {
  const deal = { hands: hands.map(parseCards), boards: boards.map(parseCards), dead: [] };
  const players = Math.max(2, hands.length);
  const nextCard = deal.boards.map((board) => board.length === 3 || board.length === 4);
  const into = new ShowdownCounts({ players, nextCard });
  const [hand = []] = deal.hands;
  const [board = []] = deal.boards;
  if (hands.length === 1) countVersusRandom(tables, { hand, board, dead: [] }, into);
  else engine.count(deal, into);
}

/** Showdowns that a brute force deals. */
function showdowns({ hands, boards }: Spot): number {
  const known = hands.length * 4 + boards.join("").length / 2;
  const live = 52 - known;
  const first = choose(live, 5 - (boards[0] ?? "").length / 2);
  if (hands.length === 1) return first * choose(live - (5 - (boards[0] ?? "").length / 2), 4);
  return first * hands.length * boards.length;
}

const phe = await loadPhe();
const deals = randomDeals(5000, 9);
const pheHandMs =
  phe === undefined
    ? undefined
    : medianMs(3, () => {
        for (let at = 0; at < deals.length; at += 9) pheOmaha(phe, deals, at, at + 5);
      }) / 5000;

const rows = SPOTS.map((spot): Row => {
  const ms = medianMs(spot.goal > 100 ? 9 : 31, () => countOnce(spot));
  return {
    spot: spot.name,
    "ours, ms": threeDigits(ms),
    "goal, ms": spot.goal,
    "best npm package before, ms": spot.npm ?? "",
    "phe now, ms": pheHandMs === undefined ? "" : threeDigits(pheHandMs * showdowns(spot)),
  };
});
process.stdout.write("Exact equity, one thread (phe: its time for a hand × the hands of a brute force)\n");
printTable(rows);
saveResults("equity", rows);
