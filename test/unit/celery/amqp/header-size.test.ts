import fc from "fast-check";
import { expect, it } from "vitest";
import { FieldWriter } from "../../../../src/celery/amqp/field-writer.js";
import { withoutLargest } from "../../../../src/celery/amqp/header-size.js";

function sizeOf(headers: object): number {
  const writer = new FieldWriter();
  writer.table(headers);
  return writer.offset;
}

it("headers without the largest, and the list of these, take as many bytes less as was asked for", () => {
  const name = fc.string({ minLength: 1, maxLength: 60 });
  const value = fc.oneof(fc.string({ maxLength: 2000 }), fc.integer(), fc.array(fc.string({ maxLength: 100 })));
  fc.assert(
    fc.property(fc.dictionary(name, value, { minKeys: 1, maxKeys: 60 }), fc.nat(100), (headers, percent) => {
      // Less than all there is to be had.
      const room = 200 + Object.keys(headers).reduce((sum, key) => sum + 5 + Buffer.byteLength(key), 0);
      const excess = Math.floor(((sizeOf(headers) - room) * percent) / 100);
      if (excess <= 0) return;
      const result = withoutLargest(headers, excess, "raw");
      expect(sizeOf({ ...result.headers, "x-dead-letter-omitted": result.omitted })).toBeLessThanOrEqual(
        sizeOf(headers) - excess,
      );
    }),
    { numRuns: 200 },
  );
});

it("no more are left out than must be, and the list says which", () => {
  const headers = { a: "x".repeat(500), b: "x".repeat(300), c: 5, d: "x".repeat(50) };
  expect(withoutLargest(headers, 10, "raw")).toEqual({ headers: { b: headers.b, c: 5, d: headers.d }, omitted: ["a"] });
  expect(withoutLargest(headers, 500, "raw")).toEqual({ headers: { c: 5, d: headers.d }, omitted: ["a", "b"] });
});

it("of very many headers the list names some", () => {
  const headers = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`n${index}`, "x".repeat(100)]));
  const { omitted } = withoutLargest(headers, 40_000, "raw");
  expect(omitted).toHaveLength(21);
  expect(omitted.at(-1)).toMatch(/^… and 3\d\d more$/);
});

it("bytes that stand for a table are cut where that is enough", () => {
  const { headers, omitted } = withoutLargest({ raw: Buffer.alloc(1000, "x"), c: 5 }, 100, "raw");
  expect(omitted).toEqual(["raw"]);
  expect((headers.raw as Buffer).length).toBeGreaterThan(800);
  expect(sizeOf({ ...headers, "x-dead-letter-omitted": omitted })).toBeLessThanOrEqual(1011 + 4 + 7 - 100);
  const more = { raw: Buffer.alloc(1000), d: "x".repeat(500), c: 5 };
  expect(withoutLargest(more, 1000, "raw")).toEqual({ headers: { c: 5 }, omitted: ["raw", "d"] });
});
