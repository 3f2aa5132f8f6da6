/** Pascal's triangle up to 64 choose 8, as doubles: every entry here is an exact integer. */
const MAX_N = 64;
const MAX_K = 8;
const TRIANGLE = buildTriangle();

function buildTriangle(): Float64Array {
  const triangle = new Float64Array((MAX_N + 1) * (MAX_K + 1));
  for (let n = 0; n <= MAX_N; n++) {
    triangle[n * (MAX_K + 1)] = 1;
    for (let k = 1; k <= MAX_K && n > 0; k++) {
      const above = (n - 1) * (MAX_K + 1) + k;
      triangle[n * (MAX_K + 1) + k] = triangle[above] + triangle[above - 1];
    }
  }
  return triangle;
}

/** Number of k-subsets of n things; 0 when k > n. Exact for n ≤ 64 and k ≤ 8. */
export function choose(n: number, k: number): number {
  if (k < 0 || n < 0 || k > n) return 0;
  if (n > MAX_N || k > MAX_K) throw new RangeError(`choose(${n}, ${k}) is outside the table`);
  return TRIANGLE[n * (MAX_K + 1) + k];
}

/**
 * Calls `visit` with every k-subset of `items`, in colexicographic order. The array passed is reused between calls.
 * @param items distinct, in the order the subsets shall keep
 */
export function forEachSubset(items: ArrayLike<number>, k: number, visit: (subset: Uint8Array) => void): void {
  const n = items.length;
  const subset = new Uint8Array(k);
  if (k > n) return;
  const fill = (slot: number, limit: number): void => {
    if (slot < 0) {
      visit(subset);
      return;
    }
    for (let i = slot; i < limit; i++) {
      subset[slot] = items[i];
      fill(slot - 1, i);
    }
  };
  fill(k - 1, n);
}

/**
 * Number of a subset among all of its size, in colexicographic order.
 * @param items whole numbers from 0, ascending
 */
export function subsetNumber(items: ArrayLike<number>): number {
  let number = 0;
  for (let i = 0; i < items.length; i++) number += choose(items[i], i + 1);
  return number;
}

/** How many bits of a mask are set. */
export function bitCount(mask: number): number {
  let count = 0;
  for (let bits = mask; bits !== 0; bits &= bits - 1) count++;
  return count;
}
