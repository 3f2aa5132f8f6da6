import { RESPONSE_BATCHES, type ResponseSize } from "../sampled/sampled-game.js";
import type { SolveLimits, Spot } from "../spot/spot.js";
import type { SampledPlan } from "./sampled-plan.js";

/** Ways to deal the next street and the one after it, and the opponents below which fewer are better. */
interface Choice {
  readonly ways: readonly [number, number];
  readonly least: number;
}

const ALL_CARDS = 52;
const LEAST_OPPONENTS = 60;
/** Opponents for which more ways of dealing are looked at, not more opponents. */
const ENOUGH_OPPONENTS = 200;
/**
 * What best answers are looked for on, by street and boards: the more cards, the less an answer gains by knowing its own. The
 * first for which enough opponents are left.
 */
const CHOICES: readonly (readonly (readonly Choice[])[])[] = [
  [],
  [
    [],
    [
      { ways: [ALL_CARDS, 16], least: ENOUGH_OPPONENTS },
      { ways: [ALL_CARDS, 10], least: ENOUGH_OPPONENTS },
      { ways: [ALL_CARDS, 6], least: ENOUGH_OPPONENTS },
      { ways: [ALL_CARDS, 4], least: LEAST_OPPONENTS },
      { ways: [24, 4], least: LEAST_OPPONENTS },
    ],
    [{ ways: [24, 4], least: LEAST_OPPONENTS }],
  ],
  [[], [{ ways: [ALL_CARDS, 1], least: LEAST_OPPONENTS }], [{ ways: [48, 1], least: LEAST_OPPONENTS }]],
];
/** Share of the memory for the matrices of both samples in every thread. */
const MEMORY_SHARE = 0.2;
/** Bytes of a hand beside its two matrices. */
const HAND_BYTES = 600;
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
  for (const {
    ways: [first, second],
    least,
  } of CHOICES[street][boards]) {
    const outcomes = [Math.min(first, ways), second] as const;
    const hands = handRuns / (2 * RESPONSE_BATCHES * 2 * outcomes[0] * second);
    const responders = Math.min(most, Math.max(LEAST_RESPONDERS, Math.min(MOST_RESPONDERS, Math.round(hands / 4))));
    const opponents = Math.min(most, Math.round(hands - responders));
    if (opponents >= Math.min(most, least)) return { opponents, responders, outcomes };
  }
  return { opponents: Math.min(most, LEAST_OPPONENTS), responders: Math.min(most, LEAST_RESPONDERS), outcomes: FEWEST };
}

/** Hands of a seat that the samples may hold. */
function mostHands({ blocks }: SampledPlan, { maxBytes, threads }: SolveLimits): number {
  const lanes = blocks.reduce((sum, { laneCount }) => sum + laneCount, 0);
  return Math.floor((maxBytes * MEMORY_SHARE) / (2 * threads * (lanes * 16 + HAND_BYTES)));
}
