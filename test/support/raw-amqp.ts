import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterAll, beforeAll } from "vitest";
import {
  argument,
  contentHeader,
  frame,
  method,
  properties as propertyList,
  type RawProperties,
  table,
} from "./amqp-bytes.js";

/** A message as its bytes. */
export interface RawDelivery {
  /** Flags and property list. */
  readonly properties: Buffer;
  readonly body: Buffer;
}

interface Received {
  readonly type: number;
  readonly channel: number;
  readonly payload: Buffer;
}

const METHOD = 1;
const HEADER = 2;
const BODY = 3;

/** A small AMQP client that sends and shows content headers as bytes; one channel, one request at a time. */
export class RawAmqp {
  readonly #frames: Received[] = [];
  #rest = Buffer.alloc(0);
  #frameMax = 131_072;
  #ended = false;
  #wake: () => void = () => undefined;

  private constructor(private readonly socket: Socket) {
    socket.on("data", (data) => this.#take(data));
    socket.on("error", () => undefined);
    socket.on("close", () => {
      this.#ended = true;
      this.#wake();
    });
  }

  static async open(url: string): Promise<RawAmqp> {
    const { hostname, port, username, password, pathname } = new URL(url);
    const socket = connect(Number(port), hostname);
    await once(socket, "connect");
    socket.setNoDelay(true);
    const client = new RawAmqp(socket);
    socket.write(Buffer.from("AMQP\0\0\x09\x01", "latin1"));
    await client.#answer(10, 10);
    const login = Buffer.from(`\0${decodeURIComponent(username)}\0${decodeURIComponent(password)}`);
    const { text, bytes } = argument;
    client.#send(0, method(10, 11, table([]), text("PLAIN"), bytes(login), text("en_US")));
    const tune = await client.#answer(10, 30);
    client.#frameMax = tune.readUInt32BE(6);
    client.#send(0, method(10, 31, tune.subarray(4, 6), argument.long(client.#frameMax), argument.short(0)));
    client.#send(0, method(10, 40, text(decodeURIComponent(pathname.slice(1)) || "/"), text(""), argument.octet(0)));
    await client.#answer(10, 41);
    client.#send(1, method(20, 10, text("")));
    await client.#answer(20, 11);
    client.#send(1, method(85, 10, argument.octet(0)));
    await client.#answer(85, 11);
    return client;
  }

  /** Largest frame the broker takes. */
  get frameMax(): number {
    return this.#frameMax;
  }

  /**
   * Publishes to a queue, or an exchange, and waits for the broker's confirm.
   * @throws when the broker closes the channel or connection for it
   */
  async publish(queue: string, headers: RawProperties | Buffer, body: Buffer, exchange = ""): Promise<void> {
    const list = Buffer.isBuffer(headers) ? headers : propertyList(headers);
    const { text, octet, short } = argument;
    this.#send(1, method(60, 40, short(0), text(exchange), text(queue), octet(0)));
    this.socket.write(frame(HEADER, 1, contentHeader(body.length, list)));
    const size = this.#frameMax - 8;
    for (let at = 0; at < body.length; at += size) this.socket.write(frame(BODY, 1, body.subarray(at, at + size)));
    await this.#answer(60, 80);
  }

  /** Declares a durable queue. */
  async declare(queue: string): Promise<void> {
    this.#send(1, method(50, 10, argument.short(0), argument.text(queue), argument.octet(2), table([])));
    await this.#answer(50, 11);
  }

  /** Takes a message for good; null when there is none. */
  async get(queue: string): Promise<RawDelivery | null> {
    this.#send(1, method(60, 70, argument.short(0), argument.text(queue), argument.octet(1)));
    const answer = await this.#next(METHOD);
    if (answer.readUInt16BE(2) === 72) return null;
    if (answer.readUInt16BE(2) !== 71) throw new Error(`no message: ${answer.toString("latin1")}`);
    const header = await this.#next(HEADER);
    const size = Number(header.readBigUInt64BE(4));
    const parts: Buffer[] = [];
    for (let read = 0; read < size; ) {
      const part = await this.#next(BODY);
      parts.push(part);
      read += part.length;
    }
    return { properties: header.subarray(12), body: Buffer.concat(parts) };
  }

  close(): void {
    this.socket.destroy();
  }

  #send(channel: number, payload: Buffer): void {
    this.socket.write(frame(METHOD, channel, payload));
  }

  async #answer(classId: number, methodId: number): Promise<Buffer> {
    const payload = await this.#next(METHOD);
    const [gotClass, gotMethod] = [payload.readUInt16BE(0), payload.readUInt16BE(2)];
    if (gotClass !== classId || gotMethod !== methodId)
      throw new Error(`${classId}.${methodId} expected, got ${gotClass}.${gotMethod}: ${payload.toString("latin1")}`);
    return payload.subarray(0);
  }

  async #next(type: number): Promise<Buffer> {
    for (;;) {
      const received = this.#frames.shift();
      if (received?.type === type) return received.payload;
      if (received !== undefined && received.type !== 8)
        throw new Error(`frame ${type} expected, got ${received.type}`);
      if (received !== undefined) continue;
      if (this.#ended) throw new Error("the broker closed the connection");
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #take(data: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, data]);
    while (this.#rest.length >= 8) {
      const end = 7 + this.#rest.readUInt32BE(3);
      if (this.#rest.length <= end) break;
      const payload = Buffer.from(this.#rest.subarray(7, end));
      this.#frames.push({ type: this.#rest[0] ?? 0, channel: this.#rest.readUInt16BE(1), payload });
      this.#rest = this.#rest.subarray(end + 1);
    }
    this.#wake();
  }
}

/** Gives a test file a raw client on a broker; valid inside tests and hooks. */
export function useRawAmqp(url: () => string): { readonly current: RawAmqp } {
  let client: RawAmqp | undefined;
  beforeAll(async () => {
    client = await RawAmqp.open(url());
  });
  afterAll(() => client?.close());
  return {
    get current() {
      if (client === undefined) throw new Error("opened by beforeAll: use it inside tests");
      return client;
    },
  };
}
