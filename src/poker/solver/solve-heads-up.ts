import { SolverInputError } from "../errors.js";
import { FINISHING_WALKS, iterationSeconds, measuringWalkSeconds, planHeadsUp } from "./plan/heads-up-plan.js";
import { planSampled } from "./plan/sampled-plan.js";
import { cutOf } from "./report/describe-game.js";
import { classifierOf, classifyOn } from "./report/hand-classes.js";
import { headsUpSolution } from "./report/heads-up-solution.js";
import type { FormatCards, MeasuredGame, Solution } from "./report/solution.js";
import type { SampledGame } from "./sampled/sampled-game.js";
import { type Iterative, type SolveHooks, solveLoop } from "./solve-loop.js";
import { solveSampled } from "./solve-sampled.js";
import type { SolveLimits, Spot } from "./spot/spot.js";
import type { SharedGame } from "./vector/shared-game.js";
import { VectorSolver } from "./vector/vector-solver.js";

/** Measurements that the end takes: the last one and the walks of the report. */
const FINISHING_MEASURES = 3;
/** The same of a large game, where little else counts. */
const LARGE_FINISHING_MEASURES = 2;
/** Iterations of a large game before its first measurement, and between the next ones. */
const LARGE_FIRST_MEASURE = 20;
const LARGE_MEASURE_EVERY = 8;

/**
 * Solves a heads-up spot from the flop on.
 *
 * @param onShared called once the memory is laid out, so that further threads may help
 * @throws SolverInputError when the game fits no limits, SolveCancelled when the hooks say "now"
 */
export function solveHeadsUp(
  spot: Spot,
  limits: SolveLimits,
  hooks: SolveHooks,
  format: FormatCards,
  onShared: (shared: SharedGame | SampledGame) => void,
): Solution {
  const startedAt = hooks.startedAt ?? hooks.now();
  const { plan, sorted, problem } = planHeadsUp(spot, limits, classifyOn(spot));
  if (!plan && spot.street < 3) {
    return solveSampled(
      spot,
      planSampled(spot, sorted, limits, classifierOf(spot), classifyOn(spot)),
      limits,
      hooks,
      format,
      onShared,
    );
  }
  if (!plan)
    throw new SolverInputError(`this game cannot be solved within the limits, even much simplified: ${problem}`);
  const solver = new VectorSolver(plan.game, {
    maxBytes: limits.maxBytes,
    threads: limits.threads,
    stop: () => hooks.stop() === "now",
  });
  try {
    onShared(solver.shared);
    const measuredGame = cutOf(spot, plan.reductions).length > 0 ? "cut" : "asked";
    const game = solver.startCoarsely() ? largeGame(solver, measuredGame, hooks.now) : smallGame(solver, measuredGame);
    const end = solveLoop(game, spot.root.state.pot, solver.playersWithChoice, limits, hooks, startedAt);
    return headsUpSolution(spot, plan, solver, end, limits, hooks.now() - startedAt, format);
  } finally {
    solver.finish();
  }
}

function smallGame(solver: VectorSolver, measuredGame: MeasuredGame): Iterative {
  return {
    measuredGame,
    iterate: () => solver.iterate(),
    measure: () => solver.exploitability().nashConv,
    finishingMeasures: FINISHING_MEASURES,
    get iterations() {
      return solver.iterations;
    },
  };
}

/** A game that was started coarsely: a measurement costs as much as several iterations, so that there are few. */
function largeGame(solver: VectorSolver, measuredGame: MeasuredGame, now: () => number): Iterative {
  const finishingIterations = (FINISHING_WALKS * measuringWalkSeconds(solver.game)) / iterationSeconds(solver.game);
  let trained = 0;
  let measured = false;
  return {
    measuredGame,
    iterate: () => {
      const before = now();
      solver.iterate();
      trained += now() - before;
    },
    measure: () => {
      measured = true;
      return solver.exploitability().nashConv;
    },
    measureDue: (iterations) =>
      iterations >= LARGE_FIRST_MEASURE && (iterations - LARGE_FIRST_MEASURE) % LARGE_MEASURE_EVERY === 0,
    finishingMeasures: LARGE_FINISHING_MEASURES,
    get finishingSeconds() {
      return measured ? 0 : (finishingIterations * trained) / Math.max(1, solver.iterations);
    },
    get iterations() {
      return solver.iterations;
    },
  };
}
