import { SolverInputError } from "../errors.js";
import type { PlanningMeans } from "./checkpoints.js";
import {
  FINISHING_WALKS,
  type HeadsUpChoice,
  iterationSeconds,
  measuringWalkSeconds,
  planHeadsUp,
  planText,
} from "./plan/heads-up-plan.js";
import { machineSpeed } from "./plan/machine-speed.js";
import { planSampled } from "./plan/sampled-plan.js";
import { cutOf } from "./report/describe-game.js";
import { playersWithChoice } from "./report/describe-locks.js";
import { classifierOf, classifyOn } from "./report/hand-classes.js";
import { headsUpSolution } from "./report/heads-up-solution.js";
import type { FormatCards, MeasuredGame, Solution } from "./report/solution.js";
import type { SampledGame } from "./sampled/sampled-game.js";
import { type Iterative, type SolveHooks, solveLoop } from "./solve-loop.js";
import { solveSampled } from "./solve-sampled.js";
import type { SolveLimits, Spot } from "./spot/spot.js";
import { gameBytes } from "./vector/memory-layout.js";
import type { SharedGame } from "./vector/shared-game.js";
import { VectorSolver } from "./vector/vector-solver.js";

/** Measurements that the end takes: the last one and the walks of the report. */
const FINISHING_MEASURES = 3;
/** The same of a large game, where little else counts. */
const LARGE_FINISHING_MEASURES = 2;
/** What its end may take of what the fastest iteration foretells, and the first two: they take longer than later ones. */
const FINISHING_SLACK = 1.3;
const FIRST_SLACK = 0.6;
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
  const begunAt = hooks.startedAt ?? hooks.now();
  const means = meansOf(limits, hooks);
  const { plan, sorted, problem } = planAgain(spot, limits, means);
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
    const { checkpoints } = hooks;
    const text = checkpoints ? planText(plan, spot) : "";
    const kept = checkpoints?.restore(text, solver.tableBytes) ?? null;
    if (kept) solver.resume(kept);
    const startedAt = begunAt - (kept?.seconds ?? 0);
    onShared(solver.shared);
    const measuredGame = cutOf(spot, plan.reductions).length > 0 ? "cut" : "asked";
    if (!kept) solver.startCoarsely();
    const game = solver.started ? largeGame(solver, measuredGame, hooks.now) : smallGame(solver, measuredGame);
    game.keep = (seconds, convergence) => {
      if (!checkpoints?.due()) return;
      checkpoints.save(text, means, { ...solver.progress, seconds, convergence }, solver.tableBytes);
    };
    const { pot } = spot.root.state;
    const players = playersWithChoice(solver.seatsWithChoice);
    const end = solveLoop(game, pot, players, limits, hooks, startedAt, kept?.convergence);
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
  const first = solver.iterations;
  let fastest = Number.NaN;
  let measured = false;
  return {
    measuredGame,
    iterate: () => {
      const begun = now();
      solver.iterate();
      const took = now() - begun;
      fastest = took >= fastest ? fastest : took;
    },
    measure: () => {
      measured = true;
      return solver.exploitability().nashConv;
    },
    measureDue: (iterations) =>
      iterations >= LARGE_FIRST_MEASURE && (iterations - LARGE_FIRST_MEASURE) % LARGE_MEASURE_EVERY === 0,
    finishingMeasures: LARGE_FINISHING_MEASURES,
    get finishingSeconds() {
      const slack = solver.iterations - first > 2 ? FINISHING_SLACK : FIRST_SLACK;
      return measured || Number.isNaN(fastest) ? 0 : finishingIterations * fastest * slack;
    },
    get iterations() {
      return solver.iterations;
    },
  };
}

/** What this solve is planned with: what the one that it may go on with was planned with. */
function meansOf({ maxBytes, threads, iterations }: SolveLimits, { checkpoints }: SolveHooks): PlanningMeans {
  // Where iterations are asked for, no plan goes by the machine's speed.
  return checkpoints?.means ?? { speed: iterations === null ? machineSpeed() : 1, threads, maxBytes };
}

/** The plan by these means, where it fits what this attempt has. */
function planAgain(spot: Spot, limits: SolveLimits, means: PlanningMeans): HeadsUpChoice {
  const choice = planHeadsUp(spot, { ...limits, ...means }, classifyOn(spot));
  const fits = means.maxBytes <= limits.maxBytes || (choice.plan && gameBytes(choice.plan.game) <= limits.maxBytes);
  return fits ? choice : planHeadsUp(spot, limits, classifyOn(spot));
}
