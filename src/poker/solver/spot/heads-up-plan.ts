import { deckWithout } from "../../cards.js";
import { OmahaEvaluator } from "../../evaluator/omaha.js";
import { evaluatorTables } from "../../evaluator/tables.js";
import { buildBettingTree, type DecisionNode, TreeTooLargeError } from "../betting/betting-tree.js";
import type { Sizing } from "../betting/sizing.js";
import { SolverInputError } from "../errors.js";
import { findHand, type HandSet } from "../hand-set.js";
import { omahaDeal } from "../omaha-deal.js";
import { Random } from "../random.js";
import { type HeadsUpGame, planBytes } from "../vector/plan.js";
import { compileStreets } from "../vector/street-block.js";
import { capRange, meanStrengths, sortByScore } from "./cap-range.js";
import { iterationSeconds } from "./cost-model.js";
import type { SolveLimits, Spot, SpotRange } from "./spot.js";

export type PotLimitSizing = Extract<Sizing, { kind: "pot-limit" }>;

/** A game that fits the limits, and what was given up for it. */
export interface HeadsUpPlan {
  readonly game: HeadsUpGame;
  readonly sizing: PotLimitSizing;
  /** One sentence for each reduction. */
  readonly reductions: readonly string[];
  readonly estimatedSecondsPerIteration: number;
}

/** Iterations that usually bring the exploitability under half a percent of the pot. */
const USUAL_ITERATIONS = 60;
/** Iterations without which no result is worth showing. */
const LEAST_ITERATIONS = 6;
/** Share of the time limit that iterations may use; the rest is for preparing, measuring and reporting. */
const ITERATION_SHARE = 0.6;
const THREAD_GAIN = 0.8;
/** Combos of a range that the solver takes unasked, by street. */
const COMFORTABLE_COMBOS: readonly number[] = [0, 120, 400, 2000];
/** Listed hands are thinned out only beyond these, or for want of time or memory. */
const EXPLICIT_COMBOS: readonly number[] = [0, 600, 2000, 20_000];
const LEAST_COMBOS = 30;

/** One rung of the ladder from the game as asked to the smallest game that still says something. */
interface Rung {
  readonly combos: number;
  readonly explicitCombos: number;
  readonly laterSizes: number | null;
  readonly laterRaises: number | null;
  readonly rootSizes: number | null;
  readonly laterBetting: boolean;
}

function ladder(spot: Spot): Rung[] {
  const comfortable = COMFORTABLE_COMBOS[spot.street] ?? 100;
  const listed = EXPLICIT_COMBOS[spot.street] ?? 100;
  const full: Rung = {
    combos: comfortable,
    explicitCombos: listed,
    laterSizes: null,
    laterRaises: null,
    rootSizes: null,
    laterBetting: true,
  };
  const rungs: Rung[] = [full];
  const simple: Rung = { ...full, laterSizes: 1, laterRaises: 1 };
  if (spot.street < 3) {
    rungs.push({ ...full, laterSizes: 1 }, simple);
    for (let combos = comfortable / 2; combos >= comfortable / 4; combos /= 2)
      rungs.push({ ...simple, combos: Math.round(combos) });
  }
  const base = spot.street < 3 ? simple : full;
  for (let combos = comfortable; combos >= LEAST_COMBOS; combos = Math.round(combos / 2)) {
    rungs.push({ ...base, combos, explicitCombos: combos });
  }
  rungs.push({ ...base, combos: 100, explicitCombos: 100, rootSizes: 1 });
  if (spot.street < 3) rungs.push({ ...base, combos: 100, explicitCombos: 100, laterBetting: false });
  rungs.push({
    ...base,
    combos: LEAST_COMBOS,
    explicitCombos: LEAST_COMBOS,
    rootSizes: 1,
    laterBetting: spot.street === 3,
  });
  return rungs;
}

function sizingOf(spot: Spot, rung: Rung): PotLimitSizing {
  const { betSizes, maxRaises } = spot.options;
  const pick = (count: number | null): readonly number[] => (count === null ? betSizes : [Math.max(...betSizes)]);
  const rootRaises = rung.rootSizes === null ? maxRaises : Math.min(1, maxRaises);
  return {
    kind: "pot-limit",
    fractionsByStreet: [pick(rung.rootSizes), pick(rung.laterSizes)],
    maxRaisesByStreet: [rootRaises, rung.laterRaises === null ? maxRaises : Math.min(rung.laterRaises, maxRaises)],
    bettingStreets: rung.laterBetting ? 4 : 1,
  };
}

function describeRung(spot: Spot, rung: Rung, before: readonly SpotRange[], after: readonly HandSet[]): string[] {
  const notes: string[] = [];
  const { betSizes, maxRaises } = spot.options;
  const largest = Math.max(...betSizes);
  after.forEach((hands, seat) => {
    const total = before[seat]?.hands.count ?? 0;
    if (hands.count < total) {
      notes.push(
        `range of player ${spot.players[seat]} thinned out to ${hands.count} of ${total} combos, evenly by strength`,
      );
    }
  });
  if (rung.rootSizes !== null && betSizes.length > 1)
    notes.push(`only one bet size on this street: ${largest} of the pot`);
  if (rung.rootSizes !== null && maxRaises > 1) notes.push("at most one raise on this street");
  if (spot.street === 3) return notes;
  if (!rung.laterBetting)
    return [...notes, "no betting after this street: the remaining cards are dealt and hands compared"];
  if (rung.laterSizes !== null && betSizes.length > 1)
    notes.push(`only one bet size on later streets: ${largest} of the pot`);
  if (rung.laterRaises !== null && maxRaises > rung.laterRaises) notes.push("at most one raise on later streets");
  return notes;
}

/** Ranges in order of strength, strongest first, so that thinning out keeps their shape. */
export function sortedRanges(spot: Spot, random: Random): HandSet[] {
  const evaluator = new OmahaEvaluator(evaluatorTables());
  const board = spot.boards[0] ?? [];
  const deck = deckWithout(spot.boards.flat());
  return spot.ranges.map(({ hands }) => sortByScore(hands, meanStrengths(hands, board, deck, evaluator, random)));
}

function heroIndex(spot: Spot, seat: number, hands: HandSet): number {
  if (spot.hero?.seat !== seat) return -1;
  return findHand(hands, spot.hero.cards);
}

/**
 * Chooses the largest version of a heads-up game, flop to river, that the limits allow.
 *
 * @throws SolverInputError when not even the smallest version fits.
 */
export function planHeadsUp(spot: Spot, limits: SolveLimits): HeadsUpPlan {
  const random = new Random(spot.options.seed);
  const sorted = sortedRanges(spot, random);
  const speed = 1 + (limits.threads - 1) * THREAD_GAIN;
  const seconds = limits.timeLimitSeconds * ITERATION_SHARE * speed;
  const wanted = Math.min(limits.iterations ?? USUAL_ITERATIONS, 2000);
  const rungs = ladder(spot);
  let problem = "";
  for (const [place, rung] of rungs.entries()) {
    const sizing = sizingOf(spot, rung);
    const tree = tryTree(spot, sizing);
    if (!tree) {
      problem = "the betting tree is too large";
      continue;
    }
    const hands = sorted.map((range, seat) => {
      const limit = spot.options.maxCombos ?? (spot.ranges[seat]?.explicit ? rung.explicitCombos : rung.combos);
      return capRange(
        range,
        Math.min(limit, 400_000),
        heroIndex(spot, seat, range),
        new Random(spot.options.seed + seat),
      );
    });
    const game: HeadsUpGame = { tree, hands: [hands[0] as HandSet, hands[1] as HandSet], deal: omahaDeal(spot.boards) };
    const each = estimateIteration(game);
    const bytes = planBytes(game);
    const needed = place === rungs.length - 1 ? Math.min(wanted, LEAST_ITERATIONS) : wanted;
    if (bytes <= limits.maxBytes && each * needed <= seconds) {
      return {
        game,
        sizing,
        reductions: describeRung(spot, rung, spot.ranges, hands),
        estimatedSecondsPerIteration: each / speed,
      };
    }
    problem =
      bytes > limits.maxBytes
        ? `it needs ${Math.ceil(bytes / 2 ** 20)} MiB of memory and ${Math.floor(limits.maxBytes / 2 ** 20)} MiB are allowed`
        : `${needed} iterations need about ${((each * needed) / speed).toFixed(1)} s and the time limit is ${limits.timeLimitSeconds} s`;
  }
  throw new SolverInputError(`this game cannot be solved within the limits, even much simplified: ${problem}`);
}

function tryTree(spot: Spot, sizing: PotLimitSizing): DecisionNode | null {
  try {
    return buildBettingTree(spot.root.state, spot.root.toAct, {
      sizing,
      lastStreet: 3,
      minBet: spot.root.minBet,
      maxNodes: 60_000,
    });
  } catch (error) {
    if (error instanceof TreeTooLargeError) return null;
    throw error;
  }
}

function estimateIteration(game: HeadsUpGame): number {
  const boards = game.deal.boards.length;
  const remaining = game.deal.deckSize - game.deal.boards.flat().length;
  const hands = (game.hands[0].count + game.hands[1].count) / 2;
  return iterationSeconds(compileStreets(game.tree, boards), hands, remaining, boards);
}
