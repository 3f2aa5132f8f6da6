import { JobInputError } from "../../jobs/errors.js";
import { formatCards } from "../../poker/cards.js";
import { adoptTables, existingTables } from "../../poker/evaluator/tables.js";
import type { RangeHands } from "../../poker/ranges/expand-range.js";
import type { SharedMemory } from "../../poker/wasm/shared-memory.js";
import { type Compute, conduct, type Outcome } from "./conduct.js";
import { type Experiment, type HandsOfRange, neededRanges, planSpot, type SpotPlan } from "./experiment.js";
import { assembleResult } from "./result.js";
import type { SpotResult } from "./result-schema.js";
import type { SpotInput } from "./spot-input.js";

/** What {@link simulateSpot} needs beside the spot. */
export interface SpotServices {
  readonly compute: Compute;
  readonly signal: AbortSignal;
  /** 0–100 and a sentence for the user. */
  readonly report: (percentage: number, message: string) => void;
}

/**
 * Answers a spot: exact where that costs no more than the simulation asked for, simulated elsewhere.
 * @throws JobInputError when no hand of a range can be dealt; the signal's reason when it aborts
 */
export async function simulateSpot(input: SpotInput, services: SpotServices): Promise<SpotResult[]> {
  const plan = planSpot(input, await expandRanges(input, services.compute));
  const experiments = [...new Set([plan.actual, ...plan.estimated.flat()])];
  const outcomes = await conduct(experiments, {
    compute: services.compute,
    tables: await sharedTables(services.compute),
    seed: input.seed,
    signal: services.signal,
    onProgress: (done, simulated) => services.report(Math.floor(done * 99), progressMessage(simulated)),
  });
  return assembleResult(input, outcomesOf(plan, experiments, outcomes));
}

/** The evaluator tables of this process: a thread builds them for the first spot. */
export async function sharedTables(compute: Compute): Promise<SharedMemory> {
  const existing = existingTables();
  if (existing !== undefined) return existing.memory;
  const output = await compute({ kind: "tables" });
  if (output.kind !== "tables") throw new Error(`asked for tables, got ${output.kind}`);
  return adoptTables(output.tables).memory;
}

function progressMessage(simulatedRuns: number): string {
  return simulatedRuns === 0 ? "Counting all deals" : `Simulated ${simulatedRuns.toLocaleString("en-US")} deals`;
}

function outcomesOf(plan: SpotPlan, experiments: readonly Experiment[], outcomes: readonly Outcome[]) {
  const of = (experiment: Experiment): Outcome => {
    const outcome = outcomes[experiments.indexOf(experiment)];
    if (outcome === undefined) throw new Error("an experiment was planned but not carried out");
    return outcome;
  };
  return { actual: of(plan.actual), estimated: plan.estimated.map((ofPlayer) => ofPlayer.map(of)) };
}

/** Expands all ranges in threads, once for every set of dead cards that an experiment has. */
export async function expandRanges(input: SpotInput, compute: Compute): Promise<HandsOfRange> {
  const keyOf = (player: number, dead: readonly number[]): string =>
    `${player}:${formatCards([...dead].sort(ascending))}`;
  const needed = new Map(neededRanges(input).map((range) => [keyOf(range.player, range.dead), range]));
  const expanded = new Map<string, RangeHands>();
  await Promise.all(
    Array.from(needed, async ([key, { player, range, dead }]) => {
      const output = await compute({ kind: "expand", range, boards: input.boards, dead: [dead] });
      const hands = output.kind === "expanded" ? output.hands[0] : undefined;
      if (hands === undefined || hands.count === 0) {
        throw new JobInputError(`players[${player}]: no hand of range ${JSON.stringify(range.source)} can be dealt`);
      }
      expanded.set(key, hands);
    }),
  );
  return (player, dead) => {
    const hands = expanded.get(keyOf(player, dead));
    if (hands === undefined) throw new Error(`range of player ${player} was not expanded`);
    return hands;
  };
}

const ascending = (one: number, other: number): number => one - other;
