import { RESPONSE_BATCHES, type ResponseSize } from "../sampled/sampled-game.js";
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
export function planResponses(plan: SampledPlan, street: number, boards: number, handRuns: number): ResponseSize {
  const [first, second] = OUTCOMES[street][boards];
  const cards = ALL_CARDS - boards * (street + 2);
  const ways = boards === 1 ? cards : cards * (cards - 1);
  const hands = handRuns / (2 * RESPONSE_BATCHES * 2 * Math.min(first, ways) * second);
  const most = Math.max(...plan.ranges.map(({ count }) => count));
  const responders = Math.min(most, Math.max(LEAST_RESPONDERS, Math.min(MOST_RESPONDERS, Math.round(hands / 4))));
  const opponents = Math.min(most, Math.round(hands - responders));
  if (opponents >= LEAST_OPPONENTS || opponents === most) {
    return { opponents, responders, outcomes: [Math.min(first, ways), second] };
  }
  return { opponents: Math.min(most, LEAST_OPPONENTS), responders: Math.min(most, LEAST_RESPONDERS), outcomes: FEWEST };
}
