import { readFileSync } from "node:fs";
import { deflateSync, gzipSync, inflateSync } from "node:zlib";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { compress, decompress, prepare } from "../../../../src/celery/protocol/compression.js";
import { BodyTooLarge, DecodeError, EncodeError } from "../../../../src/celery/protocol/errors.js";
import { bombs } from "../../../support/hostile/packers.js";

/** Made with Python's bz2, lzma and zstandard modules; `plain` is deflated. */
interface Sample {
  readonly name: string;
  readonly method: string;
  readonly packed: string;
  readonly plain: string;
}

const samples = JSON.parse(
  readFileSync(new URL("./compressed/python.json", import.meta.url), "utf8"),
) as readonly Sample[];
const bytes = (base64: string): Buffer => Buffer.from(base64, "base64");

beforeAll(() => prepare("zstd"));

describe("decompress", () => {
  it.each(samples)("reads $name", ({ method, packed, plain }) => {
    expect(decompress(bytes(packed), method).equals(inflateSync(bytes(plain)))).toBe(true);
  });

  it.each(["application/x-gzip", "gzip", "zlib"])("takes %s for a zlib stream, as Celery does", (name) => {
    expect(decompress(deflateSync(Buffer.from("x")), name).toString()).toBe("x");
    expect(() => decompress(gzipSync(Buffer.from("x")), name)).toThrow(DecodeError);
  });

  it("refuses methods it does not know", () => {
    expect(() => decompress(Buffer.from("x"), "application/x-nope")).toThrow(/unknown compression/);
  });

  it.each([
    { name: "gzip", packed: deflateSync(Buffer.alloc(100_000)) },
    { name: "brotli", packed: compress(Buffer.alloc(100_000), "brotli").body },
    ...samples
      .filter(({ name }) => name.includes("several"))
      .map(({ method, packed }) => ({ name: method, packed: bytes(packed) })),
  ])("stops $name at the limit", ({ name, packed }) => {
    expect(() => decompress(packed, name, 50_000)).toThrow(/exceeds 50000 bytes/);
  });

  it("ends with bytes or a DecodeError, whatever is damaged", () => {
    const damage = fc.record({
      sample: fc.constantFrom(...samples.filter(({ packed }) => packed.length < 4000)),
      at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      bit: fc.integer({ min: 0, max: 7 }),
      cut: fc.boolean(),
    });
    fc.assert(
      fc.property(damage, ({ sample, at, bit, cut }) => {
        const packed = bytes(sample.packed);
        const index = Math.floor(at * packed.length);
        packed[index] = (packed[index] ?? 0) ^ (1 << bit);
        try {
          decompress(cut ? packed.subarray(0, index) : packed, sample.method, 1_000_000);
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError);
        }
      }),
      { numRuns: 1500 },
    );
  });
});

describe("zstd", () => {
  // Made with the zstd tool, of the same text: a size with a checksum, a size alone, neither and a large window.
  const text = Array.from({ length: 40 }, (_, i) => `{"hand": ${i}, "equity": ${(i * 7919) % 1000}}`).join("");
  const checked = bytes(
    "KLUv/WQnA90FAOKIFxeQReloFV9CZoaZsfgySSllShvU7v8gBgfn7t120VPXLuOPjUxVW/nea1eqWfbauzUcYovFeGOdcywLWY6k9Uq+PTYsOqKy" +
      "GiPz/R6PB4DisEgUiBEohoAQEAMDCQhPqCGU1/tncKMUdAMQEGFEWeUDG9Ingdt+BW4ZEfDmEoxE9kvAgCBigOQjvqFUDuKwhwOHAA0FGJoW" +
      "DlN4CVEhIeFrbm6Q7ne79ZVxutOd7oSujapXXyUAXQX4lAyx",
  );
  const sized = Buffer.concat([checked.subarray(0, 4), Buffer.from([0x60]), checked.subarray(5, -4)]);
  const streamed = bytes(
    "KLUv/QSIjQUAoowdFKBbG2ykOl2WquLfXNk7Jei7qsIBD87P7d02z8tUJNd0bLV9mfo+tBiJSXWt7TVvnXuV7KhFUzPds+1dWbmlrDl26HTLOGJF" +
      "uhGrPrQ58y1PSMpRSOuVfHtsSEVHVFZjZL7f4/HRWCAYCkMAIBDAIFBIEA4BR0+oEaBsvn8G0FcDEBBhBAw+8JW5z4D5fGv0s39Qlee3Tj/+" +
      "yL6s6vl2tsNwCAqHgXekbOWyAcgq+JQMsQ==",
  );
  const skipped = Buffer.from("5a2a4d1803000000616263", "hex");
  const changed = (frame: Buffer, at: number, value: number): Buffer => {
    const copy = Buffer.from(frame);
    copy.writeUInt8(value, at);
    return copy;
  };
  const unpack = (packed: Buffer, maxBytes = 1_000_000): string => decompress(packed, "zstd", maxBytes).toString();

  it.each([
    ["a size and a checksum", checked],
    ["a size alone", sized],
    ["a checksum alone", streamed],
  ])("reads a frame with %s, up to the limit", (_, packed) => {
    expect(unpack(packed, text.length)).toBe(text);
    expect(() => unpack(packed, text.length - 1)).toThrow(BodyTooLarge);
  });

  it("reads every frame, and what stands between them is skipped", () => {
    expect(unpack(Buffer.concat([skipped, streamed, skipped, sized, checked, skipped]))).toBe(text.repeat(3));
    expect(() => unpack(Buffer.concat([checked, Buffer.from("and more")]))).toThrow(DecodeError);
  });

  it.each([
    ["with a size", checked],
    ["without", streamed],
  ])("gives the text or an error, whatever bit is flipped in a frame with a checksum: %s", (_, packed) => {
    let refused = 0;
    for (let bit = 0; bit < packed.length * 8; bit += 1) {
      const at = bit >>> 3;
      const flipped = changed(packed, at, (packed[at] ?? 0) ^ (1 << (bit & 7)));
      try {
        expect(unpack(flipped)).toBe(text);
      } catch (error) {
        expect(error).toBeInstanceOf(DecodeError);
        refused += 1;
      }
    }
    // A bit that is not used, of the header or of the tables, may be anything.
    expect(refused).toBeGreaterThan(packed.length * 8 * 0.95);
    const last = packed.length - 1;
    expect(() => unpack(changed(packed, last, (packed[last] ?? 0) ^ 1))).toThrow("checksum does not match");
  });

  it("refuses sizes that are not true, and windows that are too large", () => {
    expect(() => unpack(changed(sized, 5, 0x28))).toThrow(DecodeError);
    const huge = Buffer.from("28b52ffde0ffffffffffffff00", "hex");
    expect(() => unpack(Buffer.concat([huge, sized.subarray(7)]))).toThrow(DecodeError);
    expect(() => unpack(changed(streamed, 5, 0xff))).toThrow(DecodeError);
  });

  it("takes no more memory than the limit, whatever a frame says or holds", () => {
    const limit = 1_000_000;
    const bomb = bombs(120_000_000).find(({ compression }) => compression === "application/zstd");
    const packed = bomb?.packed ?? Buffer.alloc(0);
    // The same without its size, in a window of 128 MiB.
    const unsized = Buffer.concat([Buffer.from("28b52ffd0088", "hex"), packed.subarray(9)]);
    const taken = (): number => process.memoryUsage().external + process.memoryUsage().arrayBuffers;
    const before = taken();
    for (const body of [packed, unsized, Buffer.concat(Array(50).fill(unsized))]) {
      expect(() => unpack(body, limit)).toThrow(BodyTooLarge);
    }
    expect(taken() - before).toBeLessThan(20_000_000);
  });
});

describe("compress", () => {
  it.each([
    ["gzip", "application/x-gzip"],
    ["zlib", "application/x-gzip"],
    ["brotli", "application/x-brotli"],
  ])("writes %s under the header %s", (name, header) => {
    fc.assert(
      fc.property(fc.uint8Array(), (body) => {
        const packed = compress(Buffer.from(body), name);
        expect(packed.header).toBe(header);
        expect(decompress(packed.body, packed.header).equals(Buffer.from(body))).toBe(true);
      }),
    );
  });

  it.each(["bzip2", "lzma", "nope"])("refuses to write %s", (name) => {
    expect(() => compress(Buffer.from("x"), name)).toThrow(EncodeError);
  });
});
