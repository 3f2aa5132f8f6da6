import { EncodeError } from "../protocol/errors.js";
import { describeOpaque, isOpaque } from "../protocol/plain-value.js";
import { Decimal } from "../protocol/typed-values.js";
import { fieldsAsSent } from "../protocol/wire-values.js";
import { INT32_MAX, INT32_MIN, MAX_DEPTH, TAG } from "./field-reader.js";

const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);

/** What is read may be put into a table or two and written again. */
const MAX_WRITTEN_DEPTH = MAX_DEPTH + 10;

const FIRST_SIZE = 65_536;

/** Up to this length text is copied faster character by character. */
const SHORT_TEXT = 24;

/**
 * Writes frames and the tables in them. One writer is used for many messages: what {@link copy} returns is its caller's.
 *
 * Fields are written so that Python reads them: integers with 32 bits, larger ones with 64, never with 8 or 16, which
 * py-amqp takes for something else. Fields that came over the wire and were not replaced are written as they came.
 */
export class FieldWriter {
  bytes: Buffer = Buffer.allocUnsafe(FIRST_SIZE);
  offset = 0;
  #name = "";

  /** What was written, in a buffer of its own; the writer is empty then. */
  copy(): Buffer {
    const copy = Buffer.allocUnsafe(this.offset);
    this.bytes.copy(copy, 0, 0, this.offset);
    this.clear();
    return copy;
  }

  clear(): void {
    this.offset = 0;
    if (this.bytes.length > FIRST_SIZE) this.bytes = Buffer.allocUnsafe(FIRST_SIZE);
  }

  octet(value: number): void {
    this.#reserve(1);
    this.bytes[this.offset++] = value;
  }

  short(value: number): void {
    this.#reserve(2);
    this.offset = this.bytes.writeUInt16BE(value, this.offset);
  }

  long(value: number): void {
    this.#reserve(4);
    this.offset = this.bytes.writeUInt32BE(value, this.offset);
  }

  /** @param value 0 to 2^64 - 1 */
  longLong(value: number | bigint): void {
    this.#reserve(8);
    this.offset = this.bytes.writeBigUInt64BE(BigInt(value), this.offset);
  }

  /** @throws EncodeError for more than 255 bytes; `what` names it there */
  shortText(text: string, what: string): void {
    const start = this.offset;
    this.octet(0);
    this.#text(text);
    const length = this.offset - start - 1;
    if (length > 255) throw new EncodeError(`${what} takes ${length} bytes: AMQP allows 255`);
    this.bytes[start] = length;
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.bytes.set(bytes, this.offset);
    this.offset += bytes.length;
  }

  /** @throws EncodeError for what no field type can hold; it names the field */
  table(table: object): void {
    try {
      this.#table(table, 0);
    } catch (error) {
      if (!(error instanceof EncodeError)) throw error;
      throw new EncodeError(`header ${JSON.stringify(this.#name)} cannot be sent: ${error.message}`, { cause: error });
    }
  }

  #table(table: object, depth: number): void {
    const start = this.#open();
    const sent = fieldsAsSent(table);
    const fields = table as Readonly<Record<string, unknown>>;
    for (const name in fields) {
      const value = fields[name];
      if (value === undefined) continue;
      if (depth === 0) this.#name = name;
      const field = sent?.get(name);
      const isAsSent = field !== undefined && Object.is(field.value, value);
      if (isAsSent && field.name !== undefined) {
        this.octet(field.name.length);
        this.raw(field.name);
      } else this.shortText(name, "its name");
      if (isAsSent) this.raw(field.bytes);
      else this.#value(value, depth);
    }
    this.#close(start);
  }

  #array(array: readonly unknown[], depth: number): void {
    const start = this.#open();
    const sent = fieldsAsSent(array);
    for (let index = 0; index < array.length; index += 1) {
      const value = array[index];
      const field = sent?.get(index);
      if (field !== undefined && Object.is(field.value, value)) this.raw(field.bytes);
      else this.#value(value ?? null, depth);
    }
    this.#close(start);
  }

  /** Leaves room for the length of what follows. */
  #open(): number {
    const start = this.offset;
    this.long(0);
    return start;
  }

  #close(start: number): void {
    this.bytes.writeUInt32BE(this.offset - start - 4, start);
  }

  #value(value: unknown, depth: number): void {
    switch (typeof value) {
      case "string": {
        this.octet(TAG.string);
        const start = this.#open();
        this.#text(value);
        this.#close(start);
        return;
      }
      case "number":
        this.#number(value);
        return;
      case "boolean":
        this.octet(TAG.boolean);
        this.octet(value ? 1 : 0);
        return;
      case "bigint":
        this.#integer(value);
        return;
      case "object":
        if (value === null) this.octet(TAG.void);
        else this.#object(value, depth + 1);
        return;
      default:
        throw new EncodeError(`a ${typeof value} has no form in AMQP`);
    }
  }

  #number(value: number): void {
    if (Number.isInteger(value) && value >= INT32_MIN && value <= INT32_MAX) {
      this.octet(TAG.int);
      this.#reserve(4);
      this.offset = this.bytes.writeInt32BE(value, this.offset);
    } else if (Number.isInteger(value) && Math.abs(value) < 2 ** 63) this.#integer(BigInt(value));
    else {
      this.octet(TAG.double);
      this.#reserve(8);
      this.offset = this.bytes.writeDoubleBE(value, this.offset);
    }
  }

  #integer(value: bigint): void {
    if (value >= INT32_MIN && value <= INT32_MAX) {
      this.#number(Number(value));
      return;
    }
    if (value < INT64_MIN || value > INT64_MAX)
      throw new EncodeError("an integer of more than 64 bits has no form in AMQP");
    // py-amqp takes `l` for unsigned; amqplib, and so celery-node, does not know `L`.
    this.octet(value < 0 ? TAG.longSpecified : TAG.long);
    this.#reserve(8);
    this.offset = this.bytes.writeBigInt64BE(value, this.offset);
  }

  #object(value: object, depth: number): void {
    if (depth > MAX_WRITTEN_DEPTH)
      throw new EncodeError(`it is nested deeper than ${MAX_DEPTH} levels, or holds itself`);
    if (Array.isArray(value)) {
      this.octet(TAG.array);
      this.#array(value, depth);
    } else if (value instanceof Uint8Array) {
      this.octet(TAG.bytes);
      this.long(value.length);
      this.raw(value);
    } else if (value instanceof Date) {
      const seconds = Math.floor(value.getTime() / 1000);
      if (!(seconds >= 0)) throw new EncodeError("a time before 1970 has no form in AMQP");
      this.octet(TAG.timestamp);
      this.longLong(seconds);
    } else if (value instanceof Decimal) this.#decimal(value);
    else if ("toJSON" in value && typeof value.toJSON === "function") this.#value(value.toJSON(), depth);
    else if (isOpaque(value)) throw new EncodeError(`${describeOpaque(value)} has no form in AMQP`);
    else {
      this.octet(TAG.table);
      this.#table(value, depth);
    }
  }

  #decimal({ text }: Decimal): void {
    const [, sign = "", whole = "", fraction = ""] = /^([+-]?)(\d*)\.?(\d*)$/.exec(text) ?? [];
    const digits = Number(`${sign}${whole}${fraction}`);
    const isPlain = whole + fraction !== "" && fraction.length <= 255;
    if (!isPlain || digits < INT32_MIN || digits > INT32_MAX)
      throw new EncodeError(`the decimal ${text.slice(0, 40)} needs more than 32 bits: send it as text`);
    this.octet(TAG.decimal);
    this.octet(fraction.length);
    this.#reserve(4);
    this.offset = this.bytes.writeInt32BE(digits, this.offset);
  }

  /** UTF-8, without its length. */
  #text(text: string): void {
    this.#reserve(text.length * 3);
    if (text.length > SHORT_TEXT || !this.#ascii(text)) this.offset += this.bytes.write(text, this.offset, "utf8");
  }

  #ascii(text: string): boolean {
    const { bytes, offset } = this;
    for (let index = 0; index < text.length; index += 1) {
      const code = text.charCodeAt(index);
      if (code > 0x7f) return false;
      bytes[offset + index] = code;
    }
    this.offset = offset + text.length;
    return true;
  }

  #reserve(size: number): void {
    const needed = this.offset + size;
    if (needed <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, this.bytes.length * 2));
    this.bytes.copy(larger, 0, 0, this.offset);
    this.bytes = larger;
  }
}

/** A value of an AMQP table with its wire type spelled out (amqplib's own escape). */
interface TypedValue {
  readonly "!": "int" | "int64" | "double";
  readonly value: number | bigint;
}

/**
 * The arguments of a declaration, a binding or a consumer as amqplib is to write them: it would write small integers as
 * AMQP types `b` and `s`, so every integer is forced to 32 bits, or 64 where it needs them. {@link FieldWriter}, which writes
 * the headers of messages, needs no such thing.
 */
export function wireTable(table: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const wire: Record<string, unknown> = {};
  for (const key in table) wire[key] = wireValue(table[key]);
  return wire;
}

function wireValue(value: unknown): unknown {
  switch (typeof value) {
    case "number":
      return wireNumber(value);
    case "bigint":
      return { "!": "int64", value } satisfies TypedValue;
    case "object":
      if (value === null || Buffer.isBuffer(value)) return value;
      if (Array.isArray(value)) return value.map(wireValue);
      if (value instanceof Date) return { "!": "timestamp", value: Math.floor(value.getTime() / 1000) };
      if (Object.hasOwn(value, "!")) return value;
      return wireTable(value as Record<string, unknown>);
    default:
      return value;
  }
}

function wireNumber(value: number): TypedValue {
  if (!Number.isInteger(value)) return { "!": "double", value };
  return { "!": value >= INT32_MIN && value <= INT32_MAX ? "int" : "int64", value };
}
