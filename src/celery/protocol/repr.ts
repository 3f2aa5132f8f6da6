import { hasTooManyDigits } from "./integers.js";
import { PythonDateTime } from "./time.js";
import { Decimal, PythonDate, PythonTime, Uuid } from "./typed-values.js";

/** Options of {@link pythonRepr}. */
export interface ReprOptions {
  /** Characters after which the text is cut (closing brackets are still added). Default 1024. */
  readonly maxLength?: number;
  /** Levels of nesting shown; deeper containers appear as `[...]`. Default 3. */
  readonly maxDepth?: number;
  /** Escape text as Python's own `repr` does; Celery's `saferepr` leaves line ends and the like. Default false. */
  readonly escape?: boolean;
}

const MAX_LENGTH = 1024;
const MAX_DEPTH = 3;

/**
 * Text of a value as Celery's `saferepr` shows it in logs, events and `argsrepr`. Never throws; safe for cycles. Looks
 * at no more of a large value than is shown.
 */
export function pythonRepr(value: unknown, options: ReprOptions = {}): string {
  const writer = new ReprWriter(options);
  writer.value(value, 0);
  return writer.text();
}

/** Positional arguments as a Python tuple: `(2, 3)`, `(1,)`, `()`. */
export function argsRepr(args: readonly unknown[], options: ReprOptions = {}): string {
  const writer = new ReprWriter(options);
  writer.sequence("(", args, args.length === 1 ? ",)" : ")", 0);
  return writer.text();
}

/** Keyword arguments as a Python dict: `{'x': 1}`. */
export function kwargsRepr(kwargs: Readonly<Record<string, unknown>>, options: ReprOptions = {}): string {
  return pythonRepr(kwargs, options);
}

class ReprWriter {
  private readonly parts: string[] = [];
  private readonly ancestors = new Set<object>();
  private remaining: number;
  private truncated = false;
  private readonly maxDepth: number;
  private readonly escape: boolean;

  constructor(options: ReprOptions) {
    this.remaining = options.maxLength ?? MAX_LENGTH;
    this.maxDepth = options.maxDepth ?? MAX_DEPTH;
    this.escape = options.escape ?? false;
  }

  text(): string {
    return this.parts.join("");
  }

  value(value: unknown, depth: number): void {
    if (typeof value !== "object" || value === null) {
      this.put(this.scalar(value));
      return;
    }
    const known = this.knownObject(value);
    if (known !== null) this.put(this.cut(known));
    else if (Array.isArray(value)) this.sequence("[", value, "]", depth);
    else if (value instanceof Set) this.set(value, depth);
    else if (ArrayBuffer.isView(value)) this.sequence("[", elementsOf(value), "]", depth);
    else this.mapping(value, depth);
  }

  sequence(open: string, items: Iterable<unknown>, close: string, depth: number): void {
    this.container(items, open, close, depth, () => {
      let isFirst = true;
      for (const item of items) {
        if (this.truncated) return;
        if (!isFirst) this.put(", ");
        isFirst = false;
        this.value(item, depth + 1);
      }
    });
  }

  private set(items: Set<unknown>, depth: number): void {
    if (items.size === 0) this.put("set()");
    else this.sequence("{", items, "}", depth);
  }

  private mapping(value: object, depth: number): void {
    this.container(value, "{", "}", depth, () => {
      let isFirst = true;
      for (const [key, member] of value instanceof Map ? value : ownEntries(value)) {
        if (this.truncated) return;
        if (!isFirst) this.put(", ");
        isFirst = false;
        this.put(this.scalar(key));
        this.put(": ");
        this.value(member, depth + 1);
      }
    });
  }

  private container(identity: object, open: string, close: string, depth: number, fill: () => void): void {
    if (this.truncated) return;
    if (depth >= this.maxDepth) {
      this.put(this.cut(`${open}...${close}`));
      return;
    }
    if (this.ancestors.has(identity)) {
      this.put(this.cut("<Recursion>"));
      return;
    }
    this.ancestors.add(identity);
    this.put(open);
    // A container that did not fit has not been opened.
    const opened = !this.truncated;
    if (opened) fill();
    if (opened && this.truncated) this.parts.push(close);
    else this.put(close);
    this.ancestors.delete(identity);
  }

  /** Adds a token; the first token past the limit is replaced by an ellipsis and ends the text. */
  private put(token: string): void {
    if (this.truncated) return;
    if (this.remaining <= 0) {
      this.truncated = true;
      this.parts.push(", ...");
      return;
    }
    this.parts.push(token);
    this.remaining -= token.length;
  }

  private quoted(text: string): string {
    return this.escape ? escapedRepr(this.cut(text)) : `'${this.cut(text).replaceAll("'", "\\'")}'`;
  }

  private scalar(value: unknown): string {
    if (this.remaining <= 0) return "";
    return typeof value === "string" ? this.quoted(value) : this.cut(scalarRepr(value));
  }

  /** Celery's `truncate`: cuts at the last space that fits, and marks the cut. */
  private cut(text: string): string {
    if (text.length < this.remaining) return text;
    const head = text.slice(0, this.remaining);
    const space = head.lastIndexOf(" ");
    return `${space === -1 ? head : head.slice(0, space)}...`;
  }

  /** As much of a text as `cut` needs to see. */
  private head(text: string): string {
    return text.slice(0, Math.max(0, this.remaining) + 1);
  }

  private knownObject(value: object): string | null {
    if (value instanceof Date) return datetimeRepr(value);
    if (value instanceof Uint8Array) return this.bytes(value);
    if (value instanceof Decimal) return `Decimal('${this.head(value.text)}')`;
    if (value instanceof Uuid) return `UUID('${value.text}')`;
    if (value instanceof PythonDate) return `datetime.date(${numbers(value.text)})`;
    if (value instanceof PythonTime) return `datetime.time(${numbers(value.text.slice(0, 15))})`;
    if (value instanceof Error) return `${value.name}('${this.head(value.message).replaceAll("'", "\\'")}')`;
    return null;
  }

  private bytes(value: Uint8Array): string {
    const limit = Math.max(0, this.remaining);
    const chunk = Buffer.from(value.subarray(0, limit));
    const text = chunk.toString("utf8");
    const shown = text.includes("\uFFFD") ? chunk.toString("hex") : text;
    return `b'${shown}${value.length > limit ? "..." : ""}'`;
  }
}

/** One by one: what is not shown need not be read. */
function* ownEntries(value: object): Generator<readonly [string, unknown]> {
  try {
    for (const key in value) {
      if (Object.hasOwn(value, key)) yield [key, (value as Readonly<Record<string, unknown>>)[key]];
    }
  } catch {
    // A getter or proxy of the caller may throw; a log line must not.
  }
}

function elementsOf(view: ArrayBufferView): Iterable<unknown> {
  return view instanceof DataView ? [] : (view as unknown as Iterable<unknown>);
}

function scalarRepr(value: unknown): string {
  switch (typeof value) {
    case "number":
      return numberRepr(value);
    case "boolean":
      return value ? "True" : "False";
    case "bigint":
      return hasTooManyDigits(value) ? "<int with too many digits>" : String(value);
    case "function":
      return `<function ${value.name}>`;
    case "symbol":
      return `<${String(value)}>`;
    default:
      return "None";
  }
}

/** A JavaScript number as Python shows it: an integer while it is exact, a float otherwise. */
function numberRepr(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (Number.isSafeInteger(value)) return String(value);
  const magnitude = Math.abs(value);
  if (magnitude >= 1e16 || magnitude < 1e-4) return exponentRepr(value);
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

function exponentRepr(value: number): string {
  return value.toExponential().replace(/e([+-])(\d)$/, "e$10$2");
}

function datetimeRepr(date: Date): string {
  if (Number.isNaN(date.getTime())) return "<invalid date>";
  const iso = date instanceof PythonDateTime ? date.isoText : `${date.toISOString().slice(0, -1)}000+00:00`;
  const naive = !/(Z|[+-]\d{2}(:?\d{2}){0,2})$/i.test(iso.slice(10));
  return `datetime.datetime(${numbers(iso.slice(0, 26))}${naive ? "" : ", tzinfo=datetime.timezone.utc"})`;
}

/** `2024-01-02T03:04:05.000006` → `2024, 1, 2, 3, 4, 5, 6`; a fraction of zero is left out. */
function numbers(text: string): string {
  const parts = (text.match(/\d+/g) ?? []).map(Number);
  if (parts.length > 3 && parts.at(-1) === 0 && /[.]\d+$/.test(text)) parts.pop();
  return parts.join(", ");
}

const UNPRINTABLE = /[\p{C}\p{Z}\\]/gu;

/** Python's `repr` of text: double quotes only where they save escapes. */
function escapedRepr(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const body = text.replace(UNPRINTABLE, escapeCharacter);
  return quote + (quote === "'" ? body.replaceAll("'", "\\'") : body) + quote;
}

function escapeCharacter(character: string): string {
  switch (character) {
    case " ":
      return character;
    case "\\":
      return "\\\\";
    case "\n":
      return "\\n";
    case "\r":
      return "\\r";
    case "\t":
      return "\\t";
  }
  const code = (character.codePointAt(0) ?? 0).toString(16);
  if (code.length <= 2) return `\\x${code.padStart(2, "0")}`;
  return code.length <= 4 ? `\\u${code.padStart(4, "0")}` : `\\U${code.padStart(8, "0")}`;
}
