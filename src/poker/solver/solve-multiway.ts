import { DECK_SIZE } from "../cards.js";
import { Random } from "../random.js";
import { strengthClasses } from "./abstraction/strength-classes.js";
import { remainingCards } from "./game/deal-model.js";
import { handCards } from "./game/hand-set.js";
import { omahaDeal } from "./game/omaha-deal.js";
import { DealSampler } from "./multiway/deal-sampler.js";
import { ExternalSampling } from "./multiway/external-sampling.js";
import { type FinalMeasurement, GainMeter } from "./multiway/gain-meter.js";
import { Measure } from "./multiway/measure.js";
import { type LaterRow, MultiwayState } from "./multiway/multiway-state.js";
import { flattenTree, NODE } from "./multiway/multiway-tree.js";
import { type MultiwayPlan, planMultiway } from "./plan/multiway-plan.js";
import { describeGame, drawnRanges, sizesOffered } from "./report/describe-game.js";
import { MultiwayReport } from "./report/multiway-report.js";
import type { ConvergencePoint, DeviationGain, Solution } from "./report/solution.js";
import type { FormatCards } from "./solve-heads-up.js";
import { type Iterative, type LoopResult, significant, solveLoop, USUAL_TARGET } from "./solve-loop.js";
import type { SolveHooks, SolveLimits, Spot } from "./spot/spot.js";
import { WalkCancelled } from "./vector/walker.js";

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
 * @throws SolverInputError when the game fits no limits, WalkCancelled when the hooks say "now"
 */
export function solveMultiway(spot: Spot, limits: SolveLimits, hooks: SolveHooks, format: FormatCards): Solution {
  const startedAt = hooks.startedAt ?? hooks.now();
  const plan = planMultiway(spot, limits);
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
  const heroHands = spot.players.map((_, seat) =>
    spot.hero?.seat === seat ? MultiwayReport.findHero(spot, plan) : -1,
  );
  const training = new Training(trainer, meter, dealsFor(state), heroHands, hooks);
  const loop = solveLoop(training, spot.root.state.pot, seats, limits, hooks, startedAt);
  const final = meter.final(heroHands, spot.root.toAct, loop.stoppedBy === "soft_time_limit");
  return report(spot, plan, state, final, loop, limits, training.iterations, hooks, startedAt, format);
}

/** The sampling solver as a loop sees it. */
class Training implements Iterative {
  iterations = 0;
  uncertainty = 0;
  readonly finishingSeconds: number;
  readonly #trainer: ExternalSampling;
  readonly #meter: GainMeter;
  readonly #deals: number;
  readonly #heroHands: readonly number[];
  readonly #hooks: SolveHooks;

  constructor(
    trainer: ExternalSampling,
    meter: GainMeter,
    deals: number,
    heroHands: readonly number[],
    hooks: SolveHooks,
  ) {
    this.#trainer = trainer;
    this.#meter = meter;
    this.#deals = deals;
    this.#heroHands = heroHands;
    this.#hooks = hooks;
    this.finishingSeconds = meter.finalSeconds;
  }

  iterate(): void {
    if (this.#hooks.stop() === "now") throw new WalkCancelled("the solver was told to stop");
    this.iterations++;
    for (let deal = 0; deal < this.#deals; deal++) this.#trainer.iterate(this.iterations);
    this.#heroHands.forEach((hand, seat) => {
      if (hand < 0) return;
      for (let deal = 0; deal < this.#deals * HERO_SHARE; deal++)
        this.#trainer.iterateHand(this.iterations, seat, hand);
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
  const training = new MultiwayState(tree, dealing(dealtBoards(spot, plan)), levels, later);
  const measured = new MultiwayState(tree, dealing(spot.boards), levels, later, training);
  return { training, measured };
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
      const dealt = Array.from({ length: level }, (_, step) => position[board[at + step] as number] as number);
      row = row * plan.laterClasses + classes.classOf(seat, hand, index, dealt);
    }
    return row;
  };
}

function report(
  spot: Spot,
  plan: MultiwayPlan,
  state: MultiwayState,
  final: FinalMeasurement,
  loop: LoopResult,
  limits: SolveLimits,
  iterations: number,
  hooks: SolveHooks,
  startedAt: number,
  format: FormatCards,
): Solution {
  const { pot } = spot.root.state;
  const { players, options } = spot;
  const byPlayer = <T>(make: (seat: number) => T): Record<string, T> =>
    Object.fromEntries(players.map((player, seat) => [player, make(seat)]));
  const { table, gains, deals } = final;
  const nashConv = gains.reduce((sum, gain) => sum + Math.max(0, gain.chips), 0);
  const error = gains.reduce((sum, gain) => sum + gain.standardError, 0);
  const shown = new MultiwayReport(spot, plan, state, final, format);
  const tree = shown.build();
  const exploitability = (nashConv / players.length / pot) * 100;
  return {
    format: "plosolver-solution-1",
    game: describeGame(spot, plan.sizing, format),
    ranges: byPlayer((seat) => ({
      source: spot.ranges[seat]?.source ?? "",
      combos: Array.from({ length: plan.ranges[seat]?.hands.count ?? 0 }, (_, hand) =>
        format(handCards((plan.ranges[seat] as MultiwayPlan["ranges"][number]).hands, hand)),
      ),
      weights: Array.from(plan.ranges[seat]?.hands.weights ?? [], (weight) => Number(weight.toPrecision(6))),
      combos_before_cap: spot.ranges[seat]?.hands.count ?? 0,
    })),
    hero: shown.hero(tree),
    ev: shown.rootEvs(),
    equities: byPlayer((seat) => Math.round((table.equity[seat] as number) * 1e4) / 1e4),
    exploitability: significant(exploitability),
    nash_conv: significant(nashConv),
    deviation_gains: byPlayer(
      (seat): DeviationGain => ({
        gain: significant(gains[seat]?.chips ?? 0),
        standard_error: deals === null ? null : significant(gains[seat]?.standardError ?? 0),
      }),
    ),
    exploitability_method: method(players.length, final, plan.laterClasses > 0, error),
    is_equilibrium_approximation: false,
    converged: (nashConv + error) / players.length / pot <= (limits.targetExploitability ?? USUAL_TARGET),
    stopped_by: loop.stoppedBy,
    convergence: lastMeasured(loop, significant(exploitability)),
    algorithm: `external-sampling Monte Carlo CFR with linear weighting, ${dealsFor(state)} deals an iteration`,
    iterations,
    solve_time: Math.round((hooks.now() - startedAt) * 1000) / 1000,
    threads: 1,
    abstraction: [...drawnRanges(spot), ...plan.reductions, sizesOffered(plan.sizing)],
    assumptions: spot.root.assumptions,
    seed: options.seed,
    tree,
    omitted: shown.omitted,
  };
}

/** The loop's history, its last point as measured for the report. */
function lastMeasured({ convergence }: LoopResult, exploitability: number): ConvergencePoint[] {
  return convergence.map((point, index) => (index === convergence.length - 1 ? { ...point, exploitability } : point));
}

function method(players: number, final: FinalMeasurement, laterBetting: boolean, error: number): string {
  const values = final.tableDeals === null ? "" : `; EVs and equities are means over ${final.tableDeals} random deals`;
  const none = players > 2 ? "; with more than two players there is no guarantee of an equilibrium" : "";
  if (final.deals === null) {
    return `exact: each player's best response, hand by hand over all deals, in the game described here, while the others play as shown${values}${none}`;
  }
  const where = laterBetting ? "on this street (later streets as on average)" : "in the game described here";
  return `sampled: each player's best deviation found ${where}, chosen on ${final.deals} deals and measured on ${final.deals} others, a lower bound of what he could gain; standard errors add up to ${significant(error)} chips${values}${none}`;
}
