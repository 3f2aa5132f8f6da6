import { randomUUID } from "node:crypto";
import { asError, redactText } from "../celery/values.js";
import type { JobRepository } from "../jobs/repository.js";
import type { JobType } from "../jobs/schema.js";
import { jobKind, taskNames } from "../plosolver/job-kinds.js";
import { violatesForeignKey } from "../postgres/errors.js";
import { OperationError } from "./errors.js";

/** Sends a task by name; resolves once the broker has confirmed the message. */
export type SendTask = (
  name: string,
  args: readonly unknown[],
  options: { readonly taskId: string; readonly queue?: string },
) => Promise<unknown>;

/** A job as an operator asks for it. */
export interface AskedJob {
  readonly userId: string;
  readonly jobType: JobType;
  readonly inputData: unknown;
}

/**
 * The row first, then the message, as the backend does; without a message the row is cancelled again.
 * @throws OperationError when there is no such user
 */
export async function submitJob(
  repository: JobRepository,
  send: SendTask,
  job: AskedJob,
): Promise<{ readonly id: string; readonly taskId: string }> {
  const taskId = randomUUID();
  const id = await repository.insert({ ...job, queueMessageId: taskId }).catch((cause: unknown) => {
    if (!violatesForeignKey(cause)) throw cause;
    throw new OperationError(`there is no user ${job.userId}`, { cause });
  });
  const kind = jobKind(job.jobType);
  try {
    await send(taskNames(kind)[0], [id], { taskId, queue: kind.queues[0] });
  } catch (error) {
    await repository.requestCancel(id, `its task could not be sent: ${redactText(asError(error).message)}`);
    throw error;
  }
  return { id, taskId };
}

/**
 * Cancels a job that is queued or runs: the row decides, and a worker that runs the job sees it there.
 * @returns the id of its task, by which workers can be told sooner; null when the row names none
 * @throws OperationError when there is no such job or it has ended
 */
export async function cancelJob(repository: JobRepository, id: string): Promise<string | null> {
  const row = await repository.find(id);
  if (row === null) throw new OperationError(`there is no job ${id}: see celery jobs list`);
  if (!(await repository.requestCancel(id)))
    throw new OperationError(`job ${id} is ${row.status} already: nothing to cancel`);
  return row.queue_message_id;
}
