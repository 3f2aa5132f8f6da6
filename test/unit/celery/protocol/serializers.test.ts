import { Packr } from "msgpackr";
import { describe, expect, it } from "vitest";
import { ContentDisallowed, DecodeError, EncodeError } from "../../../../src/celery/protocol/errors.js";
import {
  acceptedContentTypes,
  decodeBody,
  encodeBody,
  type Serializer,
} from "../../../../src/celery/protocol/serializers.js";
import { Decimal, Uuid } from "../../../../src/celery/protocol/typed-values.js";

const all = acceptedContentTypes(["json", "yaml", "msgpack", "raw"]);
const yaml = (text: string): unknown => decodeBody(Buffer.from(text), "application/x-yaml", "utf-8", all);

describe("decodeBody", () => {
  it.each([
    ["application/x-python-serialize", "pickle (application/x-python-serialize)"],
    ["text/plain", "text/plain (text/plain)"],
    ["application/json; charset=utf-8", "application/json; charset=utf-8 (application/json; charset=utf-8)"],
    ["APPLICATION/JSON", "APPLICATION/JSON (APPLICATION/JSON)"],
  ])("refuses %s with Celery's words", (contentType, words) => {
    const read = (): unknown => decodeBody(Buffer.from("1"), contentType, "utf-8", all);
    expect(read).toThrow(ContentDisallowed);
    expect(read).toThrow(`Refusing to deserialize untrusted content of type ${words}`);
  });

  it("refuses pickle even where it is accepted", () => {
    const accept = new Set(["pickle", "application/x-python-serialize"]);
    expect(() => decodeBody(Buffer.from("N."), "application/x-python-serialize", "binary", accept)).toThrow(
      ContentDisallowed,
    );
  });

  it.each([["application/data"], [undefined], [""]])("refuses unserialized content: type %s", (contentType) => {
    const accept = acceptedContentTypes(["json", "auth", "pickle"]);
    expect(() => decodeBody(Buffer.from("x"), contentType, "utf-8", accept)).toThrow(/signed \(auth\)/);
  });

  it("accepts serializers by name and by content type", () => {
    expect(decodeBody(Buffer.from("1"), "application/json", undefined, new Set(["json"]))).toBe(1);
    expect(decodeBody(Buffer.from("1"), "application/json", undefined, new Set(["application/json"]))).toBe(1);
    expect(() => decodeBody(Buffer.from("1"), "application/x-yaml", undefined, new Set(["json"]))).toThrow(
      ContentDisallowed,
    );
    expect(() => acceptedContentTypes(["jsn"])).toThrow(DecodeError);
  });

  it("refuses JSON and YAML that are not UTF-8", () => {
    const body = Buffer.from([0x22, 0xff, 0x22]);
    expect(() => decodeBody(body, "application/json", "utf-8", all)).toThrow(DecodeError);
    expect(() => decodeBody(body, "application/x-yaml", "utf-8", all)).toThrow(DecodeError);
  });

  it("reads raw content by its encoding", () => {
    const read = (encoding: string | undefined): unknown =>
      decodeBody(Buffer.from([0xe9]), "application/data", encoding, all);
    expect(read("binary")).toEqual(Buffer.from([0xe9]));
    expect(read("latin-1")).toBe("é");
    expect(() => read("utf-8")).toThrow(DecodeError);
    expect(() => read("klingon")).toThrow(/content encoding/);
  });
});

describe("YAML", () => {
  it("is read as PyYAML's safe_load reads it", () => {
    const text =
      "- - a\n  - yes\n  - 0x1F\n  - 1_000\n  - .nan\n  - 12345678901234567890\n  - 1.5\n- {k: ~}\n- !!binary aGk=\n";
    expect(yaml(text)).toEqual([
      ["a", true, 31, 1000, Number.NaN, 12345678901234567890n, 1.5],
      { k: null },
      Buffer.from("hi"),
    ]);
    expect(yaml("2024-01-02T03:04:05Z")).toEqual(new Date("2024-01-02T03:04:05Z"));
    expect(yaml("a: &x [1]\nb: *x\n")).toEqual({ a: [1], b: [1] });
  });

  it.each([
    "!!python/object/apply:os.system ['true']",
    "!!python/tuple [1]",
    "!custom 1",
    "a: [1",
    "a: *unknown",
    "- 1\n--- \n- 2",
    `a: &a [${"x,".repeat(9)}x]\n${"bcdefghi"
      .split("")
      .map((key, index) => `${key}: &${key} [${`*${"abcdefgh"[index]},`.repeat(9)}*${"abcdefgh"[index]}]`)
      .join("\n")}`,
    "[".repeat(20_000),
  ])("is refused: %.40s", (text) => {
    expect(() => yaml(text)).toThrow(DecodeError);
  });

  it("takes the last of equal keys, and places an error by line and column, as PyYAML does", () => {
    expect(yaml("a: 1\nb: 2\na: 3\n")).toEqual({ a: 3, b: 2 });
    expect(() => yaml("a: 1\nb: [1\nc: 2\n")).toThrow(/at line \d, column \d/);
  });

  it("reads integers of as many digits as Python does", () => {
    const digits = "7".repeat(4300);
    expect(yaml(`- ${digits}\n- -${digits}\n- +0x${"f".repeat(5000)}`)).toEqual([
      BigInt(digits),
      -BigInt(digits),
      BigInt(`0x${"f".repeat(5000)}`),
    ]);
    expect(() => yaml(`- ${digits}7`)).toThrow(/Exceeds the limit \(4300 digits\)/);
    expect(() => yaml(`- 1${":59".repeat(5000)}`)).toThrow(/sexagesimal/);
  });

  it("leaves prototypes alone", () => {
    const value = yaml("__proto__: {polluted: 1}\n") as object;
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

describe("msgpack", () => {
  it.each(["c1", "dc", "81a161", "d4ff", ""])("is refused when it is damaged: %s", (hex) => {
    expect(() => decodeBody(Buffer.from(hex, "hex"), "application/x-msgpack", "binary", all)).toThrow(DecodeError);
  });

  it("is refused when it nests without end", () => {
    const body = Buffer.alloc(200_000, 0x91);
    expect(() => decodeBody(body, "application/x-msgpack", "binary", all)).toThrow(DecodeError);
  });

  it.each(["Bbeiprstx"].flatMap((types) => [...types]))("is refused with the extension %s of the library", (type) => {
    const body = Buffer.from([0x91, 0xc7, 2, type.charCodeAt(0), 0x91, 1]);
    expect(() => decodeBody(body, "application/x-msgpack", "binary", all)).toThrow(DecodeError);
  });

  it("is refused when it nests deeper than Python's limit", () => {
    const nested = (depth: number): Buffer => Buffer.concat([Buffer.alloc(depth, 0x91), Buffer.from([1])]);
    const read = (depth: number): unknown => decodeBody(nested(depth), "application/x-msgpack", "binary", all);
    expect(() => read(1000)).not.toThrow();
    expect(() => read(1001)).toThrow(/1000 levels/);
  });

  it("is written as others read it: maps, arrays, no extensions", () => {
    const { body } = encodeBody([[1], { a: undefined, b: new Date(0), n: 2n ** 60n }, Buffer.from([1])], "msgpack");
    expect(new Packr({ useRecords: false, int64AsType: "bigint" }).unpack(body)).toEqual([
      [1],
      { b: "1970-01-01T00:00:00.000000+00:00", n: 2n ** 60n },
      Buffer.from([1]),
    ]);
  });
});

describe("encodeBody", () => {
  const value = [[1, "é", null, true, 1.5], { x: { y: [] } }, 12345678901234567890n];

  it.each<[Serializer, string, string]>([
    ["json", "application/json", "utf-8"],
    ["yaml", "application/x-yaml", "utf-8"],
    ["msgpack", "application/x-msgpack", "binary"],
  ])("writes %s that decodeBody reads back", (serializer, contentType, contentEncoding) => {
    const encoded = encodeBody(value, serializer);
    expect(encoded).toMatchObject({ contentType, contentEncoding });
    expect(decodeBody(encoded.body, contentType, contentEncoding, all)).toEqual(value);
  });

  it("writes raw text and bytes only", () => {
    expect(encodeBody("é", "raw")).toEqual({
      body: Buffer.from("é"),
      contentType: "application/data",
      contentEncoding: "utf-8",
    });
    expect(encodeBody(Buffer.from([255]), "raw")).toMatchObject({ contentEncoding: "binary" });
    expect(() => encodeBody({}, "raw")).toThrow(EncodeError);
  });

  it.each<Serializer>(["json", "yaml", "msgpack"])("refuses in %s what would lose its content", (serializer) => {
    for (const lost of [() => 1, Symbol("s"), new Map(), Promise.resolve(1)]) {
      expect(() => encodeBody([lost], serializer)).toThrow(EncodeError);
    }
  });

  it.each<Serializer>(["yaml", "msgpack"])("writes Python's types as text in %s", (serializer) => {
    const encoded = encodeBody([new Decimal("1.10"), new Uuid("00000000000000000000000000000005")], serializer);
    expect(decodeBody(encoded.body, encoded.contentType, encoded.contentEncoding, all)).toEqual([
      "1.10",
      "00000000-0000-0000-0000-000000000005",
    ]);
  });

  it("refuses a serializer that cannot be written", () => {
    expect(() => encodeBody(1, "pickle" as Serializer)).toThrow(EncodeError);
  });
});
