import { stakesOf } from "../betting/heads-up-stakes.js";
import type { SampledPlan } from "../plan/sampled-plan.js";
import { REPLICATES, responseSize, type SampledGame } from "../sampled/sampled-game.js";
import type { Spot } from "../spot/spot.js";
import { caveatsOf, cutOf, describeGame, describeRange, tendsToEquilibrium } from "./describe-game.js";
import { describeLocks, measuredWithLocks, playersWithChoice } from "./describe-locks.js";
import { sizesOffered } from "./describe-sizes.js";
import { evRounder, significant } from "./numbers.js";
import { type Estimate, SampledNumbers, STUDENT } from "./sampled-numbers.js";
import { SampledTree } from "./sampled-tree.js";
import { type DeviationGain, type FormatCards, type Solution, type SolveEnd, USUAL_TARGET } from "./solution.js";
import { SOLVER_VERSION } from "./version.js";

const ALGORITHM =
  "public chance sampling CFR with linear weighting; hands and cards drawn anew for each deal, replicates averaged";

const ANSWER_TEXT =
  "the best answers found that choose by the same classes as the strategies on every street: learnt against average play on deals of their own, and measured on fresh ones, by which both differences and errors are free of what was learnt by chance; a lower bound of what could be won, in the game of these classes";

/** What a solve on drawn deals came to. */
export interface SampledEnd extends SolveEnd {
  readonly iterations: number;
  readonly measuredDeals: number;
  readonly threads: number;
}

/** The answer of a heads-up solve on drawn deals. */
export function sampledSolution(
  spot: Spot,
  plan: SampledPlan,
  game: SampledGame,
  end: SampledEnd,
  seconds: number,
  targetExploitability: number | null,
  format: FormatCards,
): Solution {
  const { pot } = spot.root.state;
  const { players } = spot;
  const byPlayer = <T>(make: (seat: 0 | 1) => T): Record<string, T> => ({
    [players[0]]: make(0),
    [players[1]]: make(1),
  });
  const roundEv = evRounder(pot);
  const numbers = new SampledNumbers(game);
  const report = new SampledTree(spot, plan, game, numbers, end.iterations, format);
  const tree = report.build();
  const stakes = stakesOf(plan.tree);
  const raked = stakes.root.rake !== undefined;
  const value = raked ? numbers.valueOf(0) : numbers.value();
  const equity = numbers.equity();
  const gains = [numbers.gain(0), numbers.gain(1)] as const;
  const sum = (bound: "atLeast" | "atMost"): Estimate => ({
    value: gains.reduce((total, gain) => total + Math.max(0, gain[bound].value), 0),
    error: Math.hypot(gains[0][bound].error, gains[1][bound].error),
  });
  const [least, nashConv] = [sum("atLeast"), sum("atMost")];
  const withChoice = seatsWithChoice(game);
  const free = playersWithChoice(withChoice);
  const percent = (chips: number): number => (chips / free / pot) * 100;
  const target = (targetExploitability ?? USUAL_TARGET) * 100;
  const first = roundEv(value.value + stakes.shift[0]) ?? 0;
  const second = raked ? numbers.valueOf(1).value + stakes.shift[1] : pot - first;
  const cut = cutOf(spot, plan.reductions);
  const listed = report.listed;
  return {
    format: "plosolver-solution-1",
    solver_version: SOLVER_VERSION,
    game: describeGame(spot, plan.sizing, format),
    ranges: byPlayer((seat) => describeRange(spot, seat, game.ranges[seat], listed ? format : null)),
    hero: report.hero(tree),
    ev: { [players[0]]: first, [players[1]]: roundEv(second) ?? 0 },
    ...(raked ? { expected_rake: roundEv(pot - first - second) ?? 0 } : {}),
    equities: byPlayer((seat) => Number((seat === 0 ? equity.value : 1 - equity.value).toFixed(5))),
    exploitability: significant(percent(nashConv.value)),
    nash_conv: significant(nashConv.value),
    deviation_gains: byPlayer(
      (seat): DeviationGain => ({
        gain: significant(gains[seat].atMost.value),
        standard_error: significant(gains[seat].atMost.error),
      }),
    ),
    exploitability_method: (game.answers ? ANSWER_TEXT : responseText(game)) + measuredWithLocks(spot, withChoice),
    measured_game: cut.length > 0 ? "cut" : "asked",
    is_equilibrium_approximation: tendsToEquilibrium(spot),
    converged: cut.length === 0 && !game.answers && percent(nashConv.value + STUDENT * nashConv.error) <= target,
    stopped_by: end.stoppedBy,
    convergence: [
      {
        iteration: end.iterations,
        exploitability: significant(percent(nashConv.value)),
        seconds: Math.round(seconds * 1000) / 1000,
      },
    ],
    algorithm: ALGORITHM,
    iterations: end.iterations,
    solve_time: Math.round(seconds * 1000) / 1000,
    threads: end.threads,
    cut,
    abstraction: [...cut, ...plan.classes, sizesOffered(spot, plan.sizing)],
    sampling: {
      replicates: REPLICATES,
      combos_per_deal: game.combosPerDeal,
      measured_deals: end.measuredDeals,
      rows: byPlayer((seat) => game.rowCounts.map((rows) => rows[seat])),
      standard_error: {
        ev: significant(value.error),
        equity: significant(equity.error),
        exploitability: significant(percent(nashConv.error)),
        exploitability_at_least: significant(percent(least.error)),
      },
      exploitability_at_least: significant(percent(least.value)),
    },
    ...describeLocks(spot, plan.locks, (seat) => game.ranges[seat as 0 | 1]),
    ...caveatsOf(spot),
    assumptions: spot.root.assumptions,
    seed: spot.options.seed,
    tree,
    omitted: report.omitted,
  };
}

/** Seats with a decision where not every row is locked. */
function seatsWithChoice({ blocks, locked, rootRows }: SampledGame): readonly [boolean, boolean] {
  const has = (seat: 0 | 1): boolean => {
    const [here, ...later] = blocks.map(({ decisionSeat }) => decisionSeat.filter((of) => of === seat).length);
    return later.some((decisions) => decisions > 0) || locked[seat].length < new Set(rootRows[seat]).size * here;
  };
  return [has(0), has(1)];
}

function responseText(game: SampledGame): string {
  const { opponents, responders, outcomes } = responseSize(game);
  const [first, second] = outcomes;
  const cards = `${first} ways to deal the next street${second > 1 ? ` and ${second} the last` : ""}`;
  return `best answers that choose hand by hand on every street, of up to ${responders} hands of the whole range to two samples of up to ${opponents} of the other's, on fresh deals (${cards}): "exploitability" is what they win on both samples together, by which they were chosen, no less on the average than the best answer to the whole range; "exploitability_at_least" what those win that were chosen on the other sample, no more than it`;
}
