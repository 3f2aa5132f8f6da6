import type { Socket } from "node:net";
import { type Channel, IllegalOperationError } from "amqplib";
import { HeadersTooLarge } from "../errors.js";
import { Connection, type Frame, type PublishFields } from "./amqplib-parts.js";
import { BASIC, readContentHeader, writeContentHeader } from "./content-header.js";
import { FieldWriter } from "./field-writer.js";
import { CONNECTION_CLOSE, connectionStart, METHOD_FRAME, refusal, refuseOtherProtocol } from "./handshake.js";

const HEADER_FRAME = 2;
const BODY_FRAME = 3;
const FRAME_END = 0xce;

/** Type, channel and size before a frame's payload. */
const FRAME_HEAD = 7;
const FRAME_OVERHEAD = FRAME_HEAD + 1;

const BASIC_PUBLISH = 0x003c_0028;

/** Longer parts of a body are sent from where they are: below, copying is cheaper than one more piece of a write. */
const COPIED_BYTES = 8192;

/** Frames of so many bytes go out before the turn of the event loop is over: the broker may begin. */
const FULL_BYTES = 49_152;

/** Bytes that the socket has not taken yet, beyond which senders should wait. */
const HIGH_WATER_BYTES = 1_048_576;

/**
 * What a connection sends in one turn of the event loop, as one write: system calls are the largest part of what a message
 * costs. amqplib has a stream for each channel instead, and writes every message by itself.
 */
class Outbox {
  /** Frames are written here; {@link written} says that they are whole. */
  readonly frames = new FieldWriter();
  readonly #stream: Socket;
  /** What goes before {@link frames}. */
  #chunks: Buffer[] = [];
  #before: (() => void)[] = [];
  #isScheduled = false;

  constructor(stream: Socket) {
    this.#stream = stream;
  }

  /** Calls `work` once before the next write: what it sends goes with it. */
  before(work: () => void): void {
    this.#before.push(work);
    this.#schedule();
  }

  /** The frames that were written are whole. @returns false when senders should wait until the socket drains */
  written(): boolean {
    if (this.frames.offset >= FULL_BYTES || this.#chunks.length > 0) this.#send();
    else this.#schedule();
    return this.#stream.writableLength <= HIGH_WATER_BYTES;
  }

  /** Sends whole frames: amqplib's own way to a channel's stream. @returns as {@link written} */
  write(frames: Buffer): boolean {
    this.frames.raw(frames);
    return this.written();
  }

  /** Bytes of a frame that are sent from where they are: nobody may change them any more. */
  append(bytes: Buffer): void {
    this.#chunks.push(this.frames.copy(), bytes);
  }

  /** amqplib ends the stream of a channel that is closed. */
  end(): void {}

  /** Sends now what is to be sent. */
  flush(): void {
    for (const work of this.#before.splice(0)) work();
    this.#send();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.flush();
    });
  }

  #send(): void {
    const chunks = this.#chunks;
    if (this.frames.offset > 0) chunks.push(this.frames.copy());
    this.#chunks = [];
    if (chunks.length === 0 || !this.#stream.writable) return;
    if (chunks.length > 1) this.#stream.cork();
    for (const chunk of chunks) this.#stream.write(chunk);
    if (chunks.length > 1) this.#stream.uncork();
  }
}

/**
 * amqplib's connection with another codec for tables. amqplib's own throws for field types that Python writes, and an
 * exception there closes the connection, upon which the same message comes again; it rounds 64-bit integers, forgets
 * the types of what it reads, and writes no table beyond 64 KiB. Here content headers are read and written by
 * content-header.ts, and what is sent in one turn of the event loop goes out as one write. All else is amqplib's.
 */
export class WireConnection extends Connection {
  readonly #outbox: Outbox;
  #isOpening = true;

  constructor(socket: Socket) {
    super(socket);
    this.#outbox = new Outbox(this.stream);
    const [control] = this.channels;
    if (control) control.buffer = this.#outbox;
    this.stream.on("drain", () => {
      for (const each of this.channels) each?.channel.onBufferDrain?.();
    });
  }

  /** The channel's frames go to the outbox instead of a stream of its own. */
  override freshChannel(channel: object, options?: object): number {
    const number = super.freshChannel(channel, options);
    const opened = this.channels[number];
    if (opened) {
      this.muxer.unpipeFrom(opened.buffer);
      opened.buffer = this.#outbox;
    }
    return number;
  }

  override toClosed(stack: unknown, error?: Error): void {
    this.flush();
    super.toClosed(stack, error);
  }

  /** Calls `work` before the next write. */
  beforeWrite(work: () => void): void {
    this.#outbox.before(work);
  }

  /** Writes now what this turn of the event loop has brought so far. */
  flush(): void {
    this.#outbox.flush();
  }

  /** The handshake is over. */
  opened(): void {
    this.#isOpening = false;
  }

  override recvFrame(): Frame | false {
    const { rest } = this;
    if (rest.length >= FRAME_HEAD) {
      if (this.#isOpening) refuseOtherProtocol(rest);
      const own = this.#ownFrame(rest);
      if (own !== null) return own;
    }
    // Reads on when the frame is not whole yet, and comes back here.
    const frame = super.recvFrame();
    if (this.#isOpening && frame !== false && frame.id === CONNECTION_CLOSE) throw refusal(frame);
    return frame;
  }

  /** A whole frame of the kinds that are decoded here; null leaves it to amqplib, errors of framing included. */
  #ownFrame(rest: Buffer): Frame | null {
    const type = rest[0];
    if (type !== HEADER_FRAME && !(this.#isOpening && type === METHOD_FRAME)) return null;
    const size = rest.readUInt32BE(3);
    const end = FRAME_HEAD + size;
    if (rest.length <= end || rest[end] !== FRAME_END || size > this.maxFrameSize) return null;
    const payload = rest.subarray(FRAME_HEAD, end);
    const channel = rest.readUInt16BE(1);
    const frame = type === HEADER_FRAME ? contentHeader(channel, payload) : connectionStart(payload);
    if (frame !== null) this.rest = rest.subarray(end + 1);
    return frame;
  }

  /** @throws EncodeError, HeadersTooLarge: nothing was sent */
  override sendMessage(
    channel: number,
    _method: number,
    fields: PublishFields,
    _class: number,
    properties: object,
    content: Buffer,
  ): boolean {
    if (!this.channels[channel]) throw new IllegalOperationError("the channel is closed");
    const { frames } = this.#outbox;
    const start = frames.offset;
    try {
      const method = startFrame(frames, METHOD_FRAME, channel);
      writePublish(frames, fields);
      endFrame(frames, method);
      const header = startFrame(frames, HEADER_FRAME, channel);
      writeContentHeader(frames, content.length, properties);
      endFrame(frames, header);
      if (frames.offset - header > this.frameMax) throw new HeadersTooLarge(frames.offset - header, this.frameMax);
    } catch (error) {
      frames.offset = start;
      throw error;
    }
    return this.sendContent(channel, content);
  }

  override sendContent(channel: number, content: Buffer): boolean {
    const { frames } = this.#outbox;
    const most = this.frameMax - FRAME_OVERHEAD;
    for (let offset = 0; offset < content.length; offset += most) {
      const part = content.length <= most ? content : content.subarray(offset, offset + most);
      frames.octet(BODY_FRAME);
      frames.short(channel);
      frames.long(part.length);
      if (part.length <= COPIED_BYTES) frames.raw(part);
      else this.#outbox.append(part);
      frames.octet(FRAME_END);
    }
    this.sentSinceLastCheck = true;
    return this.#outbox.written();
  }
}

/**
 * Calls `work` once before the channel's connection next writes: what it sends goes with all else of this turn. On a channel
 * that is closed by then it sends nothing, and does not fail.
 */
export function beforeWrite({ connection }: Channel, work: () => void): void {
  wire(connection).beforeWrite(() => {
    try {
      work();
    } catch (error) {
      if (!(error instanceof IllegalOperationError)) throw error;
    }
  });
}

/** Writes now what was sent on a connection, before it or a channel of it is closed. */
export function flushWrites(connection: unknown): void {
  wire(connection).flush();
}

function wire(connection: unknown): WireConnection {
  if (connection instanceof WireConnection) return connection;
  throw new TypeError("this is no connection of dial()");
}

function contentHeader(channel: number, payload: Buffer): Frame | null {
  const isWhole = payload.length >= 12 && payload.readUInt16BE(0) === BASIC;
  return isWhole ? readContentHeader(channel, payload) : null;
}

/** @returns where the frame starts */
function startFrame(writer: FieldWriter, type: number, channel: number): number {
  const start = writer.offset;
  writer.octet(type);
  writer.short(channel);
  writer.long(0);
  return start;
}

function endFrame(writer: FieldWriter, start: number): void {
  writer.bytes.writeUInt32BE(writer.offset - start - FRAME_HEAD, start + 3);
  writer.octet(FRAME_END);
}

function writePublish(writer: FieldWriter, { exchange, routingKey, mandatory }: PublishFields): void {
  writer.long(BASIC_PUBLISH);
  writer.short(0);
  writer.shortText(exchange, "the name of the exchange");
  writer.shortText(routingKey, "the routing key");
  writer.octet(mandatory === true ? 1 : 0);
}
