import { DecodeError } from "./errors.js";
import { narrowInteger, readInteger } from "./integers.js";

/** Little-endian two's complement, as LONG1 and LONG4 hold it. */
export function integerOf(bytes: Buffer): number | bigint {
  if (bytes.length <= 6) return bytes.length === 0 ? 0 : bytes.readIntLE(0, bytes.length);
  let value = BigInt(`0x${Buffer.from(bytes).reverse().toString("hex")}`);
  value = BigInt.asIntN(bytes.length * 8, value);
  return narrowInteger(value);
}

/** Decimal text of protocol 0. */
export function textInteger(text: string): number | bigint | boolean {
  // Protocol 0 writes booleans so.
  if (text === "00" || text === "01") return text === "01";
  if (!/^[+-]?\d+$/.test(text)) throw new DecodeError("an integer of the pickle is malformed");
  return readInteger(text);
}

/** Python's `repr` of a float, as protocol 0 writes it. */
export function textFloat(text: string): number {
  const word = /^([+-]?)(inf|nan)$/.exec(text);
  if (word !== null) {
    if (word[2] === "nan") return Number.NaN;
    return word[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  }
  const value = Number(text);
  if (text.trim() === "" || Number.isNaN(value)) throw new DecodeError("a float of the pickle is malformed");
  return value;
}

/** Protocol 0 text: Latin-1 with `\\uXXXX` for all else. */
export function rawUnicodeEscape(text: string): string {
  return text.replace(/\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})/g, (_, short: string | undefined, long: string) =>
    String.fromCodePoint(Number.parseInt(short ?? long, 16)),
  );
}
