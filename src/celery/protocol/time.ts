import { DecodeError, EncodeError, shown } from "./errors.js";

const ISO =
  /^(\d{4})-(\d{2})-(\d{2})(?:[Tt ](\d{2})(?::(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)?)?\s?([Zz]|[+-]\d{2}(?::?\d{2}(?::?\d{2})?)?)?$/;

/** The form without separators, as `date +%Y%m%dT%H%M%SZ` writes it: Celery reads it from 5.3.6 on. */
const BASIC =
  /^(\d{4})(\d{2})(\d{2})T(\d{2})(?:(\d{2})(?:(\d{2})(?:[.,](\d{1,9}))?)?)?([Zz]|[+-]\d{2}(?::?\d{2}(?::?\d{2})?)?)?$/;

/** The parts of an ISO 8601 text, with the fraction in microseconds (further digits are cut). */
interface IsoParts {
  readonly epochMs: number;
  /** Microseconds within the millisecond of `epochMs`: 0–999. */
  readonly micros: number;
  /** Seconds east of UTC; null for a naive time. */
  readonly offsetSeconds: number | null;
}

/**
 * A Python datetime: a `Date` that also keeps the text it was read from, and with it the microseconds, the offset, and
 * whether the time was naive. The text is used when the value is written again unchanged.
 */
export class PythonDateTime extends Date {
  readonly isoText: string;

  /** @throws DecodeError when `isoText` is no ISO 8601 time. */
  constructor(isoText: string) {
    super(parseIsoParts(isoText).epochMs);
    this.isoText = isoText;
  }

  /** Whether the date still is what its text says. */
  isUnchanged(): boolean {
    return parseIsoParts(this.isoText).epochMs === this.getTime();
  }
}

/** The forms that every Celery version reads exactly: six fractional digits or none, and an offset. */
const PORTABLE = /:\d{2}(\.\d{6})?[+-]\d{2}:\d{2}$/;

/**
 * Writes a time as every Celery version reads it: six fractional digits and an offset, `+00:00` unless the time was read
 * from a text with another one.
 *
 * @throws EncodeError for an invalid date or a year outside of 0–9999.
 */
export function formatIso(date: Date): string {
  if (date instanceof PythonDateTime && PORTABLE.test(date.isoText) && date.isUnchanged()) return date.isoText;
  const ms = date.getTime();
  // Years outside of 0000–9999 get a sign and six digits from toISOString, which Python does not read.
  if (!(ms >= -62_167_219_200_000 && ms <= 253_402_300_799_999)) {
    throw new EncodeError(`the date ${String(date)} has no ISO form that Python can read`);
  }
  return `${date.toISOString().slice(0, 23)}000+00:00`;
}

/** The text of a date inside of a body, where a naive time may stay naive. */
export function dateText(date: Date): string {
  return date instanceof PythonDateTime && date.isUnchanged() ? date.isoText : formatIso(date);
}

/**
 * Reads a time as Celery writes it, in any version. A time without offset is UTC unless `timezone` (an IANA name) is
 * given. Digits beyond milliseconds are kept in the text only.
 *
 * @throws DecodeError
 */
export function parseIso(text: string, timezone?: string): Date {
  const date = new PythonDateTime(text);
  if (timezone === undefined || timezone === "UTC" || parseIsoParts(text).offsetSeconds !== null) return date;
  return new Date(localToUtc(date.getTime(), timezone));
}

/** @throws DecodeError */
function parseIsoParts(text: string): IsoParts {
  const match = ISO.exec(text) ?? BASIC.exec(text);
  if (match === null) throw new DecodeError(`unable to parse date string ${shown(text)}`);
  const field = (index: number): number => Number(match[index] ?? 0);
  const [year, month, day, hour, minute, second] = [field(1), field(2), field(3), field(4), field(5), field(6)];
  const fraction = (match[7] ?? "").padEnd(6, "0").slice(0, 6);
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  // setUTCFullYear carries an impossible day over to the next month.
  const exists = date.getUTCMonth() === month - 1 && date.getUTCDate() === day && year > 0;
  if (!exists || hour > 23 || minute > 59 || second > 59) {
    throw new DecodeError(`unable to parse date string ${shown(text)}: a field is out of range`);
  }
  const offsetSeconds = parseOffset(match[8], text);
  const wallMs = date.getTime() + ((hour * 60 + minute) * 60 + second) * 1000 + Number(fraction.slice(0, 3));
  return { epochMs: wallMs - (offsetSeconds ?? 0) * 1000, micros: Number(fraction.slice(3)), offsetSeconds };
}

function parseOffset(offset: string | undefined, text: string): number | null {
  if (offset === undefined) return null;
  if (offset === "Z" || offset === "z") return 0;
  const digits = offset.slice(1).replaceAll(":", "");
  const [hours, minutes, seconds] = [digits.slice(0, 2), digits.slice(2, 4), digits.slice(4, 6)].map(Number);
  if (hours === undefined || hours > 23 || (minutes ?? 0) > 59 || (seconds ?? 0) > 59) {
    throw new DecodeError(`unable to parse date string ${shown(text)}: the offset is out of range`);
  }
  const magnitude = hours * 3600 + (minutes ?? 0) * 60 + (seconds ?? 0);
  return offset.startsWith("-") ? -magnitude : magnitude;
}

/** The instant at which clocks of the zone show `wallMs` (a wall time written as if it were UTC). */
function localToUtc(wallMs: number, timezone: string): number {
  const first = wallMs - zoneOffsetMs(wallMs, timezone);
  // The offset must be that of the result, not of the guess: they differ within hours of a clock change.
  return wallMs - zoneOffsetMs(first, timezone);
}

function zoneOffsetMs(epochMs: number, timezone: string): number {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone: timezone,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
  } catch (cause) {
    throw new DecodeError(`unknown time zone ${shown(timezone)}`, { cause });
  }
  const parts = new Map(format.formatToParts(epochMs).map((part) => [part.type, Number(part.value)]));
  const field = (name: Intl.DateTimeFormatPartTypes): number => parts.get(name) ?? 0;
  const wallMs = Date.UTC(
    field("year"),
    field("month") - 1,
    field("day"),
    field("hour"),
    field("minute"),
    field("second"),
  );
  return wallMs - Math.floor(epochMs / 1000) * 1000;
}
