import { runCommandLine } from "./command-line.js";
import { createProgram } from "./program.js";

/** Runs the `celery` command with every sub-command. */
export async function runWholeCommand(): Promise<void> {
  await runCommandLine(createProgram);
}
