import { isUtf8 } from "node:buffer";
import { EncodeError } from "./errors.js";
import { describeOpaque, isOpaque } from "./plain-value.js";
import { dateText } from "./time.js";
import { Decimal, PythonDate, PythonTime, Uuid } from "./typed-values.js";

const MAX_DEPTH = 1000;

/** Options of {@link stringifyJson}. */
export interface StringifyOptions {
  /**
   * Write dates, bytes, decimals and UUIDs as kombu ≥ 5.3 does: `{"__type__", "__value__"}`. False writes plain text,
   * as older kombu does (bytes are then refused). Default true.
   */
  readonly typedValues?: boolean;
}

/**
 * Writes JSON that Python's `json` and kombu read: `NaN` and infinities as words, bigint as digits. `undefined` is null
 * in arrays and at the top, and omitted in objects. `toJSON` is honoured; typed arrays become arrays of numbers.
 *
 * @throws EncodeError for functions, symbols, cycles, nesting deeper than 1000, and objects that would lose their
 * content (Map, Set, Promise, …).
 */
export function stringifyJson(value: unknown, options: StringifyOptions = {}): string {
  if (isOrdinary(value, 0)) return JSON.stringify(value) ?? "null";
  return new Writer(options.typedValues ?? true).write(value, "", 0);
}

/** Whether `JSON.stringify` writes the value as we want it. */
function isOrdinary(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case "string":
    case "boolean":
    case "undefined":
      return true;
    case "number":
      return Number.isFinite(value);
    case "object":
      return value === null || (depth < MAX_DEPTH && isOrdinaryObject(value, depth + 1));
    default:
      return false;
  }
}

function isOrdinaryObject(value: object, depth: number): boolean {
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index += 1) if (!isOrdinary(value[index], depth)) return false;
    return !("toJSON" in value);
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  const record = value as Record<string, unknown>;
  for (const key in record) if (!isOrdinary(record[key], depth)) return false;
  return !("toJSON" in record);
}

class Writer {
  private readonly ancestors = new Set<object>();
  private readonly typed: boolean;

  constructor(typed: boolean) {
    this.typed = typed;
  }

  /** `path` names the place in error messages: `.a[0]`. */
  write(value: unknown, path: string, depth: number): string {
    switch (typeof value) {
      case "string":
        return JSON.stringify(value);
      case "boolean":
      case "bigint":
        return String(value);
      case "number":
        return writeNumber(value);
      case "undefined":
        return "null";
      case "object":
        return value === null ? "null" : this.writeObject(value, path, depth + 1);
      default:
        throw refusal(`a ${typeof value}`, path);
    }
  }

  private writeObject(value: object, path: string, depth: number): string {
    if (depth > MAX_DEPTH) throw refusal(`a value nested deeper than ${MAX_DEPTH} levels`, "");
    if (this.ancestors.has(value)) throw refusal("an object that contains itself", path);
    this.ancestors.add(value);
    try {
      return this.writeKind(value, path, depth);
    } finally {
      this.ancestors.delete(value);
    }
  }

  private writeKind(value: object, path: string, depth: number): string {
    if (Array.isArray(value)) {
      return `[${value.map((item, index) => this.write(item, `${path}[${index}]`, depth)).join(",")}]`;
    }
    if (value instanceof Date) return this.tag("datetime", dateText(value));
    if (value instanceof Uint8Array) return this.writeBytes(value, path);
    if (value instanceof PythonDate) return this.tag("date", value.text);
    if (value instanceof PythonTime) return this.tag("time", value.text);
    if (value instanceof Decimal) return this.tag("decimal", value.text);
    if (value instanceof Uuid) return this.typed ? this.tag("uuid", { hex: value.hex }) : JSON.stringify(value.text);
    if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
      return this.write(Array.from(value as unknown as ArrayLike<number | bigint>), path, depth);
    }
    if (value instanceof Number || value instanceof String || value instanceof Boolean) {
      return this.write(value.valueOf(), path, depth);
    }
    if ("toJSON" in value && typeof value.toJSON === "function") return this.write(value.toJSON(), path, depth);
    if (isOpaque(value)) throw refusal(describeOpaque(value), path);
    return this.writeRecord(value as Record<string, unknown>, path, depth);
  }

  private writeRecord(record: Record<string, unknown>, path: string, depth: number): string {
    const members: string[] = [];
    for (const key of Object.keys(record)) {
      const member = record[key];
      if (member === undefined) continue;
      members.push(`${JSON.stringify(key)}:${this.write(member, `${path}.${key}`, depth)}`);
    }
    return `{${members.join(",")}}`;
  }

  private writeBytes(value: Uint8Array, path: string): string {
    if (!this.typed) throw refusal("bytes", path);
    const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    return isUtf8(bytes) ? this.tag("bytes", bytes.toString("utf8")) : this.tag("base64", bytes.toString("base64"));
  }

  private tag(type: string, value: unknown): string {
    if (!this.typed) return JSON.stringify(value);
    return `{"__type__":"${type}","__value__":${JSON.stringify(value)}}`;
  }
}

function writeNumber(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (value === Number.POSITIVE_INFINITY) return "Infinity";
  if (value === Number.NEGATIVE_INFINITY) return "-Infinity";
  return JSON.stringify(value);
}

function refusal(what: string, path: string): EncodeError {
  return new EncodeError(`${what} cannot be serialized as JSON${path === "" ? "" : ` (at ${path})`}`);
}
