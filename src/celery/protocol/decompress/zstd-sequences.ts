import { DecodeError } from "../errors.js";
import type { GrowingBuffer } from "./growing-buffer.js";
import { BackwardBits } from "./zstd-bits.js";
import { buildFseTable, constantTable, FseState, type FseTable, readFseTable } from "./zstd-fse.js";

/** A code's lengths: its value is `baselines[code]` plus that many further bits. */
interface LengthCode {
  readonly baselines: readonly number[];
  readonly extraBits: readonly number[];
}

function lengthCode(first: number, extraBits: readonly number[]): LengthCode {
  let baseline = first;
  const baselines = extraBits.map((bits) => {
    const own = baseline;
    baseline += 2 ** bits;
    return own;
  });
  return { baselines, extraBits };
}

const zeros = (count: number): number[] => new Array<number>(count).fill(0);
const LITERAL_LENGTHS = lengthCode(0, [
  ...zeros(16),
  ...[1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
]);
const MATCH_LENGTHS = lengthCode(3, [
  ...zeros(32),
  ...[1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
]);

/** One of the three codes of a sequence, with the table used when a block names none. */
interface Field {
  readonly maxAccuracyLog: number;
  readonly maxSymbol: number;
  readonly standard: FseTable;
}

const ones = (count: number): number[] => new Array<number>(count).fill(1);
const rare = (count: number): number[] => new Array<number>(count).fill(-1);
const FIELDS = {
  literalLength: {
    maxAccuracyLog: 9,
    maxSymbol: 35,
    standard: buildFseTable(
      [4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, ...ones(5), ...rare(4)],
      6,
    ),
  },
  offset: {
    maxAccuracyLog: 8,
    maxSymbol: 31,
    standard: buildFseTable([...ones(6), 2, 2, 2, ...ones(15), ...rare(5)], 5),
  },
  matchLength: {
    maxAccuracyLog: 9,
    maxSymbol: 52,
    standard: buildFseTable([1, 4, 3, 2, 2, 2, 2, 2, 2, ...ones(37), ...rare(7)], 6),
  },
} satisfies Record<string, Field>;

type Tables = Record<keyof typeof FIELDS, FseTable | null>;

/** What the blocks of a frame hand on: tables to repeat, and the last three distances. */
export class SequenceDecoder {
  readonly #tables: Tables = { literalLength: null, offset: null, matchLength: null };
  #distances: [number, number, number] = [1, 4, 8];

  /** Writes a block's content: literals, interleaved with matches of what was written before. @throws DecodeError */
  write(section: Uint8Array, literals: Uint8Array, output: GrowingBuffer, frameStart: number): void {
    const { count, length } = readCount(section);
    if (count === 0) {
      if (length !== section.length) throw new DecodeError("zstd block has bytes left");
      output.append(literals);
      return;
    }
    const bits = new BackwardBits(section.subarray(this.#readTables(section, length)));
    const literalLength = new FseState(needed(this.#tables.literalLength), bits);
    const offset = new FseState(needed(this.#tables.offset), bits);
    const matchLength = new FseState(needed(this.#tables.matchLength), bits);
    let used = 0;
    for (let index = 0; index < count; index += 1) {
      if (index > 0) {
        literalLength.advance();
        matchLength.advance();
        offset.advance();
      }
      const offsetValue = 2 ** offset.symbol + bits.read(offset.symbol);
      const matched = readLength(bits, MATCH_LENGTHS, matchLength.symbol);
      const copied = readLength(bits, LITERAL_LENGTHS, literalLength.symbol);
      if (bits.remaining < 0 || used + copied > literals.length) throw new DecodeError("zstd sequences are damaged");
      output.append(literals.subarray(used, used + copied));
      used += copied;
      const distance = this.#distance(offsetValue, copied);
      if (distance < 1 || distance > output.length - frameStart) throw new DecodeError("zstd match is out of range");
      output.repeat(distance, matched);
    }
    if (bits.remaining !== 0) throw new DecodeError("zstd sequences are damaged");
    output.append(literals.subarray(used));
  }

  /** Returns where the bit stream begins. */
  #readTables(section: Uint8Array, start: number): number {
    const modes = section[start] ?? 0;
    let position = start + 1;
    for (const [name, shift] of [["literalLength", 6] as const, ["offset", 4] as const, ["matchLength", 2] as const]) {
      const field = FIELDS[name];
      switch ((modes >>> shift) & 3) {
        case 0:
          this.#tables[name] = field.standard;
          break;
        case 1:
          this.#tables[name] = constantTable(symbolAt(section, position, field.maxSymbol));
          position += 1;
          break;
        case 2: {
          const read = readFseTable(section.subarray(position), field.maxAccuracyLog, field.maxSymbol);
          this.#tables[name] = read.table;
          position += read.length;
          break;
        }
        default:
      }
    }
    return position;
  }

  /** Values up to three repeat one of the last distances. */
  #distance(offsetValue: number, literalLength: number): number {
    const [first, second, third] = this.#distances;
    if (offsetValue > 3) {
      this.#distances = [offsetValue - 3, first, second];
      return offsetValue - 3;
    }
    // After no literals the most recent distance makes no sense, so that the meanings shift by one.
    const choice = offsetValue - (literalLength === 0 ? 0 : 1);
    if (choice === 0) return first;
    if (choice === 1) this.#distances = [second, first, third];
    else this.#distances = [choice === 2 ? third : first - 1, first, second];
    return this.#distances[0];
  }
}

function readCount(section: Uint8Array): { count: number; length: number } {
  const [first, second, third] = [section[0], section[1] ?? 0, section[2] ?? 0];
  if (first === undefined) throw new DecodeError("zstd block is cut off");
  if (first < 128) return { count: first, length: 1 };
  if (first < 255) return { count: ((first - 128) << 8) + second, length: 2 };
  return { count: second + (third << 8) + 0x7f00, length: 3 };
}

function readLength(bits: BackwardBits, { baselines, extraBits }: LengthCode, code: number): number {
  return (baselines[code] ?? 0) + bits.read(extraBits[code] ?? 0);
}

function symbolAt(section: Uint8Array, position: number, max: number): number {
  const symbol = section[position];
  if (symbol === undefined || symbol > max) throw new DecodeError("zstd table is damaged");
  return symbol;
}

function needed(table: FseTable | null): FseTable {
  if (table === null) throw new DecodeError("zstd block repeats a table that was never given");
  return table;
}
