import type { GrainName } from "../abstraction/class-grains.js";
import type { HandSet } from "../game/hand-set.js";
import type { WalkBlock } from "../vector/shared-game.js";

/** Solves of disjoint deals that make one answer: what they differ by is the answer's error. */
export const REPLICATES = 4;
/** Sets of tables: one for each replicate, and their sum. */
const SETS = REPLICATES + 1;
export const SUM_SET = SETS - 1;
/** Deals of either seat in which best answers are looked for; their spread is the error. */
export const RESPONSE_BATCHES = 4;
export const RESPONSE_BYTES = 16;

type BySeat<T> = readonly [T, T];

/** Deals that the regrets of training count for where an answer begins with them. */
export const KNOWN_DEALS = 50;

/** How large the deals are that best answers are looked for in. */
export interface ResponseSize {
  /** Hands of either sample of the opponent's range. */
  readonly opponents: number;
  /** Hands of the responder's. */
  readonly responders: number;
  /** Ways to deal the first street after the root, and the second after each: all there are, or so many. */
  readonly outcomes: readonly [number, number];
}

/** What all hands of a row do at a decision of the root street, given instead of learnt. */
export interface LockedRow {
  readonly row: number;
  readonly decision: number;
  /** Frequency of each action. */
  readonly strategy: readonly number[];
}

/** A heads-up game whose hands and cards are drawn anew for each deal; survives structured cloning without copies. */
export interface SampledGame {
  readonly kind: "sampled";
  /** Tells solves apart. */
  readonly id: number;
  readonly seed: number;
  readonly blocks: readonly WalkBlock[];
  /** Sorted by strength. */
  readonly ranges: BySeat<HandSet>;
  readonly boards: readonly (readonly number[])[];
  /** Row of each hand of a range on the root street: its own, or that of its class. */
  readonly rootRows: BySeat<Int32Array>;
  /** Play on the root street that is given, row by row. */
  readonly locked: BySeat<readonly LockedRow[]>;
  /** How finely classes of hands on later streets tell them apart. */
  readonly grain: GrainName;
  /** Rows by level and seat. */
  readonly rowCounts: readonly BySeat<number>[];
  /** Place of the hero's hand in the range of each seat; -1 without one. */
  readonly heroes: BySeat<number>;
  /** Class of each hand of a range for the reader of the answer, by seat; the hero's hand is a further class, the last. */
  readonly classOf: BySeat<Uint8Array>;
  readonly classCounts: BySeat<number>;
  /** Hands of each range drawn for a deal. */
  readonly combosPerDeal: number;
  /** Times that the cards to come are drawn for the hands of a deal. */
  readonly runoutsPerDeal: number;
  /** The {@link ResponseSize}, which is known once training has shown the machine's speed. */
  readonly response: SharedArrayBuffer;
  readonly tables: SharedArrayBuffer;
  /** Regrets of the best answers that are learnt to average play, by classes; null where answers are looked for hand by hand. */
  readonly answers: SharedArrayBuffer | null;
  readonly measures: SharedArrayBuffer;
  readonly control: SharedArrayBuffer;
}

/** Settles how large the deals are in which best answers are looked for. */
export function setResponseSize({ response }: SampledGame, { opponents, responders, outcomes }: ResponseSize): void {
  new Int32Array(response).set([opponents, responders, ...outcomes]);
}

export function responseSize({ response }: SampledGame): ResponseSize {
  const [opponents, responders, first, second] = new Int32Array(response);
  return { opponents, responders, outcomes: [first, second] };
}

/** Tables of one set, by level and seat. */
export interface TableSet {
  readonly regrets: readonly BySeat<Float32Array>[];
  readonly sums: readonly BySeat<Float32Array>[];
  /** Strategy sum that each row would have if its hands always came to every decision. */
  readonly presence: readonly BySeat<Float32Array>[];
  /** Strategy sums of the root street as they were after a power of two of deals, even powers and odd ones. */
  readonly early: readonly [BySeat<Float32Array>, BySeat<Float32Array>];
}

/** The last power of two that is at most two thirds of `done` deals. */
const earlyPower = (done: number): number => Math.max(0, Math.floor(Math.log2(done / 1.5)));

/** Which of the early sums were taken when at most two thirds of `done` deals were done. */
export function earlyOf(done: number): 0 | 1 {
  return earlyPower(done) % 2 === 0 ? 0 : 1;
}

/** How many times as many deals are done now as when those sums were taken. */
export function dealsSinceEarly(done: number): number {
  return done / 2 ** earlyPower(done);
}

const FLOAT = 4;

/** Bytes of a game's tables. */
export function tableBytes(
  blocks: readonly Pick<WalkBlock, "rowLength">[],
  rowCounts: readonly (readonly [number, number])[],
): number {
  let floats = 0;
  blocks.forEach(({ rowLength }, level) => {
    const kept = level === 0 ? 4 : 2;
    for (const seat of [0, 1] as const) floats += rowCounts[level][seat] * (kept * rowLength[seat] + 1);
  });
  return floats * FLOAT * SETS;
}

/** Bytes of one table of regrets: a number for each row and action. */
export function regretBytes(
  blocks: readonly Pick<WalkBlock, "rowLength">[],
  rowCounts: readonly (readonly [number, number])[],
): number {
  return blocks.reduce(
    (sum, { rowLength }, level) =>
      sum + (rowCounts[level][0] * rowLength[0] + rowCounts[level][1] * rowLength[1]) * FLOAT,
    0,
  );
}

/** Takes tables one after the other from a buffer. */
function tableTaker(
  { blocks, rowCounts }: Pick<SampledGame, "blocks" | "rowCounts">,
  buffer: SharedArrayBuffer,
  start: number,
) {
  let at = start;
  const take = (length: number): Float32Array => {
    const array = new Float32Array(buffer, at, length);
    at += length * FLOAT;
    return array;
  };
  const ofLevel = (level: number, width: (seat: 0 | 1) => number): BySeat<Float32Array> => [
    take(rowCounts[level][0] * width(0)),
    take(rowCounts[level][1] * width(1)),
  ];
  return {
    /** A number for each row. */
    rows: () => blocks.map((_, level) => ofLevel(level, () => 1)),
    /** A number for each row and action. */
    actions: () => blocks.map(({ rowLength }, level) => ofLevel(level, (seat) => rowLength[seat])),
    /** The same of the root street. */
    root: () => ofLevel(0, (seat) => blocks[0].rowLength[seat]),
  };
}

/** Regrets of the best answers, by level and seat. */
export function answerRegrets(game: SampledGame): BySeat<Float32Array>[] {
  if (!game.answers) throw new Error("this game looks for best answers hand by hand");
  return tableTaker(game, game.answers, 0).actions();
}

/** One set of the tables. */
export function tableSet(game: SampledGame, set: number): TableSet {
  const start = (tableBytes(game.blocks, game.rowCounts) / SETS) * set;
  const { rows, actions, root } = tableTaker(game, game.tables, start);
  return { regrets: actions(), sums: actions(), presence: rows(), early: [root(), root()] };
}
