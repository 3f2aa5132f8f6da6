import type { HandSet } from "../game/hand-set.js";
import type { LockedRow } from "../sampled/sampled-game.js";
import type { NodeLock } from "../spot/lock-nodes.js";
import type { StreetBlock } from "../vector/street-block.js";

/** Row of each hand of a range on the root street, and their number. */
export interface Rows {
  readonly rows: Int32Array;
  readonly count: number;
}

/** Rows of which each is locked as a whole or not at all. */
export interface LockableRows extends Rows {
  readonly locked: readonly LockedRow[];
}

/**
 * Parts rows so that hands of one row are locked alike. Without locks the rows stay as they are.
 *
 * @param locks of the seat; a later one counts where two are about the same hand
 */
export function partByLocks(
  { rows, count }: Rows,
  locks: readonly NodeLock[],
  hands: HandSet,
  boards: readonly (readonly number[])[],
  block: StreetBlock,
): LockableRows {
  if (locks.length === 0) return { rows, count, locked: [] };
  const held = locks.map(({ holds }) => holds(hands, boards));
  const decisions = locks.map(({ node }) => block.decisionNode.indexOf(block.nodes.indexOf(node)));
  const numbers = new Map<string, number>();
  const locked: LockedRow[] = [];
  const parted = rows.map((row, hand) => {
    const given = new Map<number, number>();
    decisions.forEach((decision, lock) => {
      if (held[lock][hand] === 1) given.set(decision, lock);
    });
    const key = [row, ...given.values()].join();
    const known = numbers.get(key);
    if (known !== undefined) return known;
    const number = numbers.size;
    numbers.set(key, number);
    for (const [decision, lock] of given) locked.push({ row: number, decision, strategy: locks[lock].strategy });
    return number;
  });
  return { rows: parted, count: numbers.size, locked };
}
