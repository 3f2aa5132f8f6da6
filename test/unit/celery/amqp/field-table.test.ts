import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_DEPTH, readTable } from "../../../../src/celery/amqp/field-reader.js";
import { FieldWriter } from "../../../../src/celery/amqp/field-writer.js";
import { DecodeError, EncodeError } from "../../../../src/celery/protocol/errors.js";
import { Decimal, Uuid } from "../../../../src/celery/protocol/typed-values.js";
import { selectFields } from "../../../../src/celery/protocol/wire-values.js";
import { type Fields, field, nested, table } from "../../../support/amqp-bytes.js";

const writer = new FieldWriter();

function write(value: object): Buffer {
  writer.clear();
  writer.table(value);
  return writer.copy();
}

/** As `toEqual`, which takes its time over bytes. */
const sameBytes = (actual: Buffer, expected: Buffer) => expect(actual.toString("hex")).toBe(expected.toString("hex"));

const read = (bytes: Buffer): Record<string, unknown> => readTable(bytes, 4);
const readOne = (bytes: Buffer): unknown => read(table([["x", bytes]])).x;
const writeOne = (value: unknown): Buffer => write({ x: value });

/** A field as its sender writes it, and what is read. */
interface Case {
  readonly bytes: Buffer;
  readonly value: unknown;
}

const bigOrNumber = (value: bigint) =>
  value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
const decimalText = (places: number, digits: number) => {
  const sign = digits < 0 ? "-" : "";
  const text = String(Math.abs(digits)).padStart(places + 1, "0");
  const [whole, fraction] = [text.slice(0, text.length - places), text.slice(text.length - places)];
  return places === 0 ? `${digits}` : `${sign}${whole}.${fraction}`;
};

const scalar: fc.Arbitrary<Case> = fc.oneof(
  fc.boolean().map((value) => ({ bytes: field.t(Number(value)), value })),
  fc.integer({ min: -128, max: 127 }).map((value) => ({ bytes: field.b(value), value })),
  fc.integer({ min: 0, max: 255 }).map((value) => ({ bytes: field.B(value), value })),
  fc.integer({ min: -32_768, max: 32_767 }).map((value) => ({ bytes: field.s(value), value })),
  fc.integer({ min: -32_768, max: 32_767 }).map((value) => ({ bytes: field.U(value), value })),
  fc.integer({ min: 0, max: 65_535 }).map((value) => ({ bytes: field.u(value), value })),
  fc.integer().map((value) => ({ bytes: field.I(value), value })),
  fc.integer({ min: 0, max: 2 ** 32 - 1 }).map((value) => ({ bytes: field.i(value), value })),
  fc
    .bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
    .map((value) => ({ bytes: field.l(value), value: bigOrNumber(value) })),
  fc
    .bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
    .map((value) => ({ bytes: field.L(value), value: bigOrNumber(value) })),
  fc.float().map((value) => ({ bytes: field.f(value), value })),
  fc.oneof(fc.double(), fc.integer(), fc.constantFrom(1e308, -0, 5)).map((value) => ({ bytes: field.d(value), value })),
  fc
    .tuple(fc.integer({ min: 0, max: 30 }), fc.integer())
    .map(([places, digits]) => ({ bytes: field.D(places, digits), value: new Decimal(decimalText(places, digits)) })),
  fc.string({ unit: "binary" }).map((value) => ({ bytes: field.S(value), value })),
  fc.uint8Array().map((bytes) => ({ bytes: field.x(Buffer.from(bytes)), value: Buffer.from(bytes) })),
  fc.bigInt({ min: 0n, max: 8_640_000_000_000n }).map((seconds) => ({
    bytes: field.T(seconds),
    value: new Date(Number(seconds) * 1000),
  })),
  fc.bigInt({ min: 8_640_000_000_001n, max: 2n ** 64n - 1n }).map((seconds) => ({
    bytes: field.T(seconds),
    value: bigOrNumber(seconds),
  })),
  fc.constant({ bytes: field.V(), value: null }),
);

/** Names that JavaScript does not sort before others. */
const name = fc
  .string({ unit: "grapheme", maxLength: 20 })
  .filter((text) => !/^\d+$/.test(text) && Buffer.byteLength(text) < 256);

const anyField: fc.Arbitrary<Case> = fc.letrec<{ field: Case; table: Case; array: Case }>((tie) => ({
  field: fc.oneof({ depthSize: "small", withCrossShrink: true }, scalar, tie("table"), tie("array")),
  table: fc.uniqueArray(fc.tuple(name, tie("field")), { selector: ([key]) => key, maxLength: 6 }).map((fields) => ({
    bytes: field.F(fields.map(([key, { bytes }]) => [key, bytes])),
    value: tableOf(fields),
  })),
  array: fc.array(tie("field"), { maxLength: 6 }).map((items) => ({
    bytes: field.A(items.map(({ bytes }) => bytes)),
    value: items.map(({ value }) => value),
  })),
})).field;

const anyTable = fc.uniqueArray(fc.tuple(name, anyField), { selector: ([key]) => key, maxLength: 12 });

function tableOf(fields: readonly (readonly [string, Case])[]): Record<string, unknown> {
  const value: Record<string, unknown> = {};
  for (const [key, { value: member }] of fields)
    Object.defineProperty(value, key, { value: member, enumerable: true, writable: true, configurable: true });
  return value;
}

/** What can be seen of a value: names, types and values, without how they were sent. */
function visible(value: unknown): unknown {
  if (Buffer.isBuffer(value)) return { bytes: value.toString("hex") };
  if (value instanceof Date) return { date: value.getTime() };
  if (value instanceof Decimal) return { decimal: value.text };
  if (Array.isArray(value)) return value.map(visible);
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : value;
  if (typeof value !== "object" || value === null) return value;
  return Object.entries(value).map(([key, member]) => [key, visible(member)]);
}

describe("a table", () => {
  it("of fields of every type is read, and written again byte for byte, also when it was copied", () => {
    fc.assert(
      fc.property(anyTable, (fields) => {
        const bytes = table(fields.map(([key, { bytes }]) => [key, bytes]));
        const value = read(bytes);
        expect(visible(value)).toEqual(visible(tableOf(fields)));
        sameBytes(write(value), bytes);
        sameBytes(write({ ...value }), bytes);
        sameBytes(write(Object.create(value)), bytes);
        const rest = fields.slice(1).map(([key, field]) => [key, field.bytes] as const);
        if (fields.length > 0) sameBytes(write(selectFields(value, (key) => key !== fields[0]?.[0])), table(rest));
      }),
      { numRuns: 300 },
    );
  });

  it("that is cut short anywhere, or has a wrong byte, is read or refused with a DecodeError", () => {
    const readsOrRefuses = (bytes: Buffer) => {
      try {
        write(readTable(bytes));
      } catch (error) {
        if (!(error instanceof DecodeError || error instanceof EncodeError)) throw error;
      }
    };
    fc.assert(
      fc.property(anyTable, fc.nat(), fc.nat(255), (fields, at, octet) => {
        const bytes = table(fields.map(([key, { bytes }]) => [key, bytes])).subarray(4);
        readsOrRefuses(Buffer.from(bytes.subarray(0, at % (bytes.length + 1))));
        const damaged = Buffer.from(bytes);
        if (damaged.length > 0) damaged[at % damaged.length] = octet;
        readsOrRefuses(damaged);
      }),
      { numRuns: 500 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => readsOrRefuses(Buffer.from(bytes))),
      {
        numRuns: 500,
      },
    );
  });

  it.each<[string, Buffer, unknown]>([
    ["L of a time in milliseconds", field.L(1_795_691_318_276n), 1_795_691_318_276],
    ["L at its ends", field.L(2n ** 63n - 1n), 2n ** 63n - 1n],
    ["L below zero", field.L(-(2n ** 63n)), -(2n ** 63n)],
    ["l just beyond what a number holds", field.l(2n ** 53n + 1n), 2n ** 53n + 1n],
    ["b below zero", field.b(-3), -3],
    ["s beyond a byte", field.s(300), 300],
    ["i beyond 31 bits", field.i(4_294_967_295), 4_294_967_295],
    ["a double without a fraction", field.d(1e308), 1e308],
    ["a decimal below zero", field.D(2, -110), new Decimal("-1.10")],
    ["a decimal with more places than digits", field.D(4, 5), new Decimal("0.0005")],
    ["a decimal of very many places", field.D(200, 5), new Decimal("5E-200")],
    ["a time", field.T(1_795_464_304n), new Date("2026-11-23T20:05:04Z")],
    ["a time no Date can hold", field.T(2n ** 64n - 1n), 2n ** 64n - 1n],
    ["text that is no UTF-8", field.S(Buffer.from([0xff, 0xfe])), Buffer.from([0xff, 0xfe])],
    ["a replacement character that was sent as such", field.S("\uFFFD"), "\uFFFD"],
  ])("reads %s", (_, bytes, value) => {
    expect(visible(readOne(bytes))).toEqual(visible(value));
    sameBytes(write(read(table([["x", bytes]]))), table([["x", bytes]]));
  });

  it("keeps names that are no UTF-8, and a name that JavaScript gives a meaning to", () => {
    const fields: Fields = [
      [Buffer.from([0x6b, 0xff]), field.S("v")],
      ["__proto__", field.F([["polluted", field.I(1)]])],
      ["constructor", field.I(2)],
    ];
    const value = read(table(fields));
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect((value as { polluted?: unknown }).polluted).toBeUndefined();
    expect(Object.keys(value)).toEqual(["k\uFFFD", "__proto__", "constructor"]);
    expect(write({ ...value })).toEqual(table(fields));
  });

  it("is written anew where a value was replaced, and as it came elsewhere", () => {
    const value = read(
      table([
        ["a", field.d(5)],
        ["b", field.b(7)],
        ["c", field.L(9n)],
      ]),
    );
    expect(write({ ...value, b: 8, d: 1 })).toEqual(
      table([
        ["a", field.d(5)],
        ["b", field.I(8)],
        ["c", field.L(9n)],
        ["d", field.I(1)],
      ]),
    );
    const list = read(table([["x", field.A([field.b(1), field.s(2), field.d(3)])]])).x as number[];
    list[1] = 4;
    expect(writeOne(list)).toEqual(table([["x", field.A([field.b(1), field.I(4), field.d(3)])]]));
  });

  it.each<[string, Buffer, RegExp]>([
    ["an unknown type", Buffer.from("Zabc"), /^field "x" cannot be read: its type "Z" \(0x5a\) is not known$/],
    ["a type that is no letter", Buffer.from([0x01, 0x02]), /its type 0x01 is not known$/],
    ["text longer than the table", Buffer.from([0x53, 0xff, 0xff, 0xff, 0xff]), /it is cut short$/],
    ["an array longer than the table", Buffer.from([0x41, 0, 0, 0, 9]), /it is cut short$/],
    ["an integer that is cut short", Buffer.from([0x4c, 0, 0]), /it is cut short$/],
    ["no type", Buffer.alloc(0), /its name is cut short$/],
    ["a field that reaches over the end of its table", field.F([]).fill(2, 4), /cannot be read/],
    [
      "a table in a table that is cut short",
      Buffer.from([0x46, 0, 0, 0, 3, 1, 0x79, 0x49, 0, 0, 0, 1]),
      /it is cut short$/,
    ],
    ["an unknown type in an array in a table", field.A([Buffer.from("Q")]), /^field "x" .* "Q"/],
    ["nesting without end", nested(20_000), /^field "n" cannot be read: it is nested deeper than 1000 levels$/],
  ])("with %s is refused, and says which field it is", (_, bytes, problem) => {
    expect(() => readOne(bytes)).toThrow(problem);
    expect(() => readOne(bytes)).toThrow(DecodeError);
  });

  it("may be nested as deep as Python reads it, and be written again one level deeper", () => {
    const bytes = nested(MAX_DEPTH);
    const value = readOne(bytes);
    sameBytes(writeOne({ kept: value }), table([["x", field.F([["kept", bytes]])]]));
  });

  it("as large as a frame is read in one go, whatever fills it", () => {
    const size = 131_000;
    const fill = (part: Buffer) => Buffer.concat(Array.from({ length: Math.floor(size / part.length) }, () => part));
    expect(Object.keys(readTable(fill(Buffer.concat([Buffer.from([0]), field.V()]))))).toEqual([""]);
    expect(readOne(field.A(Array.from({ length: size }, () => field.V())))).toHaveLength(size);
    const names = Array.from({ length: 20_000 }, (_, index) => [`n${index}`, field.b(1)] as const);
    sameBytes(write(read(table(names))), table(names));
    expect(readOne(field.S("x".repeat(size)))).toBe("x".repeat(size));
  });
});

describe("what is written", () => {
  it.each<[string, unknown, Buffer]>([
    ["a small integer", 3, field.I(3)],
    ["an integer below zero", -3, field.I(-3)],
    ["an integer of 16 bits", 300, field.I(300)],
    ["the largest of 32 bits", 2 ** 31 - 1, field.I(2 ** 31 - 1)],
    ["the smallest of 32 bits", -(2 ** 31), field.I(-(2 ** 31))],
    ["one that needs 64 bits", 2 ** 31, field.l(2n ** 31n)],
    ["one below zero that needs 64 bits", -(2 ** 31) - 1, field.L(-(2n ** 31n) - 1n)],
    ["a bigint", 2n ** 63n - 1n, field.l(2n ** 63n - 1n)],
    ["a bigint below zero", -(2n ** 63n), field.L(-(2n ** 63n))],
    ["a small bigint", 5n, field.I(5)],
    ["a fraction", 0.5, field.d(0.5)],
    ["a double without a fraction", 1e308, field.d(1e308)],
    ["no number", Number.NaN, field.d(Number.NaN)],
    ["text", "ä€😀", field.S("ä€😀")],
    ["long text", "é".repeat(300), field.S("é".repeat(300))],
    ["bytes", Buffer.from([1, 2]), field.x(Buffer.from([1, 2]))],
    ["a time", new Date("2026-11-23T20:05:04.900Z"), field.T(1_795_464_304n)],
    ["a decimal", new Decimal("-1.10"), field.D(2, -110)],
    ["a UUID", new Uuid("0".repeat(32)), field.S("00000000-0000-0000-0000-000000000000")],
    ["null and what is undefined in a list", [null, undefined], field.A([field.V(), field.V()])],
    [
      "nested integers",
      { a: [1, { b: 128 }] },
      field.F([["a", field.A([field.I(1), field.F([["b", field.I(128)]])])]]),
    ],
    [
      "a table that looks like amqplib's way to name a type",
      { "!": "int", value: 1 },
      field.F([
        ["!", field.S("int")],
        ["value", field.I(1)],
      ]),
    ],
  ])("of %s is what Python reads", (_, value, bytes) => {
    expect(writeOne(value)).toEqual(table([["x", bytes]]));
  });

  it.each<[string, unknown, RegExp]>([
    ["an integer of 65 bits", 2n ** 63n, /^header "x" cannot be sent: an integer of more than 64 bits/],
    ["a function", () => 1, /a function has no form/],
    ["a Map", new Map(), /an object of class Map has no form/],
    ["a time before 1970", new Date(-5000), /before 1970/],
    ["a decimal of many digits", new Decimal("12345678901.5"), /needs more than 32 bits/],
    ["a decimal that is no number", new Decimal("NaN"), /needs more than 32 bits/],
    ["a long name", { ["n".repeat(256)]: 1 }, /its name takes 256 bytes: AMQP allows 255/],
  ])("is never %s", (_, value, problem) => {
    expect(() => writeOne(value)).toThrow(problem);
    expect(() => writeOne(value)).toThrow(EncodeError);
  });

  it("is never an object that holds itself", () => {
    const cycle: Record<string, unknown> = {};
    cycle.self = [cycle];
    expect(() => writeOne(cycle)).toThrow(/holds itself/);
  });

  it("leaves out what is undefined, and grows beyond 64 KiB", () => {
    sameBytes(write({ a: undefined, b: "x".repeat(200_000) }), table([["b", field.S("x".repeat(200_000))]]));
  });
});
