import { recordOf } from "../jobs/draft.js";

/** A solution as far as the pages show it; what a worker of another age did not write is left out. */
export interface Solution {
  readonly game?: {
    readonly street?: string;
    readonly board?: readonly string[];
    readonly board2?: readonly string[] | null;
    readonly pot?: number;
    readonly players?: readonly { readonly player: number; readonly stack: number }[];
  };
  readonly ranges?: Readonly<
    Record<
      string,
      { readonly source?: string; readonly combos?: readonly string[]; readonly weights?: readonly number[] }
    >
  >;
  readonly hero?: {
    readonly player: number;
    readonly hand: string;
    readonly index: number;
    readonly actions?: readonly HeroAction[] | null;
    readonly ev?: number | null;
  } | null;
  readonly ev?: Readonly<Record<string, number>>;
  readonly equities?: Readonly<Record<string, number>>;
  readonly exploitability?: number;
  readonly nash_conv?: number;
  readonly deviation_gains?: Readonly<
    Record<string, { readonly gain: number; readonly standard_error?: number | null }>
  >;
  readonly exploitability_method?: string;
  readonly is_equilibrium_approximation?: boolean;
  readonly converged?: boolean;
  readonly stopped_by?: string;
  /** How hands and cards were drawn; null where none were. */
  readonly sampling?: {
    readonly measured_deals?: number;
    readonly exploitability_at_least?: number;
    readonly standard_error?: { readonly ev?: number; readonly equity?: number; readonly exploitability?: number };
  } | null;
  readonly measured_game?: string;
  readonly convergence?: readonly {
    readonly iteration: number;
    readonly exploitability: number;
    readonly seconds: number;
  }[];
  readonly algorithm?: string;
  readonly iterations?: number;
  readonly solve_time?: number;
  readonly abstraction?: readonly string[];
  readonly assumptions?: readonly string[];
  readonly caveats?: readonly string[];
  readonly expected_rake?: number;
  readonly omitted?: readonly string[];
  readonly tree?: DecisionNode;
  readonly cached?: boolean;
}

interface HeroAction {
  readonly label: string;
  readonly frequency: number;
  readonly frequency_error?: number;
  readonly ev: number | null;
  readonly standard_error?: number | null;
}

export interface TreeAction {
  readonly action: string;
  readonly amount: number;
  readonly to: number;
  readonly all_in?: boolean;
  readonly frequency: number;
  readonly ev?: number | null;
  readonly frequency_error?: number;
  readonly ev_error?: number | null;
  readonly next?: TreeNode;
}

/** A decision of a player. */
export interface DecisionNode {
  readonly player: number;
  readonly street?: string;
  readonly pot: number;
  readonly to_call: number;
  readonly probability?: number;
  readonly ev?: Readonly<Record<string, number>> | null;
  /** What the house is expected to take. */
  readonly rake?: number;
  /** Hands whose play was given. */
  readonly locked?: { readonly combos: number; readonly share: number };
  readonly actions: readonly TreeAction[];
  readonly hero?: {
    readonly frequency: readonly number[];
    readonly frequency_error?: readonly number[];
    readonly ev: readonly (number | null)[];
    readonly ev_error?: readonly (number | null)[];
  };
  readonly classes?: readonly ClassRow[];
  readonly strategy?: readonly (readonly number[])[];
  readonly combo_ev?: readonly (readonly (number | null)[])[];
}

export interface ClassRow {
  readonly class: string;
  readonly share: number;
  /** Share of the pot without further betting; at the root of heads-up games. */
  readonly equity?: number;
  readonly equity_error?: number | null;
  readonly frequency: readonly number[];
  readonly frequency_error?: readonly number[];
  readonly ev?: readonly (number | null)[];
  readonly ev_error?: readonly (number | null)[];
}

/** The end of a line of play. */
export interface EndNode {
  readonly end: string;
  readonly pot?: number;
  readonly winner?: number;
  readonly street?: string;
  readonly cards?: Readonly<Record<string, TreeNode>>;
}

export type TreeNode = DecisionNode | EndNode;

export function isDecision(node: TreeNode | undefined): node is DecisionNode {
  return node !== undefined && "actions" in node && Array.isArray(node.actions);
}

/** The solution of a result; null where there is none. */
export function solutionOf(result: unknown): Solution | null {
  const { solution } = recordOf(result);
  return typeof solution === "object" && solution !== null ? (solution as Solution) : null;
}

/** `Bet 50`, `Raise to 120 (all-in)`. */
export function actionText({
  action,
  amount,
  to,
  all_in,
}: Pick<TreeAction, "action" | "amount" | "to" | "all_in">): string {
  const word = `${action.charAt(0).toUpperCase()}${action.slice(1)}`;
  const size =
    action === "bet"
      ? ` ${round(to)}`
      : action === "raise"
        ? ` to ${round(to)}`
        : action === "call"
          ? ` ${round(amount)}`
          : "";
  return `${word}${size}${all_in === true && action !== "call" ? " (all-in)" : ""}`;
}

/** The tone of each action: passive ones have their own, bets the deeper the larger. */
export function actionTones(actions: readonly Pick<TreeAction, "action">[]): string[] {
  let bets = 0;
  return actions.map(({ action }) => {
    if (action === "fold") return "fold";
    if (action === "check" || action === "call") return "call";
    return `bet${Math.min(3, bets++)}`;
  });
}

function round(value: number): string {
  return String(Math.round(value * 100) / 100);
}
