import { EncodeError } from "./errors.js";
import { toPlainValue } from "./plain-value.js";

/**
 * Writes a pickle (protocol 3) of plain values: None, bool, int, float, str, bytes, list, dict. Times, decimals and UUIDs
 * become text. A whole number becomes an int.
 *
 * @throws EncodeError for functions, symbols, cycles and objects of other classes.
 */
export function writePickle(value: unknown): Buffer {
  const writer = new PickleWriter();
  writer.write(toPlainValue(value));
  return writer.finish();
}

class PickleWriter {
  private readonly chunks: Buffer[] = [Buffer.from([0x80, 3])];

  finish(): Buffer {
    this.op(".");
    return Buffer.concat(this.chunks);
  }

  write(value: unknown): void {
    switch (typeof value) {
      case "boolean":
        this.op(value ? "\x88" : "\x89");
        break;
      case "number":
        if (Number.isSafeInteger(value) && !Object.is(value, -0)) this.integer(BigInt(value));
        else this.float(value);
        break;
      case "bigint":
        this.integer(value);
        break;
      case "string":
        this.block("X", Buffer.from(value, "utf8"));
        break;
      case "object":
        if (value === null) this.op("N");
        else this.container(value);
        break;
      default:
        throw new EncodeError(`a ${typeof value} cannot be pickled`);
    }
  }

  private container(value: object): void {
    if (Buffer.isBuffer(value)) {
      this.block("B", value);
    } else if (Array.isArray(value)) {
      this.op("](");
      for (const item of value) this.write(item);
      this.op("e");
    } else {
      this.op("}(");
      for (const [key, item] of Object.entries(value)) {
        this.write(key);
        this.write(item);
      }
      this.op("u");
    }
  }

  private integer(value: bigint): void {
    if (value >= -0x80000000n && value <= 0x7fffffffn) {
      const bytes = Buffer.alloc(5);
      bytes.write("J", "latin1");
      bytes.writeInt32LE(Number(value), 1);
      this.chunks.push(bytes);
      return;
    }
    const bytes = twosComplement(value);
    if (bytes.length <= 0xff) {
      this.chunks.push(Buffer.from([0x8a, bytes.length]), bytes);
      return;
    }
    const head = Buffer.from([0x8b, 0, 0, 0, 0]);
    head.writeInt32LE(bytes.length, 1);
    this.chunks.push(head, bytes);
  }

  private float(value: number): void {
    const bytes = Buffer.alloc(9);
    bytes.write("G", "latin1");
    bytes.writeDoubleBE(value, 1);
    this.chunks.push(bytes);
  }

  private block(opcode: "X" | "B", bytes: Buffer): void {
    const head = Buffer.alloc(5);
    head.write(opcode, "latin1");
    head.writeUInt32LE(bytes.length, 1);
    this.chunks.push(head, bytes);
  }

  private op(opcodes: string): void {
    this.chunks.push(Buffer.from(opcodes, "latin1"));
  }
}

/** Shortest little-endian two's complement, as Python's LONG1 and LONG4 want it. */
function twosComplement(value: bigint): Buffer {
  // One bit more than the magnitude has, for the sign. Hexadecimal digits cost time that grows with their number only.
  const magnitude = (value < 0n ? ~value : value).toString(16);
  const length = Math.floor((magnitude.length * 4 - Math.clz32(Number.parseInt(magnitude[0] ?? "0", 16)) + 28) / 8) + 1;
  const digits = BigInt.asUintN(length * 8, value)
    .toString(16)
    .padStart(length * 2, "0");
  return Buffer.from(digits, "hex").reverse();
}
