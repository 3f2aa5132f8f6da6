import { type Command, InvalidArgumentError } from "commander";
import type { RangeFlags } from "./run.js";

const EXAMPLES = `
Examples:
  celery range "15%!AA"
  celery range "AA,KK:ds@0.4"
  celery range "@set,@nfd" --board 9s8s2d
  celery range "any" --board 9s8s2d --view examples/views/flop.yaml
  celery range "AA:ds" --export > aces.txt && celery range file:aces.txt
  celery range --categories
`;

/** `celery range`: what a range is read as, and how many hands it has. */
export function registerRange(program: Command): void {
  program
    .command("range")
    .description("how a range is read: its hands, counted, part by part, with examples")
    .argument("[range]", "notation of docs/ranges.md; file:<path> reads it from a file, - from standard input")
    .option("--board <cards>", "the board, for categories such as @set; its cards are dead", "")
    .option("--board2 <cards>", "the second board", "")
    .option("--dead <cards>", "cards that are gone", "")
    .option("--cards <n>", "cards of a hand: 4, 5 or 6", handSize, 4)
    .option("--examples <n>", "hands shown as examples", wholeNumber, 8)
    .option("--view <file>", "count the classes of a view (YAML or JSON) within the range")
    .option("--export", "print every hand, with its weight, as a range that reads back the same")
    .option("--csv", "print every hand and its weight as CSV")
    .option("--categories", "list the categories")
    .option("-j, --json", "print it as JSON")
    .addHelpText("after", EXAMPLES)
    .action(async (range: string | undefined, _flags: unknown, command: Command) => {
      const { showRange } = await import("./run.js");
      await showRange(range, command.optsWithGlobals<RangeFlags>());
    });
}

function wholeNumber(text: string): number {
  if (!/^\d+$/u.test(text)) throw new InvalidArgumentError("give a whole number, 0 or more");
  return Number(text);
}

function handSize(text: string): number {
  if (!/^[456]$/u.test(text)) throw new InvalidArgumentError("give 4, 5 or 6");
  return Number(text);
}
