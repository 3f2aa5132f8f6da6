import type { ReportFlop } from "../../jobs/report-flops.js";
import type { FlopAction, FlopAnswer, Measured, Rake } from "./flop-answer.js";
import { type FlopMean, sum, weightedMean } from "./flop-mean.js";
import type { FlopChoice } from "./report-input.js";

/** An action, over all solved flops. */
export interface ReportAction {
  readonly action: FlopAction["action"];
  readonly amount: number;
  readonly to: number;
  readonly all_in: boolean;
  readonly frequency: FlopMean;
  /** Part of the weight where the action was there to choose: the tree of a flop may have fewer sizes. */
  readonly offered: number;
}

export interface ReportRow extends Omit<FlopAnswer, "cut" | "solver_version" | "rake"> {
  readonly flop: string;
  readonly weight: number;
}

/** `report` of `result_data`: one spot on many flops. */
export interface FlopReport {
  readonly format: "plosolver-flop-report-1";
  readonly flops: {
    readonly asked: FlopChoice["kind"];
    readonly solved: number;
    readonly failed: readonly { readonly flop: string; readonly error: string }[];
    /** Of the solved flops, and of all. */
    readonly solved_weight: number;
    readonly weight: number;
    /** What the weights are. */
    readonly weights: string;
  };
  /** Player to act. */
  readonly player: number;
  readonly pot: number;
  /** What the house takes; only at a table with rake. */
  readonly rake?: Rake | undefined;
  readonly actions: readonly ReportAction[];
  /** By player id. */
  readonly ev: Readonly<Record<string, FlopMean>>;
  readonly equities: Readonly<Record<string, FlopMean>>;
  readonly hero: { readonly ev: FlopMean } | null;
  /** Percent of the pot. */
  readonly exploitability: { readonly mean: number; readonly largest: number };
  /** Flops on which the target was reached in the game asked for. */
  readonly converged: number;
  /** `cut` where any flop's game was. */
  readonly measured_game: "asked" | "cut";
  /** What was cut, and on how many flops. */
  readonly cut: readonly { readonly what: string; readonly flops: number }[];
  readonly solver_version: number;
  /** Seconds of all solves together, without those that earlier jobs had done. */
  readonly solve_time: number;
  readonly rows: readonly ReportRow[];
}

const WEIGHTS = {
  all: "flops of the deck that each stands for; what the ranges hold is not counted",
  sample: "how often each was drawn, all flops alike; what the ranges hold is not counted",
  listed: "as given",
} as const satisfies Record<FlopChoice["kind"], string>;

/** How a report's flops were chosen, as `flops` of an input that was read before says it. */
export function choiceKind(flops: unknown): FlopChoice["kind"] {
  return flops === "all" ? "all" : Array.isArray(flops) ? "listed" : "sample";
}

interface Solved {
  readonly flop: string;
  readonly weight: number;
  readonly answer: FlopAnswer;
}

/**
 * Gathers the flops of a report.
 * @returns null when none was solved
 */
export function gatherReport(flops: readonly ReportFlop[], asked: FlopChoice["kind"]): FlopReport | null {
  // Rows were written by {@link flopAnswer}.
  const solved: Solved[] = flops
    .filter(({ state }) => state === "solved")
    .map(({ flop, weight, answer }) => ({ flop, weight, answer: answer as FlopAnswer }));
  const [first] = solved;
  if (first === undefined) return null;
  const { player, pot, rake, ev, equities, hero, solver_version } = first.answer;
  const mean = (of: (answer: FlopAnswer) => Measured): FlopMean =>
    weightedMean(
      solved.map(({ weight, answer }) => ({ weight, ...of(answer) })),
      asked,
    );
  const byPlayer = (players: object, of: (answer: FlopAnswer, player: string) => Measured | undefined) =>
    Object.fromEntries(
      Object.keys(players).map((id) => [id, mean((answer) => of(answer, id) ?? { value: 0, error: null })]),
    );
  const answers = solved.map(({ answer }) => answer);
  return {
    format: "plosolver-flop-report-1",
    flops: {
      asked,
      solved: solved.length,
      failed: flops.flatMap(({ state, flop, errorMessage }) =>
        state === "failed" ? [{ flop, error: errorMessage ?? "unknown" }] : [],
      ),
      solved_weight: sum(solved.map(({ weight }) => weight)),
      weight: sum(flops.map(({ weight }) => weight)),
      weights: WEIGHTS[asked],
    },
    player,
    pot,
    ...(rake ? { rake } : {}),
    actions: actionsOf(solved, mean),
    ev: byPlayer(ev, (answer, id) => answer.ev[id]),
    equities: byPlayer(equities, (answer, id) => answer.equities[id]),
    hero: hero === null ? null : { ev: mean((answer) => answer.hero?.ev ?? { value: 0, error: null }) },
    exploitability: {
      mean: mean(({ exploitability }) => ({ value: exploitability, error: null })).mean,
      largest: Math.max(...answers.map(({ exploitability }) => exploitability)),
    },
    converged: answers.filter(({ converged }) => converged).length,
    measured_game: answers.some(({ measured_game }) => measured_game === "cut") ? "cut" : "asked",
    cut: cutsOf(answers),
    solver_version,
    solve_time: sum(answers.map(({ cached, solve_time }) => (cached ? 0 : solve_time))),
    rows: solved.map(({ flop, weight, answer: { cut: _, solver_version: __, rake: ___, ...answer } }) => ({
      flop,
      weight,
      ...answer,
    })),
  };
}

/** Every action of any flop; on flops that lack it, nobody takes it. */
function actionsOf(
  solved: readonly Solved[],
  mean: (of: (answer: FlopAnswer) => Measured) => FlopMean,
): ReportAction[] {
  const keyOf = ({ action, to }: { readonly action: string; readonly to: number }) => `${action} ${to}`;
  const actions = new Map(solved.flatMap(({ answer }) => answer.actions.map((action) => [keyOf(action), action])));
  return [...actions.entries()]
    .sort(([, one], [, other]) => one.to - other.to)
    .map(([key, { action, amount, to, all_in }]) => {
      const here = (answer: FlopAnswer) => answer.actions.find((one) => keyOf(one) === key);
      const offered = mean((answer) => ({ value: here(answer) === undefined ? 0 : 1, error: 0 })).mean;
      const frequency = mean((answer) => here(answer)?.frequency ?? { value: 0, error: 0 });
      return { action, amount, to, all_in, frequency, offered };
    });
}

function cutsOf(answers: readonly FlopAnswer[]): FlopReport["cut"] {
  const counts = new Map<string, number>();
  for (const { cut } of answers) for (const what of new Set(cut)) counts.set(what, (counts.get(what) ?? 0) + 1);
  return [...counts].map(([what, flops]) => ({ what, flops })).sort((one, other) => other.flops - one.flops);
}
