import { createInterface } from "node:readline/promises";
import { isRecord } from "../../../celery/values.js";
import { formatCards, parseCards } from "../../../poker/cards.js";
import { PokerError } from "../../../poker/errors.js";
import type { SolutionNode } from "../../../poker/solver/report/solution.js";
import type { StoredSolution } from "../../../tasks/solver-analysis/stored-solution.js";
import { CliError, EXIT_USAGE, type GlobalFlags } from "../../globals.js";
import { withDatabase } from "../../session/database-session.js";
import { Output } from "../../terminal/output.js";
import { readText } from "../../terminal/read-text.js";
import { handLines, nodeCsv, placeText, rangeAt } from "./text.js";
import { follow, go, isNode, type Place, startOf } from "./walk.js";

/** Flags of `celery view`. */
export interface ViewFlags extends GlobalFlags {
  readonly path?: string;
  readonly hand?: string;
  readonly csv?: boolean;
  readonly export?: string;
  readonly json?: boolean;
}

const JOB_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/iu;

/** Shows a node of a solver's answer; on a terminal, without other wishes, one can walk on from it. */
export async function viewSolution(source: string, flags: ViewFlags): Promise<void> {
  const output = new Output(flags);
  const solution = solutionIn(JOB_ID.test(source) ? await resultOf(source) : await jsonOf(source), source);
  const place = follow(solution.tree, flags.path ?? "");
  if (flags.json === true) output.json(place.at);
  else if (flags.csv === true) for (const row of nodeCsv(solution, nodeAt(place))) output.line(row);
  else if (flags.export !== undefined) output.line(rangeAt(solution, place, flags.export));
  else if (flags.hand !== undefined) {
    for (const row of handLines(solution, nodeAt(place), handOf(flags.hand), output)) output.line(row);
  } else if (process.stdin.isTTY === true && process.stdout.isTTY === true && source !== "-") {
    await browse(solution, place, output);
  } else show(solution, place, output);
}

function show(solution: StoredSolution, place: Place, output: Output): void {
  for (const row of placeText(solution, place, output)) output.line(row);
}

async function browse(solution: StoredSolution, start: Place, output: Output): Promise<void> {
  const prompt = createInterface({ input: process.stdin, output: process.stdout });
  let place = start;
  show(solution, place, output);
  try {
    for (;;) {
      const answer = (await prompt.question("\nnumber or name of a step, .. back, / root, q quit> ")).trim();
      if (answer === "q" || answer === "quit") return;
      if (answer === "") continue;
      try {
        place = stepped(solution, place, answer);
        show(solution, place, output);
      } catch (error) {
        if (!(error instanceof CliError)) throw error;
        output.line(error.message);
      }
    }
  } finally {
    prompt.close();
  }
}

function stepped(solution: StoredSolution, place: Place, answer: string): Place {
  if (answer === "/") return startOf(solution.tree);
  if (answer === "..") return follow(solution.tree, place.path.slice(0, -1).join(","));
  return go(place, answer);
}

function nodeAt({ at, path }: Place): SolutionNode {
  if (isNode(at)) return at;
  throw new CliError(`nobody decides after ${path.join(", ")}: give the path of a decision`, EXIT_USAGE);
}

function handOf(text: string): string {
  try {
    return formatCards(parseCards(text).sort((a, b) => b - a));
  } catch (error) {
    throw error instanceof PokerError ? new CliError(error.message, EXIT_USAGE, { cause: error }) : error;
  }
}

async function resultOf(id: string): Promise<unknown> {
  const { JobRepository } = await import("../../../jobs/repository.js");
  const row = await withDatabase((database) => new JobRepository(database).find(id));
  if (row === null) throw new CliError(`there is no job ${id}: see celery jobs list`);
  if (row.status !== "COMPLETED") throw new CliError(`job ${id} is ${row.status}: it has no answer to view`);
  return row.result_data;
}

async function jsonOf(file: string): Promise<unknown> {
  const text = await readText(file);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new CliError(`${file} is not JSON: write it with celery solve --json`, EXIT_USAGE, { cause });
  }
}

/** The solution of a job's row, of its result, or itself. */
function solutionIn(data: unknown, source: string): StoredSolution {
  for (const candidate of [data, inside(data, "solution"), inside(inside(data, "result_data"), "solution")]) {
    if (isSolution(candidate)) return candidate;
  }
  throw new CliError(
    `${source} holds no solver's answer: give a file of celery solve --json, or a solver job`,
    EXIT_USAGE,
  );
}

const inside = (data: unknown, key: string): unknown => (isRecord(data) ? data[key] : undefined);

/** Whether a value is the answer of this program's solver. */
export function isSolution(value: unknown): value is StoredSolution {
  return isRecord(value) && value.format === "plosolver-solution-1" && isRecord(value.tree);
}
