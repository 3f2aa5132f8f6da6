/** AMQP 0-9-1 as the specification and RabbitMQ's errata write it: independent of the code under test. */

const u8 = (value: number) => Buffer.from([value & 0xff]);
const u16 = (value: number) => Buffer.from([(value >> 8) & 0xff, value & 0xff]);
const u32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
};
const u64 = (value: bigint) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt.asUintN(64, value));
  return bytes;
};
const utf8 = (text: string | Buffer) => (Buffer.isBuffer(text) ? text : Buffer.from(text, "utf8"));
const short = (text: string | Buffer) => Buffer.concat([u8(utf8(text).length), utf8(text)]);
const long = (bytes: Buffer) => Buffer.concat([u32(bytes.length), bytes]);
const tagged = (tag: string, ...parts: Buffer[]) => Buffer.concat([Buffer.from(tag, "latin1"), ...parts]);

/** Fields of a table by their type tags: the tag and the value. */
export const field = {
  t: (value: number) => tagged("t", u8(value)),
  b: (value: number) => tagged("b", u8(value)),
  B: (value: number) => tagged("B", u8(value)),
  s: (value: number) => tagged("s", u16(value)),
  U: (value: number) => tagged("U", u16(value)),
  u: (value: number) => tagged("u", u16(value)),
  I: (value: number) => tagged("I", u32(value)),
  i: (value: number) => tagged("i", u32(value)),
  l: (value: bigint) => tagged("l", u64(value)),
  L: (value: bigint) => tagged("L", u64(value)),
  f: (value: number) => {
    const bytes = Buffer.alloc(4);
    bytes.writeFloatBE(value);
    return tagged("f", bytes);
  },
  d: (value: number) => {
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleBE(value);
    return tagged("d", bytes);
  },
  D: (places: number, digits: number) => tagged("D", u8(places), u32(digits)),
  S: (text: string | Buffer) => tagged("S", long(utf8(text))),
  x: (bytes: Buffer) => tagged("x", long(bytes)),
  T: (seconds: bigint) => tagged("T", u64(seconds)),
  V: () => tagged("V"),
  A: (items: readonly Buffer[]) => tagged("A", long(Buffer.concat(items))),
  F: (fields: Fields) => tagged("F", table(fields)),
} as const;

export type Fields = readonly (readonly [name: string | Buffer, value: Buffer])[];

/** A table with its length. */
export function table(fields: Fields): Buffer {
  return long(Buffer.concat(fields.flatMap(([name, value]) => [short(name), value])));
}

/** Tables in tables, so deep. */
export function nested(depth: number): Buffer {
  let value = field.V();
  for (let level = 0; level < depth; level += 1) value = field.F([["n", value]]);
  return value;
}

export interface RawProperties {
  readonly contentType?: string;
  readonly contentEncoding?: string;
  /** The table with its length. */
  readonly headers?: Buffer;
  readonly deliveryMode?: number;
  readonly priority?: number;
  readonly correlationId?: string;
  readonly replyTo?: string;
  readonly expiration?: string;
  readonly messageId?: string;
  readonly timestamp?: bigint;
  readonly type?: string;
  readonly userId?: string;
  readonly appId?: string;
  readonly clusterId?: string;
}

/** Flags and property list of a content header. */
export function properties(given: RawProperties): Buffer {
  const text = (value: string | undefined) => (value === undefined ? null : short(value));
  const octet = (value: number | undefined) => (value === undefined ? null : u8(value));
  const parts = [
    text(given.contentType),
    text(given.contentEncoding),
    given.headers ?? null,
    octet(given.deliveryMode),
    octet(given.priority),
    text(given.correlationId),
    text(given.replyTo),
    text(given.expiration),
    text(given.messageId),
    given.timestamp === undefined ? null : u64(given.timestamp),
    text(given.type),
    text(given.userId),
    text(given.appId),
    text(given.clusterId),
  ];
  const flags = parts.reduce((sum, part, index) => (part === null ? sum : sum | (0x8000 >> index)), 0);
  return Buffer.concat([u16(flags), ...parts.filter((part) => part !== null)]);
}

/** The payload of a content header frame. */
export function contentHeader(bodySize: number, propertyList: Buffer): Buffer {
  return Buffer.concat([u16(60), u16(0), u64(BigInt(bodySize)), propertyList]);
}

export function frame(type: number, channel: number, payload: Buffer): Buffer {
  return Buffer.concat([u8(type), u16(channel), u32(payload.length), payload, u8(0xce)]);
}

/** A method frame's payload: class, method, arguments. */
export function method(classId: number, methodId: number, ...args: Buffer[]): Buffer {
  return Buffer.concat([u16(classId), u16(methodId), ...args]);
}

export const argument = { octet: u8, short: u16, long: u32, longLong: u64, text: short, bytes: long } as const;

/** Size of a field's value by its tag, where that is fixed. */
const SIZES: Readonly<Record<string, number>> = {
  ...{ V: 0, t: 1, b: 1, B: 1, s: 2, U: 2, u: 2, I: 4, i: 4, f: 4, D: 5, l: 8, L: 8, d: 8, T: 8 },
};

/** Splits a table into the bytes of its fields: tag and value. */
export function fieldsOf(tableBytes: Buffer): Map<string, Buffer> {
  const fields = new Map<string, Buffer>();
  const end = 4 + tableBytes.readUInt32BE(0);
  for (let at = 4; at < end; ) {
    const start = at + 1 + tableBytes.readUInt8(at);
    const tag = String.fromCharCode(tableBytes.readUInt8(start));
    const size = SIZES[tag] ?? 4 + tableBytes.readUInt32BE(start + 1);
    const after = start + 1 + size;
    fields.set(tableBytes.toString("utf8", at + 1, start), tableBytes.subarray(start, after));
    at = after;
  }
  return fields;
}

/** The header table in a property list, with its length; null when there is none. */
export function headersIn(propertyList: Buffer): Buffer | null {
  const flags = propertyList.readUInt16BE(0);
  let at = 2;
  for (const flag of [0x8000, 0x4000]) if ((flags & flag) !== 0) at += 1 + propertyList.readUInt8(at);
  return (flags & 0x2000) === 0 ? null : propertyList.subarray(at, at + 4 + propertyList.readUInt32BE(at));
}

/** A property list with another table, or whatever stands in its place. */
export function withHeaders(propertyList: Buffer, headers: Buffer): Buffer {
  const old = headersIn(propertyList);
  if (old === null) throw new Error("there is no table to replace");
  const start = old.byteOffset - propertyList.byteOffset;
  return Buffer.concat([propertyList.subarray(0, start), headers, propertyList.subarray(start + old.length)]);
}
