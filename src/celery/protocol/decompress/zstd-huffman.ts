import { DecodeError } from "../errors.js";
import { BackwardBits, highestBit } from "./zstd-bits.js";
import { FseState, readFseTable } from "./zstd-fse.js";

const MAX_CODE_BITS = 11;
const MAX_SYMBOLS = 255;

/** Huffman code of literals: a lookup by the next `codeBits` bits. */
export interface HuffmanTable {
  readonly codeBits: number;
  readonly symbols: Uint8Array;
  readonly bitCounts: Uint8Array;
}

/** Reads a tree's description at the start of `bytes`. @throws DecodeError */
export function readHuffmanTable(bytes: Uint8Array): { readonly table: HuffmanTable; readonly length: number } {
  const head = bytes[0] ?? 0;
  if (head >= 128) {
    const count = head - 127;
    const length = 1 + ((count + 1) >>> 1);
    if (length > bytes.length) throw new DecodeError("zstd Huffman tree is cut off");
    const weights = Array.from({ length: count }, (_, index) => {
      const pair = bytes[1 + (index >>> 1)] ?? 0;
      return index % 2 === 0 ? pair >>> 4 : pair & 15;
    });
    return { table: buildTable(weights), length };
  }
  if (head === 0 || head + 1 > bytes.length) throw new DecodeError("zstd Huffman tree is cut off");
  return { table: buildTable(readWeights(bytes.subarray(1, 1 + head))), length: 1 + head };
}

/** Weights come from two states in turn, until the bits run out. */
function readWeights(bytes: Uint8Array): number[] {
  const { table, length } = readFseTable(bytes, 6, MAX_SYMBOLS);
  const bits = new BackwardBits(bytes.subarray(length));
  let current = new FseState(table, bits);
  let other = new FseState(table, bits);
  const weights: number[] = [];
  for (;;) {
    weights.push(current.symbol);
    current.advance();
    if (bits.remaining < 0) {
      weights.push(other.symbol);
      return weights;
    }
    if (weights.length > MAX_SYMBOLS) throw new DecodeError("zstd Huffman tree has too many symbols");
    [current, other] = [other, current];
  }
}

function buildTable(known: readonly number[]): HuffmanTable {
  let total = 0;
  for (const weight of known) if (weight > 0) total += 2 ** (weight - 1);
  const codeBits = total === 0 ? 0 : highestBit(total) + 1;
  const rest = 2 ** codeBits - total;
  if (codeBits === 0 || codeBits > MAX_CODE_BITS || (rest & (rest - 1)) !== 0 || known.length > MAX_SYMBOLS) {
    throw new DecodeError("zstd Huffman tree is damaged");
  }
  // The last weight is what is missing to a full tree.
  const weights = [...known, highestBit(rest) + 1];
  const symbols = new Uint8Array(2 ** codeBits);
  const bitCounts = new Uint8Array(2 ** codeBits);
  let position = 0;
  for (let weight = 1; weight <= codeBits; weight += 1) {
    for (const [symbol, own] of weights.entries()) {
      if (own !== weight) continue;
      const end = position + 2 ** (weight - 1);
      symbols.fill(symbol, position, end);
      bitCounts.fill(codeBits + 1 - weight, position, end);
      position = end;
    }
  }
  return { codeBits, symbols, bitCounts };
}

/** Decodes one stream into the whole of `target`. @throws DecodeError unless all of its bits are used */
export function decodeHuffman(bytes: Uint8Array, table: HuffmanTable, target: Uint8Array): void {
  const bits = new BackwardBits(bytes);
  for (let index = 0; index < target.length; index += 1) {
    const code = bits.peek(table.codeBits);
    target[index] = table.symbols[code] ?? 0;
    bits.remaining -= table.bitCounts[code] ?? 0;
  }
  if (bits.remaining !== 0) throw new DecodeError("zstd literals are damaged");
}
