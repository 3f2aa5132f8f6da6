import { type AddressInfo, connect, createServer, type Server } from "node:net";
import { frame } from "./amqp-bytes.js";

/** A door to a broker that may change the content headers of the messages it delivers. */
export class FrameDoor {
  /** Connections that were opened so far. */
  connections = 0;

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  /** @param change gets the payload of a content header frame and returns what is passed on in its place */
  static async open(brokerUrl: string, change: (payload: Buffer) => Buffer): Promise<FrameDoor> {
    const { hostname, port } = new URL(brokerUrl);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const door = new FrameDoor(server, (server.address() as AddressInfo).port);
    server.on("connection", (client) => {
      door.connections += 1;
      const upstream = connect(Number(port), hostname);
      for (const [one, other] of [
        [client, upstream],
        [upstream, client],
      ] as const) {
        one.on("error", () => other.destroy());
        one.on("close", () => other.destroy());
      }
      client.pipe(upstream);
      let rest: Buffer = Buffer.alloc(0);
      upstream.on("data", (data) => {
        rest = Buffer.concat([rest, data]);
        for (let end = frameEnd(rest); end !== null; end = frameEnd(rest)) {
          const [type, payload] = [rest.readUInt8(0), rest.subarray(7, end - 1)];
          client.write(type === 2 ? frame(2, rest.readUInt16BE(1), change(payload)) : rest.subarray(0, end));
          rest = rest.subarray(end);
        }
      });
    });
    return door;
  }

  /** The URL with this door's port in place of the broker's. */
  through(url: string): string {
    return url.replace(/@[^/:]+:\d+/, `@127.0.0.1:${this.port}`);
  }

  close(): void {
    this.server.close();
  }
}

/** Where the first frame ends; null when it is not whole. */
function frameEnd(bytes: Buffer): number | null {
  if (bytes.length < 8) return null;
  const end = 8 + bytes.readUInt32BE(3);
  return bytes.length < end ? null : end;
}
