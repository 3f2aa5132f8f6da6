import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseJson } from "../../../../src/celery/protocol/json.js";
import { argsRepr, kwargsRepr, pythonRepr } from "../../../../src/celery/protocol/repr.js";
import { Decimal, PythonDate, PythonTime, Uuid } from "../../../../src/celery/protocol/typed-values.js";
import { readCaptures } from "./captures.js";

describe("pythonRepr", () => {
  it.each<[unknown, string]>([
    [null, "None"],
    [undefined, "None"],
    [true, "True"],
    [1, "1"],
    [-0.5, "-0.5"],
    [1e-5, "1e-05"],
    [1.25e-7, "1.25e-07"],
    [0.0003, "0.0003"],
    [1e22, "1e+22"],
    [10000000000000002, "1.0000000000000002e+16"],
    [2n ** 70n, "1180591620717411303424"],
    [Number.NaN, "nan"],
    [Number.NEGATIVE_INFINITY, "-inf"],
    ["it's", "'it\\'s'"],
    ["héllo", "'héllo'"],
    [[1, "two", [3]], "[1, 'two', [3]]"],
    [{ a: 1, b: [] }, "{'a': 1, 'b': []}"],
    [[[[[1]]]], "[[[[...]]]]"],
    [{ a: { b: { c: 1 } } }, "{'a': {'b': {'c': 1}}}"],
    [{ a: { b: { c: { d: 1 } } } }, "{'a': {'b': {'c': {...}}}}"],
    [new Set(), "set()"],
    [new Set([1]), "{1}"],
    [new Map([[1, "x"]]), "{1: 'x'}"],
    [Buffer.from("abc"), "b'abc'"],
    [Buffer.from([255, 254]), "b'fffe'"],
    [new Decimal("1.10"), "Decimal('1.10')"],
    [new Uuid("00000000000000000000000000000005"), "UUID('00000000-0000-0000-0000-000000000005')"],
    [new PythonDate("2024-01-02"), "datetime.date(2024, 1, 2)"],
    [new PythonTime("01:02:03"), "datetime.time(1, 2, 3)"],
    [new Date(1704164645006), "datetime.datetime(2024, 1, 2, 3, 4, 5, 6000, tzinfo=datetime.timezone.utc)"],
    [new Date(Number.NaN), "<invalid date>"],
  ])("shows %o as %s", (value, text) => {
    expect(pythonRepr(value)).toBe(text);
  });

  it.each<[unknown, number, string]>([
    ["x".repeat(100), 20, `'${"x".repeat(20)}...'`],
    ["some words here to cut", 12, "'some words...'"],
    [Array.from({ length: 40 }, (_, index) => index), 30, "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, , ...]"],
    [[Array.from({ length: 40 }, (_, index) => index), { a: 1 }], 30, "[[0, 1, 2, 3, 4, 5, 6, 7, 8, 9..., ...]]"],
    [{ a: "x".repeat(50), b: 1 }, 20, `{'a': '${"x".repeat(14)}...', ...}`],
  ])("cuts %o at %i characters", (value, maxLength, text) => {
    expect(pythonRepr(value, { maxLength })).toBe(text);
  });

  it("looks at no more of a large value than it shows", () => {
    let reads = 0;
    const counted = <T extends object>(target: T): T =>
      new Proxy(target, {
        get: (object, key, receiver) => {
          reads += 1;
          return Reflect.get(object, key, receiver) as unknown;
        },
      });
    const members = Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`k${index}`, index]));
    for (const value of [counted(members), counted(Array.from({ length: 100_000 }, () => [])), new Set([[members]])]) {
      expect(pythonRepr(value).length).toBeLessThan(1100);
    }
    expect(reads).toBeLessThan(5000);
  });

  it.each<[string, unknown]>([
    ["integer", 10n ** 100_000n],
    ["text", "x".repeat(1_000_000)],
    ["bytes", Buffer.alloc(1_000_000)],
    ["decimal", new Decimal("1".repeat(1_000_000))],
    ["error", new Error("x".repeat(1_000_000))],
  ])("shows a huge %s shortly", (_, value) => {
    const text = pythonRepr([value]);
    expect(text.length).toBeGreaterThan(10);
    expect(text.length).toBeLessThan(2500);
  });

  it("escapes as Python's own repr when asked to", () => {
    const show = (text: string): string => pythonRepr(text, { escape: true });
    expect(show("a'b\n\t\\")).toBe(String.raw`"a'b\n\t\\"`);
    expect(show("both ' and \"")).toBe(String.raw`'both \' and "'`);
    expect(show("é\u0000\u200b😀\u{e0001}")).toBe(String.raw`'é\x00\u200b😀\U000e0001'`);
  });

  it("ends for cycles and never throws", () => {
    const cycle: unknown[] = [1];
    cycle.push(cycle);
    expect(pythonRepr(cycle)).toBe("[1, <Recursion>]");
    const trap = new Proxy(
      {},
      {
        ownKeys: () => {
          throw new Error("trap");
        },
      },
    );
    expect(pythonRepr([trap, Symbol("s"), () => 1])).toMatch(/^\[\{\}, <Symbol\(s\)>, <function /);
    fc.assert(
      fc.property(
        fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true, withTypedArray: true }),
        (value) => {
          expect(pythonRepr(value).length).toBeLessThan(10_000);
        },
      ),
    );
  });
});

describe("argsRepr and kwargsRepr", () => {
  it("write a tuple and a dict", () => {
    expect(argsRepr([])).toBe("()");
    expect(argsRepr([1])).toBe("(1,)");
    expect(argsRepr([2, "x"])).toBe("(2, 'x')");
    expect(kwargsRepr({ x: [1] })).toBe("{'x': [1]}");
  });

  it("write what Celery wrote for the captured plain arguments", () => {
    let compared = 0;
    for (const { body_raw, headers } of readCaptures("task-")) {
      if (body_raw === undefined || headers.argsrepr === undefined || !body_raw.startsWith("[")) continue;
      if (/__kind__|datetime|Decimal/.test(body_raw + String(headers.argsrepr))) continue;
      const [args, kwargs] = parseJson(body_raw) as [unknown[], Record<string, unknown>];
      const shown = String(headers.argsrepr);
      // A task may have been sent with a list, or with a tuple inside: JSON does not tell.
      if (/.\(/.test(shown) || String(headers.kwargsrepr).includes("(")) continue;
      expect(shown.startsWith("(") ? argsRepr(args) : pythonRepr(args)).toBe(shown);
      expect(kwargsRepr(kwargs)).toBe(headers.kwargsrepr);
      compared += 1;
    }
    expect(compared).toBeGreaterThan(80);
  });
});
