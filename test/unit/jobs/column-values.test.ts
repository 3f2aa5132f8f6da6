import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { columnJson, columnText } from "../../../src/jobs/column-values.js";
import { JobResultError } from "../../../src/jobs/errors.js";

describe("column text", () => {
  test("fits any text into the column without NUL and without half a character", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 60 }), fc.integer({ min: 1, max: 40 }), (text, limit) => {
        const cut = columnText(`${text}\u0000`, limit);
        expect(Array.from(cut).length).toBeLessThanOrEqual(limit);
        expect(cut).not.toContain("\u0000");
        expect(cut).not.toMatch(/\p{Surrogate}/u);
      }),
    );
  });

  test("leaves what fits as it is and marks what was cut", () => {
    expect(columnText("😀😀😀", 3)).toBe("😀😀😀");
    expect(columnText("😀😀😀", 2)).toBe("😀…");
    expect(columnText("a\u0000b\ud800", 9)).toBe("ab\ufffd");
  });
});

describe("column JSON", () => {
  test("reads back as the value", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        if (/\\u0000|\\ud[89a-f]/i.test(text)) return;
        expect(columnJson(value)).toBe(text);
      }),
    );
  });

  test.each([
    [{ a: [1, Number.NaN] }, "NaN at $.a[1]"],
    [[Number.NEGATIVE_INFINITY], "-Infinity at $[0]"],
    [{ n: 10n }, "a bigint at $.n"],
    [{ f: () => 1 }, "a function at $.f"],
    [Symbol("x"), "a symbol at $"],
  ])("refuses %o", (value, place) => {
    expect(() => columnJson(value)).toThrow(new JobResultError(`the result is not JSON: ${place}`));
  });

  test("refuses a cycle but not the same object twice", () => {
    const shared = { x: 1 };
    expect(columnJson([shared, shared])).toBe('[{"x":1},{"x":1}]');
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    expect(() => columnJson(cycle)).toThrow("a cycle at $.self");
  });

  test("drops NUL from strings and keys, writes dates as text and undefined as JSON does", () => {
    expect(columnJson({ "a\u0000": "b\u0000c", d: new Date(0), u: undefined, l: [undefined] })).toBe(
      '{"a":"bc","d":"1970-01-01T00:00:00.000Z","l":[null]}',
    );
    expect(columnJson(undefined)).toBe("null");
    expect(columnJson("\\u0000")).toBe(String.raw`"\\u0000"`);
    expect(columnJson(["\ud800", new Map([[1, 2]]), Object.create(null)])).toBe('["\ufffd",{},{}]');
  });
});
