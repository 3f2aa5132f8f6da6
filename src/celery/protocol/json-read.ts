import { DecodeError } from "./errors.js";
import { readInteger } from "./integers.js";
import type { Steps } from "./steps.js";
import { decodeTyped, TYPED_KEYS, type TypedKeys } from "./typed-values.js";

/** Python's own parser gives up at its recursion limit, which is 1000 by default. */
export const MAX_DEPTH = 1000;

/** Most members of one object: to list or to grow one with more takes V8 so long that nothing else gets its turn. */
export const MAX_MEMBERS = 300_000;

/** What one `advance` does at most: so many values, and so many characters unless one value has more. */
const STEP_VALUES = 1000;
const STEP_CHARACTERS = 65_536;

/** Rough costs in V8's heap, in bytes. */
const CONTAINER_BYTES = 64;
const ITEM_BYTES = 16;
const MEMBER_BYTES = 40;

/** V8 keeps a longer part of a text as a view of it, and the whole text alive with it. */
const MAX_COPIED_BY_V8 = 12;

/** An escape, or a control character, which JSON forbids. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const NEEDS_DECODING = /[\\\u0000-\u001f]/;

/** From so many characters on, `JSON.parse` looks at a string and copies it in half the time that an expression takes to look. */
const LONG_STRING = 1000;

/** So many spaces or digits are looked at one by one; an expression is faster for more. */
const FEW = 40;
const NO_SPACE = /[^ \n\r\t]/g;
const NO_DIGIT = /\D/g;

const WORDS: ReadonlyArray<readonly [string, unknown]> = [
  ["null", null],
  ["true", true],
  ["false", false],
  ["NaN", Number.NaN],
  ["Infinity", Number.POSITIVE_INFINITY],
  ["-Infinity", Number.NEGATIVE_INFINITY],
];

/** Options of {@link JsonReader}. */
export interface JsonReaderOptions {
  /** Keys of typed values. Default: kombu's. */
  readonly keys?: TypedKeys;
  /** Most bytes of heap that the value may take, by a rough estimate; more is a DecodeError. Default: no limit. */
  readonly maxMemory?: number;
}

type Container = unknown[] | Record<string, unknown>;

/**
 * Reads a JSON text of any size a bit at a time, with Python's NaN and infinities, integers of up to 4,300 digits and
 * kombu's typed values. `advance` throws DecodeError.
 */
export class JsonReader implements Steps {
  #position = 0;
  #memory = 0;
  #value: unknown;
  readonly #text: string;
  readonly #keys: TypedKeys;
  readonly #maxMemory: number;
  readonly #hasTyped: boolean;
  /** What is open, outermost first; of each object the key that is being read, and how many it had. */
  readonly #open: Container[] = [];
  readonly #names: string[] = [];
  readonly #counts: number[] = [];

  constructor(text: string, { keys = TYPED_KEYS, maxMemory = Number.POSITIVE_INFINITY }: JsonReaderOptions = {}) {
    this.#text = text;
    this.#keys = keys;
    this.#maxMemory = maxMemory;
    this.#hasTyped = text.includes(keys.type);
  }

  /** The value, once `advance` has returned true. */
  get value(): unknown {
    return this.#value;
  }

  /** Bytes of heap that the value takes, roughly. */
  get memory(): number {
    return this.#memory;
  }

  advance(): boolean {
    const stop = this.#position + STEP_CHARACTERS;
    for (let count = 0; count < STEP_VALUES && this.#position < stop; count += 1) if (this.#next()) return true;
    if (this.#memory > this.#maxMemory) {
      throw new DecodeError(`the value takes more than the ${this.#maxMemory} bytes of memory that it may`);
    }
    return false;
  }

  /** Reads a scalar, or the beginning of a container. @returns true at the end of the text */
  #next(): boolean {
    this.#skipSpace();
    switch (this.#text.charCodeAt(this.#position)) {
      case 0x22:
        return this.#ended(this.#string());
      case 0x5b:
        this.#position += 1;
        return this.#take(0x5d) ? this.#ended([]) : this.#begin([], "");
      case 0x7b:
        this.#position += 1;
        return this.#take(0x7d) ? this.#ended({}) : this.#begin({}, this.#name());
      default:
        return this.#ended(this.#scalar());
    }
  }

  #begin(container: Container, name: string): boolean {
    if (this.#open.length === MAX_DEPTH) throw new DecodeError(`JSON is nested deeper than ${MAX_DEPTH} levels`);
    this.#open.push(container);
    this.#names.push(name);
    this.#counts.push(0);
    return false;
  }

  /** A value is complete: it goes into the container around it, which may be complete with it. */
  #ended(value: unknown): boolean {
    let complete = value;
    for (;;) {
      if (typeof complete === "object") this.#memory += CONTAINER_BYTES;
      const depth = this.#open.length - 1;
      const container = this.#open[depth];
      if (container === undefined) return this.#finish(complete);
      if (Array.isArray(container) ? this.#addItem(container, complete) : this.#addMember(container, depth, complete))
        return false;
      this.#open.length = depth;
      this.#names.length = depth;
      this.#counts.length = depth;
      complete = this.#hasTyped ? this.#revived(container) : container;
    }
  }

  #finish(value: unknown): boolean {
    this.#skipSpace();
    if (this.#position < this.#text.length) this.#fail("unexpected text after the value");
    this.#value = value;
    return true;
  }

  /** @returns true when another item follows */
  #addItem(array: unknown[], item: unknown): boolean {
    this.#memory += ITEM_BYTES;
    array.push(item);
    if (this.#take(0x2c)) return true;
    if (!this.#take(0x5d)) this.#fail("expected ',' or ']'");
    return false;
  }

  /** @returns true when another member follows */
  #addMember(record: Record<string, unknown>, depth: number, value: unknown): boolean {
    this.#memory += MEMBER_BYTES;
    const count = (this.#counts[depth] ?? 0) + 1;
    if (count > MAX_MEMBERS) throw new DecodeError(`a JSON object has more than ${MAX_MEMBERS} members`);
    this.#counts[depth] = count;
    setMember(record, this.#names[depth] ?? "", value);
    if (this.#take(0x2c)) {
      this.#names[depth] = this.#name();
      return true;
    }
    if (!this.#take(0x7d)) this.#fail("expected ',' or '}'");
    return false;
  }

  #revived(container: Container): unknown {
    if (Array.isArray(container)) return container;
    const { type, value } = this.#keys;
    if (!Object.hasOwn(container, type) || !Object.hasOwn(container, value)) return container;
    return Object.keys(container).length === 2 ? decodeTyped(container[type], container[value]) : container;
  }

  #name(): string {
    this.#skipSpace();
    if (this.#text.charCodeAt(this.#position) !== 0x22) this.#fail("expected a property name in double quotes");
    const name = this.#string();
    if (!this.#take(0x3a)) this.#fail("expected ':'");
    return name;
  }

  #string(): string {
    const start = this.#position + 1;
    const close = endOfString(this.#text, this.#position);
    if (close === -1) this.#fail("unterminated string");
    const content = this.#text.slice(start, close);
    this.#memory += content.length;
    if (content.length > LONG_STRING || NEEDS_DECODING.test(content)) return this.#unescaped(close);
    this.#position = close + 1;
    return content.length <= MAX_COPIED_BY_V8 ? content : `"${content}`.slice(1);
  }

  #unescaped(close: number): string {
    let value: unknown;
    try {
      value = JSON.parse(this.#text.slice(this.#position, close + 1));
    } catch {
      this.#fail("invalid string");
    }
    this.#position = close + 1;
    return String(value);
  }

  #scalar(): unknown {
    const code = this.#text.charCodeAt(this.#position);
    // A sign or a digit begins a number, but for -Infinity.
    if (code === 0x2d ? this.#text.charCodeAt(this.#position + 1) !== 0x49 : isDigit(code)) return this.#number();
    for (const [word, value] of WORDS) {
      if (!this.#text.startsWith(word, this.#position)) continue;
      this.#position += word.length;
      return value;
    }
    return this.#fail("expected a value");
  }

  #number(): number | bigint {
    const start = this.#position;
    const first = this.#text.charCodeAt(start) === 0x2d ? start + 1 : start;
    let end = endOfDigits(this.#text, first);
    if (end === first) this.#fail("expected a value");
    // JSON has no leading zeros: what follows one is unexpected text.
    if (this.#text.charCodeAt(first) === 0x30) end = first + 1;
    const integerEnd = end;
    if (this.#text.charCodeAt(end) === 0x2e) end = afterDigits(this.#text, end + 1, end);
    if ((this.#text.charCodeAt(end) | 0x20) === 0x65) {
      const sign = this.#text.charCodeAt(end + 1);
      end = afterDigits(this.#text, sign === 0x2b || sign === 0x2d ? end + 2 : end + 1, end);
    }
    this.#position = end;
    const token = this.#text.slice(start, end);
    return end > integerEnd || end - start < 16 ? Number(token) : readInteger(token);
  }

  #take(code: number): boolean {
    this.#skipSpace();
    if (this.#text.charCodeAt(this.#position) !== code) return false;
    this.#position += 1;
    return true;
  }

  #skipSpace(): void {
    for (let count = 0; count < FEW; count += 1) {
      const code = this.#text.charCodeAt(this.#position);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.#position += 1;
    }
    this.#position = find(NO_SPACE, this.#text, this.#position);
  }

  #fail(problem: string): never {
    throw new DecodeError(`${problem} at position ${this.#position} of the JSON text`);
  }
}

/** Position of the quote that ends the string whose quote is at `open`; -1 when there is none. */
export function endOfString(text: string, open: number): number {
  for (let close = text.indexOf('"', open + 1); close !== -1; close = text.indexOf('"', close + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(close - 1 - backslashes) === 0x5c) backslashes += 1;
    if (backslashes % 2 === 0) return close;
  }
  return -1;
}

function setMember(record: Record<string, unknown>, name: string, value: unknown): void {
  // Assignment to __proto__ would replace the prototype.
  if (name === "__proto__") {
    Object.defineProperty(record, name, { value, writable: true, enumerable: true, configurable: true });
  } else {
    record[name] = value;
  }
}

const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;

function endOfDigits(text: string, start: number): number {
  for (let end = start; end < start + FEW; end += 1) if (!isDigit(text.charCodeAt(end))) return end;
  return find(NO_DIGIT, text, start + FEW);
}

/** Position of the first match at or after `start`; the end of the text when there is none. */
function find(expression: RegExp, text: string, start: number): number {
  expression.lastIndex = start;
  return expression.exec(text)?.index ?? text.length;
}

/** Where digits that begin at `start` end; `otherwise` when there are none. */
function afterDigits(text: string, start: number, otherwise: number): number {
  const end = endOfDigits(text, start);
  return end === start ? otherwise : end;
}
