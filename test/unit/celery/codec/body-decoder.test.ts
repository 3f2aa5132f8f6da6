import { brotliCompressSync, deflateSync } from "node:zlib";
import { beforeAll, describe, expect, it } from "vitest";
import { BodyDecoder, type IncomingBody } from "../../../../src/celery/codec/body-decoder.js";
import { prepare } from "../../../../src/celery/protocol/compression.js";
import { BodyTooLarge, ProtocolError } from "../../../../src/celery/protocol/errors.js";
import { pythonRepr } from "../../../../src/celery/protocol/repr.js";
import { decodeBody } from "../../../../src/celery/protocol/serializers.js";
import { hostileBody, hostileBombs, hostileShapes } from "../../../support/hostile/bodies.js";
import { PACKERS } from "../../../support/hostile/packers.js";

const accept = new Set(["json", "yaml", "msgpack", "raw"]);
const decoder = new BodyDecoder();

function json(text: string, compression: string | null = null, body: Buffer = Buffer.from(text)): IncomingBody {
  return { body, contentType: "application/json", contentEncoding: "utf-8", compression };
}

function msgpack(body: Buffer): IncomingBody {
  return { body, contentType: "application/x-msgpack", contentEncoding: "binary" };
}

function yaml(text: string): IncomingBody {
  return { body: Buffer.from(text), contentType: "application/x-yaml", contentEncoding: "utf-8" };
}

async function read(incoming: IncomingBody, by = decoder): Promise<unknown> {
  return (by.now(incoming, accept) ?? (await by.later(incoming, accept))).value;
}

/** A value or an error's name and message. */
async function outcome(incoming: IncomingBody, by = decoder): Promise<unknown> {
  try {
    return await read(incoming, by);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return error;
  }
}

describe("now", () => {
  beforeAll(() => prepare("zstd"));

  it.each([
    ["JSON", json("[1]"), json(JSON.stringify("x".repeat(70_000)))],
    ["YAML", yaml("- 1\n"), yaml("- 1\n".repeat(1000))],
    ["msgpack", msgpack(Buffer.from([0x91, 1])), msgpack(Buffer.alloc(20_000, 1))],
    [
      "zlib",
      json("", "zlib", deflateSync(Buffer.from("[1]"))),
      json("", "zlib", deflateSync(Buffer.alloc(70_000, " "))),
    ],
    [
      "brotli",
      json("", "brotli", brotliCompressSync(Buffer.from("[1]"))),
      json("", "brotli", brotliCompressSync(Buffer.alloc(70_000, " "))),
    ],
    ["zstd", json("", "zstd", PACKERS["application/zstd"]?.(Buffer.from("[1]"))), hostileBombs()[2] as IncomingBody],
  ])("reads a small body of %s, and leaves a large one for later", async (_, small, large) => {
    await turn();
    expect(decoder.now(small, accept)?.value).toEqual([1]);
    expect(decoder.now(large, accept)).toBeNull();
  });

  it("reads no more in one turn of the event loop than one large body costs", async () => {
    await turn();
    const incoming = json(`[${"1,".repeat(25_000)}1]`);
    let count = 0;
    while (decoder.now(incoming, accept) !== null) count += 1;
    expect(count).toBeGreaterThan(5);
    expect(count).toBeLessThan(100);
    await turn();
    expect(decoder.now(incoming, accept)).not.toBeNull();
  });

  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
});

describe("later", () => {
  it.each(["application/x-gzip", "application/x-brotli", "application/zstd", "application/x-lzma", "none"])(
    "reads what is packed as %s",
    async (compression) => {
      const value = Array.from({ length: 20_000 }, (_, index) => ({ hand: `AhKd${index}`, equity: index / 3 }));
      const body = Buffer.from(JSON.stringify(value));
      const packed = PACKERS[compression]?.(body) ?? body;
      const incoming = json("", compression === "none" ? null : compression, packed);
      const { value: decoded, memory } = await decoder.later(incoming, accept);
      expect(decoded).toEqual(value);
      expect(memory).toBeGreaterThan(body.length / 2);
    },
  );

  it.each([
    [
      "YAML",
      yaml(
        `${"- {a: 1, b: [x, ~, yes, 2024-01-02T03:04:05Z, .nan, 12345678901234567890, !!binary aGk=]}\n".repeat(50)}`,
      ),
    ],
    ["YAML with keys of typed values", yaml(`${"#".repeat(3000)}\n__type__: zzz\n__value__: {__proto__: 1}\n`)],
    [
      "msgpack",
      msgpack(Buffer.from(`dd00000001dc4000${"93c4026869cf7fffffffffffffffcb7ff0000000000000".repeat(0x4000)}`, "hex")),
    ],
  ])("reads large %s as if it were small", async (_, incoming) => {
    const { value } = await decoder.later(incoming, accept);
    const { body, contentType, contentEncoding } = incoming;
    // Dates come back as the class that keeps their text.
    const expected = decodeBody(body, contentType, contentEncoding, accept);
    expect(JSON.stringify(value, digits) === JSON.stringify(expected, digits), pythonRepr(value)).toBe(true);
  });

  it("refuses what is larger than it may be, packed or not, and names the setting", async () => {
    const small = new BodyDecoder({ maxBytes: 64_000 });
    const large = JSON.stringify("x".repeat(70_000));
    for (const incoming of [
      json(large),
      json("", "zlib", deflateSync(Buffer.from(large))),
      json("", "xz", PACKERS["application/x-lzma"]?.(Buffer.from(large))),
      yaml("- 1\n".repeat(600)),
      msgpack(Buffer.alloc(17_000, 1)),
    ]) {
      await expect(small.later(incoming, accept)).rejects.toThrow(BodyTooLarge);
      await expect(small.later(incoming, accept)).rejects.toThrow(/maxBodyBytes/);
      expect(await outcome(incoming)).not.toBeInstanceOf(BodyTooLarge);
    }
  });

  it("gives up when it is told to", async () => {
    const controller = new AbortController();
    const reading = decoder.later(json(`[${"[],".repeat(2_000_000)}0]`), accept, controller.signal);
    const slow = decoder.later(yaml("- [a, {b: c}]\n".repeat(20_000)), accept, controller.signal);
    controller.abort(new Error("revoked"));
    for (const result of await Promise.allSettled([reading, slow]))
      expect(result).toMatchObject({ status: "rejected", reason: new Error("revoked") });
  });

  it("reads several at once, each to its end", async () => {
    const texts = Array.from({ length: 8 }, (_, index) => `[${`[${index}],`.repeat(100_000)}0]`);
    const values = await Promise.all(texts.map((text) => read(json(text))));
    for (const [index, value] of values.entries()) expect((value as unknown[])[99_999]).toEqual([index]);
  });
});

describe("hostile bodies", () => {
  it("of every shape and size end with a value or a ProtocolError of a short text", async () => {
    for (const size of [0, 100, 3000, 70_000]) {
      for (const body of hostileShapes(size)) {
        const result = await outcome(body);
        if (result instanceof ProtocolError) expect(result.message.length, body.name).toBeLessThan(500);
      }
    }
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  }, 300_000);

  it("that unpack to far more than they are stop at the limit", async () => {
    for (const bomb of hostileBombs()) {
      const before = process.memoryUsage().arrayBuffers;
      const result = await outcome(bomb);
      if (/bomb of (digits|32 MiB)/.test(bomb.name)) expect(result, bomb.name).toBeInstanceOf(BodyTooLarge);
      expect(process.memoryUsage().arrayBuffers - before, bomb.name).toBeLessThan(100 * 1024 * 1024);
    }
  }, 120_000);

  it("of many kinds, damaged and packed, end with a value or a ProtocolError", async () => {
    for (let n = 0; n < 1000; n++) await outcome(hostileBody(n));
  }, 300_000);
});

function digits(_: string, value: unknown): unknown {
  return typeof value === "bigint" || Number.isNaN(value) ? String(value) : value;
}
