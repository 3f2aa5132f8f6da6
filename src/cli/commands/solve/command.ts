import { type Command, InvalidArgumentError } from "commander";
import type { SolveFlags } from "./run.js";

/** `celery solve <file>`: solves a spot here, without broker or database, with the code of the job. */
export function registerSolve(program: Command): void {
  program
    .command("solve")
    .description("solve a spot from a JSON file (a solver job's input); - reads standard input")
    .argument("<file>", "the spot, as in examples/spots")
    .option("--target <exploitability>", "stop at this exploitability: 0.3% or 0.003 of the pot", fraction)
    .option("--time <time>", "stop after this time: 30s, 2m or seconds", seconds)
    .option("--iterations <n>", "stop after this many iterations", wholeNumber)
    .option("--threads <n>", "threads, at most 16 (default: one for each core)", wholeNumber)
    .option(
      "--memory <size>",
      "memory for the game's tables: 512M, 2G or MiB (default: most of what is free to use)",
      mebibytes,
    )
    .option("--view <file>", "classes of hands of the tables: a view (YAML or JSON) as in examples/views")
    .option("--estimate", "say what the solve would take and give up (tree, combos, memory, seconds), without solving")
    .option("-j, --json", "print what the job's result_data would be")
    .action(async (file: string, _flags: unknown, command: Command) => {
      const { solveFile } = await import("./run.js");
      await solveFile(file, command.optsWithGlobals<SolveFlags>());
    });
}

function fraction(value: string): number {
  const number = value.trim().endsWith("%") ? Number(value.trim().slice(0, -1)) / 100 : Number(value);
  if (!(number > 0 && number <= 1)) throw new InvalidArgumentError("give a share of the pot such as 0.3% or 0.003");
  return number;
}

function seconds(value: string): number {
  const [, amount, unit] = /^\s*(\d+(?:\.\d+)?)\s*(ms|s|m|)\s*$/.exec(value) ?? [];
  const number = Number(amount) * (unit === "m" ? 60 : unit === "ms" ? 0.001 : 1);
  if (!(number > 0)) throw new InvalidArgumentError("give a time such as 30s or 2m");
  return number;
}

function mebibytes(value: string): number {
  const [, amount, unit] = /^\s*(\d+(?:\.\d+)?)\s*(m|g|)i?b?\s*$/i.exec(value) ?? [];
  const number = Math.floor(Number(amount) * (unit?.toLowerCase() === "g" ? 1024 : 1));
  if (!(number >= 32 && number <= 4096)) throw new InvalidArgumentError("give from 32M to 4G");
  return number;
}

function wholeNumber(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1)
    throw new InvalidArgumentError("it must be a whole number of at least 1");
  return number;
}
