import type { EventEmitter } from "node:events";
import { createRequire } from "node:module";
import type { Socket } from "node:net";
import { dirname, join } from "node:path";
import type { ChannelModel } from "amqplib";

/**
 * The two classes of amqplib that a connection is made of. Its package exports `connect()` only, which makes both
 * itself; ours needs a connection with other codecs, so they are loaded by their path.
 * `test/unit/celery/amqp/wire-connection.test.ts` tells when amqplib has changed them, or needs this no more.
 */
const require = createRequire(import.meta.url);
const folder = dirname(require.resolve("amqplib"));
const part = (path: string): unknown => require(join(folder, path));

/** A frame of amqplib's making; content frames have no `id`. */
export interface Frame {
  readonly id?: number;
  readonly channel: number;
  readonly fields?: unknown;
}

/** What is used of amqplib's `Connection`. */
export interface AmqplibConnection extends EventEmitter {
  readonly stream: Socket;
  /** Bytes that arrived and belong to no frame yet. */
  rest: Buffer;
  /** Largest frame that may be sent, once the connection is open. */
  readonly frameMax: number;
  /** Largest frame that is read. */
  readonly maxFrameSize: number;
  /** Keeps the heartbeat still while anything else is sent. */
  sentSinceLastCheck: boolean;
  readonly channels: readonly (OpenChannel | null)[];
  /** Reads the streams of the channels in turn and writes to the socket. */
  readonly muxer: { unpipeFrom(stream: ChannelStream): void };
  /** Takes a number for a channel, and makes its stream. @returns the number */
  freshChannel(channel: object, options?: object): number;
  /** The end, for whatever reason. */
  toClosed(stack: unknown, error?: Error): void;
  /** Runs the handshake. */
  open(fields: HandshakeFields, done: (error: Error | null) => void): void;
  /** @returns the next frame; false until more bytes arrive */
  recvFrame(): Frame | false;
  /** Sends a message in frames. @returns false when the channel's buffer is full */
  sendMessage(
    channel: number,
    method: number,
    fields: PublishFields,
    propertiesClass: number,
    properties: object,
    content: Buffer,
  ): boolean;
  /** Sends the body of a message in frames. */
  sendContent(channel: number, content: Buffer): boolean;
}

/** Where the frames of a channel go. */
export interface ChannelStream {
  write(frames: Buffer): boolean;
  end(): void;
}

interface OpenChannel {
  readonly channel: { onBufferDrain?(): void };
  buffer: ChannelStream;
}

/** What amqplib says of itself and asks for in the handshake. */
export interface HandshakeFields {
  readonly clientProperties: Readonly<Record<string, unknown>>;
  readonly mechanism: string;
  readonly response: Buffer;
  readonly locale: string;
  readonly channelMax: number;
  readonly frameMax: number;
  readonly heartbeat: number;
  readonly virtualHost: string;
  readonly capabilities: string;
  readonly insist: number;
}

/** Arguments of basic.publish. */
export interface PublishFields {
  readonly exchange: string;
  readonly routingKey: string;
  readonly mandatory?: boolean;
}

const connectionModule = part("lib/connection.js") as {
  readonly Connection: new (socket: Socket) => AmqplibConnection;
};
const modelModule = part("lib/channel_model.js") as {
  readonly ChannelModel: new (connection: AmqplibConnection) => ChannelModel;
};
const packageFile = part("package.json") as { readonly version: string };

export const { Connection } = connectionModule;
export const { ChannelModel: Model } = modelModule;
export const AMQPLIB_VERSION = packageFile.version;
