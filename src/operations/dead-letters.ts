import type { Kysely } from "kysely";
import { type BrokerConnection, DEAD_LETTER_HEADERS, MessageQueue, type TakenMessage } from "../celery/tooling.js";
import { JobRepository } from "../jobs/repository.js";
import { beginResend, takeBackResend } from "../jobs/resend.js";
import type { JobsDatabase } from "../jobs/schema.js";
import { jobKindOfTask } from "../plosolver/job-kinds.js";
import { type DeadLetterView, describeDeadLetter, revived } from "./dead-letter-view.js";
import { OperationError } from "./errors.js";

type Visit = (message: TakenMessage, view: DeadLetterView, queue: MessageQueue) => Promise<void>;

/** Runs work with the database; null where there is none. */
export type UseDatabase = ((work: (database: Kysely<JobsDatabase>) => Promise<void>) => Promise<void>) | null;

/**
 * Looks at the messages that were there at the start; those that are not acknowledged go back to their places.
 * @param limit of each queue
 */
export async function eachDeadLetter(
  connection: BrokerConnection,
  queues: readonly string[],
  limit: number,
  visit: Visit,
): Promise<void> {
  for (const name of queues) {
    const queue = await MessageQueue.open(connection, name);
    if (queue === null) continue;
    try {
      const count = Math.min(await queue.count(), limit);
      for (let index = 0; index < count; index++) {
        const message = await queue.take();
        if (message === null) break;
        await visit(message, await describeDeadLetter(message), queue);
      }
    } finally {
      await queue.close();
    }
  }
}

/**
 * Sends a dead letter again: its job is queued again, a copy is confirmed in its queue, and only then the dead letter
 * goes. Whatever fails in between leaves the dead letter where it is.
 * @throws OperationError when it cannot be sent; what the broker or the database says
 */
export async function retryDeadLetter(
  message: TakenMessage,
  view: DeadLetterView,
  from: MessageQueue,
  useDatabase: UseDatabase,
): Promise<void> {
  if (view.queue === null) throw new OperationError("its headers do not say which queue it came from");
  if (view.task === null && DEAD_LETTER_HEADERS.headers in message.headers)
    throw new OperationError(
      "its headers cannot be read, and without them it is no task: celery dlq show shows their bytes",
    );
  const target = { queue: view.queue, ...revived(message) };
  await withJobQueued(view, useDatabase, () => from.copyTo(message, target));
  message.acknowledge();
}

/** Whether a dead letter has this task or job id. */
export function isNamed({ id, jobId }: DeadLetterView, wanted: string): boolean {
  return id === wanted || jobId === wanted;
}

/** Sends for a job whose row is QUEUED; what cannot be sent leaves the row as it was. */
async function withJobQueued(
  { jobId, task, id }: DeadLetterView,
  useDatabase: UseDatabase,
  send: () => Promise<void>,
): Promise<void> {
  const isJob = task !== null && jobKindOfTask(task) !== undefined;
  // Without a database the worker itself takes the job's row back: the headers tell it that this is a retry.
  if (!isJob || jobId === null || useDatabase === null) return await send();
  await useDatabase(async (database) => {
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
