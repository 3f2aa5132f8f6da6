import { machine } from "../../celery/values.js";
import { JobInputError } from "../../jobs/errors.js";
import { strataOf } from "../../poker/equity/monte-carlo.js";
import { EQUITY, stratifiedMeanWorth } from "../../poker/equity/share-statistics.js";
import { ShowdownCounts } from "../../poker/equity/showdown-counts.js";
import { StratumCounts } from "../../poker/equity/stratum-counts.js";
import type { SharedMemory } from "../../poker/wasm/shared-memory.js";
import type { ChunkWork, ComputeInput, ComputeOutput } from "./compute.js";
import { type Experiment, isExact } from "./experiment.js";

/** Runs the kernel somewhere: in the pool of threads, or at once in this one. */
export type Compute = (input: ComputeInput) => Promise<ComputeOutput>;

/** How experiments are carried out. */
export interface ConductOptions {
  readonly compute: Compute;
  readonly tables: SharedMemory;
  readonly seed: number;
  readonly signal: AbortSignal;
  /** Told after every chunk: the part of the work that is done (0 to 1) and runs simulated so far. */
  readonly onProgress: (done: number, simulatedRuns: number) => void;
}

/** What an experiment counted. */
export interface Outcome {
  readonly experiment: Experiment;
  readonly counts: ShowdownCounts;
  readonly strata: StratumCounts | undefined;
  /** Simulated runs; 0 when counted exactly. */
  readonly runs: number;
}

/** Time a chunk of exact counting may take, in nanoseconds. */
const EXACT_CHUNK = 20e6;

/**
 * Carries out experiments, several chunks at a time. Chunks are cut and merged by their number, so the answer depends
 * neither on the number of threads nor on which of them is quicker.
 */
export async function conduct(experiments: readonly Experiment[], options: ConductOptions): Promise<Outcome[]> {
  const trials = experiments.map((experiment) => new Trial(experiment, options.seed));
  const chunks = interleave(trials);
  const total = trials.reduce((sum, trial) => sum + trial.experiment.method.cost, 0);
  let failed = false;
  const work = async (): Promise<void> => {
    for (const { trial, number } of chunks) {
      if (failed) return;
      if (trial.finished) continue;
      options.signal.throwIfAborted();
      trial.accept(number, await options.compute(trial.inputOf(number, options.tables)));
      const done = trials.reduce((sum, each) => sum + each.costDone, 0);
      const runs = trials.reduce((sum, each) => sum + each.runsDone, 0);
      options.onProgress(total === 0 ? 1 : Math.min(1, done / total), runs);
    }
  };
  const lane = (): Promise<void> =>
    work().catch((error: unknown) => {
      failed = true;
      // A kernel that ends because it was asked to says so in its own words.
      options.signal.throwIfAborted();
      throw error;
    });
  // One chunk more than threads, so that none waits for the main thread.
  await Promise.all(Array.from({ length: machine().cpus + 1 }, lane));
  options.signal.throwIfAborted();
  return trials.map((trial) => trial.outcome());
}

/** Chunk by chunk, all experiments in turn. The generator is shared by all who work. */
function* interleave(trials: readonly Trial[]): Generator<{ readonly trial: Trial; readonly number: number }> {
  const most = Math.max(0, ...trials.map((trial) => trial.chunks));
  for (let number = 0; number < most; number++) {
    for (const trial of trials) if (number < trial.chunks && !trial.finished) yield { trial, number };
  }
}

/** One experiment on its way. */
class Trial {
  readonly chunks: number;
  finished = false;
  costDone = 0;
  runsDone = 0;
  private readonly counts: ShowdownCounts;
  private readonly strata: StratumCounts | undefined;
  private readonly early = new Map<number, Extract<ComputeOutput, { kind: "counted" }>>();
  private merged = 0;

  constructor(
    readonly experiment: Experiment,
    private readonly seed: number,
  ) {
    this.counts = new ShowdownCounts(experiment.shape);
    this.chunks = chunksOf(experiment);
    const { stratifiedPlayers, deal, method } = experiment;
    if (stratifiedPlayers > 0 && method.kind === "monte-carlo") {
      this.strata = new StratumCounts(strataOf(deal), stratifiedPlayers, deal.seats.length + 1);
    }
  }

  inputOf(number: number, tables: SharedMemory): ComputeInput {
    const { deal, shape } = this.experiment;
    return { kind: "count", tables, deal, shape, work: this.workOf(number) };
  }

  /** Takes a chunk's counts; merges them as soon as all chunks before it are there. */
  accept(number: number, output: ComputeOutput): void {
    if (output.kind !== "counted" || this.finished) return;
    this.early.set(number, output);
    for (let next = this.early.get(this.merged); next !== undefined; next = this.early.get(this.merged)) {
      this.early.delete(this.merged);
      this.counts.add(new ShowdownCounts(this.experiment.shape, next.counts));
      if (next.strata !== null) this.strata?.add(next.strata);
      this.runsDone += this.runsOf(this.merged);
      this.merged++;
      this.costDone = (this.experiment.method.cost * this.merged) / this.chunks;
      this.finished = this.merged === this.chunks || this.isPreciseEnough();
      if (this.finished) break;
    }
    if (this.finished) this.costDone = this.experiment.method.cost;
  }

  /** @throws JobInputError when there was nothing to count: the ranges need the same cards */
  outcome(): Outcome {
    const { experiment, counts, strata } = this;
    if (counts.shares(0, 0).every((deals) => deals === 0)) {
      throw new JobInputError("these hands and ranges cannot be dealt together");
    }
    return { experiment, counts, strata, runs: isExact(experiment) ? 0 : this.runsDone };
  }

  private workOf(number: number): ChunkWork {
    const { method, stream, stratifiedPlayers } = this.experiment;
    switch (method.kind) {
      case "known":
        return { kind: "known" };
      case "versus-random":
        return { kind: "versus-random", player: method.player, part: number, parts: this.chunks };
      case "assignments":
      case "late-boards":
        return { kind: method.kind, ...sliceOf(method.hands, number, this.chunks) };
      case "lists":
        return { kind: method.kind, ...sliceOf(method.completions, number, this.chunks) };
      case "monte-carlo": {
        const seed = [this.seed >>> 0, Math.floor(this.seed / 2 ** 32), stream, number];
        return { kind: "monte-carlo", seed, runs: this.runsOf(number), stratifiedPlayers };
      }
    }
  }

  private runsOf(number: number): number {
    const { runs, chunkRuns } = this.experiment;
    return isExact(this.experiment) ? 0 : Math.min(chunkRuns, runs - number * chunkRuns);
  }

  private isPreciseEnough(): boolean {
    const { targetStandardError: target, deal } = this.experiment;
    if (target === null || isExact(this.experiment)) return false;
    // Random opponents are not asked about: only the players that the job names.
    const asked = Math.max(1, this.experiment.stream === 0 ? deal.seats.length : 1);
    for (let player = 0; player < asked; player++) {
      for (let board = 0; board < deal.boards.length; board++) {
        const strata = player < this.experiment.stratifiedPlayers ? this.strata : undefined;
        const { standardError } = stratifiedMeanWorth(this.counts.shares(board, player), strata, player, EQUITY);
        if (standardError > target) return false;
      }
    }
    return true;
  }
}

/** The `number`-th of `parts` nearly equal parts of `total` things. */
function sliceOf(total: number, number: number, parts: number): { readonly from: number; readonly to: number } {
  return { from: Math.floor((total * number) / parts), to: Math.floor((total * (number + 1)) / parts) };
}

function chunksOf({ method, runs, chunkRuns }: Experiment): number {
  switch (method.kind) {
    case "known":
      return 1;
    case "versus-random":
      return Math.ceil(method.cost / EXACT_CHUNK);
    case "assignments":
    case "late-boards":
      return Math.max(1, Math.min(method.hands, Math.ceil(method.cost / EXACT_CHUNK)));
    case "lists":
      return Math.max(1, Math.min(method.completions, Math.ceil(method.cost / EXACT_CHUNK)));
    case "monte-carlo":
      return Math.ceil(runs / chunkRuns);
  }
}
