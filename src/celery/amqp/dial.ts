import { isIP, type Socket, connect as tcpConnect } from "node:net";
import { connect as tlsConnect } from "node:tls";
import { type ChannelModel, credentials } from "amqplib";
import { BrokerError } from "../errors.js";
import { readTlsFiles } from "../tls-files.js";
import { AMQPLIB_VERSION, type HandshakeFields, Model } from "./amqplib-parts.js";
import type { BrokerAddress } from "./url.js";
import { WireConnection } from "./wire-connection.js";

/** How a connection is opened. */
export interface DialOptions {
  readonly address: BrokerAddress;
  /** Shown in RabbitMQ's management pages. */
  readonly name: string;
  /** Seconds between heartbeats asked of the broker; the smaller of both sides wins. */
  readonly heartbeatSeconds: number;
  /** Limit of the whole, from the first packet to the broker's last answer. */
  readonly timeoutMs: number;
}

/**
 * Opens a connection to a broker.
 * @throws the socket's error; BrokerError with the broker's own reason when it refuses
 */
export function dial(options: DialOptions): Promise<ChannelModel> {
  const { address, timeoutMs } = options;
  return new Promise((resolve, reject) => {
    const socket = openSocket(address);
    socket.setNoDelay(true);
    socket.setKeepAlive(true);
    const fail = (error: Error) => {
      clearTimeout(timer);
      socket.destroy();
      reject(error);
    };
    const timer = setTimeout(
      () => fail(new BrokerError(`the broker did not answer within ${timeoutMs} ms`)),
      timeoutMs,
    );
    // Also keeps an error after a refusal from ending the process.
    socket.on("error", fail);
    socket.once(address.protocol === "amqps" ? "secureConnect" : "connect", () => {
      const connection = new WireConnection(socket);
      connection.open(handshake(options), (error) => {
        if (error !== null) {
          fail(error);
          return;
        }
        clearTimeout(timer);
        connection.opened();
        resolve(new Model(connection));
      });
    });
  });
}

function openSocket({ protocol, hostname, port, tls }: BrokerAddress): Socket {
  const target = { host: hostname, port };
  if (protocol === "amqp") return tcpConnect(target);
  const name = tls?.serverName ?? (isIP(hostname) === 0 ? hostname : null);
  return tlsConnect({
    ...target,
    ...(name === null ? {} : { servername: name }),
    ...(tls === undefined ? {} : readTlsFiles(tls)),
  });
}

function handshake({ address, name, heartbeatSeconds }: DialOptions): HandshakeFields {
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
