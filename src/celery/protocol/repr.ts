import { Decimal, PythonDate, PythonDateTime, PythonTime, Uuid } from "./typed-values.js";

/** Options of {@link pythonRepr}. */
export interface ReprOptions {
  /** Characters after which the text is cut (closing brackets are still added). Default 1024. */
  readonly maxLength?: number;
  /** Levels of nesting shown; deeper containers appear as `[...]`. Default 3. */
  readonly maxDepth?: number;
}

const MAX_LENGTH = 1024;
const MAX_DEPTH = 3;

/** Text of a value as Celery's `saferepr` shows it in logs, events and `argsrepr`. Never throws; safe for cycles. */
export function pythonRepr(value: unknown, options: ReprOptions = {}): string {
  const writer = new ReprWriter(options.maxLength ?? MAX_LENGTH, options.maxDepth ?? MAX_DEPTH);
  writer.value(value, 0);
  return writer.text();
}

/** Positional arguments as a Python tuple: `(2, 3)`, `(1,)`, `()`. */
export function argsRepr(args: readonly unknown[], options: ReprOptions = {}): string {
  const writer = new ReprWriter(options.maxLength ?? MAX_LENGTH, options.maxDepth ?? MAX_DEPTH);
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
  private readonly maxLength: number;
  private readonly maxDepth: number;

  constructor(maxLength: number, maxDepth: number) {
    this.remaining = maxLength;
    this.maxLength = maxLength;
    this.maxDepth = maxDepth;
  }

  text(): string {
    return this.parts.join("");
  }

  value(value: unknown, depth: number): void {
    if (typeof value !== "object" || value === null) {
      this.put(typeof value === "string" ? this.quoted(value) : scalarRepr(value));
      return;
    }
    const known = this.knownObject(value);
    if (known !== null) this.put(known);
    else if (Array.isArray(value)) this.sequence("[", value, "]", depth);
    else if (value instanceof Set) this.set(value, depth);
    else if (ArrayBuffer.isView(value)) this.sequence("[", elementsOf(value), "]", depth);
    else this.mapping(value, depth);
  }

  sequence(open: string, items: readonly unknown[], close: string, depth: number): void {
    this.container(items, open, close, depth, () => {
      for (let index = 0; index < items.length && !this.truncated; index += 1) {
        if (index > 0) this.put(", ");
        this.value(items[index], depth + 1);
      }
    });
  }

  private set(items: Set<unknown>, depth: number): void {
    if (items.size === 0) this.put("set()");
    else this.sequence("{", [...items], "}", depth);
  }

  private mapping(value: object, depth: number): void {
    const entries: Iterable<readonly [unknown, unknown]> = value instanceof Map ? value : ownEntries(value);
    this.container(value, "{", "}", depth, () => {
      let first = true;
      for (const [key, member] of entries) {
        if (this.truncated) return;
        if (!first) this.put(", ");
        first = false;
        this.put(typeof key === "string" ? this.quoted(key) : scalarRepr(key));
        this.put(": ");
        this.value(member, depth + 1);
      }
    });
  }

  private container(identity: object, open: string, close: string, depth: number, fill: () => void): void {
    if (this.truncated) return;
    if (depth >= this.maxDepth) {
      this.put(`${open}...${close}`);
      return;
    }
    if (this.ancestors.has(identity)) {
      this.put("<Recursion>");
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
    const limit = Math.min(this.remaining, this.maxLength);
    const shown = limit > 3 && text.length > limit ? `${text.slice(0, limit - 3)}...` : text;
    return `'${shown.replaceAll("'", "\\'")}'`;
  }

  private knownObject(value: object): string | null {
    if (value instanceof Date) return datetimeRepr(value);
    if (value instanceof Uint8Array) return this.bytes(value);
    if (value instanceof Decimal) return `Decimal('${value.text}')`;
    if (value instanceof Uuid) return `UUID('${value.text}')`;
    if (value instanceof PythonDate) return `datetime.date(${numbers(value.text)})`;
    if (value instanceof PythonTime) return `datetime.time(${numbers(value.text.slice(0, 15))})`;
    if (value instanceof Error) return `${value.name}('${value.message.replaceAll("'", "\\'")}')`;
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

function ownEntries(value: object): Array<readonly [string, unknown]> {
  try {
    return Object.entries(value);
  } catch {
    // A getter or proxy of the caller may throw; a log line must not.
    return [];
  }
}

function elementsOf(view: ArrayBufferView): readonly unknown[] {
  return view instanceof DataView ? [] : Array.from((view as unknown as ArrayLike<unknown>) ?? []);
}

function scalarRepr(value: unknown): string {
  switch (typeof value) {
    case "number":
      return numberRepr(value);
    case "boolean":
      return value ? "True" : "False";
    case "bigint":
      return String(value);
    case "function":
      return `<function ${value.name}>`;
    case "symbol":
      return `<${String(value)}>`;
    default:
      return "None";
  }
}

/** A JavaScript number as Python shows it; integers lose no digits and gain no fraction. */
function numberRepr(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (Number.isInteger(value)) return Math.abs(value) < 1e21 ? String(value) : exponentRepr(value);
  const magnitude = Math.abs(value);
  // Python turns to exponents below 1e-4, JavaScript below 1e-6.
  return magnitude < 1e-4 ? exponentRepr(value) : String(value);
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
