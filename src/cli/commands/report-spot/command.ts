import type { Command } from "commander";
import type { ReportSpotFlags } from "./run.js";

/** `celery report-spot <file>`: one spot solved on many flops, by all workers that are there. */
export function registerReportSpot(program: Command): void {
  program
    .command("report-spot")
    .description("solve a spot on many flops, each a task that any worker takes, and print the report (DATABASE_URL)")
    .argument(
      "<file>",
      "the spot without a board, as in examples/spots; - reads standard input. Or the id of a report asked for before",
    )
    .option("--flops <flops>", "all, sample:25, or flops such as Ks8h7d,QcJc4h (default: what the file says)")
    .option("--user <id>", "whose job it is")
    .option("--no-watch", "print the job's id and end")
    .option("--csv", "print a row for each flop as CSV")
    .option("-j, --json", "print the report as JSON")
    .action(async (file: string, _flags: unknown, command: Command) => {
      const { reportSpot } = await import("./run.js");
      await reportSpot(file, command.optsWithGlobals<ReportSpotFlags>());
    });
}
