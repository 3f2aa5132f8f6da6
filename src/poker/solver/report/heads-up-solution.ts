import { findHand } from "../game/hand-set.js";
import type { HeadsUpPlan } from "../plan/heads-up-plan.js";
import type { SolveLimits, Spot } from "../spot/spot.js";
import type { VectorSolver } from "../vector/vector-solver.js";
import { caveatsOf, cutOf, describeGame, describeRange, tendsToEquilibrium } from "./describe-game.js";
import { describeLocks, measuredWithLocks, playersWithChoice } from "./describe-locks.js";
import { sizesOffered } from "./describe-sizes.js";
import { classifierOf } from "./hand-classes.js";
import { evRounder, roundEquity, significant } from "./numbers.js";
import {
  actionLabel,
  type DeviationGain,
  type FormatCards,
  type HeroAnswer,
  type Solution,
  type SolutionNode,
  type SolveEnd,
  USUAL_TARGET,
} from "./solution.js";
import { SolutionTree } from "./solution-tree.js";
import { SOLVER_VERSION } from "./version.js";

const ALGORITHM = "vector-form discounted CFR (alpha 1.5, beta 0, gamma 3), alternating updates, average strategy";
const STARTED_ALGORITHM = `${ALGORITHM}; begun with the play of the same game with few hands of each range, solved first`;
const METHOD =
  "exact best responses of both players, hand by hand, in the game described here (its ranges, sizes, deals and simplifications)";
const SINGLE_METHOD = `${METHOD}; added up in single precision, which tells a thousandth of a percent of the pot apart`;
/** Bytes of JSON a solution may take, about; a full one's tree. */
const DEFAULT_BYTES = 1_850_000;
const FULL_TREE_BYTES = 64_000_000;
const LISTS_OMITTED =
  "the lists of combos and their strategies: the result would be too large (full_strategy shows them)";
/** Bytes that the lists of combos may take; longer ones are left out. */
const MOST_RANGE_BYTES = 1_000_000;

/**
 * The answer of a heads-up solve.
 *
 * @param seconds what the solve took
 */
export function headsUpSolution(
  spot: Spot,
  plan: HeadsUpPlan,
  solver: VectorSolver,
  end: SolveEnd,
  limits: SolveLimits,
  seconds: number,
  format: FormatCards,
): Solution {
  const { pot } = spot.root.state;
  const { players, options } = spot;
  const byPlayer = <T>(make: (seat: 0 | 1) => T): Record<string, T> => ({
    [players[0]]: make(0),
    [players[1]]: make(1),
  });
  const values = solver.values();
  const equities = solver.equities();
  const gains = solver.exploitability();
  const roundEv = evRounder(pot);
  const first = roundEv(values[0]) ?? 0;
  const rake = solver.raked ? pot - values[0] - values[1] : 0;
  const hero = heroPlace(spot, solver);
  const classify = classifierOf(spot);
  const classes = ([0, 1] as const).map((seat) => classify(solver.game.hands[seat]));
  const rangeBytes = rangesBytes(solver);
  const listed = options.fullStrategy || rangeBytes <= MOST_RANGE_BYTES;
  const tree = new SolutionTree(solver, {
    players,
    hero,
    depth: options.treeDepth ?? (options.fullStrategy ? 1000 : null),
    combos: options.fullStrategy ? "strategy and EVs" : listed ? "strategy" : "none",
    maxBytes: options.fullStrategy ? FULL_TREE_BYTES : DEFAULT_BYTES - (listed ? rangeBytes : 0),
    formatCard: (card) => format([card]),
    classes: (seat) => classes[seat],
    equities: solver.handEquities(solver.game.tree.seat === 0 ? 0 : 1),
  });
  const root = tree.build();
  const cut = cutOf(spot, plan.reductions);
  const free = playersWithChoice(solver.seatsWithChoice);
  const target = (limits.targetExploitability ?? USUAL_TARGET) * (1 + 1e-9);
  return {
    format: "plosolver-solution-1",
    solver_version: SOLVER_VERSION,
    game: describeGame(spot, plan.sizing, format),
    ranges: byPlayer((seat) => describeRange(spot, seat, solver.game.hands[seat], listed ? format : null)),
    hero: hero && heroAnswer(spot, root, hero, format),
    ev: { [players[0]]: first, [players[1]]: roundEv(pot - rake - first) ?? 0 },
    ...(solver.raked ? { expected_rake: roundEv(rake) ?? 0 } : {}),
    equities: byPlayer((seat) => roundEquity(equities[seat])),
    exploitability: significant((gains.nashConv / free / pot) * 100),
    nash_conv: significant(gains.nashConv),
    deviation_gains: byPlayer(
      (seat): DeviationGain => ({ gain: significant(gains.gains[seat]), standard_error: null }),
    ),
    exploitability_method: (solver.started ? SINGLE_METHOD : METHOD) + measuredWithLocks(spot, solver.seatsWithChoice),
    measured_game: cut.length > 0 ? "cut" : "asked",
    is_equilibrium_approximation: tendsToEquilibrium(spot),
    converged: cut.length === 0 && gains.nashConv / free / pot <= target,
    stopped_by: end.stoppedBy,
    convergence: end.convergence,
    algorithm: solver.started ? STARTED_ALGORITHM : ALGORITHM,
    iterations: solver.iterations,
    solve_time: Math.round(seconds * 1000) / 1000,
    threads: solver.helpers + 1,
    cut,
    abstraction: [...cut, sizesOffered(spot, plan.sizing)],
    sampling: null,
    ...describeLocks(spot, plan.locks, (seat) => solver.game.hands[seat as 0 | 1]),
    ...caveatsOf(spot),
    assumptions: spot.root.assumptions,
    seed: options.seed,
    tree: root,
    omitted: listed ? tree.omitted : [...tree.omitted, LISTS_OMITTED],
  };
}

function heroPlace(spot: Spot, solver: VectorSolver): { readonly seat: number; readonly hand: number } | null {
  if (!spot.hero) return null;
  const hand = findHand(solver.game.hands[spot.hero.seat as 0 | 1], spot.hero.cards);
  return hand < 0 ? null : { seat: spot.hero.seat, hand };
}

/** Bytes of JSON for the hands and weights of both ranges, about. */
function rangesBytes({ game: { hands } }: VectorSolver): number {
  return hands.reduce((sum, { count, k }) => sum + count * (2 * k + 11), 0);
}

function heroAnswer(
  spot: Spot,
  root: SolutionNode,
  hero: { readonly seat: number; readonly hand: number },
  format: FormatCards,
): HeroAnswer {
  const row = root.hero;
  const actions = row
    ? root.actions.map((action, index) => ({
        label: actionLabel(action),
        frequency: row.frequency[index],
        ev: row.ev[index],
        standard_error: null,
      }))
    : null;
  const ev = actions?.reduce((sum, action) => sum + action.frequency * (action.ev ?? 0), 0);
  return {
    player: spot.players[hero.seat],
    hand: format(spot.hero?.cards ?? []),
    index: hero.hand,
    actions,
    ev: ev === undefined ? null : evRounder(spot.root.state.pot)(ev),
  };
}
