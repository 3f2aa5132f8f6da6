import { RESPONSE_BATCHES, type ResponseSize } from "../sampled/sampled-game.js";
import type { SolveLimits, Spot } from "../spot/spot.js";
import type { SampledPlan } from "./sampled-plan.js";

/** Ways of dealing the next street, and the one after it, that best answers are looked for on, by street and boards. */
const ALL_CARDS = 52;
const OUTCOMES: readonly (readonly (readonly [number, number])[])[] = [
  [],
  [
    [0, 0],
    [ALL_CARDS, 4],
    [24, 4],
  ],
  [
    [0, 0],
    [ALL_CARDS, 1],
    [48, 1],
  ],
];
/** Share of the memory for the matrices of both samples in every thread. */
const MEMORY_SHARE = 0.2;
/** Bytes of a hand beside its two matrices. */
const HAND_BYTES = 600;
const LEAST_OPPONENTS = 60;
const LEAST_RESPONDERS = 30;
const MOST_RESPONDERS = 500;
/** Runouts where no time is left. */
const FEWEST: readonly [number, number] = [8, 2];

/**
 * How large the deals are in which best answers are looked for.
 *
 * @param handRuns hands times runouts that there is time for, those of training counted as they were walked
 */
export function planResponses(
  plan: SampledPlan,
  { street, boards: { length: boards } }: Spot,
  limits: SolveLimits,
  handRuns: number,
): ResponseSize {
  const [first, second] = OUTCOMES[street][boards];
  const cards = ALL_CARDS - boards * (street + 2);
  const ways = boards === 1 ? cards : cards * (cards - 1);
  const hands = handRuns / (2 * RESPONSE_BATCHES * 2 * Math.min(first, ways) * second);
  const most = Math.min(mostHands(plan, limits), Math.max(...plan.ranges.map(({ count }) => count)));
  const responders = Math.min(most, Math.max(LEAST_RESPONDERS, Math.min(MOST_RESPONDERS, Math.round(hands / 4))));
  const opponents = Math.min(most, Math.round(hands - responders));
  if (opponents >= LEAST_OPPONENTS || opponents === most) {
    return { opponents, responders, outcomes: [Math.min(first, ways), second] };
  }
  return { opponents: Math.min(most, LEAST_OPPONENTS), responders: Math.min(most, LEAST_RESPONDERS), outcomes: FEWEST };
}

/** Hands of a seat that the samples may hold. */
function mostHands({ blocks }: SampledPlan, { maxBytes, threads }: SolveLimits): number {
  const lanes = blocks.reduce((sum, { laneCount }) => sum + laneCount, 0);
  return Math.floor((maxBytes * MEMORY_SHARE) / (2 * threads * (lanes * 16 + HAND_BYTES)));
}
