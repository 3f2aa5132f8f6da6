import { SolverInputError } from "../errors.js";
import { memoryBytes } from "../wasm/shared-memory.js";
import type { BettingNode } from "./betting/betting-tree.js";
import { omahaDeal } from "./game/deal-model.js";
import {
  FINISHING_WALKS,
  type HeadsUpPlan,
  headStart,
  iterationSeconds,
  measuringWalkSeconds,
  planHeadsUp,
  speedOf,
  usualIterations,
} from "./plan/heads-up-plan.js";
import { type MultiwayPlan, planMultiway } from "./plan/multiway-plan.js";
import { planPreflop } from "./plan/preflop-plan.js";
import { planSampled, type SampledPlan, TRAINING_SHARE, trainingSeconds } from "./plan/sampled-plan.js";
import { describePlan, type Estimate, type PlannedSolve } from "./report/estimate.js";
import { classifierOf, classifyOn } from "./report/hand-classes.js";
import type { FormatCards } from "./report/solution.js";
import { layOutDrawn } from "./sampled/drawn-deal.js";
import { laneBytes } from "./sampled/lane-street.js";
import { measureBytes } from "./sampled/measure-deal.js";
import { regretBytes, tableBytes } from "./sampled/sampled-game.js";
import type { SolveLimits, Spot } from "./spot/spot.js";
import { layOutShared } from "./vector/shared-game.js";

/** Measured beside tables: what the collector of garbage leaves lying, and JavaScript's lists for each hand. */
const FIXED_BYTES = 3 * 2 ** 20;
const BYTES_PER_HAND_ASKED = 45;
/** For each subset of a hand's cards while subsets are numbered, and for each node of the street while it is reported on. */
const BYTES_PER_SUBSET = 54;
const BYTES_PER_NODE = 10;
const BYTES_PER_HELPER = 25 * 2 ** 20;
/** Of drawn deals: for each hand of the ranges, and what deals leave lying in each thread, by streets that are left. */
const BYTES_PER_DRAWN_HAND = 105;
const LEFT_LYING_BYTES = 11 * 2 ** 20;
/** Of sampled play: reach, chips and values of a hand at a node of this street. */
const BYTES_PER_MEASURED_NODE = 24;
/** Seconds on the reference machine. */
const SECONDS_PER_HAND_ASKED = 3e-6;
const SECONDS_PER_HAND_AND_BOARD = 0.2e-6;
const SECONDS_PER_HAND_REPORTED = 16e-6;
const SECONDS_PER_HAND_CLASSED = 10e-6;
const WALKS_OF_A_MEASURE = 3;
const ITERATIONS_BETWEEN_MEASURES = 10;
/** Work beside training when iterations of drawn deals are asked for: best answers, measuring. */
const WORK_BESIDE_TRAINING = 2.5;
const SECONDS_PER_SAMPLED_ITERATION = 0.1;

/**
 * What a solve would take and what it would give up, without solving: the plan is the one that a solve with the same limits makes.
 *
 * @param processBytes what the process has in memory before a solve
 * @param engineBytes what its JavaScript engine leaves lying beside the one that estimates were measured with, Node 20's
 * @throws SolverInputError when no version of the spot fits the limits
 */
export function estimateSpot(
  spot: Spot,
  limits: SolveLimits,
  format: FormatCards,
  processBytes: number,
  engineBytes = 0,
): Estimate {
  const plan = planOf(spot, limits);
  return describePlan(spot, limits, { ...plan, solveBytes: plan.solveBytes + engineBytes }, format, processBytes);
}

function planOf(spot: Spot, limits: SolveLimits): PlannedSolve {
  const preflop = planPreflop(spot, limits, classifierOf(spot), classifyOn(spot));
  if (preflop) return drawnPlan(spot, limits, preflop);
  if (spot.players.length > 2 || spot.street === 0)
    return multiwayPlan(spot, limits, planMultiway(spot, limits, classifyOn(spot)));
  const { plan, sorted, problem } = planHeadsUp(spot, limits, classifyOn(spot));
  if (plan) return vectorPlan(spot, limits, plan);
  if (spot.street < 3)
    return drawnPlan(spot, limits, planSampled(spot, sorted, limits, classifierOf(spot), classifyOn(spot)));
  throw new SolverInputError(`this game cannot be solved within the limits, even much simplified: ${problem}`);
}

const handsAsked = ({ ranges }: Spot): number => ranges.reduce((sum, { hands }) => sum + hands.count, 0);

function vectorPlan(spot: Spot, limits: SolveLimits, { game, sizing, reductions, locks }: HeadsUpPlan): PlannedSolve {
  const { layout, blocks } = layOutShared(game, limits.maxBytes, limits.threads);
  const hands = game.hands[0].count + game.hands[1].count;
  const perHand = 2 ** spot.handSize * BYTES_PER_SUBSET + blocks[0].nodeCount * BYTES_PER_NODE;
  const speed = speedOf(limits);
  const boards = game.deal.boards.length * layout.finalKeys;
  const start = headStart(game);
  const preparationSeconds =
    (handsAsked(spot) * SECONDS_PER_HAND_ASKED + hands * boards * SECONDS_PER_HAND_AND_BOARD + start.seconds) / speed;
  const iteration = iterationSeconds(game) / speed;
  const walk = measuringWalkSeconds(game) / speed;
  const end = FINISHING_WALKS * walk + (hands * SECONDS_PER_HAND_REPORTED) / speed;
  const each = iteration + (WALKS_OF_A_MEASURE * walk) / ITERATIONS_BETWEEN_MEASURES;
  const wanted = limits.iterations ?? usualIterations(game);
  const left = limits.timeLimitSeconds - preparationSeconds - end;
  const iterations = Math.max(1, Math.min(wanted, Math.floor(left / each)));
  return {
    method: "all hands and deals",
    tree: game.tree,
    sizing,
    hands: game.hands,
    locks,
    tableBytes: memoryBytes(layout.bytes),
    solveBytes:
      FIXED_BYTES +
      layout.bytes +
      start.bytes +
      (layout.workspaces.length - 1) * BYTES_PER_HELPER +
      hands * perHand +
      handsAsked(spot) * BYTES_PER_HAND_ASKED,
    iterations,
    preparationSeconds,
    iterationSeconds: iteration,
    expectedSeconds: preparationSeconds + iterations * each + end,
    threads: layout.workspaces.length,
    reductions,
    classes: [],
  };
}

function drawnPlan(spot: Spot, limits: SolveLimits, plan: SampledPlan): PlannedSolve {
  const { tree, blocks, sizing, ranges, combosPerDeal, rowCounts, classNames, reductions, classes } = plan;
  const hands = ranges[0].count + ranges[1].count;
  const counts = [classNames[0].length + 1, classNames[1].length + 1] as const;
  // As many as regrets: what a walk changes, and the answers that are learnt before the flop.
  const changes = regretBytes(blocks, rowCounts);
  const answers = spot.street === 0 ? changes : 0;
  const tables = tableBytes(blocks, rowCounts) + measureBytes(blocks[0], counts) + answers;
  const drawn = layOutDrawn(plan, omahaDeal(spot.boards), combosPerDeal).layout.bytes;
  const perThread = 3 * drawn + changes + laneBytes(blocks, rowCounts) + LEFT_LYING_BYTES * (4 - spot.street);
  const speed = speedOf(limits);
  const preparationSeconds = (handsAsked(spot) * (SECONDS_PER_HAND_ASKED + SECONDS_PER_HAND_CLASSED)) / speed;
  const each = trainingSeconds(plan, spot.boards.length, 1) / speed;
  const training = TRAINING_SHARE * limits.timeLimitSeconds;
  const iterations = limits.iterations ?? Math.max(1, Math.floor((training - preparationSeconds) / each));
  const expected = preparationSeconds + iterations * each * (1 + WORK_BESIDE_TRAINING);
  return {
    method: "drawn deals",
    tree,
    sizing,
    hands: ranges,
    locks: plan.locks,
    tableBytes: tables,
    solveBytes: FIXED_BYTES + tables + limits.threads * perThread + hands * BYTES_PER_DRAWN_HAND,
    iterations,
    preparationSeconds,
    iterationSeconds: each,
    expectedSeconds: limits.iterations === null ? limits.timeLimitSeconds : Math.min(expected, limits.timeLimitSeconds),
    threads: limits.threads,
    reductions,
    classes,
  };
}

function multiwayPlan(spot: Spot, limits: SolveLimits, plan: MultiwayPlan): PlannedSolve {
  const hands = plan.ranges.reduce((sum, range) => sum + range.hands.count, 0);
  const measured = hands * nodesOfStreet(plan.tree) * BYTES_PER_MEASURED_NODE;
  const speed = speedOf({ threads: 1 });
  const iteration = SECONDS_PER_SAMPLED_ITERATION / speed;
  const preparationSeconds = (handsAsked(spot) * SECONDS_PER_HAND_ASKED) / speed;
  const left = limits.timeLimitSeconds * 0.7 - preparationSeconds;
  const iterations = Math.max(1, Math.min(limits.iterations ?? Number.POSITIVE_INFINITY, Math.floor(left / iteration)));
  const expected = preparationSeconds + iterations * iteration + 0.3 * Math.min(5, limits.timeLimitSeconds);
  return {
    method: "sampled play",
    tree: plan.tree,
    sizing: plan.sizing,
    hands: plan.ranges.map((range) => range.hands),
    locks: plan.locks,
    tableBytes: plan.tableBytes,
    solveBytes: FIXED_BYTES + plan.tableBytes + measured + handsAsked(spot) * BYTES_PER_HAND_ASKED,
    iterations,
    preparationSeconds,
    iterationSeconds: iteration,
    expectedSeconds: limits.iterations === null ? limits.timeLimitSeconds : Math.min(expected, limits.timeLimitSeconds),
    threads: 1,
    reductions: plan.reductions,
    classes: [],
  };
}

/** Nodes of the root street, its ends included. */
function nodesOfStreet(node: BettingNode): number {
  if (node.kind !== "decision") return 1;
  return node.children.reduce((sum, child) => sum + nodesOfStreet(child), 1);
}
