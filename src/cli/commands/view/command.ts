import type { Command } from "commander";
import type { ViewFlags } from "./run.js";

const EXAMPLES = `
Examples:
  celery solve examples/spots/river.json --json > river.solution.json
  celery view river.solution.json
  celery view river.solution.json --path "check, bet 100"
  celery view river.solution.json --path check --hand KhKc9s8s
  celery view river.solution.json --path check --csv > check.csv
  celery view river.solution.json --path "check, bet 100" --export 1 > bettors.txt
  celery view <job id>
`;

/** `celery view`: walks through a solver's answer. */
export function registerView(program: Command): void {
  program
    .command("view")
    .description("walk through the tree of a solver's answer: a file of celery solve --json, or a job")
    .argument("<file|job>", "a JSON file, - for standard input, or the id of a job (DATABASE_URL)")
    .option("--path <actions>", 'actions and dealt cards from the root, such as "check, bet 100, call, 2c"', "")
    .option("--hand <cards>", "what this hand does at the node")
    .option("--csv", "print every hand of the node with its frequencies as CSV")
    .option("--export <player>", "print a player's range at the node as range notation")
    .option("-j, --json", "print the node as JSON")
    .addHelpText("after", EXAMPLES)
    .action(async (source: string, _flags: unknown, command: Command) => {
      const { viewSolution } = await import("./run.js");
      await viewSolution(source, command.optsWithGlobals<ViewFlags>());
    });
}
