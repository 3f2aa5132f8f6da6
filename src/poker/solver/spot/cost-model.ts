import { dealCount } from "../deal.js";
import type { StreetBlock } from "../vector/street-block.js";
import { LANES } from "../wasm/sweep-kernel.js";

/** Measured on a 2-core server of 2023 with some load: seconds per hand and walk, by node and by chunk of lanes. */
const SECONDS_PER_NODE = 25e-9;
const SECONDS_PER_CHUNK = 100e-9;
const WALKS_PER_ITERATION = 2;

/** Expected seconds of one exact iteration on one thread. */
export function iterationSeconds(
  blocks: readonly StreetBlock[],
  hands: number,
  remainingCards: number,
  boards: number,
): number {
  let paths = 1;
  let seconds = 0;
  blocks.forEach((block, level) => {
    if (level > 0) paths *= dealCount(remainingCards - (level - 1) * boards, boards);
    const chunks = (Math.ceil(block.showdown.count / LANES) * boards * 2 + Math.ceil(block.fold.count / LANES)) / 2;
    seconds += paths * (block.nodeCount * SECONDS_PER_NODE + chunks * SECONDS_PER_CHUNK);
  });
  return seconds * hands * WALKS_PER_ITERATION;
}
