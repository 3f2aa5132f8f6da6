import { isUtf8 } from "node:buffer";
import { DecodeError } from "../protocol/errors.js";
import { Decimal } from "../protocol/typed-values.js";
import { type FieldAsSent, noteFieldsAsSent } from "../protocol/wire-values.js";

/** As in bodies: Python's own limit of recursion. */
export const MAX_DEPTH = 1000;

export const INT32_MAX = 2 ** 31 - 1;
export const INT32_MIN = -(2 ** 31);

/** Seconds since 1970 that a `Date` can hold. */
const MAX_DATE_SECONDS = 8_640_000_000_000n;

/** Tags of RabbitMQ's field types, and `U`, which the specification has for 16 bits. */
export const TAG = {
  array: 0x41,
  byte: 0x62,
  bytes: 0x78,
  boolean: 0x74,
  decimal: 0x44,
  double: 0x64,
  float: 0x66,
  int: 0x49,
  long: 0x6c,
  longSpecified: 0x4c,
  short: 0x73,
  shortSpecified: 0x55,
  string: 0x53,
  table: 0x46,
  timestamp: 0x54,
  unsignedByte: 0x42,
  unsignedInt: 0x69,
  unsignedShort: 0x75,
  void: 0x56,
} as const;

/**
 * Reads the fields of an AMQP table, which fill `bytes` from `start` to `end`.
 *
 * Integers are numbers, or bigint where a number would round; timestamps are `Date`; decimals are `Decimal`; text that
 * is no UTF-8 is a `Buffer`. Fields that would be written otherwise here remember how they were sent.
 *
 * @throws DecodeError for an unknown type, a field that is cut short, and nesting deeper than {@link MAX_DEPTH}.
 */
export function readTable(bytes: Buffer, start = 0, end = bytes.length): Record<string, unknown> {
  const reader = new FieldReader(bytes, start);
  try {
    return reader.table(end, 0);
  } catch (error) {
    if (!(error instanceof DecodeError || error instanceof RangeError)) throw error;
    const problem = error instanceof DecodeError ? error.message : CUT_SHORT;
    throw new DecodeError(`field ${JSON.stringify(reader.name.slice(0, 100))} cannot be read: ${problem}`);
  }
}

const CUT_SHORT = "it is cut short";

class FieldReader {
  /** Name of the field that is being read. */
  name = "";
  /** Whether the field read last is written otherwise here. */
  #isOdd = false;

  constructor(
    private readonly bytes: Buffer,
    private offset: number,
  ) {}

  table(end: number, depth: number): Record<string, unknown> {
    const table: Record<string, unknown> = {};
    let sent: Map<string, FieldAsSent> | null = null;
    while (this.offset < end) {
      const nameStart = this.offset + 1;
      const name = this.#name(end);
      const start = this.offset;
      const isOddName = name.includes("\uFFFD") && !isUtf8(this.bytes.subarray(nameStart, start));
      const value = this.#field(end, depth);
      if (this.#isOdd || isOddName) {
        sent ??= new Map();
        const field = { value, bytes: this.bytes.subarray(start, this.offset) };
        sent.set(name, isOddName ? { ...field, name: this.bytes.subarray(nameStart, start) } : field);
      }
      if (name === "__proto__") Object.defineProperty(table, name, { value, ...ORDINARY });
      else table[name] = value;
    }
    if (sent !== null) noteFieldsAsSent(table, sent);
    return table;
  }

  #array(end: number, depth: number): unknown[] {
    const array: unknown[] = [];
    let sent: Map<number, FieldAsSent> | null = null;
    while (this.offset < end) {
      const start = this.offset;
      const value = this.#field(end, depth);
      if (this.#isOdd) {
        sent ??= new Map();
        sent.set(array.length, { value, bytes: this.bytes.subarray(start, this.offset) });
      }
      array.push(value);
    }
    if (sent !== null) noteFieldsAsSent(array, sent);
    return array;
  }

  #name(end: number): string {
    const start = this.offset + 1;
    const after = start + (this.bytes[this.offset] as number);
    if (after >= end) throw new DecodeError("its name is cut short");
    this.offset = after;
    this.name = nameAt(this.bytes, start, after);
    return this.name;
  }

  #field(end: number, depth: number): unknown {
    const value = this.#value(end, depth);
    if (this.offset > end) throw new DecodeError(CUT_SHORT);
    return value;
  }

  /** May read past `end`, which the caller finds out; past the bytes, it throws a RangeError. */
  #value(end: number, depth: number): unknown {
    const { bytes } = this;
    const tag = bytes.readUInt8(this.offset);
    const at = this.offset + 1;
    this.#isOdd = false;
    switch (tag) {
      case TAG.string:
        return this.#text(this.#block(at, end));
      case TAG.void:
        this.offset = at;
        return null;
      case TAG.int:
        this.offset = at + 4;
        return bytes.readInt32BE(at);
      case TAG.boolean: {
        this.offset = at + 1;
        const octet = bytes.readUInt8(at);
        this.#isOdd = octet > 1;
        return octet !== 0;
      }
      case TAG.double: {
        this.offset = at + 8;
        const value = bytes.readDoubleBE(at);
        this.#isOdd = Number.isInteger(value) || Number.isNaN(value);
        return value;
      }
      case TAG.array:
      case TAG.table:
        return this.#nested(tag, this.#block(at, end), depth + 1);
      case TAG.bytes: {
        const start = this.#block(at, end);
        return bytes.subarray(start, this.offset);
      }
      case TAG.timestamp:
        return this.#timestamp(at);
      default:
        return this.#uncommon(tag, at);
    }
  }

  #nested(tag: number, start: number, depth: number): unknown {
    if (depth > MAX_DEPTH) throw new DecodeError(`it is nested deeper than ${MAX_DEPTH} levels`);
    const end = this.offset;
    this.offset = start;
    const nested = tag === TAG.array ? this.#array(end, depth) : this.table(end, depth);
    this.#isOdd = false;
    return nested;
  }

  /** Types that neither Python nor this package writes without need: they are kept as they came. */
  #uncommon(tag: number, at: number): unknown {
    const { bytes } = this;
    this.#isOdd = true;
    switch (tag) {
      case TAG.long:
      case TAG.longSpecified: {
        this.offset = at + 8;
        const value = integer(bytes.readBigInt64BE(at));
        this.#isOdd = tag !== (value > INT32_MAX ? TAG.long : value < INT32_MIN ? TAG.longSpecified : TAG.int);
        return value;
      }
      case TAG.unsignedInt:
        this.offset = at + 4;
        return bytes.readUInt32BE(at);
      case TAG.short:
      case TAG.shortSpecified:
        this.offset = at + 2;
        return bytes.readInt16BE(at);
      case TAG.unsignedShort:
        this.offset = at + 2;
        return bytes.readUInt16BE(at);
      case TAG.byte:
        this.offset = at + 1;
        return bytes.readInt8(at);
      case TAG.unsignedByte:
        this.offset = at + 1;
        return bytes.readUInt8(at);
      case TAG.float:
        this.offset = at + 4;
        return bytes.readFloatBE(at);
      case TAG.decimal:
        this.offset = at + 5;
        return decimal(bytes.readUInt8(at), bytes.readInt32BE(at + 1));
      default:
        throw new DecodeError(`its type ${describeTag(tag)} is not known`);
    }
  }

  /** Steps over a length and what it counts. @returns where that starts */
  #block(at: number, end: number): number {
    const start = at + 4;
    const after = start + this.bytes.readUInt32BE(at);
    if (after > end) throw new DecodeError(CUT_SHORT);
    this.offset = after;
    return start;
  }

  #text(start: number): unknown {
    const text = this.bytes.toString("utf8", start, this.offset);
    if (!text.includes("\uFFFD")) return text;
    const raw = this.bytes.subarray(start, this.offset);
    if (isUtf8(raw)) return text;
    // As Python: text that is none is bytes.
    this.#isOdd = true;
    return raw;
  }

  #timestamp(at: number): unknown {
    this.offset = at + 8;
    const seconds = this.bytes.readBigUInt64BE(at);
    if (seconds <= MAX_DATE_SECONDS) return new Date(Number(seconds) * 1000);
    this.#isOdd = true;
    return integer(seconds);
  }
}

const ORDINARY = { enumerable: true, configurable: true, writable: true } as const;

/** Names that were met, each at a place that its bytes give: they come with every message. */
const NAMES: string[] = new Array(1024).fill("");

/** As `toString`, and faster for the names of a protocol. */
function nameAt(bytes: Buffer, start: number, end: number): string {
  let place = end - start;
  for (let index = start; index < end; index += 1) place = (place * 31 + (bytes[index] as number)) & 1023;
  const met = NAMES[place] as string;
  if (isNameAt(bytes, start, end, met)) return met;
  const name = bytes.toString("utf8", start, end);
  NAMES[place] = name;
  return name;
}

/** Whether these bytes are the name, letter by letter: never so for a name that is not ASCII. */
function isNameAt(bytes: Buffer, start: number, end: number, name: string): boolean {
  if (name.length !== end - start) return false;
  for (let index = 0; index < name.length; index += 1) {
    const code = name.charCodeAt(index);
    if (code > 0x7f || code !== bytes[start + index]) return false;
  }
  return true;
}

function integer(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** The number of which `digits` are the digits, `places` of them behind the point. */
function decimal(places: number, digits: number): Decimal {
  if (places === 0) return new Decimal(String(digits));
  if (places > 30) return new Decimal(`${digits}E-${places}`);
  const text = String(Math.abs(digits)).padStart(places + 1, "0");
  return new Decimal(`${digits < 0 ? "-" : ""}${text.slice(0, -places)}.${text.slice(-places)}`);
}

function describeTag(tag: number): string {
  const code = `0x${tag.toString(16).padStart(2, "0")}`;
  return tag > 0x20 && tag < 0x7f ? `"${String.fromCharCode(tag)}" (${code})` : code;
}
