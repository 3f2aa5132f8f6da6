import type { Checkpoints } from "./checkpoints.js";
import { significant } from "./report/numbers.js";
import type { ConvergencePoint, MeasuredGame, SolveEnd, StopReason } from "./report/solution.js";
import type { SolveLimits } from "./spot/spot.js";

/** News of a running solve. */
export interface SolveProgress {
  readonly iteration: number;
  /** Percent of the pot; null before the first measurement. */
  readonly exploitability: number | null;
  readonly seconds: number;
  /** The game that is solved and measured: the one asked for, or one cut down to what the limits allow. */
  readonly game: MeasuredGame;
  /** 0–1: the way to the nearest of the limits. */
  readonly fraction: number;
}

/** How a solve talks to the outside. */
export interface SolveHooks {
  /** When the job began on the clock of `now`, if that was before the solver was called: it counts towards the time limit. */
  readonly startedAt?: number;
  /** Seconds on a clock that only goes forward. */
  readonly now: () => number;
  readonly onProgress: (progress: SolveProgress) => void;
  /** "soon": end with the best solution so far; "now": abandon the computation. */
  readonly stop: () => "none" | "soon" | "now";
  /** Without them nothing of an unfinished solve is kept. */
  readonly checkpoints?: Checkpoints;
}

/** A game that is solved iteration by iteration. */
export interface Iterative {
  readonly iterations: number;
  readonly measuredGame: MeasuredGame;
  /** Time to keep for the end, in measurements: the last one and the report. Default 2. */
  readonly finishingMeasures?: number;
  /** Time to keep for the end, in seconds, if that is more. Default 0. */
  readonly finishingSeconds?: number;
  /** Whether to measure after this many iterations; by default every tenth, later more rarely. */
  measureDue?(iterations: number): boolean;
  iterate(): void;
  /** Called between iterations: may keep what has been done. */
  keep?(seconds: number, convergence: readonly ConvergencePoint[]): void;
  /** Sum of the players' gains by deviating, chips. */
  measure(): number;
  /** What must be added to the last measurement before it counts as reaching the target. Default 0. */
  readonly uncertainty?: number;
}

/** Iterations between measurements; a measurement costs about as much as one iteration. */
const MEASURE_EVERY = 10;
/** Seconds between reports to the user. */
const REPORT_EVERY = 0.2;

/** True when the exploitability is due to be measured after this many iterations. */
function usualMeasureDue(iterations: number): boolean {
  if (iterations <= 100) return iterations % MEASURE_EVERY === 0;
  if (iterations <= 1000) return iterations % (MEASURE_EVERY * 5) === 0;
  return iterations % (MEASURE_EVERY * 25) === 0;
}

/**
 * Iterates until the first limit is reached. What is done depends only on the iteration count, never on the clock,
 * so that equal iterations give equal answers.
 *
 * @param pot chips that exploitability is measured against
 * @param players number of players the gains are shared among
 * @param startedAt `hooks.now()` when the job began; preparations count towards the time limit
 * @param before what an earlier attempt measured, where it is gone on with
 */
export function solveLoop(
  game: Iterative,
  pot: number,
  players: number,
  limits: SolveLimits,
  hooks: SolveHooks,
  startedAt: number,
  before: readonly ConvergencePoint[] = [],
): SolveEnd {
  const convergence = [...before];
  const percent = (nashConv: number): number => (nashConv / players / pot) * 100;
  let nashConv = ((convergence.at(-1)?.exploitability ?? Number.NaN) / 100) * players * pot;
  let first = convergence[0]?.exploitability ?? Number.NaN;
  let reported = Number.NEGATIVE_INFINITY;
  let slowest = 0;
  let measureSeconds = 0;
  const seconds = (): number => hooks.now() - startedAt;

  const measure = (): void => {
    const before = hooks.now();
    nashConv = game.measure();
    measureSeconds = hooks.now() - before;
    if (Number.isNaN(first)) first = percent(nashConv);
    convergence.push({
      iteration: game.iterations,
      exploitability: significant(percent(nashConv)),
      seconds: Math.round(seconds() * 1000) / 1000,
    });
  };

  const report = (): void => {
    reported = hooks.now();
    const exploitability = Number.isNaN(nashConv) ? null : significant(percent(nashConv));
    const fraction = fractionDone(game.iterations, seconds(), exploitability, first, limits);
    const progress = { iteration: game.iterations, exploitability, seconds: seconds(), fraction };
    hooks.onProgress({ ...progress, game: game.measuredGame });
  };

  const stopReason = (): StopReason | null => {
    if (hooks.stop() !== "none") return "soft_time_limit";
    const measuredNow = convergence.at(-1)?.iteration === game.iterations;
    if (
      limits.targetExploitability !== null &&
      measuredNow &&
      percent(nashConv + (game.uncertainty ?? 0)) <= limits.targetExploitability * 100
    )
      return "target";
    if (limits.iterations !== null && game.iterations >= limits.iterations) return "iterations";
    // The next iteration, a last measurement and the report must still fit.
    const finishing = Math.max(game.finishingSeconds ?? 0, (game.finishingMeasures ?? 2) * measureSeconds);
    return seconds() + slowest + finishing >= limits.timeLimitSeconds * 0.97 ? "time_limit" : null;
  };

  for (;;) {
    const before = hooks.now();
    game.iterate();
    slowest = Math.max(hooks.now() - before, slowest * 0.9);
    if (game.measureDue?.(game.iterations) ?? usualMeasureDue(game.iterations)) measure();
    const stoppedBy = stopReason();
    if (stoppedBy !== null || hooks.now() - reported >= REPORT_EVERY) report();
    if (stoppedBy === null) {
      game.keep?.(seconds(), convergence);
      continue;
    }
    if (convergence.at(-1)?.iteration !== game.iterations) measure();
    return { stoppedBy, convergence };
  }
}

/** The way to whichever limit is nearest, 0–1; exploitability falls about as a power, so its logarithm counts. */
function fractionDone(
  iterations: number,
  seconds: number,
  exploitability: number | null,
  first: number,
  limits: SolveLimits,
): number {
  const parts = [seconds / limits.timeLimitSeconds];
  if (limits.iterations !== null) parts.push(iterations / limits.iterations);
  if (limits.targetExploitability !== null && exploitability !== null && exploitability > 0) {
    const target = Math.max(limits.targetExploitability * 100, 1e-6);
    if (first > target) parts.push(Math.log(first / exploitability) / Math.log(first / target));
  }
  return Math.min(1, Math.max(0, ...parts));
}
