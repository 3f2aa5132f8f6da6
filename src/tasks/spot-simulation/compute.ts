import { type Kernel, type KernelContext, kernel } from "../../celery/kernel.js";
import { countAssignments, handsPerSeat } from "../../poker/equity/assignments.js";
import { knownHands, type SeatedDeal } from "../../poker/equity/deal.js";
import { KnownShowdowns } from "../../poker/equity/known-showdowns.js";
import { countLateBoards } from "../../poker/equity/late-boards.js";
import { countLists, emptyTallies, type HandTallies } from "../../poker/equity/list-showdowns.js";
import { MonteCarlo, strataOf } from "../../poker/equity/monte-carlo.js";
import { ShowdownCounts, type ShowdownShape } from "../../poker/equity/showdown-counts.js";
import { StratumCounts } from "../../poker/equity/stratum-counts.js";
import { countVersusRandom } from "../../poker/equity/versus-random.js";
import { asEquallyLikely } from "../../poker/equity/weighted-hands.js";
import { releaseKernels } from "../../poker/evaluator/kernels.js";
import { adoptTables, type EvaluatorTables, evaluatorTables } from "../../poker/evaluator/tables.js";
import { Random } from "../../poker/random.js";
import { expandRange, type RangeHands } from "../../poker/ranges/expand-range.js";
import type { Boards } from "../../poker/ranges/match-range.js";
import type { Range } from "../../poker/ranges/range-tree.js";
import type { SharedMemory } from "../../poker/wasm/shared-memory.js";

/** One piece of an experiment. */
export type ChunkWork =
  | { readonly kind: "known" }
  | { readonly kind: "versus-random"; readonly player: number; readonly part: number; readonly parts: number }
  | { readonly kind: "assignments" | "late-boards" | "lists"; readonly from: number; readonly to: number }
  | {
      readonly kind: "monte-carlo";
      readonly seed: readonly number[];
      readonly runs: number;
      readonly stratifiedPlayers: number;
    };

/** What a thread is asked. */
export type ComputeInput =
  | {
      readonly kind: "count";
      /** Evaluator tables: one memory for all threads. */
      readonly tables: SharedMemory;
      readonly deal: SeatedDeal;
      readonly shape: ShowdownShape;
      readonly work: ChunkWork;
    }
  /** Counts each hand of two lists apart, on some completions of the deal's board. */
  | {
      readonly kind: "tally";
      readonly tables: SharedMemory;
      readonly deal: SeatedDeal;
      readonly from: number;
      readonly to: number;
    }
  /** Asks for the evaluator tables: building them would hold up the main thread. */
  | { readonly kind: "tables" }
  | {
      readonly kind: "expand";
      readonly range: Range;
      readonly boards: Boards;
      readonly dead: readonly (readonly number[])[];
    };

export type ComputeOutput =
  | { readonly kind: "tables"; readonly tables: SharedMemory }
  | { readonly kind: "tallied"; readonly tallies: readonly [HandTallies, HandTallies] }
  | { readonly kind: "counted"; readonly counts: Float64Array; readonly strata: Float64Array | null }
  /** The range's hands for each list of dead cards, in shared memory. */
  | { readonly kind: "expanded"; readonly hands: readonly RangeHands[] };

/** The kernel of spot simulations. */
export const spotKernel: Kernel<ComputeInput, ComputeOutput> = kernel(new URL("./compute.js", import.meta.url));

/** Runs between two looks at whether the caller still wants the answer: about a millisecond. */
const RUNS_BETWEEN_CHECKS = 4096;

export function run(input: ComputeInput, context: KernelContext): ComputeOutput {
  if (input.kind === "tables") return { kind: "tables", tables: evaluatorTables().memory };
  if (input.kind === "expand") {
    const hands = input.dead.map((dead) => expand(input.range, input.boards, dead, context));
    if (context.cancelled()) throw new Error("cancelled");
    return { kind: "expanded", hands };
  }
  const tables = adoptTables(input.tables);
  if (input.kind === "tally") return tallyHands(tables, input, context);
  const counts = new ShowdownCounts(input.shape);
  try {
    const strata = count(tables, input.deal, input.work, counts, context);
    if (context.cancelled()) throw new Error("cancelled");
    return { kind: "counted", counts: counts.data, strata: strata?.data ?? null };
  } finally {
    releaseKernels();
  }
}

function tallyHands(
  tables: EvaluatorTables,
  { deal, from, to }: Extract<ComputeInput, { kind: "tally" }>,
  context: KernelContext,
): ComputeOutput {
  const [one = 0, other = 0] = handsPerSeat(deal);
  const tallies = [emptyTallies(one), emptyTallies(other)] as const;
  const into = new ShowdownCounts({ players: 2, nextCard: [false] });
  countLists(tables, deal, from, to, into, () => context.cancelled(), tallies);
  if (context.cancelled()) throw new Error("cancelled");
  return { kind: "tallied", tallies };
}

function expand(range: Range, boards: Boards, dead: readonly number[], context: KernelContext): RangeHands {
  const listed = expandRange(range, dead, { boards, cancelled: () => context.cancelled() });
  const { cards, weights, ...hands } = asEquallyLikely(listed);
  const shared = new Uint8Array(new SharedArrayBuffer(cards.length));
  shared.set(cards);
  if (weights === undefined) return { ...hands, cards: shared };
  const sharedWeights = new Float64Array(new SharedArrayBuffer(weights.byteLength));
  sharedWeights.set(weights);
  return { ...hands, cards: shared, weights: sharedWeights };
}

function count(
  tables: EvaluatorTables,
  deal: SeatedDeal,
  work: ChunkWork,
  into: ShowdownCounts,
  context: KernelContext,
): StratumCounts | undefined {
  const cancelled = () => context.cancelled();
  switch (work.kind) {
    case "known":
      new KnownShowdowns(tables).count({ hands: knownHands(deal) ?? [], boards: deal.boards, dead: deal.dead }, into);
      return undefined;
    case "versus-random":
      countAgainstRandom(tables, deal, work, into, cancelled);
      return undefined;
    case "assignments":
      countAssignments(tables, deal, work.from, work.to, into, cancelled);
      return undefined;
    case "late-boards":
      countLateBoards(tables, deal, work.from, work.to, into, cancelled);
      return undefined;
    case "lists":
      countLists(tables, deal, work.from, work.to, into, cancelled);
      return undefined;
    case "monte-carlo":
      return simulate(tables, deal, work, into, cancelled);
  }
}

function countAgainstRandom(
  tables: EvaluatorTables,
  deal: SeatedDeal,
  work: Extract<ChunkWork, { kind: "versus-random" }>,
  into: ShowdownCounts,
  cancelled: () => boolean,
): void {
  const hero = deal.seats[work.player];
  const lone = { hand: hero?.kind === "cards" ? hero.known : [], board: deal.boards[0] ?? [], dead: deal.dead };
  const counts = work.player === 0 ? into : new ShowdownCounts(into.shape);
  countVersusRandom(tables, lone, counts, work, cancelled);
  if (work.player !== 0) into.add(counts.swapped());
}

function simulate(
  tables: EvaluatorTables,
  deal: SeatedDeal,
  work: Extract<ChunkWork, { kind: "monte-carlo" }>,
  into: ShowdownCounts,
  cancelled: () => boolean,
): StratumCounts | undefined {
  const monteCarlo = new MonteCarlo(tables, deal, Random.ofStream(work.seed));
  const strata =
    work.stratifiedPlayers === 0
      ? undefined
      : new StratumCounts(strataOf(deal), work.stratifiedPlayers, deal.seats.length + 1);
  // The walk through the strata starts anew with every call: whole rounds keep them even.
  const step =
    strata === undefined ? RUNS_BETWEEN_CHECKS : Math.ceil(RUNS_BETWEEN_CHECKS / strata.strata) * strata.strata;
  for (let done = 0; done < work.runs && !cancelled(); done += step) {
    monteCarlo.simulate(Math.min(step, work.runs - done), into, strata);
  }
  return strata;
}
