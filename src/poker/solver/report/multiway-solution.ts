import type { FinalMeasurement } from "../multiway/gain-meter.js";
import type { MultiwayState } from "../multiway/multiway-state.js";
import type { MultiwayPlan } from "../plan/multiway-plan.js";
import type { SolveLimits, Spot } from "../spot/spot.js";
import { caveatsOf, cutOf, describeGame, describeRange } from "./describe-game.js";
import { describeLocks, measuredWithLocks, playersWithChoice } from "./describe-locks.js";
import { sizesOffered } from "./describe-sizes.js";
import { MultiwayReport } from "./multiway-report.js";
import { significant } from "./numbers.js";
import {
  type ConvergencePoint,
  type DeviationGain,
  type FormatCards,
  type Solution,
  type SolveEnd,
  USUAL_TARGET,
} from "./solution.js";
import { SOLVER_VERSION } from "./version.js";

/**
 * The answer of a solve by sampling.
 *
 * @param seconds what the solve took so far
 * @param withChoice by seat: whether it is not locked wherever it acts
 * @param dealsPerIteration deals of one iteration, the hero's not counted
 */
export function multiwaySolution(
  spot: Spot,
  plan: MultiwayPlan,
  state: MultiwayState,
  final: FinalMeasurement,
  end: SolveEnd,
  limits: SolveLimits,
  withChoice: readonly boolean[],
  iterations: number,
  dealsPerIteration: number,
  seconds: () => number,
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
  const free = playersWithChoice(withChoice);
  const exploitability = (nashConv / free / pot) * 100;
  const cut = cutOf(spot, plan.reductions);
  const exact = deals === null;
  return {
    format: "plosolver-solution-1",
    solver_version: SOLVER_VERSION,
    game: describeGame(spot, plan.sizing, format),
    ranges: byPlayer((seat) => describeRange(spot, seat, plan.ranges[seat].hands, format)),
    hero: shown.hero(tree),
    ev: shown.rootEvs(),
    ...(spot.root.state.rake ? { expected_rake: shown.rootRake() } : {}),
    equities: byPlayer((seat) => Math.round(table.equity[seat] * 1e4) / 1e4),
    exploitability: significant(exploitability),
    nash_conv: significant(nashConv),
    deviation_gains: byPlayer(
      (seat): DeviationGain => ({
        gain: significant(gains[seat].chips),
        standard_error: exact ? null : significant(gains[seat].standardError),
      }),
    ),
    exploitability_method:
      method(players.length, final, plan.laterClasses > 0, error) + measuredWithLocks(spot, withChoice),
    measured_game: cut.length > 0 ? "cut" : "asked",
    is_equilibrium_approximation: false,
    converged: exact && cut.length === 0 && nashConv / free / pot <= (limits.targetExploitability ?? USUAL_TARGET),
    stopped_by: end.stoppedBy,
    convergence: lastMeasured(end, significant(exploitability)),
    algorithm: `external-sampling Monte Carlo CFR with linear weighting, ${dealsPerIteration} deals an iteration`,
    iterations,
    solve_time: Math.round(seconds() * 1000) / 1000,
    threads: 1,
    cut,
    abstraction: [...cut, sizesOffered(spot, plan.sizing)],
    sampling: null,
    ...describeLocks(spot, plan.locks, (seat) => plan.ranges[seat].hands),
    ...caveatsOf(spot),
    assumptions: spot.root.assumptions,
    seed: options.seed,
    tree,
    omitted: shown.omitted,
  };
}

/** The loop's history, its last point as measured for the report. */
function lastMeasured({ convergence }: SolveEnd, exploitability: number): ConvergencePoint[] {
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
