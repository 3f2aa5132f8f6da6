import { RESPONSE_BATCHES, type ResponseSize } from "../sampled/sampled-game.js";
import type { SolveLimits, Spot } from "../spot/spot.js";
import type { SampledPlan } from "./sampled-plan.js";

/**
 * Ways of dealing the next street, and the one after it, that best answers are looked for on, by street and boards: the more
 * of them, the less an answer gains by knowing its cards. The first for which enough opponents are left.
 */
const ALL_CARDS = 52;
const OUTCOMES: readonly (readonly (readonly (readonly [number, number])[])[])[] = [
  [],
  [
    [],
    [
      [ALL_CARDS, 16],
      [ALL_CARDS, 10],
      [ALL_CARDS, 6],
      [ALL_CARDS, 4],
    ],
    [[24, 4]],
  ],
  [[], [[ALL_CARDS, 1]], [[48, 1]]],
];
/** Opponents for which more ways of dealing are looked at, not more opponents. */
const ENOUGH_OPPONENTS = 200;
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
  const cards = ALL_CARDS - boards * (street + 2);
  const ways = boards === 1 ? cards : cards * (cards - 1);
  const most = Math.min(mostHands(plan, limits), Math.max(...plan.ranges.map(({ count }) => count)));
  const choices = OUTCOMES[street][boards].map(([first, second]): ResponseSize => {
    const outcomes = [Math.min(first, ways), second] as const;
    const hands = handRuns / (2 * RESPONSE_BATCHES * 2 * outcomes[0] * second);
    const responders = Math.min(most, Math.max(LEAST_RESPONDERS, Math.min(MOST_RESPONDERS, Math.round(hands / 4))));
    return { opponents: Math.min(most, Math.round(hands - responders)), responders, outcomes };
  });
  const found = choices.find(({ opponents }) => opponents >= ENOUGH_OPPONENTS || opponents === most) ?? choices.at(-1);
  if (found && (found.opponents >= LEAST_OPPONENTS || found.opponents === most)) return found;
  return { opponents: Math.min(most, LEAST_OPPONENTS), responders: Math.min(most, LEAST_RESPONDERS), outcomes: FEWEST };
}

/** Hands of a seat that the samples may hold. */
function mostHands({ blocks }: SampledPlan, { maxBytes, threads }: SolveLimits): number {
  const lanes = blocks.reduce((sum, { laneCount }) => sum + laneCount, 0);
  return Math.floor((maxBytes * MEMORY_SHARE) / (2 * threads * (lanes * 16 + HAND_BYTES)));
}
