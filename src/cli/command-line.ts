import { CommanderError } from "commander";
import { createRedactor, SOFTWARE_VERSION } from "../celery/values.js";
import { CliError, EXIT_USAGE } from "./globals.js";
import type { CreateProgram } from "./runtime-program.js";

/** Runs the command that the process was started with. Errors become one line on standard error, and the exit code. */
export async function runCommandLine(createProgram: CreateProgram): Promise<void> {
  // A reader such as `head` that has gone is no error.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });
  // Node itself would print such an error with all that hangs on it.
  process.on("uncaughtException", (error) => {
    printError(error.stack ?? error.message);
    process.exit(1);
  });
  try {
    await createProgram(SOFTWARE_VERSION, redact).parseAsync();
  } catch (error) {
    process.exitCode = exitCodeOf(error);
    // Commander has printed its own errors, and help is none.
    if (!(error instanceof CommanderError)) printError(error instanceof Error ? error.message : String(error));
  }
}

function printError(text: string): void {
  process.stderr.write(`Error: ${redact(text)}\n`);
}

/** What was given to this process as a secret stays one. */
function redact(text: string): string {
  return createRedactor(process.env, process.argv)(text);
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CliError) return error.exitCode;
  if (!(error instanceof CommanderError)) return 1;
  return error.exitCode === 0 || error.code === "commander.help" ? 0 : EXIT_USAGE;
}
