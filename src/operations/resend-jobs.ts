import { randomUUID } from "node:crypto";
import type { Kysely } from "kysely";
import type { BrokerConnection } from "../celery/tooling.js";
import { asError } from "../celery/values.js";
import { JobRepository, type JobRow } from "../jobs/repository.js";
import { beginResend, takeBackResend } from "../jobs/resend.js";
import type { JobStatus, JobsDatabase } from "../jobs/schema.js";
import { jobKind, taskNames } from "../plosolver/job-kinds.js";
import { OperationError } from "./errors.js";
import { HeldLetters } from "./held-letters.js";
import type { SendTask } from "./jobs.js";

/** A job that is not sent again, and why. */
export interface SkippedJob {
  readonly id: string;
  readonly reason: string;
}

/** A job that was sent again. */
export interface ResentJob {
  readonly id: string;
  readonly task_id: string;
  readonly queue: string;
  /** State before. */
  readonly was: JobStatus;
  /** Dead letters of the job that are gone now. */
  readonly dead_letters: number;
}

/** Jobs to send again, and those that were asked for and are not. */
export interface ResendPlan {
  readonly rows: readonly JobRow[];
  readonly skipped: readonly SkippedJob[];
}

/** What sending again needs. */
export interface ResendParts {
  readonly database: Kysely<JobsDatabase>;
  readonly send: SendTask;
  /** Queues that the worker consumes. */
  readonly consumed: readonly string[];
  /** Where to send; default: where the dead letter came from, else where the backend sends such jobs. */
  readonly queue?: string | undefined;
}

/** Of these jobs, those that may be sent again: not the completed ones, nor those that are being computed. */
export async function planResend(
  repository: JobRepository,
  given: readonly string[],
  staleAfterSeconds: number,
): Promise<ResendPlan> {
  const ids = [...new Set(given)];
  const found = new Map((await repository.list({ ids, limit: ids.length })).map((row) => [row.id, row]));
  const quiet = await repository.list({ ids, limit: ids.length, quietForSeconds: staleAfterSeconds });
  const quietIds = new Set(quiet.map(({ id }) => id));
  const whyNot = (id: string): string | null => {
    const status = found.get(id)?.status;
    if (status === undefined) return "there is no such job: see celery jobs list";
    if (status === "COMPLETED") return "it is COMPLETED already: see celery jobs show";
    if (status !== "PROCESSING" || quietIds.has(id)) return null;
    return `it is being computed: it showed a sign of life within ${staleAfterSeconds} s (JOB_STALE_AFTER)`;
  };
  const skipped = ids.flatMap((id) => {
    const reason = whyNot(id);
    return reason === null ? [] : [{ id, reason }];
  });
  const left = new Set(skipped.map(({ id }) => id));
  return { rows: [...found.values()].filter(({ id }) => !left.has(id)), skipped };
}

/**
 * Sends the tasks of jobs again, as new messages. Each job: its row is taken to QUEUED and names the new message, the
 * message is confirmed in its queue, and only then the job's dead letters go.
 * @throws OperationError before anything is sent, when nothing says which queue a job goes to
 */
export async function resendPlanned(
  parts: ResendParts,
  plan: ResendPlan,
  letters: HeldLetters,
): Promise<{ readonly sent: readonly ResentJob[]; readonly skipped: readonly SkippedJob[] }> {
  const { database, send } = parts;
  const sent: ResentJob[] = [];
  const skipped = [...plan.skipped];
  const queues = new Map(plan.rows.map((row) => [row.id, queueOf(row, letters, parts)]));
  for (const row of plan.rows) {
    const [taskId, queue] = [randomUUID(), queues.get(row.id) ?? ""];
    if (!(await beginResend(database, row, taskId))) {
      skipped.push({ id: row.id, reason: "it has changed meanwhile: somebody else works on it" });
      continue;
    }
    try {
      await send(taskNames(jobKind(row.job_type))[0], [row.id], { taskId, queue });
    } catch (error) {
      await takeBackResend(database, row, taskId);
      skipped.push({ id: row.id, reason: asError(error).message });
      continue;
    }
    const gone = letters.of(row.id);
    for (const letter of gone) letter.acknowledge();
    sent.push({ id: row.id, task_id: taskId, queue, was: row.status, dead_letters: gone.length });
  }
  return { sent, skipped };
}

/** {@link planResend} and {@link resendPlanned} in one, holding the jobs' dead letters meanwhile. */
export async function resendJobs(
  parts: ResendParts & { readonly connection: BrokerConnection; readonly deadLetterQueues: readonly string[] },
  ids: readonly string[],
  staleAfterSeconds: number,
) {
  const plan = await planResend(new JobRepository(parts.database), ids, staleAfterSeconds);
  const letters = await HeldLetters.take(
    parts.connection,
    parts.deadLetterQueues,
    new Set(plan.rows.map(({ id }) => id)),
  );
  try {
    return await resendPlanned(parts, plan, letters);
  } finally {
    await letters.close();
  }
}

function queueOf(row: JobRow, letters: HeldLetters, { consumed, queue: asked }: ResendParts): string {
  const [usual] = jobKind(row.job_type).queues;
  const origin = letters.of(row.id).find(({ queue }) => queue !== null && consumed.includes(queue))?.queue;
  const queue = asked ?? origin ?? (consumed.includes(usual) ? usual : undefined);
  if (queue !== undefined) return queue;
  throw new OperationError(
    `the worker consumes ${consumed.join(", ")}, and nothing says which of them jobs such as ${row.id} go to`,
  );
}
