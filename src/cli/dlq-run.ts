import { MessageQueue, type TakenMessage } from "../celery/amqp/message-queue.js";
import { asError } from "../celery/errors.js";
import { DEAD_LETTER_HEADERS } from "../celery/worker/dead-letter.js";
import { JobRepository } from "../jobs/repository.js";
import { beginResend, takeBackResend } from "../jobs/resend.js";
import { type BrokerSession, resolveApp, withBroker } from "./broker-session.js";
import { queueOfBuiltInTask } from "./built-in-tasks.js";
import { withDatabase } from "./database-session.js";
import { type DeadLetterView, describeDeadLetter, revived } from "./dead-letter-view.js";
import { CliError, EXIT_USAGE, type GlobalFlags } from "./globals.js";
import { jsonText } from "./json-text.js";
import { runPurge } from "./messages-run.js";
import { Output, plural } from "./output.js";

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
  await eachDeadLetter(flags, async (_message, view, queue) => {
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
  await eachDeadLetter({ ...flags, limit: Number.POSITIVE_INFINITY }, async (message, view, queue) => {
    if (shown || !isNamed(view, id)) return;
    shown = true;
    const whole = { ...view, deadLetterQueue: queue.name, headers: message.headers };
    output.line(jsonText(whole, flags.json === true ? undefined : 2));
  });
  if (!shown) throw new CliError(`no dead letter has the task or job id ${id}: see celery dlq list`);
}

/**
 * Sends dead letters again. Each one: its job is queued again, a copy is confirmed in its queue, and only then the dead
 * letter goes. Whatever fails in between leaves the dead letter where it is.
 */
export async function retryDeadLetters(id: string | undefined, flags: DlqFlags): Promise<void> {
  if ((id === undefined) === (flags.all !== true))
    throw new CliError("give the id of a dead letter, or --all", EXIT_USAGE);
  const output = new Output(flags);
  const retried: Found[] = [];
  const failed: string[] = [];
  await eachDeadLetter({ ...flags, limit: Number.POSITIVE_INFINITY }, async (message, view, queue) => {
    if (id !== undefined && !isNamed(view, id)) return;
    try {
      await retryOne(message, view, queue);
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

async function retryOne(message: TakenMessage, view: DeadLetterView, from: MessageQueue): Promise<void> {
  if (view.queue === null) throw new CliError("its headers do not say which queue it came from");
  if (view.task === null && DEAD_LETTER_HEADERS.headers in message.headers)
    throw new CliError("its headers cannot be read, and without them it is no task: celery dlq show shows their bytes");
  const target = { queue: view.queue, ...revived(message) };
  await withJobQueued(view, () => from.copyTo(message, target));
  message.acknowledge();
}

/** Sends for a job whose row is QUEUED; what cannot be sent leaves the row as it was. */
async function withJobQueued({ jobId, task, id }: DeadLetterView, send: () => Promise<void>): Promise<void> {
  const isJob = task !== null && queueOfBuiltInTask(task) !== undefined;
  // Without a database the worker itself takes the job's row back: the headers tell it that this is a retry.
  if (!isJob || jobId === null || !process.env.DATABASE_URL) return await send();
  await withDatabase(async (database) => {
    const row = await new JobRepository(database).find(jobId);
    const messageId = id ?? row?.queue_message_id ?? "";
    const isOver = row?.status === "FAILED" || row?.status === "CANCELLED";
    const begun = isOver && (await beginResend(database, row, messageId));
    try {
      await send();
    } catch (error) {
      if (begun) await takeBackResend(database, row, messageId);
      throw error;
    }
  });
}

type Visit = (message: TakenMessage, view: DeadLetterView, queue: MessageQueue) => Promise<void>;

/** Looks at the messages that were there at the start; those that are not acknowledged go back to their places. */
async function eachDeadLetter(flags: DlqFlags, visit: Visit): Promise<void> {
  const names = await deadLetterQueues(flags);
  await withBroker(flags, async (session: BrokerSession) => {
    for (const name of names) {
      const queue = await MessageQueue.open(session.connection, name);
      if (queue === null) continue;
      try {
        const count = Math.min(await queue.count(), flags.limit ?? DEFAULT_LIMIT);
        for (let index = 0; index < count; index++) {
          const message = await queue.take();
          if (message === null) break;
          await visit(message, describeDeadLetter(message), queue);
        }
      } finally {
        await queue.close();
      }
    }
  });
}

/** Dead-letter queues of the app's own queues, unless some are named. */
export async function deadLetterQueues(flags: Pick<DlqFlags, "queues" | keyof GlobalFlags>): Promise<string[]> {
  if (flags.queues !== undefined) return flags.queues;
  const { app, settings, queues } = await resolveApp(flags);
  if (app !== null) return [...new Set(queues.map((queue) => settings.deadLetterQueue(queue)))];
  const { loadConfig } = await import("../config.js");
  return [...new Set(loadConfig().topology.queues.map(({ deadLetterQueue }) => deadLetterQueue))];
}

function isNamed({ id, jobId }: DeadLetterView, wanted: string): boolean {
  return id === wanted || jobId === wanted;
}
