import { asError } from "../../../celery/values.js";
import type { DeadLetterView } from "../../../operations/dead-letter-view.js";
import { eachDeadLetter, isNamed, retryDeadLetter } from "../../../operations/dead-letters.js";
import { CliError, EXIT_USAGE, type GlobalFlags } from "../../globals.js";
import { withBroker } from "../../session/broker-session.js";
import { withDatabase } from "../../session/database-session.js";
import { deadLetterQueues } from "../../session/dead-letter-queues.js";
import { jsonText } from "../../terminal/json-text.js";
import { Output, plural } from "../../terminal/output.js";
import { runPurge } from "../messages/run.js";

/** Options of `celery dlq` commands. */
export interface DlqFlags extends GlobalFlags {
  readonly queues?: string[];
  readonly limit?: number;
  readonly all?: boolean;
  readonly force?: boolean;
  readonly json?: boolean;
}

const DEFAULT_LIMIT = 100;

interface Found extends DeadLetterView {
  readonly deadLetterQueue: string;
}

export async function listDeadLetters(flags: DlqFlags): Promise<void> {
  const output = new Output(flags);
  const found: Found[] = [];
  await visitDeadLetters(flags, async (_message, view, queue) => {
    found.push({ ...view, deadLetterQueue: queue.name });
  });
  if (flags.json === true) {
    output.json(found);
    return;
  }
  output.table(
    ["TASK ID", "TASK", "FROM", "ATTEMPTS", "TIME", "REASON"],
    found.map(({ id, task, queue, attempts, time, reason }) => [
      id ?? "-",
      task ?? "-",
      queue ?? "-",
      String(attempts ?? "-"),
      time ?? "-",
      reason.replace(/\s+/g, " ").slice(0, 120),
    ]),
  );
  if (!output.quiet) output.line(`\n${plural(found.length, "dead letter")}.`);
}

export async function showDeadLetter(id: string, flags: DlqFlags): Promise<void> {
  const output = new Output(flags);
  let shown = false;
  await visitDeadLetters({ ...flags, limit: Number.POSITIVE_INFINITY }, async (message, view, queue) => {
    if (shown || !isNamed(view, id)) return;
    shown = true;
    const whole = { ...view, deadLetterQueue: queue.name, headers: message.headers };
    output.line(jsonText(whole, flags.json === true ? undefined : 2));
  });
  if (!shown) throw new CliError(`no dead letter has the task or job id ${id}: see celery dlq list`);
}

/** Sends dead letters again, see {@link retryDeadLetter}. */
export async function retryDeadLetters(id: string | undefined, flags: DlqFlags): Promise<void> {
  if ((id === undefined) === (flags.all !== true))
    throw new CliError("give the id of a dead letter, or --all", EXIT_USAGE);
  const output = new Output(flags);
  const retried: Found[] = [];
  const failed: string[] = [];
  await visitDeadLetters({ ...flags, limit: Number.POSITIVE_INFINITY }, async (message, view, queue) => {
    if (id !== undefined && !isNamed(view, id)) return;
    try {
      await retryDeadLetter(message, view, queue, process.env.DATABASE_URL ? withDatabase : null);
      retried.push({ ...view, deadLetterQueue: queue.name });
      if (flags.json !== true) output.line(`${view.id ?? "a message without id"} → ${view.queue}`);
    } catch (error) {
      failed.push(`${view.id ?? "a message without id"}: ${asError(error).message}`);
    }
  });
  if (flags.json === true) output.json({ retried, failed });
  if (id !== undefined && retried.length === 0 && failed.length === 0)
    throw new CliError(`no dead letter has the task or job id ${id}: see celery dlq list`);
  if (failed.length > 0)
    throw new CliError(`${plural(failed.length, "dead letter")} stayed where they are: ${failed.join("; ")}`);
  if (flags.json !== true && !output.quiet) output.line(`${plural(retried.length, "dead letter")} sent again.`);
}

export async function purgeDeadLetters(flags: DlqFlags): Promise<void> {
  await runPurge({ ...flags, queues: await deadLetterQueues(flags) });
}

type Visit = Parameters<typeof eachDeadLetter>[3];

async function visitDeadLetters(flags: DlqFlags, visit: Visit): Promise<void> {
  const names = await deadLetterQueues(flags);
  await withBroker(flags, ({ connection }) => eachDeadLetter(connection, names, flags.limit ?? DEFAULT_LIMIT, visit));
}
