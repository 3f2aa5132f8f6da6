import type { StreetBlock } from "../vector/street-block.js";
import { LANES } from "../wasm/sweeps.js";

/** Measured on a 2-core server of 2023 with some load: seconds per hand and walk, by node and by chunk of lanes. */
const SECONDS_PER_NODE = 25e-9;
const SECONDS_PER_CHUNK = 100e-9;

/** Expected seconds of one walk on one thread. `visits` says how often each street is walked, the root street first. */
export function walkSeconds(
  blocks: readonly StreetBlock[],
  hands: number,
  boards: number,
  visits: readonly number[],
): number {
  let seconds = 0;
  blocks.forEach((block, level) => {
    const chunks = (Math.ceil(block.showdown.count / LANES) * boards * 2 + Math.ceil(block.fold.count / LANES)) / 2;
    seconds += (visits[level] ?? 0) * (block.nodeCount * SECONDS_PER_NODE + chunks * SECONDS_PER_CHUNK);
  });
  return seconds * hands;
}
