import type { Command } from "commander";
import type { CheckFlags } from "./run.js";

/** `celery check`: whether a deployment works, from the database to a job's answer. */
export function registerCheck(program: Command): void {
  program
    .command("check")
    .description(
      "try a deployment: database, broker, workers, consumers, and a job of its own with --user; exit code 1 when something fails",
    )
    .option(
      "--user <id>",
      "submit a small simulation for this user (an id of the table users), and wait for its answer",
    )
    .action(async (_flags: unknown, command: Command) => {
      const { runCheck } = await import("./run.js");
      await runCheck(command.optsWithGlobals<CheckFlags>());
    });
}
