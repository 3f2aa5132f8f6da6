import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { pino } from "pino";
import { ThreadPool } from "../../../celery/tooling.js";
import { machine } from "../../../celery/values.js";
import { JobInputError } from "../../../jobs/errors.js";
import { isPokerError } from "../../../poker/errors.js";
import { MAX_THREADS } from "../../../poker/solver/vector/memory-layout.js";
import type { ClassesData } from "../../../tasks/class-definitions.js";
import { progressMessage } from "../../../tasks/solver-analysis/job.js";
import { estimateKernel, prepareKernel } from "../../../tasks/solver-analysis/kernels.js";
import { parseSolverInput } from "../../../tasks/solver-analysis/parse-input.js";
import { type Compute, runSolve } from "../../../tasks/solver-analysis/run-solve.js";
import { solverMebibytes } from "../../../tasks/solver-analysis/solver-memory.js";
import { describeRequest, type StoredSolution } from "../../../tasks/solver-analysis/stored-solution.js";
import { CliError, EXIT_USAGE, type GlobalFlags } from "../../globals.js";
import { readView } from "../../session/view-file.js";
import { Output } from "../../terminal/output.js";
import { estimateText } from "./estimate-text.js";
import { solutionText } from "./text.js";

/** Options of `celery solve`. */
export interface SolveFlags extends GlobalFlags {
  /** Fraction of the pot. */
  readonly target?: number;
  /** Seconds. */
  readonly time?: number;
  readonly iterations?: number;
  readonly json?: boolean;
  /** Only what the solve would take. */
  readonly estimate?: boolean;
  readonly threads?: number;
  /** Mebibytes. */
  readonly memory?: number;
  /** File of a view. */
  readonly view?: string;
}

const OWNER = "solve";

/** Solves the spot of a file and prints the solution. Ctrl-C ends with the best solution so far. */
export async function solveFile(file: string, flags: SolveFlags): Promise<void> {
  const classes = flags.view === undefined ? undefined : await readView(flags.view);
  const input = parse(await read(file), flags, classes);
  const output = new Output(flags);
  const threads = Math.min(MAX_THREADS, flags.threads ?? machine().cpus);
  const maxBytes = (flags.memory ?? solverMebibytes(1, machine())) * 2 ** 20;
  const pool = new ThreadPool({
    size: threads,
    maxCallsPerThread: null,
    maxMemoryPerThreadKilobytes: null,
    maxHeapMegabytes: null,
    log: pino({ level: "silent" }),
  });
  const compute: Compute = (kernel, kernelInput, { signal, onProgress }) =>
    pool.run(OWNER, kernel, kernelInput, { signal, onProgress: onProgress as ((value: unknown) => void) | undefined });
  const enough = new AbortController();
  const interrupt = (): void => enough.abort();
  process.once("SIGINT", interrupt);
  const line = new StatusLine(flags);
  try {
    const prepared = await pool.run(OWNER, prepareKernel, input);
    if (input.estimate) {
      const estimate = await pool.run(OWNER, estimateKernel, { prepared, request: input.request, maxBytes, threads });
      if (flags.json) output.json({ estimate, game_state_hash: prepared.hash });
      else for (const row of estimateText(estimate, output)) output.line(row);
      return;
    }
    const solution = await runSolve(prepared, input.request, {
      compute,
      maxBytes,
      threads,
      signal: enough.signal,
      endsSoftly: () => true,
      onProgress: (progress) => line.show(progressMessage(progress)),
    });
    line.clear();
    const stored: StoredSolution = {
      ...solution,
      game_state_hash: prepared.hash,
      canonical_suits: prepared.suits,
      request: describeRequest(input.request, input.options, { threads, maxBytes, speed: prepared.speed }),
      cached: false,
    };
    if (flags.json) output.json({ solution: stored, game_state_hash: prepared.hash });
    else for (const row of solutionText(stored, output)) output.line(row);
  } catch (error) {
    line.clear();
    throw refusal(error) ?? error;
  } finally {
    process.off("SIGINT", interrupt);
    await pool.close();
  }
}

async function read(file: string): Promise<unknown> {
  let source: string;
  try {
    source = file === "-" ? await text(process.stdin) : await readFile(file, "utf8");
  } catch (cause) {
    throw new CliError(`${file} cannot be read: give a JSON file such as examples/spots/river.json`, EXIT_USAGE, {
      cause,
    });
  }
  try {
    return JSON.parse(source);
  } catch (cause) {
    throw new CliError(`${file} is not JSON: ${cause instanceof Error ? cause.message : cause}`, EXIT_USAGE, { cause });
  }
}

function parse(data: unknown, { target, time, iterations, estimate }: SolveFlags, classes?: ClassesData) {
  const asked = {
    ...(target === undefined ? {} : { target_exploitability: target }),
    ...(time === undefined ? {} : { time_limit_seconds: time }),
    ...(iterations === undefined ? {} : { iterations }),
    ...(classes === undefined ? {} : { classes }),
    ...(estimate === undefined ? {} : { estimate }),
  };
  const nested = typeof data === "object" && data !== null && "game_state" in data ? data.game_state : null;
  const changed =
    nested === null ? { ...Object(data), ...asked } : { ...Object(data), game_state: { ...Object(nested), ...asked } };
  try {
    return parseSolverInput(changed);
  } catch (error) {
    throw refusal(error) ?? error;
  }
}

/** What is wrong with the spot, as one sentence. */
function refusal(error: unknown): CliError | null {
  return error instanceof JobInputError || isPokerError(error)
    ? new CliError(error.message, EXIT_USAGE, { cause: error })
    : null;
}

/** A line on the terminal that is written over; nothing where standard error is no terminal. */
class StatusLine {
  readonly #live: boolean;

  constructor(flags: SolveFlags) {
    this.#live = process.stderr.isTTY === true && flags.quiet !== true;
  }

  show(status: string): void {
    if (this.#live) process.stderr.write(`\r\u001b[2K${status}`);
  }

  clear(): void {
    if (this.#live) process.stderr.write("\r\u001b[2K");
  }
}
