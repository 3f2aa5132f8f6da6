import { type Command, InvalidArgumentError } from "commander";
import type { EquityFlags } from "./run.js";

const EXAMPLES = `
Examples:
  celery equity AsKsQhJh 8c8d7c6d --board 9c8h2s
  celery equity AsKsQhJh 8c8d7c6d --board 9c8h2s --board2 AdTd3c
  celery equity AsKsQhJh --board 9c8h2s --opponents 3 --runs 1000000
  celery equity "AA:ds@0.5,KK" "@set,@nfd" --board 9s8s2d --distribution
  celery equity AAxx:ds "KK+!AA" --board2 ""
  celery equity AsKsQhJh 8c8d7c6d --board 9c8h2s --pot 120 --rake 5% --rake-cap 4
`;

/** `celery equity`. */
export function registerEquity(program: Command): void {
  program
    .command("equity")
    .description("equity of Omaha hands and ranges, exact where that can be")
    .argument("<hands...>", "hands (AsKsQhJh; an unknown card is x) or ranges (AA:ds, 15%); see docs/ranges.md")
    .option("--board <cards>", "the board so far, or the top one of two", "")
    .option("--board2 <cards>", 'the bottom board; "" for two boards without a card')
    .option("--dead <cards>", "folded cards")
    .option("--cards <n>", "cards of a hand (4, 5 or 6), needed when all hands are ranges", wholeNumber)
    .option("--opponents <n>", "random opponents of the estimated numbers", wholeNumber)
    .option("--runs <n>", "deals to simulate where the answer is not exact", wholeNumber)
    .option("--seed <n>", "seed of the simulation", wholeNumber)
    .option("--target-error <e>", "end a simulation early at this standard error", positiveNumber)
    .option("--pot <chips>", "chips that are played for: shows what each part of them is worth", positiveNumber)
    .option("--rake <percent>", "what the house takes of the pot, such as 5%", percentage)
    .option("--rake-cap <chips>", "chips that the house takes at most", positiveNumber)
    .option("--distribution", "how the equities of each range's hands are spread: histogram and quantiles")
    .option("--csv", "print every hand of each range with its equity as CSV")
    .option("--json", "print what a job's result_data would be")
    .addHelpText("after", EXAMPLES)
    .action(async (hands: string[], _flags: unknown, command: Command) => {
      const { showEquity } = await import("./run.js");
      await showEquity(hands, command.optsWithGlobals<EquityFlags>());
    });
}

function wholeNumber(text: string): number {
  if (!/^\d+$/u.test(text)) throw new InvalidArgumentError("give a whole number, 0 or more");
  return Number(text);
}

function percentage(text: string): number {
  const value = /^\d+(?:\.\d+)?\s*%?$/u.test(text.trim()) ? Number(text.replace("%", "")) : Number.NaN;
  if (!(value < 100)) throw new InvalidArgumentError("give percent of the pot, such as 5%");
  return value;
}

function positiveNumber(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError("give a positive number, such as 0.001");
  return value;
}
