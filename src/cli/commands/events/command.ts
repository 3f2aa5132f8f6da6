import type { Command } from "commander";
import type { EventsFlags } from "./run.js";

/** `celery events`: a live view on a terminal, lines otherwise. */
export function registerEvents(program: Command): void {
  program
    .command("events")
    .description("Event-stream utilities: a live view of workers and tasks, or a line for each event.")
    .option("-d, --dump", "Dump events to stdout.")
    .option("-j, --json", "Dump events as lines of JSON.")
    .option("-c, --camera <class>", "not available")
    .action(async (_flags: unknown, command: Command) => {
      const { runEvents } = await import("./run.js");
      await runEvents(command.optsWithGlobals<EventsFlags>());
    });
}
