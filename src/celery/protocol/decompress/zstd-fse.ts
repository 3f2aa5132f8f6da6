import { DecodeError } from "../errors.js";
import { type BackwardBits, ForwardBits, highestBit } from "./zstd-bits.js";

/** Decoding table of a finite state entropy code. */
export interface FseTable {
  readonly accuracyLog: number;
  readonly symbols: Uint8Array;
  readonly bitCounts: Uint8Array;
  readonly baselines: Uint16Array;
}

/** One decoder that walks through a table. */
export class FseState {
  #state: number;
  readonly #table: FseTable;
  readonly #bits: BackwardBits;

  constructor(table: FseTable, bits: BackwardBits) {
    this.#table = table;
    this.#bits = bits;
    this.#state = bits.read(table.accuracyLog);
  }

  get symbol(): number {
    return this.#table.symbols[this.#state] ?? 0;
  }

  advance(): void {
    const bitCount = this.#table.bitCounts[this.#state] ?? 0;
    this.#state = (this.#table.baselines[this.#state] ?? 0) + this.#bits.read(bitCount);
  }
}

/** A table in which every state is the same symbol. */
export function constantTable(symbol: number): FseTable {
  return {
    accuracyLog: 0,
    symbols: Uint8Array.of(symbol),
    bitCounts: Uint8Array.of(0),
    baselines: Uint16Array.of(0),
  };
}

/**
 * Reads a table's description at the start of `bytes`.
 *
 * @throws DecodeError
 */
export function readFseTable(
  bytes: Uint8Array,
  maxAccuracyLog: number,
  maxSymbol: number,
): { readonly table: FseTable; readonly length: number } {
  const bits = new ForwardBits(bytes);
  const accuracyLog = bits.read(4) + 5;
  if (accuracyLog > maxAccuracyLog) throw new DecodeError("zstd table is too large");
  const counts: number[] = [];
  let remaining = 1 << accuracyLog;
  while (remaining > 0) {
    const count = readCount(bits, remaining);
    remaining -= Math.abs(count);
    counts.push(count);
    if (count === 0) {
      let zeros: number;
      do {
        zeros = bits.read(2);
        for (let index = 0; index < zeros; index += 1) counts.push(0);
      } while (zeros === 3);
    }
    if (counts.length > maxSymbol + 1) throw new DecodeError("zstd table has too many symbols");
  }
  if (remaining < 0) throw new DecodeError("zstd table is damaged");
  return { table: buildFseTable(counts, accuracyLog), length: bits.bytesRead };
}

/** Small values that cannot exceed what remains are written with one bit less. */
function readCount(bits: ForwardBits, remaining: number): number {
  const width = highestBit(remaining + 1) + 1;
  const value = bits.read(width);
  const lowMask = (1 << (width - 1)) - 1;
  const threshold = (1 << width) - 1 - (remaining + 1);
  if ((value & lowMask) < threshold) {
    bits.unread(1);
    return (value & lowMask) - 1;
  }
  return (value > lowMask ? value - threshold : value) - 1;
}

/** Spreads symbols over the states by their normalized counts; -1 stands for "less than one". */
export function buildFseTable(counts: readonly number[], accuracyLog: number): FseTable {
  const size = 1 << accuracyLog;
  const symbols = new Uint8Array(size);
  const next = new Uint16Array(counts.length);
  let high = size;
  for (const [symbol, count] of counts.entries()) {
    next[symbol] = count === -1 ? 1 : count;
    if (count !== -1) continue;
    high -= 1;
    symbols[high] = symbol;
  }
  spread(symbols, counts, high);
  const bitCounts = new Uint8Array(size);
  const baselines = new Uint16Array(size);
  for (let state = 0; state < size; state += 1) {
    const symbol = symbols[state] ?? 0;
    const occurrence = next[symbol] ?? 1;
    next[symbol] = occurrence + 1;
    const bitCount = accuracyLog - highestBit(occurrence);
    bitCounts[state] = bitCount;
    baselines[state] = (occurrence << bitCount) - size;
  }
  return { accuracyLog, symbols, bitCounts, baselines };
}

function spread(symbols: Uint8Array, counts: readonly number[], high: number): void {
  const size = symbols.length;
  const step = (size >>> 1) + (size >>> 3) + 3;
  let position = 0;
  for (const [symbol, count] of counts.entries()) {
    for (let index = 0; index < count; index += 1) {
      symbols[position] = symbol;
      do position = (position + step) & (size - 1);
      while (position >= high);
    }
  }
}
