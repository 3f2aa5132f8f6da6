import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DecodeError, EncodeError } from "../../../../src/celery/protocol/errors.js";
import { parseJson, stringifyJson } from "../../../../src/celery/protocol/json.js";
import { PythonDateTime } from "../../../../src/celery/protocol/time.js";
import { Decimal, PythonDate, PythonTime, Uuid } from "../../../../src/celery/protocol/typed-values.js";

describe("parseJson", () => {
  it("reads what JSON.parse reads, with the same value", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        fc.pre(!/\d{16}/.test(text));
        expect(parseJson(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  it("reads Python's words for numbers outside of JSON", () => {
    expect(parseJson('[NaN, Infinity, -Infinity, {"a": NaN}]')).toEqual([
      Number.NaN,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      { a: Number.NaN },
    ]);
  });

  it.each([
    ["12345678901234567890", 12345678901234567890n],
    ["-9007199254740993", -9007199254740993n],
    ["[9007199254740991]", [9007199254740991]],
    ['{"ns":1700000000000000001}', { ns: 1700000000000000001n }],
    ["0.1234567890123456789", Number("0.1234567890123456789")],
    ["12345678901234567890.5", Number("12345678901234567890.5")],
    ["1e400", Number.POSITIVE_INFINITY],
  ])("keeps the digits of %s", (text, value) => {
    expect(parseJson(text)).toEqual(value);
  });

  it("keeps the digits of an integer wherever it stands in a text", () => {
    for (let before = 0; before < 40; before += 1) {
      const text = (digits: string) => `[${"7,".repeat(before % 3)}"${"x".repeat(before)}",${digits},1]`;
      expect((parseJson(text("9007199254740993")) as unknown[]).at(-2)).toBe(9007199254740993n);
      expect((parseJson(text("900719925474099")) as unknown[]).at(-2)).toBe(900719925474099);
    }
  });

  it("keeps text beside long integers", () => {
    expect(parseJson('["1234567890123456789", "a\\"b\\\\", 12345678901234567890, "\\ud83d\\ude00"]')).toEqual([
      "1234567890123456789",
      'a"b\\',
      12345678901234567890n,
      "😀",
    ]);
  });

  it.each(['{"__proto__": {"polluted": true}}', '{"__proto__": {"polluted": true}, "n": 12345678901234567890}'])(
    "takes __proto__ in %s as an ordinary key",
    (text) => {
      const value = parseJson(text) as object;
      expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
      expect(Object.keys(value)).toContain("__proto__");
      expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    },
  );

  it("reads kombu's typed values at any depth", () => {
    const text = `[{"a": {"__type__": "datetime", "__value__": "2024-01-02T03:04:05.000006+00:00"}},
      {"__type__": "date", "__value__": "2024-01-02"}, {"__type__": "time", "__value__": "01:02:03"},
      {"__type__": "decimal", "__value__": "1.10"},
      {"__type__": "uuid", "__value__": {"hex": "00000000000000000000000000000005"}},
      {"__type__": "bytes", "__value__": "abc"}, {"__type__": "base64", "__value__": "//4="}]`;
    expect(parseJson(text)).toEqual([
      { a: new PythonDateTime("2024-01-02T03:04:05.000006+00:00") },
      new PythonDate("2024-01-02"),
      new PythonTime("01:02:03"),
      new Decimal("1.10"),
      new Uuid("00000000-0000-0000-0000-000000000005"),
      Buffer.from("abc"),
      Buffer.from([0xff, 0xfe]),
    ]);
  });

  it("leaves objects with further keys alone", () => {
    expect(parseJson('{"__type__": "zzz", "__value__": 1, "x": 2}')).toEqual({ __type__: "zzz", __value__: 1, x: 2 });
  });

  it.each([
    '{"__type__": "zzz", "__value__": 1}',
    '{"__type__": "datetime", "__value__": "yesterday"}',
    '{"__type__": "datetime", "__value__": 5}',
    '{"__type__": "uuid", "__value__": {"hex": "xyz"}}',
    '{"__type__": "base64", "__value__": "?"}',
    '{"__type__": "decimal", "__value__": "1.1.1"}',
    '{"__type__": null, "__value__": 1}',
    "{bad",
    "",
    "[1,]",
    "[NaN,]",
    "nan",
    "[NaN 1]",
    '{"a": NaN "b": 1}',
    "{NaN: 1}",
    '["\\x", NaN]',
    '["unterminated, NaN',
    "NaNNaN",
    "-",
    "[01, NaN]",
    "\uFEFF1",
  ])("refuses %s", (text) => {
    expect(() => parseJson(text)).toThrow(DecodeError);
  });

  it("reads integers of as many digits as Python does, and refuses more in its words", () => {
    for (const sign of ["", "-"]) {
      const digits = `${sign}${"7".repeat(4300)}`;
      expect(parseJson(`[${digits}]`)).toEqual([BigInt(digits)]);
      expect(() => parseJson(`[${digits}7]`)).toThrow(
        "Exceeds the limit (4300 digits) for integer string conversion: value has 4301 digits",
      );
    }
    expect(() => parseJson("7".repeat(16_000_000))).toThrow(/value has 16000000 digits/);
    // A float may have more.
    expect(parseJson(`1.${"7".repeat(10_000)}`)).toBe(Number(`1.${"7".repeat(20)}`));
  });

  it.each([
    ["decimal", `${"1".repeat(1_000_000)}x`],
    ["datetime", `2024-01-01${" ".repeat(1_000_000)}`],
    ["base64", `${"A".repeat(1_000_000)}?`],
    ["uuid", "-".repeat(1_000_000)],
    ["date", "1".repeat(1_000_000)],
    ["x".repeat(1_000_000), "1"],
  ])("refuses a hostile value tagged %.10s with a short reason", (type, value) => {
    const text = JSON.stringify([{ __type__: type, __value__: value }]);
    let reason = "";
    try {
      parseJson(text);
    } catch (error) {
      expect(error).toBeInstanceOf(DecodeError);
      reason = String(error);
    }
    expect(reason.length).toBeGreaterThan(20);
    expect(reason.length).toBeLessThan(300);
  });

  it.each([
    ["[", "]"],
    ['{"a":', "}"],
  ])("refuses nesting of %s deeper than Python's limit, however deep", (open, close) => {
    const nested = (depth: number): string => `${open.repeat(depth)}1${close.repeat(depth)}`;
    expect(() => parseJson(nested(1000))).not.toThrow();
    for (const depth of [1001, 100_000]) expect(() => parseJson(nested(depth))).toThrow(/1000 levels/);
    expect(() => parseJson(open.repeat(500_000))).toThrow(DecodeError);
  });

  it("does not count brackets in text as nesting", () => {
    const text = JSON.stringify(["[".repeat(5000), '\\"[', "{\\".repeat(3000), [[1]]]);
    expect(parseJson(text)).toEqual(JSON.parse(text));
  });

  it("ends with a value or a DecodeError, whatever the text", () => {
    const piece = fc.constantFrom(
      "[",
      "]",
      "{",
      "}",
      '"',
      "\\",
      ",",
      ":",
      "NaN",
      "Infinity",
      "-",
      "1234567890123456789",
      '"__type__"',
      '"__value__"',
      '"date"',
      "null",
      " ",
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(piece, { maxLength: 30 }).map((parts) => parts.join("")),
        ),
        (text) => {
          try {
            parseJson(text);
          } catch (error) {
            expect(error).toBeInstanceOf(DecodeError);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe("stringifyJson", () => {
  const ordinary = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as unknown);
  const special = fc.oneof(
    fc.constantFrom<unknown>(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
    fc.bigInt().filter((value) => !Number.isSafeInteger(Number(value))),
    fc.uint8Array().map((bytes) => Buffer.from(bytes)),
    fc.uuid().map((text) => new Uuid(text)),
    fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true }),
  );

  it("writes values that parseJson reads back", () => {
    const tree = fc.letrec((tie) => ({
      node: fc.oneof(
        { maxDepth: 4 },
        ordinary,
        special,
        fc.array(tie("node"), { maxLength: 4 }),
        fc.dictionary(fc.string(), tie("node"), { maxKeys: 4 }),
      ),
    })).node;
    fc.assert(
      fc.property(tree, (value) => {
        const read = parseJson(stringifyJson(value));
        // Equality of the texts covers dates, which come back as their subclass.
        expect(parseJson(stringifyJson(read))).toEqual(read);
        expect(stringifyJson(read)).toBe(stringifyJson(value));
      }),
    );
  });

  it.each<[unknown, string]>([
    [undefined, "null"],
    [[undefined, Number.NaN], "[null,NaN]"],
    [{ a: undefined, b: -Infinity }, '{"b":-Infinity}'],
    [2n ** 70n, "1180591620717411303424"],
    [[-(10n ** 4300n) + 1n], `[-${"9".repeat(4300)}]`],
    [new Float64Array([1.5, Number.NaN]), "[1.5,NaN]"],
    [[Object.assign(Object.create(null), { a: 1n })], '[{"a":1}]'],
    [{ toJSON: () => ({ x: 1 }) }, '{"x":1}'],
    ["\ud800", '"\\ud800"'],
    [new Date(5), '{"__type__":"datetime","__value__":"1970-01-01T00:00:00.005000+00:00"}'],
    [Buffer.from("é"), '{"__type__":"bytes","__value__":"é"}'],
    [new Uint8Array([255]), '{"__type__":"base64","__value__":"/w=="}'],
    [
      new Uuid("00000000-0000-0000-0000-00000000000A"),
      '{"__type__":"uuid","__value__":{"hex":"0000000000000000000000000000000a"}}',
    ],
    [new Decimal("1.10"), '{"__type__":"decimal","__value__":"1.10"}'],
    [new PythonDate("2024-01-02"), '{"__type__":"date","__value__":"2024-01-02"}'],
    [new PythonTime("01:02:03"), '{"__type__":"time","__value__":"01:02:03"}'],
  ])("writes %o as %s", (value, text) => {
    expect(stringifyJson(value)).toBe(text);
  });

  it("writes plain text for kombu before 5.3", () => {
    const value = [new Date(5), new Decimal("1.10"), new Uuid("00000000-0000-0000-0000-000000000005")];
    expect(JSON.parse(stringifyJson(value, { typedValues: false }))).toEqual([
      "1970-01-01T00:00:00.005000+00:00",
      "1.10",
      "00000000-0000-0000-0000-000000000005",
    ]);
    expect(() => stringifyJson(Buffer.from("x"), { typedValues: false })).toThrow(EncodeError);
  });

  it("keeps the microseconds of a datetime that is passed on", () => {
    const text = '{"__type__":"datetime","__value__":"2024-01-02T03:04:05.000006"}';
    const date = parseJson(text) as Date;
    expect(stringifyJson(date)).toBe(text);
    date.setTime(0);
    expect(stringifyJson(date)).toContain("1970-01-01T00:00:00.000000+00:00");
  });

  const cycle: Record<string, unknown> = {};
  cycle.self = [cycle];
  it.each<[string, unknown, RegExp]>([
    ["a function", { f: () => 1 }, /function.*\.f/],
    ["a symbol", [Symbol("s")], /symbol.*\[0\]/],
    ["a cycle", cycle, /contains itself/],
    ["a Map", new Map([[1, 2]]), /Map/],
    ["a Set", new Set([1]), /Set/],
    ["a Promise", Promise.resolve(1), /await/],
    ["an Error", new Error("x"), /Error/],
    ["an invalid date", new Date(Number.NaN), /date/i],
    ["a far date", new Date(8e15), /date/i],
    ["an integer that Python cannot write", [10n ** 4300n], /Exceeds the limit \(4300 digits\)/],
    ["deep nesting", Array.from({ length: 2000 }).reduce<unknown>((inner) => [inner], 1), /nested deeper/],
  ])("refuses %s", (_, value, message) => {
    expect(() => stringifyJson(value)).toThrow(EncodeError);
    expect(() => stringifyJson(value)).toThrow(message);
  });

  it("writes an object that occurs twice", () => {
    const shared = { n: 1n };
    expect(stringifyJson([shared, shared])).toBe('[{"n":1},{"n":1}]');
  });
});
