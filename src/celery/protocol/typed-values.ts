import { DecodeError, shown } from "./errors.js";
import { PythonDateTime } from "./time.js";
import { plainText } from "./wire-values.js";

/** Common parent of Python values that JavaScript has no type for; `text` is their canonical text. */
abstract class TextValue {
  readonly text: string;

  constructor(text: string, form: RegExp, kind: string) {
    if (typeof text !== "string" || !form.test(text)) {
      throw new DecodeError(`${shown(plainText(text))} is not a ${kind}`);
    }
    this.text = text;
  }

  toString(): string {
    return this.text;
  }

  toJSON(): string {
    return this.text;
  }
}

/** A Python `datetime.date`: `YYYY-MM-DD`. */
export class PythonDate extends TextValue {
  constructor(text: string) {
    super(text, /^\d{4}-\d{2}-\d{2}$/, "date");
  }
}

/** A Python `datetime.time`: `HH:MM[:SS[.ffffff]][±HH:MM]`. */
export class PythonTime extends TextValue {
  constructor(text: string) {
    super(text, /^\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?([+-]\d{2}:\d{2}(:\d{2})?|Z)?$/, "time");
  }
}

/** A Python `decimal.Decimal`, kept as its exact text: `1.10`, `-1E+5`, `NaN`. */
export class Decimal extends TextValue {
  constructor(text: string) {
    super(text, /^[+-]?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?|s?nan\d*|inf(?:inity)?)$/i, "decimal");
  }
}

/** A Python `uuid.UUID`, as lower-case hyphenated text. */
export class Uuid extends TextValue {
  constructor(text: string) {
    const hex = plainText(text).replaceAll("-", "").toLowerCase();
    super(hex, /^[0-9a-f]{32}$/, "UUID");
    Object.defineProperty(this, "text", { value: hyphenate(hex), enumerable: true });
  }

  /** 32 hexadecimal digits. */
  get hex(): string {
    return this.text.replaceAll("-", "");
  }
}

function hyphenate(hex: string): string {
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** Names of the two members by which JSON marks a value that it has no form for. */
export interface TypedKeys {
  readonly type: string;
  readonly value: string;
}

/** Those of kombu. */
export const TYPED_KEYS: TypedKeys = { type: "__type__", value: "__value__" };

/**
 * Turns kombu's `{"__type__", "__value__"}` pair into its value.
 *
 * @throws DecodeError for an unknown type or a value that does not fit it.
 */
export function decodeTyped(type: unknown, value: unknown): unknown {
  switch (type) {
    case "datetime":
      return new PythonDateTime(textOf(value, type));
    case "date":
      // kombu 5.3 writes the date of a datetime at midnight.
      return new PythonDate(textOf(value, type).slice(0, 10));
    case "time":
      return new PythonTime(textOf(value, type));
    case "decimal":
      return new Decimal(textOf(value, type));
    case "uuid":
      return decodeUuid(value);
    case "bytes":
      return Buffer.from(textOf(value, type), "utf8");
    case "base64":
      return decodeBase64(textOf(value, type));
    default:
      throw new DecodeError(`unsupported type tag ${typeof type === "string" ? shown(type) : typeof type}`);
  }
}

function decodeUuid(value: unknown): Uuid {
  if (typeof value === "object" && value !== null && "hex" in value) return new Uuid(textOf(value.hex, "uuid"));
  return new Uuid(textOf(value, "uuid"));
}

function decodeBase64(text: string): Buffer {
  const compact = text.replace(/\s+/g, "");
  if (compact.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(compact)) {
    throw new DecodeError("a value tagged base64 is not base64");
  }
  return Buffer.from(compact, "base64");
}

function textOf(value: unknown, type: string): string {
  if (typeof value !== "string") throw new DecodeError(`a value tagged ${type} must be text`);
  return value;
}
