import { DecodeError, EncodeError } from "./errors.js";

/**
 * Most decimal digits of an integer that are read or written, as in Python (`sys.int_info.default_max_str_digits`):
 * the conversion takes time that grows with their square.
 */
const MAX_DIGITS = 4300;
const LIMIT = 10n ** BigInt(MAX_DIGITS);
const REFUSAL = `Exceeds the limit (${MAX_DIGITS} digits) for integer string conversion`;

/**
 * Reads a decimal integer: digits with or without a sign. Up to 2^53 it becomes a number, beyond a bigint.
 *
 * @throws DecodeError in Python's words for more than 4,300 digits
 */
export function readInteger(text: string): number | bigint {
  const digits = /^[+-]/.test(text) ? text.length - 1 : text.length;
  if (digits > MAX_DIGITS) throw new DecodeError(`${REFUSAL}: value has ${digits} digits`);
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : BigInt(text.startsWith("+") ? text.slice(1) : text);
}

/** The decimal digits of an integer. @throws EncodeError in Python's words for more than 4,300 */
export function integerText(value: bigint): string {
  if (hasTooManyDigits(value)) throw new EncodeError(REFUSAL);
  return String(value);
}

/** Whether the integer has more digits than are read or written. */
export function hasTooManyDigits(value: bigint): boolean {
  return value >= LIMIT || value <= -LIMIT;
}

/** The integer as a number where that is exact. */
export function narrowInteger(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
