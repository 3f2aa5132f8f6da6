import { dealCount } from "../game/deal-model.js";
import { GROUPS, SAMPLE_ROW } from "./memory-layout.js";
import type { SharedGame } from "./shared-game.js";

/** What a deal counts for, by level: one over the deals that two given hands leave. */
export function dealScales({ hands, boards, remaining, deals }: SharedGame): Float64Array {
  const held = hands[0].k + hands[1].k;
  const scales = new Float64Array(4);
  for (const [level, made] of [deals.first, deals.later].entries()) {
    if (made > 0) scales[level + 1] = 1 / dealCount(remaining.length - level * boards - held, boards);
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
