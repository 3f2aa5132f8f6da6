import { inSlices } from "../codec/slices.js";

/** Entries that one reply lists at most. */
export const LISTED_ENTRIES = 10_000;

/** Bytes, roughly, that one reply lists at most; the first entry is always shown. */
export const LISTED_BYTES = 4 * 1024 * 1024;

/** Items that are mapped between two looks at the clock. */
const ITEMS_A_STEP = 100;

/** How much of a list a reply shows: it stands in one more entry behind what is shown. */
export interface Cut {
  readonly shown: number;
  readonly of: number;
}

/** How {@link listing} shows items. */
export interface ListingOptions<Item, Entry> {
  readonly show: (item: Item) => Entry;
  /** Bytes of the entry, roughly, without making it. */
  readonly bytes: (item: Item) => number;
  /** The entry that says how much is shown, from the first item that is not. */
  readonly cutAt: (item: Item, cut: Cut) => Entry;
}

/**
 * The entries of a reply, no more than other answers can wait for: all replies of a worker leave on one connection.
 * What does not fit is counted in a last entry of the same shape, which every client can show.
 */
export async function listing<Item, Entry>(
  items: readonly Item[],
  { show, bytes, cutAt }: ListingOptions<Item, Entry>,
): Promise<Entry[]> {
  const shown = items.slice(0, fitting(items, bytes));
  const entries = await mapInSlices(shown, show);
  const next = items[shown.length];
  return next === undefined ? entries : [...entries, cutAt(next, { shown: shown.length, of: items.length })];
}

function fitting<Item>(items: readonly Item[], bytes: (item: Item) => number): number {
  let sum = 0;
  for (const [index, item] of items.slice(0, LISTED_ENTRIES).entries()) {
    sum += bytes(item);
    if (sum > LISTED_BYTES && index > 0) return index;
  }
  return Math.min(items.length, LISTED_ENTRIES);
}

/** Maps many items as `Array.map` does, in slices between which the event loop turns. */
export async function mapInSlices<From, To>(items: readonly From[], map: (item: From) => To): Promise<To[]> {
  const mapped: To[] = [];
  const advance = () => {
    for (const item of items.slice(mapped.length, mapped.length + ITEMS_A_STEP)) mapped.push(map(item));
    return mapped.length === items.length;
  };
  if (items.length <= ITEMS_A_STEP) advance();
  else await inSlices({ advance });
  return mapped;
}

/** As people read it. */
export function cutText({ shown, of }: Cut): string {
  return `cut: ${shown} of ${of} shown`;
}
