import type { Solution, SolutionAction } from "../../poker/solver/report/solution.js";

/** A value with its standard error: 0 where it is exact, null where its error was not measured. */
export interface Measured {
  readonly value: number;
  readonly error: number | null;
}

/** An action at the root of one flop. */
export interface FlopAction {
  readonly action: SolutionAction["action"];
  /** Chips added, and the player's total on the street afterwards. */
  readonly amount: number;
  readonly to: number;
  readonly all_in: boolean;
  /** Of the whole range. */
  readonly frequency: Measured;
}

export type Rake = NonNullable<Solution["game"]["rake"]>;

/** What a report keeps of the solution on one flop. */
export interface FlopAnswer {
  /** Player to act. */
  readonly player: number;
  readonly pot: number;
  /** What the house takes; only at a table with rake. */
  readonly rake?: Rake;
  readonly actions: readonly FlopAction[];
  /** By player id. */
  readonly ev: Readonly<Record<string, Measured>>;
  readonly equities: Readonly<Record<string, Measured>>;
  /** Of the hero's hand; null without one. */
  readonly hero: { readonly ev: Measured; readonly frequency: readonly Measured[] } | null;
  /** Percent of the pot. */
  readonly exploitability: number;
  readonly measured_game: Solution["measured_game"];
  readonly converged: boolean;
  readonly cut: readonly string[];
  readonly iterations: number;
  /** Seconds. */
  readonly solve_time: number;
  readonly solver_version: number;
  /** Answered from an earlier job. */
  readonly cached: boolean;
}

/** The part of a solution that a report keeps. */
export function flopAnswer(solution: Solution & { readonly cached: boolean }): FlopAnswer {
  const { sampling, tree, hero, game } = solution;
  // What was cut without a sample has an error that nobody measured.
  const otherwise = solution.cut.length > 0 ? null : 0;
  const errors = sampling?.standard_error ?? { ev: otherwise, equity: otherwise };
  const measured = (value: number, error: number | null | undefined): Measured => ({
    value,
    error: error === undefined ? otherwise : error,
  });
  const each = (values: Readonly<Record<string, number>>, error: number | null) =>
    Object.fromEntries(Object.entries(values).map(([player, value]) => [player, { value, error }]));
  return {
    player: tree.player,
    pot: tree.pot,
    ...(game.rake ? { rake: game.rake } : {}),
    actions: tree.actions.map(({ action, amount, to, all_in, frequency, frequency_error }) => ({
      action,
      amount,
      to,
      all_in,
      frequency: measured(frequency, frequency_error),
    })),
    ev: each(solution.ev, errors.ev),
    equities: each(solution.equities, errors.equity),
    hero:
      hero === null || hero.ev === null || hero.actions === null
        ? null
        : {
            ev: measured(hero.ev, hero.standard_error),
            frequency: hero.actions.map(({ frequency, frequency_error }) => measured(frequency, frequency_error)),
          },
    exploitability: solution.exploitability,
    measured_game: solution.measured_game,
    converged: solution.converged,
    cut: solution.cut,
    iterations: solution.iterations,
    solve_time: solution.solve_time,
    solver_version: solution.solver_version,
    cached: solution.cached,
  };
}
