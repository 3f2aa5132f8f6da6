import { DecodeError } from "./errors.js";

const NUMBER = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;
/** An escape, or a control character, which JSON forbids. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const NEEDS_DECODING = /[\\\u0000-\u001f]/;
const LITERALS: ReadonlyArray<readonly [string, unknown]> = [
  ["null", null],
  ["true", true],
  ["false", false],
  ["NaN", Number.NaN],
  ["Infinity", Number.POSITIVE_INFINITY],
  ["-Infinity", Number.NEGATIVE_INFINITY],
];

/**
 * Reads the JSON that `JSON.parse` cannot: with NaN, infinities and long integers. Recursive: the caller has checked
 * the depth.
 *
 * @throws DecodeError
 */
export function scanJson(text: string): unknown {
  const scanner = new Scanner(text);
  return scanner.document();
}

class Scanner {
  private position = 0;
  private readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  document(): unknown {
    const value = this.value();
    this.skipSpace();
    if (this.position < this.text.length) this.fail("unexpected text after the value");
    return value;
  }

  private value(): unknown {
    this.skipSpace();
    switch (this.text.charCodeAt(this.position)) {
      case 0x22:
        return this.string();
      case 0x5b:
        return this.array();
      case 0x7b:
        return this.object();
      default:
        return this.scalar();
    }
  }

  private array(): unknown[] {
    const items: unknown[] = [];
    this.position += 1;
    if (this.take("]")) return items;
    do items.push(this.value());
    while (this.take(","));
    if (!this.take("]")) this.fail("expected ',' or ']'");
    return items;
  }

  private object(): Record<string, unknown> {
    const result: Record<string, unknown> = {};
    this.position += 1;
    if (this.take("}")) return result;
    do {
      this.skipSpace();
      if (this.text.charCodeAt(this.position) !== 0x22) this.fail("expected a property name in double quotes");
      const key = this.string();
      if (!this.take(":")) this.fail("expected ':'");
      const value = this.value();
      // Assignment to __proto__ would replace the prototype.
      if (key === "__proto__") {
        Object.defineProperty(result, key, { value, writable: true, enumerable: true, configurable: true });
      } else {
        result[key] = value;
      }
    } while (this.take(","));
    if (!this.take("}")) this.fail("expected ',' or '}'");
    return result;
  }

  private string(): string {
    const start = this.position;
    let close = start;
    for (;;) {
      close = this.text.indexOf('"', close + 1);
      if (close === -1) this.fail("unterminated string");
      let backslashes = 0;
      while (this.text.charCodeAt(close - 1 - backslashes) === 0x5c) backslashes += 1;
      if (backslashes % 2 === 0) break;
    }
    const content = this.text.slice(start + 1, close);
    if (!NEEDS_DECODING.test(content)) {
      this.position = close + 1;
      return content;
    }
    try {
      const value: unknown = JSON.parse(`"${content}"`);
      this.position = close + 1;
      return String(value);
    } catch {
      return this.fail("invalid string");
    }
  }

  private scalar(): unknown {
    for (const [word, value] of LITERALS) {
      if (this.text.startsWith(word, this.position)) {
        this.position += word.length;
        return value;
      }
    }
    NUMBER.lastIndex = this.position;
    const match = NUMBER.exec(this.text);
    if (match === null) return this.fail("expected a value");
    this.position = NUMBER.lastIndex;
    const number = Number(match[0]);
    const isInteger = match[1] === undefined && match[2] === undefined;
    return isInteger && !Number.isSafeInteger(number) ? BigInt(match[0]) : number;
  }

  private take(token: string): boolean {
    this.skipSpace();
    if (this.text[this.position] !== token) return false;
    this.position += 1;
    return true;
  }

  private skipSpace(): void {
    for (;;) {
      const code = this.text.charCodeAt(this.position);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.position += 1;
    }
  }

  private fail(problem: string): never {
    throw new DecodeError(`${problem} at position ${this.position} of the JSON text`);
  }
}
