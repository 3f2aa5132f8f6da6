import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DecodeError, EncodeError } from "../../../../src/celery/protocol/errors.js";
import { parseJson } from "../../../../src/celery/protocol/json.js";
import { readPickle } from "../../../../src/celery/protocol/pickle-read.js";
import { writePickle } from "../../../../src/celery/protocol/pickle-write.js";

/** Made with Python's pickle module. */
interface Samples {
  readonly plain: ReadonlyArray<{ readonly name: string; readonly pickle: string; readonly json: string }>;
  readonly refused: ReadonlyArray<{ readonly name: string; readonly pickle: string }>;
}

const samples = JSON.parse(readFileSync(new URL("./pickles.json", import.meta.url), "utf8")) as Samples;

describe("readPickle", () => {
  it.each(samples.plain)("reads Python's $name", ({ pickle, json }) => {
    const value = readPickle(Buffer.from(pickle, "base64"));
    const expected = parseJson(json);
    // 2**53 fits a number; as JSON text it is taken for a long integer.
    expect(JSON.stringify(value, digits)).toBe(JSON.stringify(expected, digits));
  });

  it.each(samples.refused)("refuses $name", ({ pickle }) => {
    expect(() => readPickle(Buffer.from(pickle, "base64"))).toThrow(DecodeError);
  });

  it("reads bytes", () => {
    // Protocol 5: SHORT_BINBYTES, and BYTEARRAY8.
    expect(readPickle(Buffer.from("8005430361ff622e", "hex"))).toEqual(Buffer.from([0x61, 0xff, 0x62]));
    expect(readPickle(Buffer.from("80059602000000000000006162942e", "hex"))).toEqual(Buffer.from("ab"));
  });

  it("reads the integers of protocol 0 up to as many digits as Python does", () => {
    const digits = "7".repeat(4300);
    expect(readPickle(Buffer.from(`L${digits}L\n.`))).toBe(BigInt(digits));
    expect(() => readPickle(Buffer.from(`L${digits}7L\n.`))).toThrow(/Exceeds the limit \(4300 digits\)/);
    expect(() => readPickle(Buffer.from(`I${"7".repeat(1_000_000)}\n.`))).toThrow(/value has 1000000 digits/);
  });

  it("ends with a value or a DecodeError, whatever the bytes", () => {
    const opcodes = fc.array(
      fc.constantFrom(
        ...Buffer.from(
          "(.]})NJKMXUVlteasud012pqrghjGFIL\x80\x85\x86\x87\x88\x89\x8a\x8b\x8c\x8d\x8e\x8f\x90\x91\x94\x95\x96",
          "latin1",
        ),
      ),
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          opcodes.map((codes) => Uint8Array.from(codes)),
        ),
        (bytes) => {
          try {
            readPickle(Buffer.from([...bytes, 0x2e]));
          } catch (error) {
            expect(error).toBeInstanceOf(DecodeError);
          }
        },
      ),
      { numRuns: 3000 },
    );
  });
});

describe("writePickle", () => {
  it("writes what readPickle reads back", () => {
    const value = fc.letrec((tie) => ({
      node: fc.oneof(
        { maxDepth: 4 },
        fc.string({ unit: "grapheme" }),
        fc.double(),
        fc.integer(),
        fc.maxSafeInteger(),
        fc.bigInt({ min: 2n ** 53n, max: 2n ** 900n }),
        fc.boolean(),
        fc.constant(null),
        fc.uint8Array().map((bytes) => Buffer.from(bytes)),
        fc.array(tie("node"), { maxLength: 4 }),
        fc.dictionary(fc.string(), tie("node"), { maxKeys: 4, noNullPrototype: true }),
      ),
    })).node;
    fc.assert(
      fc.property(value, (plain) => {
        expect(readPickle(writePickle(plain))).toEqual(plain);
      }),
    );
  });

  it.each([
    [undefined, null],
    [[undefined], [null]],
    [{ a: undefined }, {}],
    [new Date(0), "1970-01-01T00:00:00.000000+00:00"],
    [{ toJSON: () => [1] }, [1]],
    [new Float64Array([1.5]), [1.5]],
  ])("writes %o as %o", (value, plain) => {
    expect(readPickle(writePickle(value))).toEqual(plain);
  });

  it("writes integers of any size", () => {
    for (let bits = 0n; bits < 20_000n; bits += 61n) {
      for (const value of [1n << bits, -(1n << bits), (1n << bits) - 1n, -(1n << bits) - 1n]) {
        expect(BigInt(readPickle(writePickle(value)) as bigint)).toBe(value);
      }
    }
  });

  const cycle: unknown[] = [];
  cycle.push(cycle);
  it.each<[string, unknown]>([
    ["a function", () => 1],
    ["a symbol", Symbol("s")],
    ["a Map", new Map()],
    ["a cycle", cycle],
    ["a Promise", Promise.resolve()],
  ])("refuses %s", (_, value) => {
    expect(() => writePickle(value)).toThrow(EncodeError);
  });
});

function digits(_: string, value: unknown): unknown {
  return typeof value === "bigint" || typeof value === "number" ? String(value) : value;
}
