import { SolveCancelled } from "../errors.js";
import type { HandSet } from "./game/hand-set.js";
import { planResponses } from "./plan/response-plan.js";
import type { SampledPlan } from "./plan/sampled-plan.js";
import { cutOf } from "./report/describe-game.js";
import { sampledSolution } from "./report/sampled-solution.js";
import type { FormatCards, Solution, StopReason } from "./report/solution.js";
import { measureBytes } from "./sampled/measure-deal.js";
import { CONTROL_BYTES, PHASE, SampledCrew } from "./sampled/sampled-crew.js";
import {
  answerRegrets,
  earlyOf,
  KNOWN_DEALS,
  REPLICATES,
  RESPONSE_BYTES,
  regretBytes,
  type SampledGame,
  SUM_SET,
  setResponseSize,
  tableBytes,
  tableSet,
} from "./sampled/sampled-game.js";
import type { SolveHooks } from "./solve-loop.js";
import type { SolveLimits, Spot } from "./spot/spot.js";

/** Parts of the time limit at which training, the search for responses and measuring end. */
const TRAINED = 0.5;
const RESPONDED = 0.74;
const MEASURED = 0.93;
/** The same where a hero's hand is measured apart at the end. */
const MEASURED_BEFORE_HERO = 0.83;
/** The same where answers by classes are learnt: learning, measuring what they gain. */
const ANSWERED = 0.7;
const GAINS_MEASURED = 0.83;
const GAINS_BEFORE_HERO = 0.78;
/** Deals that an answer learns from for each of training, when iterations are asked for. */
const ANSWERS = 1;
const LEAST_ANSWERS = 4;
/** Work of the search for responses and deals of measuring for each of training, when iterations are asked for. */
const RESPONSES = 2;
const MEASURES = 0.25;
const LEAST_MEASURES = 4;
const HERO_MEASURES = 2;
const UNLIMITED = 0x3fffffff;
const REPORT_EVERY = 0.2;

/**
 * Solves a heads-up spot before the river over the whole ranges asked for, on hands and cards drawn anew for each deal.
 *
 * @param onShared called once further threads may help
 * @throws SolveCancelled when the hooks say "now"
 */
export function solveSampled(
  spot: Spot,
  plan: SampledPlan,
  limits: SolveLimits,
  hooks: SolveHooks,
  format: FormatCards,
  onShared: (game: SampledGame) => void,
): Solution {
  const startedAt = hooks.startedAt ?? hooks.now();
  const game = shareSampled(spot, plan);
  const crew = new SampledCrew(game);
  const measuredGame = cutOf(spot, plan.reductions).length > 0 ? "cut" : "asked";
  const seconds = (): number => hooks.now() - startedAt;
  let reported = Number.NEGATIVE_INFINITY;
  let soft = false;
  const enough = (until: number): boolean => {
    const stop = hooks.stop();
    if (stop === "now") throw new SolveCancelled("the solver was told to stop");
    if (stop === "soon") soft = true;
    if (hooks.now() - reported >= REPORT_EVERY) {
      reported = hooks.now();
      const iteration = Math.min(...crew.done(PHASE.train));
      const wanted = limits.iterations === null ? 0 : (iteration / limits.iterations) * TRAINED;
      const fraction = Math.min(1, Math.max(seconds() / limits.timeLimitSeconds, wanted));
      hooks.onProgress({ iteration, exploitability: null, seconds: seconds(), fraction, game: measuredGame });
    }
    return soft || seconds() >= limits.timeLimitSeconds * until;
  };
  const { iterations } = limits;
  const part = (share: number, least: number): number =>
    iterations === null ? UNLIMITED : Math.max(least, Math.ceil(iterations * share));
  try {
    onShared(game);
    // One deal at least in every stream, however short the time.
    crew.lead(PHASE.train, 1, () => hooks.stop() === "now" && enough(0));
    crew.lead(PHASE.train, iterations ?? UNLIMITED, () => enough(TRAINED));
    const done = Math.min(...crew.done(PHASE.train));
    addReplicates(game, crew.done(PHASE.train));
    const hero = game.heroes.some((place) => place >= 0);
    if (game.answers) {
      startAnswers(game, done);
      crew.lead(PHASE.answer, 1, () => hooks.stop() === "now" && enough(0));
      crew.lead(PHASE.answer, part(ANSWERS, LEAST_ANSWERS), () => enough(ANSWERED));
      crew.lead(PHASE.gain, 1, () => hooks.stop() === "now" && enough(0));
      crew.lead(PHASE.gain, part(MEASURES, LEAST_MEASURES), () => enough(hero ? GAINS_BEFORE_HERO : GAINS_MEASURED));
    } else {
      const left = soft ? 0 : RESPONDED * limits.timeLimitSeconds - seconds();
      const trained = crew.done(PHASE.train).reduce((sum, deals) => sum + deals, 0) * handRunsPerDeal(game);
      const handRuns = iterations === null ? (trained / seconds()) * left : trained * RESPONSES;
      setResponseSize(game, planResponses(plan, spot, limits, handRuns));
      crew.lead(PHASE.respond, 1, () => hooks.stop() === "now" && enough(0));
    }
    crew.lead(PHASE.measure, 1, () => hooks.stop() === "now" && enough(0));
    crew.lead(PHASE.measure, part(MEASURES, LEAST_MEASURES), () => enough(hero ? MEASURED_BEFORE_HERO : MEASURED));
    if (hero) crew.lead(PHASE.hero, part(HERO_MEASURES, LEAST_MEASURES), () => enough(MEASURED));
    const stoppedBy: StopReason = soft
      ? "soft_time_limit"
      : iterations !== null && done >= iterations
        ? "iterations"
        : "time_limit";
    const end = {
      stoppedBy,
      convergence: [],
      iterations: done,
      measuredDeals: crew.done(PHASE.measure).reduce((sum, deals) => sum + deals, 0),
      threads: crew.helpers + 1,
    };
    return sampledSolution(spot, plan, game, end, seconds(), limits.targetExploitability, format);
  } finally {
    crew.finish();
  }
}

/** Hands times runouts of a deal of training, where both seats walk with the hands of both. */
function handRunsPerDeal({ combosPerDeal, runoutsPerDeal, ranges }: SampledGame): number {
  return 2 * runoutsPerDeal * ranges.reduce((sum, { count }) => sum + Math.min(count, combosPerDeal), 0);
}

/** Lays out what the threads of a solve share. */
export function shareSampled(spot: Spot, plan: SampledPlan): SampledGame {
  const blocks = plan.blocks.map(({ nodes: _, ...block }) => block);
  const classCounts = [plan.classNames[0].length + 1, plan.classNames[1].length + 1] as const;
  return {
    kind: "sampled",
    id: Math.random(),
    seed: spot.options.seed,
    blocks,
    ranges: [shareHands(plan.ranges[0]), shareHands(plan.ranges[1])],
    boards: spot.boards,
    rootRows: [shareRows(plan.rootRows[0]), shareRows(plan.rootRows[1])],
    locked: plan.lockedRows,
    grain: plan.grain,
    rowCounts: plan.rowCounts,
    heroes: plan.heroes,
    classOf: plan.classOf,
    classCounts,
    combosPerDeal: plan.combosPerDeal,
    runoutsPerDeal: plan.runoutsPerDeal,
    response: new SharedArrayBuffer(RESPONSE_BYTES),
    tables: new SharedArrayBuffer(tableBytes(blocks, plan.rowCounts)),
    answers: spot.street === 0 ? new SharedArrayBuffer(regretBytes(blocks, plan.rowCounts)) : null,
    measures: new SharedArrayBuffer(measureBytes(blocks[0], classCounts)),
    control: new SharedArrayBuffer(CONTROL_BYTES),
  };
}

/** The same hands in memory that threads share instead of copying it. */
function shareHands(hands: HandSet): HandSet {
  const cards = new Uint8Array(new SharedArrayBuffer(hands.cards.byteLength));
  const weights = new Float64Array(new SharedArrayBuffer(hands.weights.byteLength));
  cards.set(hands.cards);
  weights.set(hands.weights);
  return { ...hands, cards, weights };
}

function shareRows(rows: Int32Array): Int32Array {
  const shared = new Int32Array(new SharedArrayBuffer(rows.byteLength));
  shared.set(rows);
  return shared;
}

/**
 * Adds the replicates up. Strategy sums hold reach, so their sum plays each replicate's strategy as often as the others':
 * it is no further from equilibrium than they are on the average.
 */
function addReplicates(game: SampledGame, done: readonly number[]): void {
  const total = tableSet(game, SUM_SET);
  for (let replicate = 0; replicate < REPLICATES; replicate++) {
    const set = tableSet(game, replicate);
    const early = set.early[earlyOf(done[replicate])];
    for (const seat of [0, 1] as const) addTo(total.early[0][seat], early[seat]);
    for (const kind of ["regrets", "sums", "presence"] as const) {
      set[kind].forEach((seats, level) => {
        for (const seat of [0, 1] as const) addTo(total[kind][level][seat], seats[seat]);
      });
    }
  }
}

/** Lets answers begin with what was learnt in training. @param done deals of each replicate */
function startAnswers(game: SampledGame, done: number): void {
  const { regrets } = tableSet(game, SUM_SET);
  // Linear weighting counts the last deal for 1 and the first for next to nothing.
  const scale = KNOWN_DEALS / (Math.max(1, done) * REPLICATES);
  answerRegrets(game).forEach((seats, level) => {
    for (const seat of [0, 1] as const) {
      for (let at = 0; at < seats[seat].length; at++) seats[seat][at] = regrets[level][seat][at] * scale;
    }
  });
}

function addTo(into: Float32Array, values: Float32Array): void {
  for (let at = 0; at < into.length; at++) into[at] += values[at];
}
