/**
 * Writes src/poker/ranges/hand-scores.ts: the points by which hands of five and six cards are ranked. Random hands are
 * simulated against a random hand, points are fitted to their equities by least squares, and all hands are counted by
 * their scores. Some ten minutes: `npx tsx scripts/write-hand-scores.ts`.
 */
import { writeFileSync } from "node:fs";
import { choose, forEachSubset } from "../src/poker/combinatorics.js";
import { MonteCarlo } from "../src/poker/equity/monte-carlo.js";
import { ShowdownCounts } from "../src/poker/equity/showdown-counts.js";
import { evaluatorTables } from "../src/poker/evaluator/tables.js";
import { Random, shuffleStart } from "../src/poker/random.js";
import type { SizeScores } from "../src/poker/ranges/hand-scores.js";
import { SCORE_PARTS, scoreOf, scoreParts } from "../src/poker/ranges/larger-hands.js";

const HANDS = 9000;
const DEALS = 6000;
/** Points of a whole pot. */
const SCALE = 5000;
/** Ridge: keeps parts that hardly occur near 0. */
const RIDGE = 1;
const CHECKED_SHARE = 0.2;
const LINE = 110;

interface Sample {
  readonly parts: readonly number[];
  readonly equity: number;
}

function sample(size: number): Sample[] {
  const tables = evaluatorTables();
  const random = Random.fromSeed(7);
  const deck = Uint8Array.from({ length: 52 }, (_, card) => card);
  return Array.from({ length: HANDS }, (_, number) => {
    shuffleStart(deck, size, random);
    const hand = deck.slice(0, size).sort();
    const counts = new ShowdownCounts({ players: 2, nextCard: [false] });
    const seats = [
      { kind: "cards" as const, known: [...hand] },
      { kind: "cards" as const, known: [] },
    ];
    const deal = { handSize: size, seats, boards: [[]], dead: [] };
    new MonteCarlo(tables, deal, Random.fromSeed(number + 1)).simulate(DEALS, counts, undefined);
    const [lost = 0, won = 0, tied = 0] = counts.shares(0, 0);
    return { parts: [...scoreParts(hand)], equity: (won + tied / 2) / (lost + won + tied) };
  });
}

/** A square system of linear equations. */
class Equations {
  private readonly cells: Float64Array;

  constructor(private readonly size: number) {
    this.cells = new Float64Array(size * (size + 1));
  }

  get(row: number, column: number): number {
    return this.cells[row * (this.size + 1) + column] ?? 0;
  }

  add(row: number, column: number, value: number): void {
    this.cells[row * (this.size + 1) + column] = this.get(row, column) + value;
  }

  /** Gauss–Jordan; the matrix of least squares with a ridge needs no pivots. */
  solve(): number[] {
    const rows = Array.from({ length: this.size }, (_, row) => row);
    for (const column of rows) {
      for (const row of rows) {
        const factor = this.get(row, column) / this.get(column, column);
        if (row === column || factor === 0) continue;
        for (let at = column; at <= this.size; at++) this.add(row, at, -factor * this.get(column, at));
      }
    }
    return rows.map((row) => this.get(row, this.size) / this.get(row, row));
  }
}

/** Least squares with a constant, which is left out: it moves all scores alike. */
function fitPoints(samples: readonly Sample[]): number[] {
  const size = SCORE_PARTS.count + 1;
  const equations = new Equations(size);
  for (let part = 1; part < size; part++) equations.add(part, part, RIDGE);
  for (const { parts, equity } of samples) {
    const terms = [0, ...parts.map((part) => part + 1)];
    for (const one of terms) {
      for (const other of terms) equations.add(one, other, 1);
      equations.add(one, size, equity);
    }
  }
  return equations.solve().slice(1);
}

function scoresOf(size: number, points: readonly number[]): SizeScores {
  const counts = new Map<number, number>();
  forEachSubset(
    Array.from({ length: 52 }, (_, card) => card),
    size,
    (hand) => {
      const score = scoreOf(hand, points);
      counts.set(score, (counts.get(score) ?? 0) + 1);
    },
  );
  const lowest = Math.min(...counts.keys());
  const bytes = new Uint8Array((Math.max(...counts.keys()) - lowest + 1) * 3);
  for (const [score, hands] of counts) {
    const at = (score - lowest) * 3;
    bytes.set([hands & 255, (hands >> 8) & 255, hands >> 16], at);
  }
  return { points, lowest, hands: Buffer.from(bytes).toString("base64") };
}

/** How well scores order hands that the fit has not seen. */
function report(size: number, points: readonly number[], unseen: readonly Sample[]): void {
  const scores = unseen.map(({ parts }) => parts.reduce((sum, part) => sum + (points[part] ?? 0), 0));
  const equities = unseen.map(({ equity }) => equity);
  const places = (values: readonly number[]): number[] => {
    const sorted = [...values].sort((a, b) => b - a);
    const place = new Map(sorted.map((value, at) => [value, at / values.length]));
    return values.map((value) => place.get(value) ?? 0);
  };
  const [byScore, byEquity] = [places(scores), places(equities)];
  const pairs = byScore.map((place, i) => [place, byEquity[i] ?? 0] as const);
  const error = pairs.reduce((sum, [one, other]) => sum + Math.abs(one - other), 0) / unseen.length;
  const best = pairs.filter(([, place]) => place < 0.15);
  const found = best.filter(([place]) => place < 0.15).length / best.length;
  console.log(
    `${size} cards: place off by ${(error * 100).toFixed(1)} % on the mean, ${(found * 100).toFixed(0)} % of the best 15 % found`,
  );
}

function inLines(text: string): string {
  const lines = text.match(new RegExp(`.{1,${LINE}}`, "gu")) ?? [];
  return `[\n${lines.map((line) => `      "${line}",`).join("\n")}\n    ].join("")`;
}

const entries = [5, 6].map((size) => {
  const samples = sample(size);
  const seen = samples.slice(0, HANDS * (1 - CHECKED_SHARE));
  const points = fitPoints(seen).map((share) => Math.round(share * SCALE));
  report(size, points, samples.slice(seen.length));
  const scores = scoresOf(size, points);
  const total = Buffer.from(scores.hands, "base64").length / 3;
  console.log(`${size} cards: ${choose(52, size)} hands, ${total} scores`);
  return `  ${size}: {\n    points: [${points.join(", ")}],\n    lowest: ${scores.lowest},\n    hands: ${inLines(scores.hands)},\n  },`;
});

writeFileSync(
  new URL("../src/poker/ranges/hand-scores.ts", import.meta.url),
  `/** The scores of one size of hands. */
export interface SizeScores {
  /** By part; see SCORE_PARTS. */
  readonly points: readonly number[];
  /** The lowest score that a hand has. */
  readonly lowest: number;
  /** Base64: by score from the lowest, how many hands have it, in three bytes, little-endian. */
  readonly hands: string;
}

/** Points and counts of hands of five and six cards. Written by scripts/write-hand-scores.ts. */
export const HAND_SCORES: Readonly<Record<number, SizeScores>> = {
${entries.join("\n")}
};
`,
);
