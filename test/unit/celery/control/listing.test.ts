import { describe, expect, it } from "vitest";
import { LISTED_BYTES, LISTED_ENTRIES, listing } from "../../../../src/celery/control/listing.js";

/** Entries for so many items of so many bytes each; the one that says where the list is cut is text. */
function entries(count: number, bytes: number): Promise<(number | string)[]> {
  const items = Array.from({ length: count }, (_, index) => index);
  return listing<number, number | string>(items, {
    show: (item) => item,
    bytes: () => bytes,
    cutAt: (next, { shown, of }) => `${shown} of ${of}, from ${next}`,
  });
}

describe("a list in a reply", () => {
  it.each([0, 1, LISTED_ENTRIES])("of %i entries is whole", async (count) => {
    expect(await entries(count, 1)).toEqual(Array.from({ length: count }, (_, index) => index));
  });

  it("ends with how much is shown when it has too many entries", async () => {
    const shown = await entries(LISTED_ENTRIES + 5, 1);
    expect(shown).toHaveLength(LISTED_ENTRIES + 1);
    expect(shown.at(-1)).toBe("10000 of 10005, from 10000");
  });

  it("ends before it has too many bytes", async () => {
    expect(await entries(6, LISTED_BYTES / 4)).toEqual([0, 1, 2, 3, "4 of 6, from 4"]);
    expect(await entries(4, LISTED_BYTES / 4)).toEqual([0, 1, 2, 3]);
  });

  it("shows one entry, however large", async () => {
    expect(await entries(1, 2 * LISTED_BYTES)).toEqual([0]);
    expect(await entries(2, 2 * LISTED_BYTES)).toEqual([0, "1 of 2, from 1"]);
  });
});
