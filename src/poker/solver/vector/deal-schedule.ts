import { dealCount } from "../game/deal-model.js";
import { GROUPS, SAMPLE_ROW } from "./memory-layout.js";
import type { SharedGame } from "./shared-game.js";

/** Uniform in [0, 1), the same for the same pair of numbers. */
function scatter(a: number, b: number): number {
  let bits = Math.imul(a + 1, 0x9e3779b1) ^ Math.imul(b + 1, 0x85ebca77);
  bits = Math.imul(bits ^ (bits >>> 15), 0x2c1b3c6d);
  bits = Math.imul(bits ^ (bits >>> 12), 0x297a2d39);
  return ((bits ^ (bits >>> 15)) >>> 0) / 2 ** 32;
}

/** Outcome of sampled deal number `index` of `taken`, out of `possible`: one at random from each of `taken` even parts. */
function sampledOutcome(index: number, taken: number, possible: number, salt: number): number {
  return taken === possible ? index : Math.floor(((index + scatter(salt, index)) * possible) / taken);
}

/** Outcome of first deal number `index`. */
export function firstOutcome(shared: SharedGame, index: number): number {
  if (shared.outcomes) return shared.outcomes[0];
  return sampledOutcome(index, shared.deals.first, dealCount(shared.remaining.length, shared.boards), 0);
}

/** Outcome of second deal number `index` after first deal number `first`. */
export function laterOutcome(shared: SharedGame, first: number, index: number): number {
  if (shared.outcomes) return shared.outcomes[1];
  const { remaining, boards, deals } = shared;
  return sampledOutcome(index, deals.later, dealCount(remaining.length - boards, boards), first + 1);
}

/**
 * What a deal counts for, by level: one over the deals that two given hands leave, times what a sampled deal stands
 * for.
 */
export function dealScales({ hands, boards, remaining, deals }: SharedGame): Float64Array {
  const held = hands[0].k + hands[1].k;
  const scales = new Float64Array(4);
  for (const [level, made] of [deals.first, deals.later].entries()) {
    const cards = remaining.length - level * boards;
    if (made > 0) scales[level + 1] = dealCount(cards, boards) / made / dealCount(cards - held, boards);
  }
  return scales;
}

/** Spreads a game's first deals over the groups. Once for a game: its threads read them all the time. */
export function writeDealGroups({ deals, layout, memory }: SharedGame): void {
  const samples = new Float64Array(memory.buffer, layout.samples, GROUPS * SAMPLE_ROW);
  for (let index = 0; index < deals.first; index++) {
    const base = (index % GROUPS) * SAMPLE_ROW;
    const place = samples[base];
    samples[base + 1 + place] = index;
    samples[base] = place + 1;
  }
}
