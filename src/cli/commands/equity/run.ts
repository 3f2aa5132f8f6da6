import { pino } from "pino";
import { ThreadPool } from "../../../celery/tooling.js";
import { machine } from "../../../celery/values.js";
import { JobInputError } from "../../../jobs/errors.js";
import { PokerError } from "../../../poker/errors.js";
import { run, spotKernel } from "../../../tasks/spot-simulation/compute.js";
import type { Compute } from "../../../tasks/spot-simulation/conduct.js";
import { type EquityDistribution, equityDistributions } from "../../../tasks/spot-simulation/distribution.js";
import { parseSpotInput } from "../../../tasks/spot-simulation/parse-input.js";
import { isCardText } from "../../../tasks/spot-simulation/read-cards.js";
import type { SpotResult } from "../../../tasks/spot-simulation/result-schema.js";
import { simulateSpot } from "../../../tasks/spot-simulation/simulate-spot.js";
import { CliError, EXIT_USAGE, type GlobalFlags } from "../../globals.js";
import { Output } from "../../terminal/output.js";
import { chipsBeside } from "../solve/text.js";
import { distributionCsv, distributionText } from "./distribution-text.js";

/** Flags of `celery equity`. */
export interface EquityFlags extends GlobalFlags {
  readonly board?: string;
  readonly board2?: string;
  readonly dead?: string;
  readonly cards?: number;
  readonly opponents?: number;
  readonly runs?: number;
  readonly seed?: number;
  readonly targetError?: number;
  readonly pot?: number;
  /** Percent. */
  readonly rake?: number;
  readonly rakeCap?: number;
  readonly json?: boolean;
  readonly distribution?: boolean;
  readonly csv?: boolean;
}

/** Work of this many milliseconds is done at once; threads, which take as long to start, do the rest. */
const ALONE_MS = 150;
const BAR_WIDTH = 24;

/** Computes and prints the equities of hands given on the command line, by the code that jobs run. */
export async function showEquity(hands: readonly string[], flags: EquityFlags): Promise<void> {
  const started = performance.now();
  refuseLooseCards(hands);
  const { results, distributions } = await compute(inputData(hands, flags), flags);
  const output = new Output(flags);
  if (flags.csv) for (const row of distributionCsv(distributions)) output.line(row);
  else if (flags.json) output.json(distributions.length > 0 ? { result: results, distributions } : results);
  else {
    printTable(results, output, performance.now() - started);
    for (const row of distributionText(distributions)) output.line(row);
  }
}

/** Cards as arguments of their own would be read as ranges: four players instead of a hand of four cards. */
function refuseLooseCards(hands: readonly string[]): void {
  const loose = hands.filter(isCardText).filter((hand) => hand.trim() !== "");
  if (loose.length < 2) return;
  const example = `${loose.join("")} or "${loose.join(" ")}"`;
  throw new CliError(`${loose.join(", ")}: a hand is one argument, such as ${example}`, EXIT_USAGE);
}

/** The `input_data` of a job that asks the same. */
function inputData(hands: readonly string[], flags: EquityFlags): Readonly<Record<string, unknown>> {
  return {
    players: hands.map((hand) => ({ cards: hand })),
    top_board: flags.board,
    ...(flags.board2 === undefined ? {} : { bottom_board: flags.board2 }),
    folded_cards: flags.dead,
    num_cards: flags.cards,
    random_opponents: flags.opponents,
    simulation_runs: flags.runs,
    seed: flags.seed,
    target_standard_error: flags.targetError,
    pot_size: flags.pot,
    ...rakeData(flags),
  };
}

function rakeData({ rake, rakeCap }: EquityFlags): Readonly<Record<string, unknown>> {
  if (rake === undefined && rakeCap !== undefined) throw new CliError("--rake-cap needs --rake", EXIT_USAGE);
  return rake === undefined ? {} : { rake: { percent: rake, cap: rakeCap } };
}

interface Computed {
  readonly results: readonly SpotResult[];
  /** Empty unless they were asked for. */
  readonly distributions: readonly EquityDistribution[];
}

async function compute(data: Readonly<Record<string, unknown>>, flags: EquityFlags): Promise<Computed> {
  const pool = new ThreadPool({
    size: machine().cpus,
    maxCallsPerThread: null,
    maxMemoryPerThreadKilobytes: null,
    maxHeapMegabytes: null,
    log: pino({ level: "silent" }),
  });
  const interrupted = new AbortController();
  const onInterrupt = () => interrupted.abort(new CliError("interrupted", 130));
  process.once("SIGINT", onInterrupt);
  try {
    const input = parseSpotInput(data);
    const services = { compute: aloneAtFirst(pool, interrupted.signal), signal: interrupted.signal };
    const spread = flags.distribution === true || flags.csv === true;
    const distributions = spread ? await equityDistributions(input, services) : [];
    return { results: await simulateSpot(input, { ...services, report: progressLine(flags) }), distributions };
  } catch (error) {
    const isInput = error instanceof JobInputError || error instanceof PokerError;
    throw isInput ? new CliError(inWordsOfFlags(error.message), EXIT_USAGE, { cause: error }) : error;
  } finally {
    process.removeListener("SIGINT", onInterrupt);
    await pool.close();
  }
}

const FLAG_OF: Readonly<Record<string, string>> = {
  top_board: "--board",
  bottom_board: "--board2",
  folded_cards: "--dead",
  num_cards: "--cards",
  random_opponents: "--opponents",
  simulation_runs: "--runs",
  seed: "--seed",
  rake: "--rake",
  target_standard_error: "--target-error",
  pot_size: "--pot",
};

/** What a job's error says of fields, said of arguments: they are counted from 1, as in the table. */
function inWordsOfFlags(message: string): string {
  return message
    .replace('are written as ""', "are written as x")
    .replaceAll(/players\[(\d+)\]/gu, (_, index: string) => `hand ${Number(index) + 1}`)
    .replaceAll(/\b[a-z]+(?:_[a-z]+)+\b|^(?:seed|rake)\b/gu, (field) => FLAG_OF[field] ?? field);
}

function aloneAtFirst(pool: ThreadPool, signal: AbortSignal): Compute {
  const until = performance.now() + ALONE_MS;
  return (chunk) =>
    performance.now() < until
      ? Promise.resolve(run(chunk, { progress: () => undefined, cancelled: () => signal.aborted }))
      : pool.run("equity", spotKernel, chunk, { signal });
}

/** Progress on a terminal, overwritten by what comes after it. */
function progressLine(flags: EquityFlags): (percentage: number, message: string) => void {
  if (process.stderr.isTTY !== true || flags.quiet || flags.json) return () => undefined;
  let shown = 0;
  return (percentage, message) => {
    if (performance.now() - shown < 100 && percentage < 99) return;
    shown = performance.now();
    process.stderr.write(percentage < 99 ? `\r${String(percentage).padStart(3)} %  ${message}  ` : "\r\u001b[K");
  };
}

function printTable(results: readonly SpotResult[], output: Output, elapsedMs: number): void {
  const [first] = results;
  if (first === undefined) return;
  const double = first.bottom_actual_equity !== undefined;
  const headings = [
    ...["", "hand", "equity", ""],
    ...(first.ev === undefined ? [] : ["EV"]),
    ...(double ? ["top", "bottom", "scoop", "¾", "¼"] : ["win", "tie", "lose"]),
    ...(first.random_opponents === 0 ? [] : [`vs ${first.random_opponents} random${double ? " (top, bottom)" : ""}`]),
  ];
  output.table(
    headings,
    results.map((result) => [
      String(result.player_number),
      handText(result),
      withError(result.total_equity, result.standard_error.total_equity),
      bar(result.total_equity),
      ...(result.ev === undefined ? [] : [worth(result)]),
      ...(double ? doubleCells(result) : singleCells(result)),
      ...(result.random_opponents === 0 ? [] : [versusRandom(result)]),
    ]),
  );
  output.line();
  if (first.pot_size !== undefined && first.rake !== undefined)
    output.line(
      output.style(`pot ${first.pot_size}, of which the house takes ${chipsBeside(first.pot_size)(first.rake)}`, "dim"),
    );
  output.line(output.style(`${howCounted(first)} in ${elapsedMs.toFixed(0)} ms`, "dim"));
}

function handText(result: SpotResult): string {
  if (result.range !== undefined) return result.range;
  return result.cards.map((card) => (card === "" ? "??" : card)).join("");
}

function singleCells(result: SpotResult): string[] {
  const { win_rate, tie_rate, loss_rate } = result.top_actual_stats;
  return [percent(win_rate), percent(tie_rate), percent(loss_rate)];
}

function doubleCells(result: SpotResult): string[] {
  return [
    percent(result.top_actual_equity),
    percent(result.bottom_actual_equity ?? 0),
    percent(result.scoop_both_boards ?? 0),
    percent(result.three_quarter ?? 0),
    percent(result.quarter ?? 0),
  ];
}

function versusRandom(result: SpotResult): string {
  const top = withError(result.top_estimated_equity, result.standard_error.top_estimated_equity);
  if (result.bottom_estimated_equity === undefined) return top;
  return `${top}, ${withError(result.bottom_estimated_equity, result.standard_error.bottom_estimated_equity)}`;
}

function worth({ ev = 0, pot_size: pot = 1, standard_error: { ev: error } }: SpotResult): string {
  const chips = chipsBeside(pot);
  return error ? `${chips(ev)} ± ${chips(error)}` : chips(ev);
}

const percent = (fraction: number): string => `${(fraction * 100).toFixed(2)} %`;

function withError(fraction: number, standardError: number | undefined): string {
  if (standardError === undefined || standardError === 0) return percent(fraction);
  return `${(fraction * 100).toFixed(2)} ± ${(standardError * 100).toFixed(2)} %`;
}

function bar(fraction: number): string {
  const eighths = Math.round(fraction * BAR_WIDTH * 8);
  const partial = eighths % 8 === 0 ? "" : String.fromCodePoint(0x2590 - (eighths % 8));
  return `${"█".repeat(Math.floor(eighths / 8))}${partial}`.padEnd(BAR_WIDTH, "·");
}

function howCounted(result: SpotResult): string {
  const count = (n: number) => n.toLocaleString("en-US");
  const what = result.bottom_actual_equity === undefined ? "boards" : "pairs of boards";
  if (result.method === "exact") return `exact: ${count(result.boards_enumerated)} ${what}`;
  return `simulated: ${count(result.simulated_runs)} deals, seed ${result.seed}`;
}
