import { DecodeError } from "./errors.js";
import { integerOf, rawUnicodeEscape, textFloat, textInteger } from "./pickle-scalars.js";

const MARK = Symbol("mark");

/**
 * Reads a pickle of plain values, protocols 0–5: None, bool, int, float, str, bytes, list, tuple, set, dict. Tuples and
 * sets become arrays. Any opcode that could import a class or call something is refused, not interpreted.
 *
 * @throws DecodeError
 */
export function readPickle(bytes: Buffer): unknown {
  try {
    return new PickleReader(bytes).read();
  } catch (cause) {
    if (cause instanceof DecodeError) throw cause;
    throw new DecodeError(`invalid pickle: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

class PickleReader {
  private position = 0;
  private readonly stack: unknown[] = [];
  private readonly memo = new Map<number, unknown>();
  private readonly bytes: Buffer;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  read(): unknown {
    for (;;) {
      const code = this.uint(1);
      const opcode = String.fromCharCode(code);
      if (opcode === ".") return this.pop();
      const handled =
        this.readScalar(opcode) || this.readText(opcode) || this.readContainer(opcode) || this.readMemo(opcode);
      if (!handled) {
        throw new DecodeError(`pickle opcode 0x${code.toString(16)} is refused: only plain values are read`);
      }
    }
  }

  private readScalar(opcode: string): boolean {
    switch (opcode) {
      case "N":
        return this.push(null);
      case "\x88":
        return this.push(true);
      case "\x89":
        return this.push(false);
      case "J":
        return this.push(this.take(4).readInt32LE(0));
      case "K":
        return this.push(this.uint(1));
      case "M":
        return this.push(this.uint(2));
      case "\x8a":
        return this.push(integerOf(this.take(this.uint(1))));
      case "\x8b":
        return this.push(integerOf(this.take(this.uint(4))));
      case "G":
        return this.push(this.take(8).readDoubleBE(0));
      case "I":
        return this.push(textInteger(this.line()));
      case "L":
        return this.push(textInteger(this.line().replace(/L$/, "")));
      case "F":
        return this.push(textFloat(this.line()));
      default:
        return false;
    }
  }

  private readText(opcode: string): boolean {
    switch (opcode) {
      case "\x8c":
        return this.push(this.take(this.uint(1)).toString("utf8"));
      case "X":
        return this.push(this.take(this.uint(4)).toString("utf8"));
      case "\x8d":
        return this.push(this.take(this.uint(8)).toString("utf8"));
      case "V":
        return this.push(rawUnicodeEscape(this.line()));
      case "C":
        return this.push(Buffer.from(this.take(this.uint(1))));
      case "B":
        return this.push(Buffer.from(this.take(this.uint(4))));
      case "\x8e":
      case "\x96":
        return this.push(Buffer.from(this.take(this.uint(8))));
      default:
        return false;
    }
  }

  private readContainer(opcode: string): boolean {
    switch (opcode) {
      case "(":
        return this.push(MARK);
      case "]":
      case ")":
      case "\x8f":
        return this.push([]);
      case "}":
        return this.push({});
      case "l":
      case "t":
      case "\x91":
        return this.push(this.popToMark());
      case "\x85":
        return this.push(this.popMany(1));
      case "\x86":
        return this.push(this.popMany(2));
      case "\x87":
        return this.push(this.popMany(3));
      case "d":
        return this.push(setItems({}, this.popToMark()));
      case "a":
        return this.append([this.pop()]);
      case "e":
      case "\x90":
        return this.append(this.popToMark());
      case "s":
        return this.assign(this.popMany(2));
      case "u":
        return this.assign(this.popToMark());
      default:
        return false;
    }
  }

  private readMemo(opcode: string): boolean {
    switch (opcode) {
      case "\x80":
        return this.protocol(this.uint(1));
      case "\x95":
        return this.take(8).length === 8;
      case "\x94":
        return this.remember(this.memo.size);
      case "q":
        return this.remember(this.uint(1));
      case "r":
        return this.remember(this.uint(4));
      case "p":
        return this.remember(Number(this.line()));
      case "h":
        return this.recall(this.uint(1));
      case "j":
        return this.recall(this.uint(4));
      case "g":
        return this.recall(Number(this.line()));
      case "0":
        this.pop();
        return true;
      case "1":
        this.popToMark();
        return true;
      case "2":
        return this.push(this.top());
      default:
        return false;
    }
  }

  private protocol(version: number): boolean {
    if (version > 5) throw new DecodeError(`pickle protocol ${version} is unknown`);
    return true;
  }

  private push(value: unknown): boolean {
    this.stack.push(value);
    return true;
  }

  private pop(): unknown {
    const value = this.top();
    this.stack.pop();
    return value;
  }

  private top(): unknown {
    const value = this.stack.at(-1);
    if (this.stack.length === 0 || value === MARK) throw new DecodeError("the pickle's stack is empty");
    return value;
  }

  private popMany(count: number): unknown[] {
    return Array.from({ length: count }, () => this.pop()).reverse();
  }

  private popToMark(): unknown[] {
    const mark = this.stack.lastIndexOf(MARK);
    if (mark === -1) throw new DecodeError("the pickle has no mark");
    const items = this.stack.slice(mark + 1);
    this.stack.length = mark;
    return items;
  }

  private append(items: readonly unknown[]): boolean {
    const list = this.top();
    if (!Array.isArray(list)) throw new DecodeError("the pickle appends to something that is no list");
    for (const item of items) list.push(item);
    return true;
  }

  private assign(items: readonly unknown[]): boolean {
    const target = this.top();
    if (typeof target !== "object" || target === null || Array.isArray(target) || Buffer.isBuffer(target)) {
      throw new DecodeError("the pickle assigns to something that is no dict");
    }
    setItems(target as Record<string, unknown>, items);
    return true;
  }

  private remember(index: number): boolean {
    this.memo.set(index, this.top());
    return true;
  }

  private recall(index: number): boolean {
    if (!this.memo.has(index)) throw new DecodeError("the pickle refers to a value that it does not hold");
    return this.push(this.memo.get(index));
  }

  private take(length: number): Buffer {
    const end = this.position + length;
    if (end > this.bytes.length) throw new DecodeError("the pickle is cut off");
    const slice = this.bytes.subarray(this.position, end);
    this.position = end;
    return slice;
  }

  private uint(length: 1 | 2 | 4 | 8): number {
    const bytes = this.take(length);
    if (length < 8) return bytes.readUIntLE(0, length);
    const value = bytes.readBigUInt64LE(0);
    if (value > BigInt(this.bytes.length)) throw new DecodeError("the pickle is cut off");
    return Number(value);
  }

  private line(): string {
    const end = this.bytes.indexOf(0x0a, this.position);
    if (end === -1) throw new DecodeError("the pickle is cut off");
    const text = this.bytes.toString("latin1", this.position, end);
    this.position = end + 1;
    return text;
  }
}

/** Keys become text as Python's `json` writes them; other kinds of keys have no place in a plain object. */
function setItems(target: Record<string, unknown>, items: readonly unknown[]): Record<string, unknown> {
  if (items.length % 2 !== 0) throw new DecodeError("a dict of the pickle has a key without a value");
  for (let index = 0; index < items.length; index += 2) {
    const key = keyText(items[index]);
    // Assignment to __proto__ would replace the prototype.
    Object.defineProperty(target, key, {
      value: items[index + 1],
      writable: true,
      enumerable: true,
      configurable: true,
    });
  }
  return target;
}

function keyText(key: unknown): string {
  if (typeof key === "string") return key;
  if (key === null || typeof key === "number" || typeof key === "bigint" || typeof key === "boolean")
    return String(key);
  throw new DecodeError("a dict of the pickle has a key that is no text or number");
}
