import { readFileSync } from "node:fs";
import { deflateSync, gzipSync, inflateSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compress, decompress } from "../../../../src/celery/protocol/compression.js";
import { unpackZstd } from "../../../../src/celery/protocol/decompress/zstd.js";
import { DecodeError, EncodeError } from "../../../../src/celery/protocol/errors.js";

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

describe("decompress", () => {
  it.each(samples)("reads $name", ({ method, packed, plain }) => {
    expect(decompress(bytes(packed), method).equals(inflateSync(bytes(plain)))).toBe(true);
  });

  it.each(samples.filter(({ method }) => /zstd|zstandard/.test(method)))(
    "reads $name without Node's zlib",
    (sample) => {
      expect(unpackZstd(bytes(sample.packed), 1e8).equals(inflateSync(bytes(sample.plain)))).toBe(true);
    },
  );

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
