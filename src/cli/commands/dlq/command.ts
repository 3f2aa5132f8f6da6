import { type Command, InvalidArgumentError } from "commander";
import { commaSeparated } from "../../globals.js";
import type { DlqFlags } from "./run.js";

/** `celery dlq list|show|retry|purge`: messages that failed for good. */
export function registerDlq(program: Command): void {
  const dlq = program.command("dlq").description("dead letters: list them, show one, send them again, or erase them");
  const queues = ["-Q, --queues <names>", "dead-letter queues (default: those of the app)", commaSeparated] as const;
  const json = ["-j, --json", "print JSON"] as const;

  dlq
    .command("list")
    .description("list dead letters, oldest first")
    .option(...queues)
    .option("--limit <n>", "how many of each queue (default: 100)", wholeNumber)
    .option(...json)
    .action(async (_flags: unknown, command: Command) => {
      const { listDeadLetters } = await import("./run.js");
      await listDeadLetters(command.optsWithGlobals<DlqFlags>());
    });

  dlq
    .command("show")
    .description("show a dead letter with its headers and arguments")
    .argument("<id>", "task id")
    .option(...queues)
    .option(...json)
    .action(async (id: string, _flags: unknown, command: Command) => {
      const { showDeadLetter } = await import("./run.js");
      await showDeadLetter(id, command.optsWithGlobals<DlqFlags>());
    });

  dlq
    .command("retry")
    .description("send dead letters to their queue again with all their attempts, and queue their jobs again")
    .argument("[id]", "task id or job id")
    .option("--all", "every dead letter")
    .option(...queues)
    .option(...json)
    .action(async (id: string | undefined, _flags: unknown, command: Command) => {
      const { retryDeadLetters } = await import("./run.js");
      await retryDeadLetters(id, command.optsWithGlobals<DlqFlags>());
    });

  dlq
    .command("purge")
    .description("erase dead letters; there is no undo")
    .option("-f, --force", "Don't prompt for verification.")
    .option(...queues)
    .option(...json)
    .action(async (_flags: unknown, command: Command) => {
      const { purgeDeadLetters } = await import("./run.js");
      await purgeDeadLetters(command.optsWithGlobals<DlqFlags>());
    });
}

function wholeNumber(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1)
    throw new InvalidArgumentError("it must be a whole number of at least 1");
  return number;
}
