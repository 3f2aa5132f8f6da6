import { setImmediate as turn } from "node:timers/promises";
import { expect, it } from "vitest";
import { mapInSlices } from "../../../../src/celery/control/listing.js";

it.each([0, 1, 99, 100, 101, 250])("maps %d items in their order", async (length) => {
  const items = Array.from({ length }, (_, index) => index);
  expect(await mapInSlices(items, (item) => item * 2)).toEqual(items.map((item) => item * 2));
});

it("lets the event loop turn while many items are mapped", async () => {
  let turns = 0;
  let isOver = false;
  const counting = (async () => {
    while (!isOver) {
      await turn();
      turns += 1;
    }
  })();
  const work = (item: number) => {
    const end = performance.now() + 0.1;
    while (performance.now() < end);
    return item;
  };
  await mapInSlices(
    Array.from({ length: 2000 }, (_, index) => index),
    work,
  );
  isOver = true;
  await counting;
  // A fifth of a second of work, in slices of some ten milliseconds each.
  expect(turns).toBeGreaterThan(5);
});

it("fails with what the mapping throws", async () => {
  const refuse = () => {
    throw new Error("no form");
  };
  await expect(mapInSlices([1], refuse)).rejects.toThrow("no form");
  await expect(mapInSlices(Array.from({ length: 500 }), refuse)).rejects.toThrow("no form");
});
