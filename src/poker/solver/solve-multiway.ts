import { DECK_SIZE } from "../cards.js";
import { SolveCancelled } from "../errors.js";
import { Random } from "../random.js";
import { strengthClasses } from "./abstraction/strength-classes.js";
import { omahaDeal, remainingCards } from "./game/deal-model.js";
import { DealSampler } from "./multiway/deal-sampler.js";
import { ExternalSampling } from "./multiway/external-sampling.js";
import { GainMeter } from "./multiway/gain-meter.js";
import { Measure } from "./multiway/measure.js";
import { type LaterRow, type LockedRow, MultiwayState } from "./multiway/multiway-state.js";
import { flattenTree, type MultiwayTree, NODE } from "./multiway/multiway-tree.js";
import { heroHand, type MultiwayPlan, planMultiway } from "./plan/multiway-plan.js";
import { cutOf } from "./report/describe-game.js";
import { playersWithChoice } from "./report/describe-locks.js";
import { classifyOn } from "./report/hand-classes.js";
import { multiwaySolution } from "./report/multiway-solution.js";
import type { FormatCards, MeasuredGame, Solution } from "./report/solution.js";
import { type Iterative, type SolveHooks, solveLoop } from "./solve-loop.js";
import type { SolveLimits, Spot } from "./spot/spot.js";

/** Deals between two looks at the limits, one iteration of the loop; fewer where trees are large. */
const MOST_DEALS_PER_ITERATION = 500;
const LEAST_DEALS_PER_ITERATION = 25;
/** Deals × seats × decisions of an iteration. */
const ITERATION_WORK = 1.5e6;
/** Seconds of the time limit that count when the fineness of measuring is chosen; fewer when iterations end the solve. */
const MOST_METERED = 60;
const MOST_METERED_BY_ITERATIONS = 5;
/** Deals of each iteration in which the hero holds his hand; without them it would hardly ever be dealt. */
const HERO_SHARE = 0.2;
/** Runouts of a deal without later betting, if the deck has the cards. */
const MOST_RUNOUTS = 8;

/**
 * Solves a multiway or preflop spot by external-sampling CFR. With more than two players this converges to no
 * equilibrium in general: the result says what each player could gain by deviating, as far as it was found.
 *
 * @throws SolverInputError when the game fits no limits, SolveCancelled when the hooks say "now"
 */
export function solveMultiway(spot: Spot, limits: SolveLimits, hooks: SolveHooks, format: FormatCards): Solution {
  const startedAt = hooks.startedAt ?? hooks.now();
  const plan = planMultiway(spot, limits, classifyOn(spot));
  const random = Random.fromSeed(spot.options.seed);
  const { training: state, measured } = createStates(spot, plan, random);
  const trainer = new ExternalSampling(state, random);
  const seats = spot.players.length;
  const meter = new GainMeter(
    new Measure(measured, plan.ranges, Random.fromSeed(spot.options.seed + 7919)),
    seats,
    Math.min(limits.timeLimitSeconds, limits.iterations === null ? MOST_METERED : MOST_METERED_BY_ITERATIONS),
    () => hooks.stop() === "now",
  );
  const heroHands = spot.players.map((_, seat) => (spot.hero?.seat === seat ? heroHand(spot, plan) : -1));
  const measuredGame = cutOf(spot, plan.reductions).length > 0 ? "cut" : "asked";
  const training = new Training(trainer, meter, dealsFor(state), heroHands, hooks, measuredGame);
  const free = seatsWithChoice(state, plan);
  const end = solveLoop(training, spot.root.state.pot, playersWithChoice(free), limits, hooks, startedAt);
  const final = meter.final(heroHands, spot.root.toAct, end.stoppedBy === "soft_time_limit");
  const { iterations, deals } = training;
  return multiwaySolution(
    spot,
    plan,
    state,
    final,
    end,
    limits,
    free,
    iterations,
    deals,
    () => hooks.now() - startedAt,
    format,
  );
}

/** The sampling solver as a loop sees it. */
class Training implements Iterative {
  iterations = 0;
  uncertainty = 0;
  readonly finishingSeconds: number;
  readonly #trainer: ExternalSampling;
  readonly #meter: GainMeter;
  /** Deals of one iteration. */
  readonly deals: number;
  readonly #heroHands: readonly number[];
  readonly #hooks: SolveHooks;
  readonly measuredGame: MeasuredGame;

  constructor(
    trainer: ExternalSampling,
    meter: GainMeter,
    deals: number,
    heroHands: readonly number[],
    hooks: SolveHooks,
    measuredGame: MeasuredGame,
  ) {
    this.#trainer = trainer;
    this.#meter = meter;
    this.deals = deals;
    this.#heroHands = heroHands;
    this.#hooks = hooks;
    this.measuredGame = measuredGame;
    this.finishingSeconds = meter.finalSeconds;
  }

  iterate(): void {
    if (this.#hooks.stop() === "now") throw new SolveCancelled("the solver was told to stop");
    this.iterations++;
    for (let deal = 0; deal < this.deals; deal++) this.#trainer.iterate(this.iterations);
    this.#heroHands.forEach((hand, seat) => {
      if (hand < 0) return;
      for (let deal = 0; deal < this.deals * HERO_SHARE; deal++) this.#trainer.iterateHand(this.iterations, seat, hand);
    });
  }

  /** Measuring is dear here: after 10, 20, 40 … iterations. */
  measureDue(done: number): boolean {
    return done % 10 === 0 && Number.isInteger(Math.log2(done / 10));
  }

  measure(): number {
    const gains = this.#meter.coarse();
    this.uncertainty = gains.reduce((sum, gain) => sum + gain.standardError, 0);
    return gains.reduce((sum, gain) => sum + Math.max(0, gain.chips), 0);
  }
}

function dealsFor({ tree }: MultiwayState): number {
  const decisions = tree.kind.reduce((count, kind) => count + (kind === NODE.decision ? 1 : 0), 0);
  const deals = Math.round(ITERATION_WORK / (tree.seats * decisions));
  return Math.min(MOST_DEALS_PER_ITERATION, Math.max(LEAST_DEALS_PER_ITERATION, deals));
}

/**
 * The game's tables with the deals to train on, and with those to measure on: there single hands are tried out against
 * one deal to the others, which must leave them cards.
 */
function createStates(
  spot: Spot,
  plan: MultiwayPlan,
  random: Random,
): { readonly training: MultiwayState; readonly measured: MultiwayState } {
  const levels = plan.laterClasses > 0 ? 4 - spot.street : 1;
  const boards = spot.boards.length;
  const rows = Array.from({ length: 4 }, (_, level) =>
    plan.ranges.map(({ hands }) => (level === 0 ? hands.count : plan.laterClasses ** boards)),
  );
  const tree = flattenTree(plan.tree, rows);
  const later = laterRows(spot, plan);
  const dealing = (boards: Spot["boards"]): DealSampler => new DealSampler(plan.ranges, boards, DECK_SIZE, random);
  const training = new MultiwayState(
    tree,
    dealing(dealtBoards(spot, plan)),
    levels,
    later,
    null,
    lockedRows(spot, plan, tree),
  );
  const measured = new MultiwayState(tree, dealing(spot.boards), levels, later, training);
  return { training, measured };
}

/** Locks, hand by hand. */
function lockedRows({ boards }: Spot, { locks, ranges }: MultiwayPlan, tree: MultiwayTree): LockedRow[] {
  return locks.flatMap(({ node, seat, strategy, holds }) => {
    const at = tree.nodes.indexOf(node);
    const held = holds(ranges[seat].hands, boards);
    return [...held.keys()].filter((hand) => held[hand] === 1).map((hand) => ({ node: at, hand, strategy }));
  });
}

/** Seats with a hand that is not locked at some decision of this street, where deviations are measured. */
function seatsWithChoice(state: MultiwayState, { ranges }: MultiwayPlan): boolean[] {
  const { tree } = state;
  const decisions = [...tree.kind.keys()].filter((node) => tree.kind[node] === NODE.decision && tree.level[node] === 0);
  return ranges.map(({ hands }, seat) =>
    decisions
      .filter((node) => tree.seat[node] === seat)
      .some((node) =>
        Array.from({ length: hands.count }, (_, hand) => hand).some((hand) => !state.isLocked(node, hand)),
      ),
  );
}

/**
 * The boards of a deal. Where no chips are bet after the root street, the rest of a board is dealt several times over
 * from one deck and each runout counts for its part of the pot: the same on the average, and much less left to luck.
 */
function dealtBoards(
  { boards, handSize }: Spot,
  { ranges, laterClasses }: MultiwayPlan,
): readonly (readonly number[])[] {
  const known = boards.flat().length;
  const missing = boards.length * 5 - known;
  if (missing === 0 || laterClasses > 0) return boards;
  const room = Math.floor((DECK_SIZE - known - ranges.length * handSize) / missing);
  return Array.from({ length: Math.max(1, Math.min(MOST_RUNOUTS, room)) }, () => boards).flat();
}

/** Rows of later streets: the classes of the hand on each board, combined. */
function laterRows(spot: Spot, plan: MultiwayPlan): LaterRow {
  if (plan.laterClasses === 0) return () => 0;
  const deal = omahaDeal(spot.boards);
  const known = spot.boards[0]?.length ?? 0;
  const classes = strengthClasses(
    deal,
    plan.ranges.map((range) => range.hands),
    5 - known,
    plan.laterClasses,
  );
  const position = new Int8Array(DECK_SIZE).fill(-1);
  remainingCards(deal).forEach((card, index) => {
    position[card] = index;
  });
  return (level, seat, hand, board) => {
    let row = 0;
    for (let index = 0; index < spot.boards.length; index++) {
      const at = index * 5 + known;
      const dealt = Array.from({ length: level }, (_, step) => position[board[at + step]]);
      row = row * plan.laterClasses + classes.classOf(seat, hand, index, dealt);
    }
    return row;
  };
}
