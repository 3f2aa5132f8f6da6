import { createSharedMemory, type SharedMemory } from "../wasm/shared-memory.js";
import { CATEGORY_OF_VALUE } from "./categories.js";
import { buildFiveCardValues, multisetIndex, RANK_MULTISETS } from "./five-card-values.js";

/** Multisets of two ranks: the row width of both big tables. */
export const RANK_PAIRS = 91;
const TRIPLES = 455;
const QUADS = 1820;
/** 13-bit masks with three, four or five bits. */
const FLUSH_MASKS = 2288;

/**
 * Look-up tables of the Omaha evaluator: views on one shared WebAssembly memory of 1.7 MB, read-only once built, so that
 * all threads can use the same memory. Workspaces of the kernels that read the tables follow them: see `kernels.ts`.
 *
 * Ranks are met one at a time: a state is the number of a multiset of ranks seen so far. An Omaha hand on a board is the
 * best, over the pairs of its hole cards, of `offsuit[state * 91 + pair]`, and of `flush[row * 91 + pair]` when three
 * or more board cards and both hole cards are of one suit.
 */
export interface EvaluatorTables {
  readonly memory: SharedMemory;
  /** `[6188 board rank multisets × 91 hole rank pairs]` → best value without a flush. */
  readonly offsuit: Uint16Array;
  /** `[2288 board masks of one suit × 91 hole rank pairs]` → best flush; 0 for a pair of equal ranks. */
  readonly flush: Uint16Array;
  /** 13-bit mask of the board's ranks in a suit → first index of its row of `flush`; masks under three bits give 0. */
  readonly flushRow: Uint32Array;
  /** `rankA * 16 + rankB`, in either order → number of the rank pair. */
  readonly pair: Uint8Array;
  /** `pair * 13 + rank` → number of the multiset of three. */
  readonly addThird: Uint16Array;
  /** `three * 13 + rank` → number of the multiset of four. */
  readonly addFourth: Uint16Array;
  /** `pairA * 91 + pairB` → number of the multiset of four. */
  readonly joinPairs: Uint16Array;
  /** `four * 13 + rank` → number of the multiset of five. */
  readonly addFifth: Uint16Array;
  /** Value → number of its category: `CATEGORY_OF_VALUE` where kernels can read it. */
  readonly category: Uint8Array;
  /** `[workspace]`: 1 while a thread uses it. */
  readonly claims: Int32Array;
}

const LAYOUT = {
  flushRow: 1 << 13,
  offsuit: RANK_MULTISETS * RANK_PAIRS,
  flush: FLUSH_MASKS * RANK_PAIRS,
  addThird: RANK_PAIRS * 13,
  addFourth: TRIPLES * 13,
  joinPairs: RANK_PAIRS * RANK_PAIRS,
  addFifth: QUADS * 13,
  pair: 256,
  category: CATEGORY_OF_VALUE.length,
} as const;
const TABLE_BYTES =
  LAYOUT.flushRow * 4 +
  (LAYOUT.offsuit + LAYOUT.flush + LAYOUT.addThird + LAYOUT.addFourth + LAYOUT.joinPairs + LAYOUT.addFifth) * 2 +
  LAYOUT.pair +
  LAYOUT.category;

/** Bytes of a workspace. */
export const WORKSPACE_BYTES = 1 << 17;
/** Threads that can compute at once without tables of their own. Pages that nobody has used cost no memory. */
const WORKSPACES = 16;
const CLAIMS_AT = Math.ceil(TABLE_BYTES / 4) * 4;
const WORKSPACES_AT = Math.ceil((CLAIMS_AT + WORKSPACES * 4) / WORKSPACE_BYTES) * WORKSPACE_BYTES;
const BYTES = WORKSPACES_AT + WORKSPACES * WORKSPACE_BYTES;

/** Address of a workspace. */
export const workspaceAt = (workspace: number): number => WORKSPACES_AT + workspace * WORKSPACE_BYTES;

/** Views on a memory that {@link buildTables} filled, in this thread or another. */
export function openTables(memory: SharedMemory): EvaluatorTables {
  const { buffer } = memory;
  if (buffer.byteLength !== BYTES)
    throw new RangeError(`evaluator tables have ${BYTES} bytes, not ${buffer.byteLength}`);
  let offset = 0;
  const shorts = (length: number): Uint16Array => {
    const view = new Uint16Array(buffer, offset, length);
    offset += length * 2;
    return view;
  };
  const bytes = (length: number): Uint8Array => {
    const view = new Uint8Array(buffer, offset, length);
    offset += length;
    return view;
  };
  const flushRow = new Uint32Array(buffer, 0, LAYOUT.flushRow);
  offset = LAYOUT.flushRow * 4;
  return {
    memory,
    flushRow,
    offsuit: shorts(LAYOUT.offsuit),
    flush: shorts(LAYOUT.flush),
    addThird: shorts(LAYOUT.addThird),
    addFourth: shorts(LAYOUT.addFourth),
    joinPairs: shorts(LAYOUT.joinPairs),
    addFifth: shorts(LAYOUT.addFifth),
    pair: bytes(LAYOUT.pair),
    category: bytes(LAYOUT.category),
    claims: new Int32Array(buffer, CLAIMS_AT, WORKSPACES),
  };
}

/** Builds the tables from the rules of poker, in about 30 ms. */
export function buildTables(): EvaluatorTables {
  const tables = openTables(createSharedMemory(BYTES));
  tables.category.set(CATEGORY_OF_VALUE);
  const values = buildFiveCardValues();
  fillStates(tables);
  fillOffsuit(tables, values.offsuit);
  fillFlush(tables, values.suited);
  return tables;
}

/** A copy for this thread alone, with workspaces of its own. */
export function copyTables({ memory }: EvaluatorTables): EvaluatorTables {
  const copy = createSharedMemory(BYTES);
  new Uint8Array(copy.buffer).set(new Uint8Array(memory.buffer, 0, TABLE_BYTES));
  return openTables(copy);
}

let shared: EvaluatorTables | undefined;

/** The tables of this thread: built at the first call. Other threads can open `memory` instead of building their own. */
export function evaluatorTables(): EvaluatorTables {
  shared ??= buildTables();
  return shared;
}

/** The tables of this thread, when it has some. */
export const existingTables = (): EvaluatorTables | undefined => shared;

/** Makes {@link evaluatorTables} answer with another thread's tables, unless this one has some: all tables are equal. */
export function adoptTables(memory: SharedMemory): EvaluatorTables {
  shared ??= openTables(memory);
  return shared;
}

/**
 * Number of the multiset that arises when `rank` joins a multiset of `size` ranks with number `state`; size 0–4. The
 * numbers are those of {@link EvaluatorTables}; the empty multiset is 0 and a single rank is its own number.
 */
export function addRank(tables: EvaluatorTables, size: number, state: number, rank: number): number {
  switch (size) {
    case 0:
      return rank;
    case 1:
      return tables.pair[state * 16 + rank];
    case 2:
      return tables.addThird[state * 13 + rank];
    case 3:
      return tables.addFourth[state * 13 + rank];
    default:
      return tables.addFifth[state * 13 + rank];
  }
}

const pairNumber = (low: number, high: number): number => low + ((high + 1) * high) / 2;
const tripleNumber = (a: number, b: number, c: number): number => pairNumber(a, b) + ((c + 2) * (c + 1) * c) / 6;
const quadNumber = (a: number, b: number, c: number, d: number): number =>
  tripleNumber(a, b, c) + ((d + 3) * (d + 2) * (d + 1) * d) / 24;

/** Calls `visit` with every multiset of `size` ranks, ascending; the array is reused. */
function forEachMultiset(size: number, visit: (ranks: readonly number[]) => void): void {
  const ranks = new Array<number>(size).fill(0);
  const fill = (slot: number, highest: number): void => {
    if (slot < 0) {
      visit(ranks);
      return;
    }
    for (let rank = 0; rank <= highest; rank++) {
      ranks[slot] = rank;
      fill(slot - 1, rank);
    }
  };
  fill(size - 1, 12);
}

/** Every multiset is reached from those one card smaller, whichever of its ranks comes last. */
function fillStates({ pair, addThird, addFourth, joinPairs, addFifth }: EvaluatorTables): void {
  forEachMultiset(2, ([a = 0, b = 0]) => {
    const number = pairNumber(a, b);
    pair[a * 16 + b] = number;
    pair[b * 16 + a] = number;
  });
  forEachMultiset(3, ([a = 0, b = 0, c = 0]) => {
    const number = tripleNumber(a, b, c);
    addThird[pairNumber(a, b) * 13 + c] = number;
    addThird[pairNumber(a, c) * 13 + b] = number;
    addThird[pairNumber(b, c) * 13 + a] = number;
  });
  forEachMultiset(4, ([a = 0, b = 0, c = 0, d = 0]) => {
    const number = quadNumber(a, b, c, d);
    addFourth[tripleNumber(a, b, c) * 13 + d] = number;
    addFourth[tripleNumber(a, b, d) * 13 + c] = number;
    addFourth[tripleNumber(a, c, d) * 13 + b] = number;
    addFourth[tripleNumber(b, c, d) * 13 + a] = number;
    const halves = [
      pairNumber(a, b),
      pairNumber(a, c),
      pairNumber(a, d),
      pairNumber(c, d),
      pairNumber(b, d),
      pairNumber(b, c),
    ];
    halves.forEach((half, i) => {
      joinPairs[half * RANK_PAIRS + halves[(i + 3) % 6]] = number;
    });
  });
  forEachMultiset(5, ([a = 0, b = 0, c = 0, d = 0, e = 0]) => {
    const number = multisetIndex(a, b, c, d, e);
    addFifth[quadNumber(a, b, c, d) * 13 + e] = number;
    addFifth[quadNumber(a, b, c, e) * 13 + d] = number;
    addFifth[quadNumber(a, b, d, e) * 13 + c] = number;
    addFifth[quadNumber(a, c, d, e) * 13 + b] = number;
    addFifth[quadNumber(b, c, d, e) * 13 + a] = number;
  });
}

/** Value of three board ranks with each hole pair, then the best of the ten threes in each board of five. */
function fillOffsuit({ offsuit, addFourth, addFifth }: EvaluatorTables, values: Uint16Array): void {
  const ofTriple = new Uint16Array(TRIPLES * RANK_PAIRS);
  for (let triple = 0; triple < TRIPLES; triple++) {
    forEachMultiset(2, ([x = 0, y = 0]) => {
      const four = addFourth[triple * 13 + x];
      ofTriple[triple * RANK_PAIRS + pairNumber(x, y)] = values[addFifth[four * 13 + y]];
    });
  }
  forEachMultiset(5, (board) => {
    const [p = 0, q = 0, r = 0, s = 0, t = 0] = board;
    const row = multisetIndex(p, q, r, s, t) * RANK_PAIRS;
    for (const triple of threesOfFive(board)) raiseRow(offsuit, row, ofTriple, triple * RANK_PAIRS);
  });
}

/** Makes each entry of a row at least that of another. */
function raiseRow(into: Uint16Array, row: number, from: Uint16Array, other: number): void {
  for (let pair = 0; pair < RANK_PAIRS; pair++) {
    const value = from[other + pair];
    if (value > into[row + pair]) into[row + pair] = value;
  }
}

function threesOfFive(ranks: readonly number[]): Set<number> {
  const triples = new Set<number>();
  for (let i = 0; i < 3; i++)
    for (let j = i + 1; j < 4; j++)
      for (let k = j + 1; k < 5; k++) triples.add(tripleNumber(ranks[i], ranks[j], ranks[k]));
  return triples;
}

function fillFlush(tables: EvaluatorTables, suited: Uint16Array): void {
  let row = 0;
  for (let mask = 0; mask < 1 << 13; mask++) {
    const threes = threesOfMask(mask);
    if (threes.length === 0) continue;
    tables.flushRow[mask] = row;
    for (let high = 1; high < 13; high++) {
      for (let low = 0; low < high; low++) {
        const hole = (1 << low) | (1 << high);
        if ((mask & hole) !== 0) continue;
        let best = 0;
        for (const three of threes) best = Math.max(best, suited[three | hole]);
        tables.flush[row + pairNumber(low, high)] = best;
      }
    }
    row += RANK_PAIRS;
  }
}

/** The three-bit parts of a mask of three to five bits; none for any other mask. */
function threesOfMask(mask: number): number[] {
  const bits: number[] = [];
  for (let bit = 1; bit <= mask; bit <<= 1) if ((mask & bit) !== 0) bits.push(bit);
  if (bits.length < 3 || bits.length > 5) return [];
  const threes: number[] = [];
  for (const [i, a] of bits.entries())
    for (const [j, b] of bits.slice(i + 1).entries()) for (const c of bits.slice(i + j + 2)) threes.push(a | b | c);
  return threes;
}
