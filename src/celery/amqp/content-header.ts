import { isUtf8 } from "node:buffer";
import { asError } from "../errors.js";
import { DecodeError, EncodeError } from "../protocol/errors.js";
import { readTable } from "./field-reader.js";
import type { FieldWriter } from "./field-writer.js";

/** Class of basic.*: the only one whose messages have content. */
export const BASIC = 60;

type Kind = "text" | "table" | "octet" | "time";

/** The properties of a message in the order of their flags, from the highest bit down. */
const PROPERTIES = [
  ["contentType", "text"],
  ["contentEncoding", "text"],
  ["headers", "table"],
  ["deliveryMode", "octet"],
  ["priority", "octet"],
  ["correlationId", "text"],
  ["replyTo", "text"],
  ["expiration", "text"],
  ["messageId", "text"],
  ["timestamp", "time"],
  ["type", "text"],
  ["userId", "text"],
  ["appId", "text"],
  ["clusterId", "text"],
] as const satisfies readonly (readonly [string, Kind])[];

/** The lowest bit says that more flags follow, for properties that AMQP 0-9-1 does not have. */
const MORE_FLAGS = 1;

type Properties = { [Name in (typeof PROPERTIES)[number][0]]: unknown };

/** What a content header holds, as amqplib hands frames on. */
export interface ContentHeader {
  readonly id: typeof BASIC;
  readonly channel: number;
  /** Bytes of the body that follows. */
  readonly size: number;
  readonly fields: Properties;
}

/** What of a message's properties could not be read. */
export interface UnreadableHeaders {
  readonly reason: string;
  /** The table, or all of the properties where its end is not known. */
  readonly bytes: Buffer;
}

const UNREADABLE = Symbol("unreadable headers");

/** @returns undefined for a message whose properties and headers were read as a whole */
export function unreadableHeaders(message: { readonly properties: object }): UnreadableHeaders | undefined {
  return (message.properties as { readonly [UNREADABLE]?: UnreadableHeaders })[UNREADABLE];
}

/**
 * Reads the payload of a content header frame. Never throws for the properties in it: a message whose properties or
 * headers cannot be read is handed on without them, and {@link unreadableHeaders} tells.
 */
export function readContentHeader(channel: number, payload: Buffer): ContentHeader {
  const size = Number(payload.readBigUInt64BE(4));
  const fields = emptyProperties();
  const reader = new PropertyReader(payload, fields);
  try {
    reader.readAll();
  } catch (error) {
    reader.fail(
      error instanceof RangeError ? "the properties are cut short" : asError(error).message,
      payload.subarray(12),
    );
  }
  return { id: BASIC, channel, size, fields };
}

class PropertyReader {
  #offset = 14;

  constructor(
    private readonly payload: Buffer,
    private readonly fields: Properties,
  ) {}

  readAll(): void {
    const flags = this.payload.readUInt16BE(12);
    if ((flags & MORE_FLAGS) !== 0) throw new DecodeError("there are more properties than AMQP 0-9-1 has");
    for (let index = 0; index < PROPERTIES.length; index += 1) {
      if ((flags & (0x8000 >> index)) === 0) continue;
      const [name, kind] = PROPERTIES[index] as (typeof PROPERTIES)[number];
      this.fields[name] = kind === "text" ? this.#text(name) : this.#read(kind);
    }
  }

  fail(reason: string, bytes: Buffer): void {
    (this.fields as { [UNREADABLE]?: UnreadableHeaders })[UNREADABLE] ??= { reason, bytes };
  }

  #text(name: string): string | undefined {
    const { payload } = this;
    const start = this.#step(1 + payload.readUInt8(this.#offset)) + 1;
    const text = payload.toString("utf8", start, this.#offset);
    if (!text.includes("\uFFFD") || isUtf8(payload.subarray(start, this.#offset))) return text;
    // RabbitMQ lets it pass; it could not be sent again.
    this.fail(`the property ${name} is no UTF-8`, payload.subarray(12));
    return undefined;
  }

  #read(kind: Exclude<Kind, "text">): unknown {
    const { payload } = this;
    switch (kind) {
      case "octet":
        return payload.readUInt8(this.#step(1));
      case "time": {
        const seconds = payload.readBigUInt64BE(this.#step(8));
        return seconds <= Number.MAX_SAFE_INTEGER ? Number(seconds) : seconds;
      }
      case "table":
        return this.#table();
    }
  }

  /** A table that cannot be read leaves the properties behind it readable. */
  #table(): unknown {
    const start = this.#step(4 + this.payload.readUInt32BE(this.#offset)) + 4;
    try {
      return readTable(this.payload, start, this.#offset);
    } catch (error) {
      this.fail(asError(error).message, this.payload.subarray(start, this.#offset));
      return undefined;
    }
  }

  /** @returns where the bytes that are stepped over start */
  #step(size: number): number {
    const start = this.#offset;
    this.#offset += size;
    if (this.#offset > this.payload.length) throw new RangeError();
    return start;
  }
}

/** One shape for every message. */
function emptyProperties(): Properties {
  return {
    contentType: undefined,
    contentEncoding: undefined,
    headers: undefined,
    deliveryMode: undefined,
    priority: undefined,
    correlationId: undefined,
    replyTo: undefined,
    expiration: undefined,
    messageId: undefined,
    timestamp: undefined,
    type: undefined,
    userId: undefined,
    appId: undefined,
    clusterId: undefined,
  };
}

/** Writes the payload of a content header frame. @throws EncodeError for what a property or header cannot hold */
export function writeContentHeader(writer: FieldWriter, size: number, properties: object): void {
  writer.short(BASIC);
  writer.short(0);
  writer.longLong(size);
  const flagsAt = writer.offset;
  writer.short(0);
  let flags = 0;
  for (let index = 0; index < PROPERTIES.length; index += 1) {
    const [name, kind] = PROPERTIES[index] as (typeof PROPERTIES)[number];
    const value = (properties as Properties)[name];
    if (value === undefined || value === null) continue;
    flags |= 0x8000 >> index;
    writeProperty(writer, name, kind, value);
  }
  writer.bytes.writeUInt16BE(flags, flagsAt);
}

function writeProperty(writer: FieldWriter, name: string, kind: Kind, value: unknown): void {
  if (kind === "text" && typeof value === "string") writer.shortText(value, `the property ${name}`);
  else if (kind === "table" && typeof value === "object" && value !== null) writer.table(value);
  else if (kind === "octet" && isWhole(value) && value <= 255) writer.octet(Number(value));
  else if (kind === "time" && isWhole(value) && value < 2n ** 64n) writer.longLong(value);
  else throw new EncodeError(`the property ${name} cannot be ${String(value).slice(0, 40)}`);
}

function isWhole(value: unknown): value is number | bigint {
  return typeof value === "bigint" ? value >= 0n : Number.isInteger(value) && (value as number) >= 0;
}
