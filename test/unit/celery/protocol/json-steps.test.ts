import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DecodeError, EncodeError } from "../../../../src/celery/protocol/errors.js";
import { JsonReader, MAX_MEMBERS } from "../../../../src/celery/protocol/json-read.js";
import { JsonWriter } from "../../../../src/celery/protocol/json-write.js";
import { complete } from "../../../../src/celery/protocol/steps.js";
import { TYPED_KEYS } from "../../../../src/celery/protocol/typed-values.js";

function read(text: string, maxMemory?: number): { value: unknown; memory: number } {
  const reader = new JsonReader(text, maxMemory === undefined ? {} : { maxMemory });
  complete(reader);
  return reader;
}

function write(value: unknown, maxCharacters?: number): string {
  const writer = new JsonWriter(value, TYPED_KEYS, maxCharacters);
  complete(writer);
  return writer.text;
}

/** How often the event loop could have turned. */
function steps(work: { advance(): boolean }): number {
  let count = 1;
  while (!work.advance()) count += 1;
  return count;
}

describe("JsonReader", () => {
  it("reads what JSON.parse reads, with the same value", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        fc.pre(!/\d{16}/.test(text));
        expect(read(text).value).toEqual(JSON.parse(text));
      }),
    );
  });

  it("refuses what JSON.parse refuses", () => {
    const damaged = fc
      .tuple(fc.json(), fc.nat(), fc.constantFrom("", "]", "}", ",", ":", '"', "\\", "-", "e", "."))
      .map(([text, at, piece]) => {
        const index = at % (text.length + 1);
        return text.slice(0, index) + piece + text.slice(index + 1);
      });
    fc.assert(
      fc.property(damaged, (text) => {
        let expected: unknown;
        try {
          expected = JSON.parse(text);
        } catch {
          expect(() => read(text)).toThrow(DecodeError);
          return;
        }
        fc.pre(!/\d{16}/.test(text));
        expect(read(text).value).toEqual(expected);
      }),
      { numRuns: 2000 },
    );
  });

  it("reads long strings as JSON.parse does, and refuses those that it refuses", () => {
    for (const length of [999, 1000, 1001, 70_000]) {
      const text = `["${"x".repeat(length)}\\n\\"\u{1f600}", "é${"y".repeat(length)}"]`;
      expect(read(text).value).toEqual(JSON.parse(text));
      expect(() => read(`["${"x".repeat(length)}\n"]`)).toThrow(/invalid string at position 1 /);
    }
  });

  it("reads a long text in many steps, and a short one in one", () => {
    expect(steps(new JsonReader("[1,2,3]"))).toBe(1);
    expect(steps(new JsonReader(`[${"[],".repeat(100_000)}0]`))).toBeGreaterThan(90);
    expect(steps(new JsonReader(`["${"x".repeat(50_000)}"${`,"${"x".repeat(50_000)}"`.repeat(40)}]`))).toBeGreaterThan(
      15,
    );
  });

  it("stops where the value would take more memory than it may", () => {
    const text = `[${"[],".repeat(100_000)}0]`;
    const { memory } = read(text);
    expect(memory).toBeGreaterThan(100_000 * 40);
    expect(() => read(text, memory / 2)).toThrow(/memory/);
    expect(() => read(text, memory)).not.toThrow();
  });

  it("refuses an object of more members than can be listed in a moment", () => {
    const object = (members: number): string =>
      `{${Array.from({ length: members }, (_, index) => `"k${index}":0`).join(",")}}`;
    expect(Object.keys(read(object(MAX_MEMBERS)).value as object)).toHaveLength(MAX_MEMBERS);
    expect(() => read(object(MAX_MEMBERS + 1))).toThrow(/more than 300000 members/);
  });

  it("keeps no part of the text alive with a value", () => {
    // Texts of more than 12 characters that are cut out of another are views of it, unless they are copied.
    const [value] = read(`["${"some text, of which there is more".repeat(3)}"]`).value as [string];
    expect(value).toBe("some text, of which there is more".repeat(3));
  });
});

describe("JsonWriter", () => {
  it("writes what JSON.stringify writes", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(write(value)).toBe(JSON.stringify(value));
      }),
    );
  });

  it("writes a large value in many steps", () => {
    expect(
      steps(
        new JsonWriter(
          Array.from({ length: 100_000 }, () => [1]),
          TYPED_KEYS,
        ),
      ),
    ).toBeGreaterThan(90);
  });

  it("stops at the limit", () => {
    const value = Array.from({ length: 1000 }, () => "x".repeat(100));
    expect(() => write(value, 50_000)).toThrow(EncodeError);
    expect(() => write(value, 200_000)).not.toThrow();
  });
});
