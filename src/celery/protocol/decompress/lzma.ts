import { DecodeError } from "../errors.js";
import type { GrowingBuffer } from "./growing-buffer.js";

const PROBABILITY_START = 1024;
const LAST_LITERAL_STATE = 7;
/** Match lengths are decoded minus this. */
const MIN_MATCH = 2;
const END_MARKER = 0xffffffff;

/** Properties byte of LZMA: how many bits of context literals and positions have. */
export interface LzmaProperties {
  readonly literalContextBits: number;
  readonly literalPositionBits: number;
  readonly positionBits: number;
}

/** @throws DecodeError */
export function readLzmaProperties(byte: number): LzmaProperties {
  const positionBits = Math.floor(byte / 45);
  const literalPositionBits = Math.floor(byte / 9) % 5;
  const literalContextBits = byte % 9;
  if (byte >= 225 || literalContextBits + literalPositionBits > 4) throw new DecodeError("lzma properties are invalid");
  return { literalContextBits, literalPositionBits, positionBits };
}

/** Binary arithmetic decoder with adaptive probabilities. */
class RangeDecoder {
  #range = 0xffffffff;
  #code = 0;
  #position = 0;
  #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    if (bytes[0] !== 0) throw new DecodeError("lzma chunk is damaged");
    for (let index = 1; index < 5; index += 1) this.#code = ((this.#code << 8) | this.#byteAt(index)) >>> 0;
    this.#position = 5;
  }

  /** Whether all input was needed, and the rest is what an encoder leaves. */
  get isFinished(): boolean {
    return this.#code === 0 && this.#position === this.#bytes.length;
  }

  bit(probabilities: Uint16Array, index: number): 0 | 1 {
    const probability = probabilities[index] ?? PROBABILITY_START;
    const bound = (this.#range >>> 11) * probability;
    let bit: 0 | 1;
    if (this.#code < bound) {
      this.#range = bound;
      probabilities[index] = probability + ((2048 - probability) >>> 5);
      bit = 0;
    } else {
      this.#range -= bound;
      this.#code -= bound;
      probabilities[index] = probability - (probability >>> 5);
      bit = 1;
    }
    this.#normalize();
    return bit;
  }

  directBits(count: number): number {
    let value = 0;
    for (let index = 0; index < count; index += 1) {
      this.#range >>>= 1;
      const isSet = this.#code >= this.#range;
      if (isSet) this.#code -= this.#range;
      value = value * 2 + (isSet ? 1 : 0);
      this.#normalize();
    }
    return value;
  }

  tree(probabilities: Uint16Array, offset: number, bits: number): number {
    let symbol = 1;
    for (let index = 0; index < bits; index += 1) symbol = (symbol << 1) | this.bit(probabilities, offset + symbol);
    return symbol - (1 << bits);
  }

  reverseTree(probabilities: Uint16Array, offset: number, bits: number): number {
    let symbol = 1;
    let value = 0;
    for (let index = 0; index < bits; index += 1) {
      const bit = this.bit(probabilities, offset + symbol);
      symbol = (symbol << 1) | bit;
      value |= bit << index;
    }
    return value;
  }

  #normalize(): void {
    if (this.#range >= 0x1000000) return;
    this.#range = (this.#range << 8) >>> 0;
    this.#code = ((this.#code << 8) | this.#byteAt(this.#position)) >>> 0;
    this.#position += 1;
  }

  #byteAt(index: number): number {
    const byte = this.#bytes[index];
    if (byte === undefined) throw new DecodeError("lzma chunk is cut off");
    return byte;
  }
}

/** Match lengths: three ranges of 8, 8 and 256, the first two by position. */
class LengthDecoder {
  readonly #choice = probabilities(2);
  readonly #low = probabilities(16 << 3);
  readonly #middle = probabilities(16 << 3);
  readonly #high = probabilities(256);

  read(decoder: RangeDecoder, positionState: number): number {
    if (decoder.bit(this.#choice, 0) === 0) return decoder.tree(this.#low, positionState << 3, 3);
    if (decoder.bit(this.#choice, 1) === 0) return 8 + decoder.tree(this.#middle, positionState << 3, 3);
    return 16 + decoder.tree(this.#high, 0, 8);
  }
}

/** LZMA's state machine. One lives from one state reset to the next, over any number of chunks. */
export class LzmaState {
  readonly #properties: LzmaProperties;
  readonly #isMatch = probabilities(12 << 4);
  readonly #isRepeat = probabilities(12);
  readonly #isRepeat0 = probabilities(12);
  readonly #isRepeat1 = probabilities(12);
  readonly #isRepeat2 = probabilities(12);
  readonly #isLongRepeat0 = probabilities(12 << 4);
  readonly #slots = probabilities(4 << 6);
  readonly #special = probabilities(128);
  readonly #align = probabilities(16);
  readonly #matchLength = new LengthDecoder();
  readonly #repeatLength = new LengthDecoder();
  readonly #literals: Uint16Array;
  #state = 0;
  #distances: [number, number, number, number] = [0, 0, 0, 0];

  constructor(properties: LzmaProperties) {
    this.#properties = properties;
    this.#literals = probabilities(0x300 << (properties.literalContextBits + properties.literalPositionBits));
  }

  /**
   * Unpacks one chunk of exactly `size` bytes.
   *
   * @param dictionaryStart where in `output` matches may begin
   * @throws DecodeError
   */
  unpack(chunk: Uint8Array, size: number, output: GrowingBuffer, dictionaryStart: number): void {
    const decoder = new RangeDecoder(chunk);
    output.reserve(size);
    const end = output.length + size;
    const positionMask = (1 << this.#properties.positionBits) - 1;
    while (output.length < end) {
      const positionState = (output.length - dictionaryStart) & positionMask;
      if (decoder.bit(this.#isMatch, (this.#state << 4) + positionState) === 0) {
        this.#literal(decoder, output, dictionaryStart);
        continue;
      }
      const length = this.#match(decoder, positionState);
      const distance = this.#distances[0] + 1;
      if (distance > output.length - dictionaryStart || length > end - output.length) {
        throw new DecodeError("lzma match is out of range");
      }
      output.repeat(distance, length);
    }
    if (!decoder.isFinished) throw new DecodeError("lzma chunk has bytes left");
  }

  #literal(decoder: RangeDecoder, output: GrowingBuffer, dictionaryStart: number): void {
    const { literalContextBits, literalPositionBits } = this.#properties;
    const position = output.length - dictionaryStart;
    const previous = position > 0 ? (output.bytes[output.length - 1] ?? 0) : 0;
    const context =
      ((position & ((1 << literalPositionBits) - 1)) << literalContextBits) + (previous >>> (8 - literalContextBits));
    const offset = 0x300 * context;
    let symbol = 1;
    if (this.#state >= LAST_LITERAL_STATE) {
      const distance = this.#distances[0] + 1;
      if (distance > position) throw new DecodeError("lzma match is out of range");
      symbol = this.#literalAfterMatch(decoder, offset, output.bytes[output.length - distance] ?? 0);
    }
    while (symbol < 0x100) symbol = (symbol << 1) | decoder.bit(this.#literals, offset + symbol);
    output.bytes[output.length] = symbol & 0xff;
    output.length += 1;
    if (this.#state < 4) this.#state = 0;
    else this.#state -= this.#state < 10 ? 3 : 6;
  }

  /** Right after a match the byte at the match's distance is a hint, until the bits differ. */
  #literalAfterMatch(decoder: RangeDecoder, offset: number, hint: number): number {
    let symbol = 1;
    for (let mask = 0x80; mask > 0; mask >>>= 1) {
      const hintBit = (hint & mask) === 0 ? 0 : 1;
      const bit = decoder.bit(this.#literals, offset + ((1 + hintBit) << 8) + symbol);
      symbol = (symbol << 1) | bit;
      if (bit !== hintBit) break;
    }
    return symbol;
  }

  /** Reads a match, puts its distance in front, and returns its length. */
  #match(decoder: RangeDecoder, positionState: number): number {
    const isLiteralBefore = this.#state < LAST_LITERAL_STATE;
    if (decoder.bit(this.#isRepeat, this.#state) === 0) {
      const length = MIN_MATCH + this.#matchLength.read(decoder, positionState);
      this.#state = isLiteralBefore ? 7 : 10;
      const [first, second, third] = this.#distances;
      this.#distances = [this.#distance(decoder, length), first, second, third];
      return length;
    }
    if (decoder.bit(this.#isRepeat0, this.#state) === 0) {
      if (decoder.bit(this.#isLongRepeat0, (this.#state << 4) + positionState) === 0) {
        this.#state = isLiteralBefore ? 9 : 11;
        return 1;
      }
    } else {
      this.#reorderDistances(decoder);
    }
    const length = MIN_MATCH + this.#repeatLength.read(decoder, positionState);
    this.#state = isLiteralBefore ? 8 : 11;
    return length;
  }

  #reorderDistances(decoder: RangeDecoder): void {
    const [first, second, third, fourth] = this.#distances;
    if (decoder.bit(this.#isRepeat1, this.#state) === 0) this.#distances = [second, first, third, fourth];
    else if (decoder.bit(this.#isRepeat2, this.#state) === 0) this.#distances = [third, first, second, fourth];
    else this.#distances = [fourth, first, second, third];
  }

  #distance(decoder: RangeDecoder, length: number): number {
    const lengthState = Math.min(length - MIN_MATCH, 3);
    const slot = decoder.tree(this.#slots, lengthState << 6, 6);
    if (slot < 4) return slot;
    const bits = (slot >>> 1) - 1;
    const base = (2 | (slot & 1)) * 2 ** bits;
    if (slot < 14) return base + decoder.reverseTree(this.#special, base - slot, bits);
    const distance = base + decoder.directBits(bits - 4) * 16 + decoder.reverseTree(this.#align, 0, 4);
    if (distance === END_MARKER) throw new DecodeError("lzma end marker in a chunk of known size");
    return distance;
  }
}

function probabilities(count: number): Uint16Array {
  return new Uint16Array(count).fill(PROBABILITY_START);
}
