#!/usr/bin/env node
import { CommanderError } from "commander";
import { SOFTWARE_VERSION } from "../celery/events/software.js";
import { CliError, EXIT_USAGE } from "./globals.js";
import { createProgram } from "./program.js";

/** A reader such as `head` that has gone is no error. */
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

createProgram(SOFTWARE_VERSION)
  .parseAsync()
  .catch((error: unknown) => {
    process.exitCode = exitCodeOf(error);
    // Commander has printed its own errors, and help is none.
    if (error instanceof CommanderError) return;
    process.stderr.write(`Error: ${error instanceof Error ? error.message : String(error)}\n`);
  });

function exitCodeOf(error: unknown): number {
  if (error instanceof CliError) return error.exitCode;
  if (!(error instanceof CommanderError)) return 1;
  return error.exitCode === 0 || error.code === "commander.help" ? 0 : EXIT_USAGE;
}
