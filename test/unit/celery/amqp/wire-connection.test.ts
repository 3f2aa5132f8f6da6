import { createRequire } from "node:module";
import type { Socket } from "node:net";
import { dirname, join } from "node:path";
import { Duplex } from "node:stream";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AmqplibConnection, Connection } from "../../../../src/celery/amqp/amqplib-parts.js";
import { type ContentHeader, unreadableHeaders } from "../../../../src/celery/amqp/content-header.js";
import { WireConnection } from "../../../../src/celery/amqp/wire-connection.js";
import { HeadersTooLarge } from "../../../../src/celery/errors.js";
import { EncodeError } from "../../../../src/celery/protocol/errors.js";
import {
  argument,
  contentHeader,
  field,
  frame,
  method,
  properties,
  type RawProperties,
  table,
} from "../../../support/amqp-bytes.js";

const FRAME_MAX = 131_072;
const PUBLISH = { exchange: "", routingKey: "q" };

/** A connection on a socket that the test fills, and what it has sent on channel 1. */
function connectionOn(Type: typeof Connection = WireConnection) {
  const written: Buffer[] = [];
  const socket = new Duplex({
    read: () => undefined,
    write: (chunk, _encoding, done) => {
      written.push(chunk);
      done();
    },
  });
  const connection = new Type(socket as Socket);
  const channel = { channel: {}, buffer: { write: (bytes: Buffer) => written.push(bytes) > 0, end: () => undefined } };
  Object.assign(connection, { frameMax: FRAME_MAX, channels: [null, channel] });
  if (connection instanceof WireConnection) connection.opened();
  const sent = () => {
    if (connection instanceof WireConnection) connection.flush();
    return Buffer.concat(written.splice(0));
  };
  return { connection, socket, written, sent, arrive: (bytes: Buffer) => socket.push(bytes) };
}

function receive(bytes: Buffer, { connection, arrive } = connectionOn()): ContentHeader {
  arrive(bytes);
  const received = connection.recvFrame();
  if (received === false) throw new Error("no whole frame");
  return received as ContentHeader;
}

const headerFrame = (given: RawProperties | Buffer, bodySize = 5) =>
  frame(2, 1, contentHeader(bodySize, Buffer.isBuffer(given) ? given : properties(given)));

const ALL: RawProperties = {
  contentType: "application/json",
  contentEncoding: "utf-8",
  headers: table([["sent_at_ms", field.L(1_795_691_318_276n)]]),
  deliveryMode: 2,
  priority: 9,
  correlationId: "c",
  replyTo: "r",
  expiration: "60000",
  messageId: "m",
  timestamp: 1_795_464_304n,
  type: "t",
  userId: "guest",
  appId: "a",
  clusterId: "k",
};

function send(connection: AmqplibConnection, props: object, content = Buffer.from("hello"), fields = PUBLISH): void {
  connection.sendMessage(1, 0x003c_0028, fields, 60, props, content);
}

describe("a content header that arrives", () => {
  it("has all of its properties, in whatever pieces it comes", () => {
    const bytes = Buffer.concat([headerFrame(ALL, 2 ** 40), frame(3, 1, Buffer.from("hello"))]);
    for (let cut = 0; cut < bytes.length; cut += 1) {
      const { connection, arrive } = connectionOn();
      const frames: unknown[] = [];
      for (const piece of [bytes.subarray(0, cut), bytes.subarray(cut)]) {
        if (piece.length > 0) arrive(piece);
        for (let next = connection.recvFrame(); next !== false; next = connection.recvFrame()) frames.push(next);
      }
      const { headers, timestamp, ...others } = ALL;
      expect(frames).toMatchObject([
        {
          id: 60,
          channel: 1,
          size: 2 ** 40,
          fields: { ...others, timestamp: Number(timestamp), headers: { sent_at_ms: 1_795_691_318_276 } },
        },
        { channel: 1, content: Buffer.from("hello") },
      ]);
    }
  });

  it("without any properties is read", () => {
    const { fields, size } = receive(headerFrame({}, 0));
    expect(Object.values(fields).every((value) => value === undefined)).toBe(true);
    expect(size).toBe(0);
  });

  it("with a table that cannot be read has its other properties, and the bytes of the table", () => {
    const bad = table([["x", Buffer.from("Z")]]);
    const { fields } = receive(headerFrame({ ...ALL, headers: bad }));
    expect(fields).toMatchObject({
      contentType: "application/json",
      headers: undefined,
      correlationId: "c",
      appId: "a",
    });
    expect(unreadableHeaders({ properties: fields })).toEqual({
      reason: 'field "x" cannot be read: its type "Z" (0x5a) is not known',
      bytes: bad.subarray(4),
    });
  });

  it.each<[string, Buffer, RegExp]>([
    ["a table longer than the frame", properties({ ...ALL, headers: Buffer.from([0, 0, 1, 0, 1]) }), /are cut short/],
    ["a text longer than the frame", properties({ ...ALL, clusterId: "k" }).subarray(0, -1), /are cut short/],
    ["more flags than bytes", Buffer.from([0xff, 0xfc]), /are cut short/],
    ["no flags", Buffer.alloc(0), /are cut short/],
    ["a text that is no UTF-8", Buffer.from([0x04, 0, 2, 0xff, 0xfe]), /^the property correlationId is no UTF-8$/],
    ["flags that go on", Buffer.from([0x80, 0x01, 0x00, 0x00, 0x01, 0x61]), /more properties than AMQP 0-9-1 has/],
  ])("with %s is handed on as one that cannot be read", (_, list, reason) => {
    const { fields, size } = receive(headerFrame(list));
    expect(size).toBe(5);
    const unreadable = unreadableHeaders({ properties: fields });
    expect(unreadable?.reason).toMatch(reason);
    expect(unreadable?.bytes).toEqual(list);
  });

  it("whatever its bytes, is a message, and the next frame is read", () => {
    const door = connectionOn();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (list) => {
        const { fields, size } = receive(headerFrame(Buffer.from(list)), door);
        expect([size, typeof fields]).toEqual([5, "object"]);
      }),
      { numRuns: 1000 },
    );
  });
});

describe("the handshake", () => {
  const opening = (bytes: Buffer) => {
    const socket = new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() });
    const connection = new WireConnection(socket as Socket);
    socket.push(bytes);
    return connection.recvFrame();
  };
  const start = (serverProperties: Buffer) =>
    frame(
      1,
      0,
      method(
        10,
        10,
        argument.octet(0),
        argument.octet(9),
        serverProperties,
        ...["PLAIN", "en_US"].map((text) => argument.bytes(Buffer.from(text))),
      ),
    );

  it.each<[string, Buffer, object]>([
    ["with 64-bit integers", table([["boot", field.L(2n ** 60n)]]), { boot: 2n ** 60n }],
    ["that cannot be read", table([["boot", Buffer.from("Z")]]), {}],
  ])("goes on with server properties %s", (_, bytes, serverProperties) => {
    expect(opening(start(bytes))).toMatchObject({
      id: 0x000a_000a,
      fields: { versionMajor: 0, versionMinor: 9, serverProperties, mechanisms: Buffer.from("PLAIN") },
    });
  });

  it("ends with the broker's reason when it refuses", () => {
    const close = method(
      10,
      50,
      argument.short(530),
      argument.text("NOT_ALLOWED - vhost x not found"),
      argument.long(0),
    );
    expect(() => opening(frame(1, 0, close))).toThrow(
      "the broker refused the connection: 530 NOT_ALLOWED - vhost x not found",
    );
  });

  it.each<[string, string, RegExp]>([
    ["an HTTP server", "HTTP/1.1 400 Bad Request\r\n\r\n", /it answered "HTTP\/1\.1 400 Bad Request"$/],
    ["a broker of another version", "AMQP\0\x01\0\0", /no AMQP 0-9-1 broker at this port: it answered "AMQP"$/],
  ])("ends at %s", (_, text, problem) => {
    expect(() => opening(Buffer.from(text, "latin1"))).toThrow(problem);
  });
});

describe("a message that is sent", () => {
  const text = fc.string({ unit: "grapheme", maxLength: 60 });
  /** What amqplib encodes as we do: it would write integers with fewer bits. */
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { depthSize: "small" },
      text,
      fc.boolean(),
      fc.constant(null),
      fc.double().filter((number) => !Number.isInteger(number) && Math.abs(number) < 2 ** 50),
      tie("list"),
      tie("table"),
    ),
    list: fc.array(tie("any"), { maxLength: 4 }),
    table: fc.dictionary(text, tie("any"), { maxKeys: 4 }),
  })).table;
  const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
  const props = fc.record({
    contentType: optional(text),
    contentEncoding: optional(text),
    headers: optional(value),
    deliveryMode: optional(fc.constantFrom(1, 2)),
    priority: optional(fc.nat(255)),
    correlationId: optional(text),
    replyTo: optional(text),
    expiration: optional(text),
    messageId: optional(text),
    timestamp: optional(fc.nat()),
    type: optional(text),
    userId: optional(text),
    appId: optional(text),
  });
  const sizes = fc.oneof(fc.nat(3000), fc.constantFrom(0, FRAME_MAX - 8, FRAME_MAX, 3 * FRAME_MAX));

  it("has the bytes that amqplib would send, where it can", () => {
    const [ours, theirs] = [connectionOn(), connectionOn(Connection)];
    fc.assert(
      fc.property(props, text, text, fc.boolean(), sizes, (given, exchange, routingKey, mandatory, size) => {
        // amqplib reads every field of the method.
        const fields = { ticket: undefined, exchange, routingKey, mandatory, immediate: false };
        const content = Buffer.alloc(size, "b");
        const bytes = [ours, theirs].map(({ connection, sent }) => {
          send(connection, given, content, fields);
          return sent();
        });
        expect(bytes[0]?.equals(bytes[1] as Buffer)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it("may have headers up to the broker's largest frame", () => {
    const { connection, sent } = connectionOn();
    const overhead = headerFrame({ headers: table([["h", field.S("")]]) }).length;
    const fits = { headers: { h: "x".repeat(FRAME_MAX - overhead) } };
    send(connection, fits);
    expect(sent()).toEqual(
      Buffer.concat([
        frame(1, 1, method(60, 40, argument.short(0), argument.text(""), argument.text("q"), argument.octet(0))),
        headerFrame({ headers: table([["h", field.S(fits.headers.h)]]) }),
        frame(3, 1, Buffer.from("hello")),
      ]),
    );
    expect(() => send(connection, { headers: { h: `${fits.headers.h}x` } })).toThrow(
      new HeadersTooLarge(FRAME_MAX + 1, FRAME_MAX),
    );
    expect(sent()).toEqual(Buffer.alloc(0));
  });

  it.each<[string, object, RegExp]>([
    ["a property that is too long", { correlationId: "é".repeat(128) }, /^the property correlationId takes 256 bytes/],
    ["a property of another type", { messageId: 5 }, /^the property messageId cannot be 5$/],
    ["a priority beyond a byte", { priority: 256 }, /^the property priority cannot be 256$/],
    ["a time before 1970", { timestamp: -1 }, /^the property timestamp cannot be -1$/],
    ["headers that are none", { headers: "no" }, /^the property headers cannot be no$/],
    [
      "a header that has no form",
      { headers: { a: { b: [() => 1] } } },
      /^header "a" cannot be sent: a function has no form/,
    ],
  ])("is refused with %s, and nothing of it is sent", (_, given, problem) => {
    const { connection, sent } = connectionOn();
    expect(() => send(connection, given)).toThrow(problem);
    expect(() => send(connection, given)).toThrow(EncodeError);
    expect(sent()).toEqual(Buffer.alloc(0));
    send(connection, {});
    expect(sent().length).toBeGreaterThan(0);
  });
});

describe("what is sent in one turn of the event loop", () => {
  const turn = () => new Promise((resolve) => setImmediate(resolve));

  it("goes out as one write, with what others add right before it", async () => {
    const { connection, written } = connectionOn();
    for (const text of ["a", "b"]) send(connection, {}, Buffer.from(text));
    (connection as WireConnection).beforeWrite(() => send(connection, {}, Buffer.from("c")));
    expect(written).toEqual([]);
    await turn();
    expect(written).toHaveLength(1);
    const bodies = ["a", "b", "c"].map((text) => frame(3, 1, Buffer.from(text)));
    expect(bodies.map((body) => written[0]?.includes(body))).toEqual([true, true, true]);
  });

  it("begins to go out earlier when it is much", () => {
    const { connection, written } = connectionOn();
    for (let sent = 0; sent < 100; sent += 1) send(connection, {}, Buffer.alloc(1000));
    expect(written).not.toEqual([]);
  });

  it("makes senders wait while the socket takes nothing, and tells them when it does", async () => {
    let take: () => void = () => undefined;
    const socket = new Duplex({
      read: () => undefined,
      write: (_chunk, _encoding, done) => {
        take = done;
      },
    });
    const connection = new WireConnection(socket as Socket);
    const drained: number[] = [];
    const channel = { onBufferDrain: () => drained.push(1) };
    Object.assign(connection, { frameMax: FRAME_MAX, channels: [null, { channel, buffer: {} }] });
    const publish = () => connection.sendMessage(1, 0, PUBLISH, 60, {}, Buffer.alloc(600_000));
    expect([publish(), publish()]).toEqual([true, false]);
    expect(drained).toEqual([]);
    while (socket.writableLength > 0) {
      take();
      await turn();
    }
    expect(drained).toEqual([1]);
  });
});

/**
 * Of these, each says what src/celery/amqp has its own codec for. When an upgrade of amqplib makes one fail, look whether
 * wire-connection.ts and amqplib-parts.ts are still needed.
 */
describe("amqplib itself", () => {
  const require = createRequire(import.meta.url);
  const lib = join(dirname(require.resolve("amqplib")), "lib");
  const codec = require(join(lib, "codec.js")) as {
    decodeFields(bytes: Buffer): Record<string, unknown>;
    encodeTable(buffer: Buffer, value: object, offset: number): number;
  };
  const decode = (bytes: Buffer) => codec.decodeFields(table([["x", bytes]]).subarray(4)).x;
  const encode = (value: unknown) => {
    const buffer = Buffer.alloc(1000);
    return buffer.subarray(0, codec.encodeTable(buffer, { x: value }, 0));
  };

  it("does not read the 64-bit integers of py-amqp", () => {
    expect(() => decode(field.L(1_795_691_318_276n))).toThrow('Unexpected type tag "L"');
  });

  it("rounds 64-bit integers, and decimals below zero", () => {
    expect(decode(field.l(2n ** 53n + 1n))).toBe(2 ** 53);
    expect(decode(field.D(0, -1))).toEqual({ "!": "decimal", value: { places: 0, digits: 2 ** 32 - 1 } });
  });

  it("reads past the end of a table", () => {
    expect(decode(Buffer.from([0x53, 0, 0, 0, 9]))).toBe("");
  });

  it("forgets the types of what it reads", () => {
    expect(encode(decode(field.d(5)))).toEqual(table([["x", field.b(5)]]));
    expect(encode(decode(field.u(5)))).toEqual(table([["x", field.b(5)]]));
  });

  it("writes no table beyond 64 KiB", () => {
    const { connection } = connectionOn(Connection);
    expect(() => send(connection, { headers: { h: "x".repeat(65_536) } })).toThrow(/exceeds the 65536 byte/);
  });

  it("names no reason when the broker refuses the last step of the handshake", () => {
    const { inspect } = require(join(lib, "format.js")) as { inspect(frame: object, showFields: boolean): string };
    const refused = { id: 0x000a_0032, channel: 0, fields: { replyCode: 530, replyText: "NOT_ALLOWED" } };
    expect(inspect(refused, false)).toBe("<ConnectionClose channel:0>");
  });
});
