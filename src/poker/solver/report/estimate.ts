import type { BettingNode, DecisionNode, TreeCounts } from "../betting/betting-tree.js";
import type { PotLimitSizing } from "../betting/sizing.js";
import type { HandSet } from "../game/hand-set.js";
import type { NodeLock } from "../spot/lock-nodes.js";
import type { SolveLimits, Spot } from "../spot/spot.js";
import { caveatsOf, cutOf, describeGame } from "./describe-game.js";
import { describeLocks } from "./describe-locks.js";
import { sizesOffered } from "./describe-sizes.js";
import {
  type FormatCards,
  type MeasuredGame,
  type SolvedGame,
  type SolvedLock,
  STREET_NAMES,
  type StreetName,
} from "./solution.js";
import { SOLVER_VERSION } from "./version.js";

export type EstimatedMethod = "all hands and deals" | "drawn deals" | "sampled play";

/** Nodes of a betting tree, cards left out. */
export interface TreeSize {
  readonly decisions: number;
  /** Folds and showdowns. */
  readonly ends: number;
  readonly streets: readonly {
    readonly street: StreetName;
    readonly decisions: number;
    readonly folds: number;
    readonly showdowns: number;
    /** Ways to the next street. */
    readonly deals: number;
  }[];
}

/** What a solve would take and give, as plain JSON; field names are those of `result_data`. */
export interface Estimate {
  readonly format: "plosolver-estimate-1";
  readonly solver_version: number;
  /** The game that would be solved. */
  readonly game: SolvedGame;
  readonly method: EstimatedMethod;
  readonly tree: TreeSize;
  /** By player id. */
  readonly ranges: Readonly<Record<string, EstimatedRange>>;
  readonly memory: {
    /** The solver's tables, whose bound is `allowed`. */
    readonly tables_mebibytes: number;
    /** All that the process grows by while the solve lasts: tables, lists of hands, helping threads, the report. */
    readonly solve_mebibytes: number;
    /** With what the process has before. */
    readonly process_mebibytes: number;
    readonly allowed_mebibytes: number;
  };
  /** Iterations that would be done, about. */
  readonly iterations: number;
  readonly seconds: {
    /** From the spot to the first iteration. */
    readonly preparation: number;
    readonly iteration: number;
    readonly expected: number;
    readonly limit: number;
  };
  readonly threads: number;
  readonly measured_game: MeasuredGame;
  readonly cut: readonly string[];
  readonly abstraction: readonly string[];
  /** As in a solution. */
  readonly locks?: readonly SolvedLock[];
  readonly caveats?: readonly string[];
  readonly assumptions: readonly string[];
}

interface EstimatedRange {
  readonly source: string;
  readonly read_as: string;
  /** Hands, or classes of hands, that would be solved for. */
  readonly combos: number;
  readonly combos_asked: number;
}

/** A plan as far as an estimate goes by it. */
export interface PlannedSolve {
  readonly method: EstimatedMethod;
  readonly tree: DecisionNode;
  readonly sizing: PotLimitSizing;
  /** Hands, or classes of hands, by seat. */
  readonly hands: readonly HandSet[];
  readonly locks: readonly NodeLock[];
  readonly tableBytes: number;
  readonly solveBytes: number;
  readonly iterations: number;
  readonly preparationSeconds: number;
  readonly iterationSeconds: number;
  readonly expectedSeconds: number;
  readonly threads: number;
  readonly reductions: readonly string[];
  /** Where hands share a strategy, one sentence each. */
  readonly classes: readonly string[];
}

/** What a reader is told of a plan. @param processBytes what the process has in memory before a solve */
export function describePlan(
  spot: Spot,
  limits: SolveLimits,
  plan: PlannedSolve,
  format: FormatCards,
  processBytes: number,
): Estimate {
  const cut = cutOf(spot, plan.reductions);
  return {
    format: "plosolver-estimate-1",
    solver_version: SOLVER_VERSION,
    game: describeGame(spot, plan.sizing, format),
    method: plan.method,
    tree: treeSize(plan.tree),
    ranges: Object.fromEntries(
      spot.players.map((player, seat) => {
        const { source, readAs, hands, drawnFrom } = spot.ranges[seat];
        const asked = drawnFrom ?? hands.count;
        return [player, { source, read_as: readAs, combos: plan.hands[seat].count, combos_asked: asked }];
      }),
    ),
    memory: {
      tables_mebibytes: mebibytes(plan.tableBytes),
      solve_mebibytes: mebibytes(plan.solveBytes),
      process_mebibytes: mebibytes(processBytes + plan.solveBytes),
      allowed_mebibytes: Math.floor(limits.maxBytes / 2 ** 20),
    },
    iterations: plan.iterations,
    seconds: {
      preparation: Number(plan.preparationSeconds.toPrecision(2)),
      iteration: Number(plan.iterationSeconds.toPrecision(2)),
      expected: Number(plan.expectedSeconds.toPrecision(2)),
      limit: limits.timeLimitSeconds,
    },
    threads: plan.threads,
    measured_game: cut.length > 0 ? "cut" : "asked",
    cut,
    abstraction: [...cut, ...plan.classes, sizesOffered(spot, plan.sizing)],
    ...describeLocks(spot, plan.locks, (seat) => plan.hands[seat]),
    ...caveatsOf(spot),
    assumptions: spot.root.assumptions,
  };
}

function mebibytes(bytes: number): number {
  const exact = bytes / 2 ** 20;
  return exact < 100 ? Number(exact.toPrecision(3)) : Math.round(exact);
}

/** Counts a betting tree, street by street. */
function treeSize(root: DecisionNode): TreeSize {
  const streets: TreeSize["streets"][number][] = [];
  let roots: readonly BettingNode[] = [root];
  for (let street = root.state.street; roots.length > 0; street++) {
    const counts: TreeCounts = { decisions: 0, folds: 0, showdowns: 0, chances: 0 };
    const below: BettingNode[] = [];
    const visit = (node: BettingNode): void => {
      if (node.kind === "decision") {
        counts.decisions++;
        for (const child of node.children) visit(child);
      } else if (node.kind === "chance") {
        counts.chances++;
        below.push(node.child);
      } else if (node.kind === "fold") counts.folds++;
      else counts.showdowns++;
    };
    for (const node of roots) visit(node);
    const { decisions, folds, showdowns, chances } = counts;
    streets.push({ street: STREET_NAMES[street] ?? "river", decisions, folds, showdowns, deals: chances });
    roots = below;
  }
  return {
    decisions: streets.reduce((sum, { decisions }) => sum + decisions, 0),
    ends: streets.reduce((sum, { folds, showdowns }) => sum + folds + showdowns, 0),
    streets,
  };
}
