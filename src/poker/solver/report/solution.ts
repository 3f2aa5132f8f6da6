import { labelOf } from "../betting/action-label.js";
import type { BettingNode, DecisionNode } from "../betting/betting-tree.js";

/** Cards as the reader of a result knows them. */
export type FormatCards = (cards: readonly number[]) => string;

/**
 * The answer of the solver as plain JSON. Field names are those of `result_data`. Players are ids as the job gives
 * them; chips are absolute; EVs are expected chips at the end of the hand minus chips behind at the node, so that
 * folding is worth 0 and the players' EVs at a node sum to its pot, less the rake that is expected from there.
 */
export interface Solution {
  readonly format: "plosolver-solution-1";
  /** {@link SOLVER_VERSION} of the solver that gave the answer. */
  readonly solver_version: number;
  readonly game: SolvedGame;
  /** By player id: hands in the order that every `strategy` array uses. */
  readonly ranges: Readonly<Record<string, SolvedRange>>;
  readonly hero: HeroAnswer | null;
  /** Root EVs by player id; they sum to the pot after the rake that is expected. */
  readonly ev: Readonly<Record<string, number>>;
  /** Chips that the house is expected to take; only at a table with rake. */
  readonly expected_rake?: number;
  /** Share of the pot by player id if all cards were dealt without further betting. */
  readonly equities: Readonly<Record<string, number>>;
  /** `nash_conv` over the number of players who have a choice, in percent of the pot: heads-up half of it. */
  readonly exploitability: number;
  /** Sum of the players' gains by best response, chips. */
  readonly nash_conv: number;
  readonly deviation_gains: Readonly<Record<string, DeviationGain>>;
  readonly exploitability_method: string;
  /** The game that the distance was measured in: the one asked for, or one cut down to what the limits allow. */
  readonly measured_game: MeasuredGame;
  readonly is_equilibrium_approximation: boolean;
  /** The target was reached in the game asked for: never true of a cut game, nor of a distance that is only a lower bound. */
  readonly converged: boolean;
  readonly stopped_by: StopReason;
  readonly convergence: readonly ConvergencePoint[];
  readonly algorithm: string;
  readonly iterations: number;
  /** Seconds. */
  readonly solve_time: number;
  readonly threads: number;
  /** What was cut from the game asked for, one sentence each; empty when it was solved as asked. */
  readonly cut: readonly string[];
  /** Every simplification, one sentence each: what was cut, and the sizes offered. */
  readonly abstraction: readonly string[];
  /** How hands and cards were drawn, where they were; null: none were. Equal plans, seeds and iterations give equal answers. */
  readonly sampling: Sampling | null;
  /** Play that was given instead of found, in the order of the job; only where some was. */
  readonly locks?: readonly SolvedLock[];
  /** What the method promises less of in this game than in others, one sentence each; only where there is such a thing. */
  readonly caveats?: readonly string[];
  /** How ambiguous input was read. */
  readonly assumptions: readonly string[];
  readonly seed: number;
  readonly tree: SolutionNode;
  /** What was left out of the tree for size, one sentence each. */
  readonly omitted: readonly string[];
}

/** Play that was given at a node. */
export interface SolvedLock {
  /** As the job wrote it. */
  readonly path: string;
  readonly player: number;
  /** Range notation or name of a class, as the job wrote it; null: all hands. */
  readonly hands: string | null;
  /** Hands of the solved range that are locked; null on later streets, where that depends on the cards. */
  readonly combos: number | null;
  /** By label of action. */
  readonly strategy: Readonly<Record<string, number>>;
}

/** A solve on deals drawn anew, by replicates that share no deal. */
export interface Sampling {
  readonly replicates: number;
  /** Hands of each range drawn for a deal. */
  readonly combos_per_deal: number;
  /** Deals that EVs and equities were measured on, other than those of the solve. */
  readonly measured_deals: number;
  /** Rows of strategy on this street by player id, and on later ones: as many as hands, or classes of hands. */
  readonly rows: Readonly<Record<string, readonly number[]>>;
  /** Standard errors: of `ev`, of `equities`, of `exploitability`. */
  readonly standard_error: {
    readonly ev: number;
    readonly equity: number;
    readonly exploitability: number;
    readonly exploitability_at_least: number;
  };
  /** Percent of the pot: the distance is no less than this, and no more than `exploitability`, but for their errors. */
  readonly exploitability_at_least: number;
}

/** What counts as converged when no target was named: half a percent of the pot. */
export const USUAL_TARGET = 0.005;

export type MeasuredGame = "asked" | "cut";

/** How a solve came to its end. */
export interface SolveEnd {
  readonly stoppedBy: StopReason;
  readonly convergence: readonly ConvergencePoint[];
}

export type StopReason = "target" | "iterations" | "time_limit" | "soft_time_limit";

export interface DeviationGain {
  /** Chips a player would win more by the best deviation found. */
  readonly gain: number;
  /** Null when exact. */
  readonly standard_error: number | null;
}

export interface ConvergencePoint {
  readonly iteration: number;
  /** Percent of the pot. */
  readonly exploitability: number;
  readonly seconds: number;
}

export interface SolvedGame {
  readonly street: StreetName;
  readonly board: readonly string[];
  readonly board2: readonly string[] | null;
  readonly num_cards: number;
  readonly pot: number;
  readonly current_bet: number;
  /** Players in order of action. */
  readonly players: readonly {
    readonly player: number;
    readonly stack: number;
    readonly street_bet: number;
  }[];
  readonly to_act: number;
  readonly bet_sizes: readonly (readonly number[])[];
  readonly max_raises: readonly number[];
  /** By street from the root's on, where sizes were asked for by street or player, or are not only fractions. */
  readonly sizes?: readonly SolvedStreetSizes[];
  /** Beside `sizes`: part of a stack from which on a bet that would put it in is all-in. */
  readonly all_in_threshold?: number | null;
  /** Only where the house takes a part. */
  readonly rake?: { readonly percent: number; readonly cap: number | null; readonly no_flop_no_drop: boolean };
}

/** A size in the form that a job gives it. */
export type SolvedSize = number | "geometric" | { readonly geometric: number };

/** Sizes of a street by player id. */
export interface SolvedStreetSizes {
  readonly street: StreetName;
  readonly bets: Readonly<Record<string, readonly SolvedSize[]>>;
  readonly raises: Readonly<Record<string, readonly SolvedSize[]>>;
  readonly donks: Readonly<Record<string, readonly SolvedSize[]>>;
}

export interface SolvedRange {
  readonly source: string;
  /** How the source was read, in words. */
  readonly read_as: string;
  readonly combos: readonly string[];
  readonly weights: readonly number[];
  /** Hands of the range before it was thinned out. */
  readonly combos_before_cap: number;
}

export interface HeroAnswer {
  readonly player: number;
  readonly hand: string;
  /** The hand's place in the player's `combos`. */
  readonly index: number;
  /** At the root, when the hero is to act: by action of the root node. */
  readonly actions:
    | readonly {
        readonly label: string;
        readonly frequency: number;
        /** Standard error; only where deals are drawn anew. */
        readonly frequency_error?: number;
        readonly ev: number | null;
        /** Of the EV; null when it is exact. */
        readonly standard_error: number | null;
      }[]
    | null;
  /** Labels of the actions that may be best, where errors do not tell their EVs apart; only where deals are drawn anew. */
  readonly not_told_apart?: readonly string[];
  /** EV of the hand at the root. */
  readonly ev: number | null;
  /** Only where deals are drawn anew. */
  readonly standard_error?: number | null;
}

export type StreetName = "preflop" | "flop" | "turn" | "river";
export const STREET_NAMES: readonly StreetName[] = ["preflop", "flop", "turn", "river"];

export interface SolutionNode {
  readonly player: number;
  readonly street: StreetName;
  readonly pot: number;
  readonly to_call: number;
  /** Probability that play comes here. */
  readonly probability: number;
  /** By player id, for the ranges as they are here. */
  readonly ev: Readonly<Record<string, number>> | null;
  /** Chips that the house is expected to take of a game that comes here; only at a table with rake. */
  readonly rake?: number;
  readonly actions: SolutionAction[];
  /** The hero's hand at this node, by action. */
  readonly hero?: RowOfNumbers;
  readonly classes?: readonly HandClassRow[];
  /** Hands whose play here was given; only where some are. */
  readonly locked?: LockedHands;
  /** Probability of each action for every combo of the player: `strategy[action][combo]`. */
  strategy?: readonly (readonly number[])[];
  /** EV of each action for every combo: `combo_ev[action][combo]`. */
  combo_ev?: readonly (readonly (number | null)[])[];
}

export interface LockedHands {
  readonly combos: number;
  /** Their share of the range here. */
  readonly share: number;
  /** Their places in the player's list of combos, unless they are all of it or strategies are not listed. */
  readonly places?: readonly number[];
}

/** Numbers by action; errors are standard errors, there only where deals are drawn anew. */
export interface RowOfNumbers {
  /** Share of the pot if all cards were dealt without further betting; at the root of a heads-up game. */
  readonly equity?: number;
  readonly equity_error?: number | null;
  readonly frequency: readonly number[];
  readonly frequency_error?: readonly number[];
  readonly ev: readonly (number | null)[];
  readonly ev_error?: readonly (number | null)[];
}

export interface HandClassRow extends RowOfNumbers {
  readonly class: string;
  /** Share of the player's range here. */
  readonly share: number;
}

export interface SolutionAction {
  readonly action: "fold" | "check" | "call" | "bet" | "raise";
  /** Chips added. */
  readonly amount: number;
  /** The player's total on the street afterwards. */
  readonly to: number;
  readonly all_in: boolean;
  /** Of the whole range. */
  readonly frequency: number;
  /** Standard errors; only where deals are drawn anew. */
  readonly frequency_error?: number;
  readonly ev_error?: number | null;
  /** Of the part of the range that takes the action; null when none does. */
  readonly ev: number | null;
  readonly next: SolutionNext;
}

/** "check", "call 50", "raise to 250 (all-in)". */
export function actionLabel(action: Pick<SolutionAction, "action" | "amount" | "to" | "all_in">): string {
  return labelOf({ type: action.action, amount: action.amount, to: action.to, allIn: action.all_in });
}

/** Where a line leaves the street that is shown. */
export function endOfLine(node: Exclude<BettingNode, DecisionNode>, players: readonly number[]): SolutionNext {
  const { pot, street } = node.state;
  if (node.kind === "fold") return { end: "fold", pot, winner: players[node.winner] };
  if (node.kind === "showdown") return { end: "showdown", pot };
  return { end: "deal", street: STREET_NAMES[street + 1] ?? "river", pot };
}

export type SolutionNext =
  | SolutionNode
  | { readonly end: "fold"; readonly pot: number; readonly winner: number }
  | { readonly end: "showdown"; readonly pot: number }
  | {
      readonly end: "deal";
      readonly street: StreetName;
      readonly pot: number;
      /** By dealt card; two boards: `top/bottom`. Only when asked for. */
      cards?: Readonly<Record<string, SolutionNext>>;
    }
  | { readonly end: "omitted" };
