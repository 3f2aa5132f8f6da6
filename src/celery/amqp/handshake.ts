import { credentials } from "amqplib";
import { BrokerError } from "../errors.js";
import { AMQPLIB_VERSION, type Frame, type HandshakeFields } from "./amqplib-parts.js";
import { readTable } from "./field-reader.js";
import type { BrokerAddress } from "./url.js";

export const METHOD_FRAME = 1;
const HEARTBEAT_FRAME = 8;

const CONNECTION_START = 0x000a_000a;
export const CONNECTION_CLOSE = 0x000a_0032;

/** What is said before a connection is open. */
export interface HandshakeOptions {
  readonly address: BrokerAddress;
  /** Shown in RabbitMQ's management pages. */
  readonly name: string;
  /** Seconds between heartbeats asked of the broker; the smaller of both sides wins. */
  readonly heartbeatSeconds: number;
}

/** What this side says of itself and asks for. */
export function handshake({ address, name, heartbeatSeconds }: HandshakeOptions): HandshakeFields {
  const { mechanism, response } = credentials.plain(address.username, address.password);
  return {
    clientProperties: {
      connection_name: name,
      product: "amqplib",
      version: AMQPLIB_VERSION,
      platform: `Node.js ${process.version}`,
      capabilities: {
        publisher_confirms: true,
        exchange_exchange_bindings: true,
        "basic.nack": true,
        consumer_cancel_notify: true,
        "connection.blocked": true,
        authentication_failure_close: true,
      },
    },
    mechanism,
    response: response(),
    locale: "en_US",
    // As many channels, and frames as large, as the broker allows.
    channelMax: 0,
    frameMax: 0,
    heartbeat: address.heartbeat ?? heartbeatSeconds,
    virtualHost: address.vhost,
    capabilities: "",
    insist: 0,
  };
}

/** The one method a broker sends that has a table: its properties, of which nothing is needed. */
export function connectionStart(payload: Buffer): Frame | null {
  if (payload.length < 10 || payload.readUInt32BE(0) !== CONNECTION_START) return null;
  const tableEnd = 10 + payload.readUInt32BE(6);
  const mechanismsEnd = tableEnd + 4 + payload.readUInt32BE(tableEnd);
  const fields = {
    versionMajor: payload[4],
    versionMinor: payload[5],
    serverProperties: serverProperties(payload, tableEnd),
    mechanisms: payload.subarray(tableEnd + 4, mechanismsEnd),
    locales: payload.subarray(mechanismsEnd + 4),
  };
  return { id: CONNECTION_START, channel: 0, fields };
}

function serverProperties(payload: Buffer, end: number): Record<string, unknown> {
  try {
    return readTable(payload, 10, end);
  } catch {
    return {};
  }
}

/** amqplib says of a refusal in the last step of the handshake that it expected something else. */
export function refusal({ fields }: Frame): BrokerError {
  const { replyCode, replyText } = fields as { readonly replyCode: number; readonly replyText: string };
  return new BrokerError(`the broker refused the connection: ${replyCode} ${replyText}`);
}

/** @throws BrokerError when what answers is no AMQP broker, as an HTTP server, or one of another version */
export function refuseOtherProtocol(rest: Buffer): void {
  const type = rest[0];
  if (type === METHOD_FRAME || type === HEARTBEAT_FRAME) return;
  const line = /^[\x20-\x7e]*/.exec(rest.toString("latin1", 0, 80))?.[0] ?? "";
  throw new BrokerError(`there is no AMQP 0-9-1 broker at this port: it answered ${JSON.stringify(line)}`);
}
