import { type Command, Option } from "commander";

/** Options that every command takes, before or after its name. */
export interface GlobalFlags {
  readonly app?: string;
  readonly broker?: string;
  readonly resultBackend?: string;
  readonly workdir?: string;
  readonly quiet?: boolean;
  /** False with `--no-color`. */
  readonly color?: boolean;
}

/** Exit codes of sysexits.h that Celery uses. */
export const EXIT_USAGE = 2;
export const EXIT_UNAVAILABLE = 69;

/** An error for the person at the terminal: one sentence that says what to do. */
export class CliError extends Error {
  constructor(
    message: string,
    readonly exitCode = 1,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Adds the global options to the program, and applies those that concern the process. */
export function addGlobalOptions(program: Command): void {
  program
    .addOption(
      new Option(
        "-A, --app <app>",
        "app module: ./app.mjs[:attribute]; a Python dotted path means the built-in PLOSolver app",
      ).env("CELERY_APP"),
    )
    .option("-b, --broker <url>", "broker URL (default: CELERY_BROKER_URL)")
    .option("--result-backend <url>", "result backend (default: CELERY_RESULT_BACKEND)")
    .option("--workdir <path>", "change to this directory first")
    .option("-C, --no-color", "no colour (also NO_COLOR)")
    .option("-q, --quiet", "print only what was asked for")
    .hook("preAction", (_program, command) => {
      const { workdir, broker, resultBackend } = command.optsWithGlobals<GlobalFlags>();
      if (workdir !== undefined) enter(workdir);
      if (broker !== undefined) process.env.CELERY_BROKER_URL = broker;
      if (resultBackend !== undefined) process.env.CELERY_RESULT_BACKEND = resultBackend;
    });
}

function enter(workdir: string): void {
  try {
    process.chdir(workdir);
  } catch (cause) {
    throw new CliError(`--workdir ${workdir}: give a directory that exists`, EXIT_USAGE, { cause });
  }
}

/** Names separated by commas. */
export function commaSeparated(value: string): string[] {
  return value
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
}
