import { isIP, type Socket, connect as tcpConnect } from "node:net";
import { connect as tlsConnect } from "node:tls";
import type { ChannelModel } from "amqplib";
import { BrokerError } from "../errors.js";
import { readTlsFiles } from "../tls-files.js";
import { Model } from "./amqplib-parts.js";
import { type HandshakeOptions, handshake } from "./handshake.js";
import type { BrokerAddress } from "./url.js";
import { WireConnection } from "./wire-connection.js";

/** How a connection is opened. */
export interface DialOptions extends HandshakeOptions {
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
