import { isUtf8 } from "node:buffer";
import { EncodeError } from "./errors.js";
import { integerText } from "./integers.js";
import { MAX_DEPTH } from "./json-read.js";
import { describeOpaque, isOpaque } from "./plain-value.js";
import type { Steps } from "./steps.js";
import { dateText } from "./time.js";
import { Decimal, PythonDate, PythonTime, type TypedKeys, Uuid } from "./typed-values.js";

/** What one `advance` does at most: so many values, and so many characters unless one value has more. */
const STEP_VALUES = 1000;
const STEP_CHARACTERS = 65_536;

/** A container that is being written. */
interface Frame {
  readonly container: object;
  /** Keys of an object; null for a list. */
  readonly keys: readonly string[] | null;
  readonly list: ArrayLike<unknown>;
  /** The next item or key. */
  index: number;
  isEmpty: boolean;
}

/** Writes a value of any size as JSON, a bit at a time. `advance` throws EncodeError: see `stringifyJson`. */
export class JsonWriter implements Steps {
  /** Null writes typed values as plain text. */
  readonly #keys: TypedKeys | null;
  readonly #maxCharacters: number;
  readonly #root: unknown;
  readonly #open: Frame[] = [];
  readonly #ancestors = new Set<object>();
  readonly #pieces: string[] = [];
  #tokens: string[] = [];
  #length = 0;
  #started = false;

  constructor(value: unknown, keys: TypedKeys | null, maxCharacters = Number.POSITIVE_INFINITY) {
    this.#root = value;
    this.#keys = keys;
    this.#maxCharacters = maxCharacters;
  }

  /** The JSON text, once `advance` has returned true. */
  get text(): string {
    return this.#pieces.join("");
  }

  advance(): boolean {
    const stop = this.#length + STEP_CHARACTERS;
    let isDone = false;
    for (let count = 0; count < STEP_VALUES && this.#length < stop && !isDone; count += 1) isDone = this.#next();
    this.#pieces.push(this.#tokens.join(""));
    this.#tokens = [];
    if (this.#length > this.#maxCharacters)
      throw new EncodeError(`the value takes more than ${this.#maxCharacters} characters of JSON`);
    return isDone;
  }

  /** Writes a scalar, or the beginning or end of a container. @returns true at the end */
  #next(): boolean {
    const frame = this.#open.at(-1);
    if (frame === undefined) {
      if (this.#started) return true;
      this.#started = true;
      this.#value(this.#root);
    } else if (frame.index === (frame.keys ?? frame.list).length) {
      this.#put(frame.keys === null ? "]" : "}");
      this.#open.pop();
      this.#ancestors.delete(frame.container);
    } else if (frame.keys === null) {
      const item = frame.list[frame.index++];
      this.#separate(frame);
      this.#value(item);
    } else {
      this.#member(frame, frame.keys[frame.index++] ?? "");
    }
    return this.#open.length === 0;
  }

  #member(frame: Frame, key: string): void {
    const member = (frame.container as Readonly<Record<string, unknown>>)[key];
    if (member === undefined) return;
    this.#separate(frame);
    this.#put(`${JSON.stringify(key)}:`);
    this.#value(member);
  }

  #separate(frame: Frame): void {
    if (!frame.isEmpty) this.#put(",");
    frame.isEmpty = false;
  }

  #put(token: string): void {
    this.#tokens.push(token);
    this.#length += token.length;
  }

  #value(value: unknown): void {
    switch (typeof value) {
      case "string":
        this.#put(JSON.stringify(value));
        return;
      case "boolean":
        this.#put(String(value));
        return;
      case "bigint":
        this.#put(integerText(value));
        return;
      case "number":
        this.#put(numberText(value));
        return;
      case "undefined":
        this.#put("null");
        return;
      case "object":
        if (value === null) this.#put("null");
        else this.#object(value);
        return;
      default:
        throw this.#refusal(`a ${typeof value}`);
    }
  }

  #object(value: object): void {
    const text = this.#knownText(value);
    if (text !== null) {
      this.#put(text);
    } else if (value instanceof Number || value instanceof String || value instanceof Boolean) {
      this.#value(value.valueOf());
    } else if (!Array.isArray(value) && "toJSON" in value && typeof value.toJSON === "function") {
      this.#replaced(value, value.toJSON());
    } else {
      this.#container(value);
    }
  }

  /** What `toJSON` returns may hold the object itself again. */
  #replaced(value: object, replacement: unknown): void {
    if (replacement === value) throw this.#refusal("an object that contains itself");
    this.#enter({ container: value, keys: null, list: [], index: 0, isEmpty: true });
    this.#open.pop();
    try {
      this.#value(replacement);
    } finally {
      this.#ancestors.delete(value);
    }
  }

  #container(value: object): void {
    const isList = Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
    if (!isList && isOpaque(value)) throw this.#refusal(describeOpaque(value));
    const list = (isList ? value : []) as ArrayLike<unknown>;
    const keys = isList ? null : Object.keys(value);
    if ((keys ?? list).length === 0) {
      this.#put(isList ? "[]" : "{}");
      return;
    }
    this.#enter({ container: value, keys, list, index: 0, isEmpty: true });
    this.#put(isList ? "[" : "{");
  }

  #enter(frame: Frame): void {
    if (this.#open.length >= MAX_DEPTH) {
      throw new EncodeError(`a value nested deeper than ${MAX_DEPTH} levels cannot be serialized as JSON`);
    }
    if (this.#ancestors.has(frame.container)) throw this.#refusal("an object that contains itself");
    this.#ancestors.add(frame.container);
    this.#open.push(frame);
  }

  /** Null for an object that is no value of Python's. */
  #knownText(value: object): string | null {
    if (value instanceof Date) return this.#tagged("datetime", dateText(value));
    if (value instanceof Uint8Array) return this.#bytes(value);
    if (value instanceof PythonDate) return this.#tagged("date", value.text);
    if (value instanceof PythonTime) return this.#tagged("time", value.text);
    if (value instanceof Decimal) return this.#tagged("decimal", value.text);
    if (!(value instanceof Uuid)) return null;
    return this.#keys === null ? JSON.stringify(value.text) : this.#tagged("uuid", { hex: value.hex });
  }

  #bytes(value: Uint8Array): string {
    if (this.#keys === null) throw this.#refusal("bytes");
    const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    return isUtf8(bytes)
      ? this.#tagged("bytes", bytes.toString("utf8"))
      : this.#tagged("base64", bytes.toString("base64"));
  }

  #tagged(type: string, value: unknown): string {
    const text = JSON.stringify(value);
    if (this.#keys === null) return text;
    return `{${JSON.stringify(this.#keys.type)}:"${type}",${JSON.stringify(this.#keys.value)}:${text}}`;
  }

  #refusal(what: string): EncodeError {
    const path = this.#open.map(({ keys, index }) => (keys === null ? `[${index - 1}]` : `.${keys[index - 1]}`));
    const place = path.length === 0 ? "" : ` (at ${path.slice(0, 10).join("").slice(0, 200)})`;
    return new EncodeError(`${what} cannot be serialized as JSON${place}`);
  }
}

function numberText(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (value === Number.POSITIVE_INFINITY) return "Infinity";
  if (value === Number.NEGATIVE_INFINITY) return "-Infinity";
  return JSON.stringify(value);
}
