import type { SharedMemory } from "../../wasm/shared-memory.js";
import { cardMasks, type HandSet } from "../game/hand-set.js";
import { DECISION_WORDS, LEAF_WORDS, STREET_BYTES } from "../wasm/street-passes.js";
import type { Layout } from "./memory-layout.js";
import type { StreetBlock } from "./street-block.js";
import { NO_HAND, paddedHands, VECTOR_BYTES } from "./training-memory.js";

type WalkBlock = Omit<StreetBlock, "nodes">;

/** What of a game the training passes need. */
interface TrainingGame {
  readonly memory: SharedMemory;
  readonly layout: Layout;
  readonly hands: readonly [HandSet, HandSet];
  readonly blocks: readonly WalkBlock[];
}

/** Writes what the training passes read: the streets, and by seat the cards and weights of the hands. */
export function writeTraining(shared: TrainingGame): void {
  const { memory, layout, hands, blocks } = shared;
  for (const seat of [0, 1] as const) {
    const { count, weights } = hands[seat];
    const padded = paddedHands(count);
    const { low, high } = cardMasks(hands[seat]);
    new Uint32Array(memory.buffer, layout.masks[seat], padded).set(low);
    const highs = new Uint32Array(memory.buffer, layout.masks[seat] + padded * 4, padded);
    highs.fill(NO_HAND);
    highs.set(high);
    new Float32Array(memory.buffer, layout.weights[seat], padded).set(weights);
  }
  blocks.forEach((block, level) => {
    writeStreet(shared, block, layout.streets[level], level > 0 ? blocks[level - 1].laneCount * 4 : 0);
  });
}

function writeStreet({ memory }: TrainingGame, block: WalkBlock, at: number, parentStride: number): void {
  const { decisionNode, decisionSeat, firstChild, actionCount, rowOffset } = block;
  const { leafNode, leafLane, leafFactors, laneCount, rootCount } = block;
  const decisions = at + STREET_BYTES;
  const leaves = decisions + decisionNode.length * DECISION_WORDS * 4;
  const end = leaves + leafNode.length * LEAF_WORDS * 4;
  const head = [decisions, leaves, leaves, end, laneCount * VECTOR_BYTES, rootCount, laneCount * 4, parentStride];
  new Uint32Array(memory.buffer, at, head.length).set(head);
  const words = new Int32Array(memory.buffer, decisions, (leaves - decisions) / 4);
  decisionNode.forEach((node, index) => {
    const bytes = [node, firstChild[index], actionCount[index], rowOffset[index]].map((place) => place * VECTOR_BYTES);
    words.set([...bytes, decisionSeat[index]], index * DECISION_WORDS);
  });
  const places = new Int32Array(memory.buffer, leaves, (end - leaves) / 4);
  const factors = new Float32Array(memory.buffer, leaves, (end - leaves) / 4);
  leafNode.forEach((node, leaf) => {
    places.set([leafLane[leaf] * VECTOR_BYTES, node * VECTOR_BYTES], leaf * LEAF_WORDS);
    factors.set([leafFactors[0][leaf], leafFactors[1][leaf]], leaf * LEAF_WORDS + 2);
  });
}
