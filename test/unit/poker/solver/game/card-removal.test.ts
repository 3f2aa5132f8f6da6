import { describe, expect, it } from "vitest";
import { Random } from "../../../../../src/poker/random.js";
import { CardRemoval } from "../../../../../src/poker/solver/game/card-removal.js";
import { createHandSet, type HandSet, sharesCard } from "../../../../../src/poker/solver/game/hand-set.js";
import { indexSubsets } from "../../../../../src/poker/solver/game/subset-slots.js";
import { createSingleSweeps } from "../../../../../src/poker/solver/wasm/single-sweeps.js";
import { createSweeps, LANE_BYTES, LANES } from "../../../../../src/poker/solver/wasm/sweeps.js";
import { createSharedMemory } from "../../../../../src/poker/wasm/shared-memory.js";

function randomHands(random: Random, k: number, count: number, deckSize: number): HandSet {
  const hands = Array.from({ length: count }, () => {
    const hand = new Set<number>();
    while (hand.size < k) hand.add(random.below(deckSize));
    return [...hand];
  });
  return createHandSet(hands);
}

/** Sums over all pairs, one by one. */
function bruteForce(own: HandSet, other: HandSet, reach: Float64Array, ownStrength: number[], otherStrength: number[]) {
  const compatible = new Float64Array(own.count);
  const difference = new Float64Array(own.count);
  for (let a = 0; a < own.count; a++) {
    for (let b = 0; b < other.count; b++) {
      if (sharesCard(own, a, other, b)) continue;
      compatible[a] = (compatible[a] as number) + (reach[b] as number);
      const sign = Math.sign((ownStrength[a] as number) - (otherStrength[b] as number));
      difference[a] = (difference[a] as number) + sign * (reach[b] as number);
    }
  }
  return { compatible, difference };
}

/** The WebAssembly sweeps on the same hands: one lane for each reach vector. */
function sweep(own: HandSet, other: HandSet, reaches: Float64Array[], ownStrength: number[], otherStrength: number[]) {
  const index = indexSubsets(own, other);
  const memory = createSharedMemory(8 << 20);
  let next = 0;
  const take = (bytes: number): number => {
    const at = next;
    next = Math.ceil((next + bytes) / 64) * 64;
    return at;
  };
  const put = (values: Uint32Array): number => {
    const at = take(values.byteLength);
    new Uint32Array(memory.buffer, at, values.length).set(values);
    return at;
  };
  const tables = index.seats.map(({ slots, bounds }) => ({
    slots: put(slots.map((slot) => slot * LANE_BYTES)),
    bounds: put(bounds.map((bound) => bound * 4)),
  }));
  const order = (strengths: number[]): { at: number; end: number } => {
    const sorted = strengths.map((strength, hand) => [hand, strength] as const).sort((a, b) => a[1] - b[1]);
    const at = put(Uint32Array.from(sorted.flat()));
    return { at, end: at + sorted.length * 8 };
  };
  const orders = [order(ownStrength), order(otherStrength)];
  const reachAt = take(other.count * LANE_BYTES);
  const outAt = take(own.count * LANE_BYTES);
  const accumulators = take(index.slotCount * LANE_BYTES);
  const reach = new Float64Array(memory.buffer, reachAt, other.count * LANES);
  reaches.forEach((vector, lane) => {
    vector.forEach((value, hand) => {
      reach[hand * LANES + lane] = value;
    });
  });
  const out = new Float64Array(memory.buffer, outAt, own.count * LANES);
  const sweeps = createSweeps(memory);
  const [mine, theirs] = tables as [(typeof tables)[0], (typeof tables)[0]];
  const accBytes = index.slotCount * LANE_BYTES;
  const lane = (which: number): Float64Array =>
    Float64Array.from({ length: own.count }, (_, hand) => out[hand * LANES + which] as number);
  sweeps.compatible(
    reachAt,
    LANE_BYTES,
    outAt,
    LANE_BYTES,
    accumulators,
    accBytes,
    other.count,
    theirs.slots,
    theirs.bounds,
    own.count,
    mine.slots,
    mine.bounds,
  );
  const compatible = reaches.map((_, which) => lane(which));
  sweeps.showdown(
    reachAt,
    LANE_BYTES,
    outAt,
    LANE_BYTES,
    accumulators,
    accBytes,
    orders[1]?.at ?? 0,
    orders[1]?.end ?? 0,
    theirs.slots,
    theirs.bounds,
    orders[0]?.at ?? 0,
    orders[0]?.end ?? 0,
    mine.slots,
    mine.bounds,
    0,
  );
  const difference = reaches.map((_, which) => lane(which));
  const single = ([1, 0] as const).map((wide) => {
    const lanes = wide === 1 ? 2 * LANES : LANES;
    const cells = new Float32Array(memory.buffer, reachAt, other.count * 16);
    const results = new Float32Array(memory.buffer, outAt, own.count * 16).fill(Number.NaN);
    for (let hand = 0; hand < other.count; hand++) {
      for (let at = 0; at < lanes; at++) cells[hand * 16 + at] = (reaches[at % LANES] as Float64Array)[hand] as number;
    }
    const { open, ...singles } = createSingleSweeps(memory);
    const opened = () =>
      open(
        wide,
        accumulators,
        accBytes,
        reachAt,
        LANE_BYTES,
        theirs.slots,
        theirs.bounds,
        outAt,
        LANE_BYTES,
        mine.slots,
        mine.bounds,
      );
    const read = () =>
      Array.from({ length: lanes }, (_, at) =>
        Float64Array.from({ length: own.count }, (_, hand) => results[hand * 16 + at] as number),
      );
    opened();
    singles.compatible(other.count, own.count);
    const met = read();
    opened();
    const [we, they] = [orders[0], orders[1]] as [{ at: number; end: number }, { at: number; end: number }];
    singles.showdown(they.at, they.end, we.at, we.end, 0);
    const once = read();
    opened();
    singles.showdown(they.at, they.end, we.at, we.end, 1);
    return { compatible: met, difference: once, twice: read() };
  });
  return { compatible, difference, single };
}

function expectClose(actual: Float64Array, expected: Float64Array, most = 1e-9): void {
  actual.forEach((value, hand) => {
    expect(Math.abs(value - (expected[hand] as number))).toBeLessThan(most);
  });
}

describe("card-removal sums", () => {
  it.each([1, 2, 4, 5, 6])("equal an O(n²) count for hands of %i cards", (k) => {
    const random = Random.fromSeed(k);
    for (let round = 0; round < 6; round++) {
      const deckSize = k === 1 ? 8 : 12 + 6 * round;
      const own = randomHands(random, k, 30 + 20 * round, deckSize);
      const other = randomHands(random, k, 60 - 5 * round, deckSize);
      const strengths = (hands: HandSet): number[] => Array.from({ length: hands.count }, () => random.below(12));
      const [ownStrength, otherStrength] = [strengths(own), strengths(other)];
      const reaches = Array.from({ length: LANES }, () =>
        Float64Array.from({ length: other.count }, () => (random.below(4) === 0 ? 0 : random.fraction())),
      );
      const swept = sweep(own, other, reaches, ownStrength, otherStrength);
      const removal = new CardRemoval(own, other);
      reaches.forEach((reach, lane) => {
        const expected = bruteForce(own, other, reach, ownStrength, otherStrength);
        expectClose(swept.compatible[lane] as Float64Array, expected.compatible);
        expectClose(swept.difference[lane] as Float64Array, expected.difference);
        for (const { compatible, difference, twice } of swept.single) {
          // Wide sweeps have every vector twice.
          for (let at = lane; at < compatible.length; at += LANES) {
            expectClose(compatible[at] as Float64Array, expected.compatible, 1e-4);
            expectClose(difference[at] as Float64Array, expected.difference, 1e-4);
            expectClose(
              twice[at] as Float64Array,
              expected.difference.map((sum) => 2 * sum),
              2e-4,
            );
          }
        }
        expectClose(removal.compatible(0, reach), expected.compatible);
        const { below, notAbove } = removal.weaker(0, reach, [ownStrength, otherStrength]);
        expectClose(
          below.map((sum, hand) => sum + (notAbove[hand] as number) - (expected.compatible[hand] as number)),
          expected.difference,
        );
      });
    }
  });
});
