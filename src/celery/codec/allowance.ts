/**
 * How many bytes are read at once, without a turn of the event loop in between: many small bodies that arrive together
 * must not take longer than a large one may.
 */
const BYTES_A_TURN = 1024 * 1024;

let left = BYTES_A_TURN;
let isSpent = false;

/** Whether anything may still be read in this turn of the event loop. */
export function mayReadNow(): boolean {
  return left > 0;
}

/** Notes what was read. */
export function spend(bytes: number): void {
  left -= bytes;
  if (isSpent) return;
  isSpent = true;
  setImmediate(renew);
}

function renew(): void {
  left = BYTES_A_TURN;
  isSpent = false;
}
