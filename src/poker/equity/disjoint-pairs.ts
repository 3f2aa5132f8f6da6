import { choose } from "../combinatorics.js";

/** Outcomes of one board: a number below `outcomes` for each `size`-subset of the live cards, in colex order. */
export interface BoardOutcomes {
  readonly size: number;
  readonly outcomes: number;
  readonly ofSubset: Uint16Array;
}

/**
 * Counts pairs of completions (one of each board, without a common card) by their outcomes, without pairing them:
 * by inclusion–exclusion over the shared cards, N(x, y) = Σ over sets S of (−1)^|S| · Ntop_x(S) · Nbottom_y(S), where
 * N(S) counts the completions that contain S. All numbers stay exact: the largest product is below 2^53.
 *
 * @param live how many cards can come
 * @returns `[top outcome × bottom outcome]`
 */
export function countDisjointPairs(live: number, top: BoardOutcomes, bottom: BoardOutcomes): Float64Array {
  const shared = Math.min(top.size, bottom.size);
  const topLevels = containmentCounts(live, top, shared);
  const bottomLevels = bottom === top ? topLevels : containmentCounts(live, bottom, shared);
  const joint = new Float64Array(top.outcomes * bottom.outcomes);
  for (let level = 0; level <= shared; level++) {
    const products = productsAtLevel(choose(live, level), top, topLevels[level], bottom, bottomLevels[level]);
    const sign = level % 2 === 0 ? 1 : -1;
    for (let i = 0; i < joint.length; i++) joint[i] += sign * products[i];
  }
  return joint;
}

/**
 * By level 0 … `highest`: for each outcome and each set of that many cards, how many completions with that outcome
 * contain the set. The level of whole completions is left out (undefined): there the outcomes say it themselves.
 */
function containmentCounts(live: number, board: BoardOutcomes, highest: number): (Int32Array | undefined)[] {
  const levels: (Int32Array | undefined)[] = new Array(highest + 1).fill(undefined);
  let above: Int32Array | undefined;
  for (let level = board.size - 1; level >= 0; level--) {
    const counts: Int32Array =
      above === undefined ? countFromOutcomes(live, board) : countFromAbove(live, level + 1, board, above);
    if (level <= highest) levels[level] = counts;
    above = counts;
  }
  return levels;
}

/** Counts for sets one card smaller than a completion. */
function countFromOutcomes(live: number, { size, outcomes, ofSubset }: BoardOutcomes): Int32Array {
  const width = choose(live, size - 1);
  const counts = new Int32Array(outcomes * width);
  forEachRun(live, size, (start, length, parts) => {
    const whole = parts[0];
    for (let i = 0; i < length; i++) {
      const row = ofSubset[start + i] * width;
      counts[row + whole]++;
      for (let part = 1; part < size; part++) {
        const cell = row + parts[part] + i;
        counts[cell]++;
      }
    }
  });
  return counts;
}

/** Counts for sets of `size - 1` cards from those for sets of `size`: a completion is met once for each further card. */
function countFromAbove(live: number, size: number, board: BoardOutcomes, above: Int32Array): Int32Array {
  const width = choose(live, size - 1);
  const aboveWidth = choose(live, size);
  const counts = new Int32Array(board.outcomes * width);
  forEachRun(live, size, (start, length, parts) => {
    for (let outcome = 0; outcome < board.outcomes; outcome++) {
      const row = outcome * width;
      const aboveRow = outcome * aboveWidth + start;
      const whole = row + parts[0];
      for (let i = 0; i < length; i++) {
        const count = above[aboveRow + i];
        counts[whole] += count;
        for (let part = 1; part < size; part++) {
          const cell = row + parts[part] + i;
          counts[cell] += count;
        }
      }
    }
  });
  const times = board.size - size + 1;
  if (times > 1) for (let i = 0; i < counts.length; i++) counts[i] /= times;
  return counts;
}

/**
 * Walks all `size`-subsets in colex order, in runs that differ in the smallest element only.
 *
 * `visit` gets the number of the run's first subset, the run's length, and where the parts of one element less are:
 * `parts[0]` is the number of the part without the smallest element, the same for the whole run; for the i-th subset of
 * the run, `parts[j] + i` is the number of the part without the j-th smallest.
 */
function forEachRun(
  live: number,
  size: number,
  visit: (start: number, length: number, parts: Int32Array) => void,
): void {
  const elements = new Int32Array(size);
  const parts = new Int32Array(size);
  const emit = (): void => {
    let start = 0;
    for (let j = 1; j < size; j++) start += choose(elements[j], j + 1);
    for (let left = 0; left < size; left++) {
      let number = 0;
      for (let j = 1; j < size; j++) if (j !== left) number += choose(elements[j], j < left ? j + 1 : j);
      parts[left] = number;
    }
    visit(start, size === 1 ? live : elements[1], parts);
  };
  const fill = (slot: number, limit: number): void => {
    if (slot === 0) {
      emit();
      return;
    }
    for (let element = slot; element < limit; element++) {
      elements[slot] = element;
      fill(slot - 1, element);
    }
  };
  fill(size - 1, live);
}

/** Σ over sets S of one size of Ntop_x(S) · Nbottom_y(S), for all x and y. */
function productsAtLevel(
  width: number,
  top: BoardOutcomes,
  topCounts: Int32Array | undefined,
  bottom: BoardOutcomes,
  bottomCounts: Int32Array | undefined,
): Float64Array {
  const products = new Float64Array(top.outcomes * bottom.outcomes);
  const { outcomes } = bottom;
  if (topCounts === undefined && bottomCounts === undefined) {
    for (let set = 0; set < width; set++) {
      const cell = top.ofSubset[set] * outcomes + bottom.ofSubset[set];
      products[cell]++;
    }
    return products;
  }
  for (let x = 0; x < top.outcomes; x++) {
    for (let y = 0; y < outcomes; y++) {
      let sum: number;
      if (topCounts === undefined) sum = sumWhere(top.ofSubset, x, bottomCounts as Int32Array, y * width, width);
      else if (bottomCounts === undefined) sum = sumWhere(bottom.ofSubset, y, topCounts, x * width, width);
      else sum = dot(topCounts, x * width, bottomCounts, y * width, width);
      products[x * outcomes + y] = sum;
    }
  }
  return products;
}

function sumWhere(outcomes: Uint16Array, wanted: number, counts: Int32Array, start: number, width: number): number {
  let sum = 0;
  for (let i = 0; i < width; i++) if (outcomes[i] === wanted) sum += counts[start + i];
  return sum;
}

function dot(one: Int32Array, oneStart: number, other: Int32Array, otherStart: number, width: number): number {
  let sum = 0;
  for (let i = 0; i < width; i++) sum += one[oneStart + i] * other[otherStart + i];
  return sum;
}
