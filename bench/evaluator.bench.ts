/** Hands a second of the Omaha evaluator, beside its peers, on the same random deals in the same run. One thread. */
import { BoardHands } from "../src/poker/evaluator/board-hands.js";
import { BoardPairs } from "../src/poker/evaluator/board-pairs.js";
import { kernelsOf } from "../src/poker/evaluator/kernels.js";
import { OmahaEvaluator } from "../src/poker/evaluator/omaha.js";
import { buildTables } from "../src/poker/evaluator/tables.js";
import { orderOfOmaha } from "../test/unit/poker/oracle.js";
import { loadPhe, medianMs, pheOmaha, randomDeals, runNativeTwin, threeDigits } from "./poker-peers.js";
import { printTable, type Row, saveResults } from "./report.js";

const HANDS = 1 << 19;
const SLOW_HANDS = 20_000;
/** Python treys, 60 evaluations, as the old worker did it. */
const OLD_SYSTEM = 13_800;

const started = performance.now();
const tables = buildTables();
const buildMs = performance.now() - started;
const evaluator = new OmahaEvaluator(tables);
let sink = 0;

const rate = (hands: number, work: () => void): number => hands / (medianMs(7, work) / 1000);

function randomBoards(size: number): number {
  const width = 5 + size;
  const deals = randomDeals(HANDS, width);
  return rate(HANDS, () => {
    for (let at = 0; at < deals.length; at += width) {
      evaluator.setBoard(
        deals[at] as number,
        deals[at + 1] as number,
        deals[at + 2] as number,
        deals[at + 3] as number,
        deals[at + 4] as number,
      );
      sink += evaluator.evaluate(deals, at + 5, size);
    }
  });
}

/** In a function of its own: a variable of the module would cost more than the evaluation. */
function sum(values: Uint16Array): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i] as number;
  return total;
}

/** The deals are copied into the kernel's memory, some thousand at a time, and the values are read from there. */
function randomBoardsByKernel(size: number): number {
  const width = 5 + size;
  const { hands, base, workspace } = kernelsOf(tables);
  const batch = 4096;
  const deals = randomDeals(HANDS, width);
  const values = new Uint16Array(workspace.buffer, base + batch * width, batch);
  return rate(HANDS, () => {
    for (let done = 0; done < HANDS; done += batch) {
      workspace.set(deals.subarray(done * width, (done + batch) * width));
      hands.evaluateDeals(base, batch, 1, 1, size, base + batch * width);
      sink += sum(values);
    }
  });
}

function fixedBoard(evaluate: (deals: Uint8Array, at: number) => number): number {
  const deals = randomDeals(HANDS, 9);
  return rate(HANDS, () => {
    for (let at = 0; at < deals.length; at += 9) sink += evaluate(deals, at + 5);
  });
}

/** Hands copied into the kernel's memory, some thousand at a time, and evaluated there on one board. */
function fixedBoardByKernel(): number {
  const deals = randomDeals(HANDS, 9);
  const cards = Uint8Array.from({ length: HANDS * 4 }, (_, i) => deals[(i >> 2) * 9 + 5 + (i & 3)] as number);
  const values = new Uint16Array(HANDS);
  const hands = new BoardHands(tables);
  return rate(HANDS, () => {
    hands.evaluate(pairs, cards, HANDS, values);
    sink += sum(values);
  });
}

function peers(phe: Awaited<ReturnType<typeof loadPhe>>): Row[] {
  const deals = randomDeals(SLOW_HANDS, 9);
  const naive = rate(SLOW_HANDS, () => {
    for (let at = 0; at < deals.length; at += 9) {
      sink += orderOfOmaha(deals.subarray(at + 5, at + 9), deals.subarray(at, at + 5));
    }
  });
  const rows: Row[] = [row("naive, 60 five-card hands by counting", naive)];
  if (phe !== undefined) {
    const evaluate = phe;
    const hands = rate(SLOW_HANDS, () => {
      for (let at = 0; at < deals.length; at += 9) sink += pheOmaha(evaluate, deals, at, at + 5);
    });
    rows.push(row("npm phe, 60 five-card hands", hands));
  }
  return rows;
}

const row = (evaluatorName: string, random: number, fixed?: number, pairs?: number): Row => ({
  evaluator: evaluatorName,
  "random board, M/s": threeDigits(random / 1e6),
  "fixed board, M/s": fixed === undefined ? "" : threeDigits(fixed / 1e6),
  "board's pairs, M/s": pairs === undefined ? "" : threeDigits(pairs / 1e6),
});

const random4 = randomBoards(4);
const pairs = new BoardPairs();
evaluator.setBoard(0, 5, 10, 15, 20);
const fixed4 = fixedBoard((deals, at) => evaluator.evaluate(deals, at, 4));
pairs.fill(
  evaluator,
  Uint8Array.from({ length: 52 }, (_, card) => card).filter((card) => card % 5 !== 0 || card > 20),
);
const pairs4 = fixedBoard((deals, at) => pairs.evaluate(deals, at, 4));
const rows = [
  row("ours, 4 cards", random4, fixed4, pairs4),
  row("ours, 5 cards", randomBoards(5)),
  row("ours, 6 cards", randomBoards(6)),
];
for (const size of [4, 5, 6])
  rows.push(
    row(`our kernel, ${size} cards`, randomBoardsByKernel(size), ...(size === 4 ? [fixedBoardByKernel()] : [])),
  );
const twin = runNativeTwin();
if (twin !== undefined) rows.push(row("C++ twin, 4 cards", twin.random, twin.fixed, twin.pairs));
rows.push(...peers(await loadPhe()), row("old system (Python treys; measured before)", OLD_SYSTEM));

process.stdout.write(`Omaha evaluator, hands a second (tables built in ${buildMs.toFixed(0)} ms)\n`);
printTable(rows);
saveResults("evaluator", rows);
if (sink === 0) throw new Error("nothing was evaluated");
