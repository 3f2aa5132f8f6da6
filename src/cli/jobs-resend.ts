import { randomUUID } from "node:crypto";
import type { Kysely } from "kysely";
import { type AppOptions, Celery } from "../celery/app.js";
import { asError } from "../celery/errors.js";
import { loadConfig } from "../config.js";
import { JobRepository, type JobRow } from "../jobs/repository.js";
import { beginResend, takeBackResend } from "../jobs/resend.js";
import type { JobStatus, JobsDatabase, JobType } from "../jobs/schema.js";
import { type BrokerSession, withBroker } from "./broker-session.js";
import { queueOfBuiltInTask } from "./built-in-tasks.js";
import { confirm } from "./confirm.js";
import { withDatabase } from "./database-session.js";
import { deadLetterQueues } from "./dlq-run.js";
import { CliError, EXIT_USAGE, type GlobalFlags } from "./globals.js";
import { HeldLetters } from "./held-letters.js";
import { TASK_OF_TYPE } from "./jobs-run.js";
import { Output, plural } from "./output.js";

/** Options of `celery jobs resend`. */
export interface ResendFlags extends GlobalFlags {
  readonly status?: readonly JobStatus[];
  readonly kind?: JobType;
  readonly user?: string;
  readonly olderThan?: number;
  readonly limit?: number;
  readonly all?: boolean;
  readonly queue?: string;
  readonly deadLetterQueues?: string[];
  readonly dryRun?: boolean;
  readonly force?: boolean;
  readonly json?: boolean;
}

interface Skipped {
  readonly id: string;
  readonly reason: string;
}

interface Sent {
  readonly id: string;
  readonly task_id: string;
  readonly queue: string;
  /** State before. */
  readonly was: JobStatus;
  /** Dead letters of the job that are gone now. */
  readonly dead_letters: number;
}

/** Jobs to send again, and those that were asked for and are not. */
interface Plan {
  readonly rows: readonly JobRow[];
  readonly skipped: readonly Skipped[];
}

/** What a filter takes that names no state: whatever may wait for a message that does not come. */
const OPEN: readonly JobStatus[] = ["QUEUED", "PROCESSING", "FAILED"];
const DEFAULT_LIMIT = 10_000;

/**
 * Sends the tasks of jobs again, as new messages. Each job: its row is taken to QUEUED and names the new message, the
 * message is confirmed in its queue, and only then the job's dead letters go.
 */
export async function resendJobs(ids: readonly string[], flags: ResendFlags): Promise<void> {
  const byFilter = [flags.status, flags.kind, flags.user, flags.olderThan, flags.all].some(
    (flag) => flag !== undefined,
  );
  if (ids.length > 0 === byFilter)
    throw new CliError(
      "give the ids of jobs, or say which: --status, --kind, --user, --older-than, or --all",
      EXIT_USAGE,
    );
  const output = new Output(flags);
  await withDatabase(async (database) => {
    const repository = new JobRepository(database);
    const plan = await (byFilter ? planByFilter(repository, flags) : planByIds(repository, ids));
    await withBroker(flags, async (session) => {
      const queues = flags.deadLetterQueues ?? (await deadLetterQueues(flags));
      const letters = await HeldLetters.take(session, queues, new Set(plan.rows.map(({ id }) => id)));
      try {
        if (flags.dryRun === true) return showPlan(output, plan, letters, flags);
        if (byFilter && flags.force !== true && plan.rows.length > 0) {
          showPlan(output, plan, letters, { ...flags, json: false });
          await confirm(`Send ${plural(plan.rows.length, "job")} again?`);
        }
        report(output, await sendAll(session, database, plan, letters, flags), flags);
      } finally {
        await letters.close();
      }
    });
  });
}

async function planByFilter(repository: JobRepository, flags: ResendFlags): Promise<Plan> {
  const { kind: jobType, user: userId, olderThan = 0, limit = DEFAULT_LIMIT, status: statuses = OPEN } = flags;
  const common = { ...(jobType ? { jobType } : {}), ...(userId ? { userId } : {}), order: "oldest", limit } as const;
  const staleAfter = Math.max(olderThan, loadConfig().jobs.staleAfterSeconds);
  const still = statuses.filter((status) => status !== "PROCESSING");
  const rows = [
    ...(still.length > 0
      ? await repository.list({ ...common, statuses: still, ...(olderThan > 0 ? { quietForSeconds: olderThan } : {}) })
      : []),
    // One that shows signs of life is being computed.
    ...(statuses.includes("PROCESSING")
      ? await repository.list({ ...common, statuses: ["PROCESSING"], quietForSeconds: staleAfter })
      : []),
  ];
  return { rows: rows.slice(0, limit), skipped: [] };
}

async function planByIds(repository: JobRepository, given: readonly string[]): Promise<Plan> {
  const ids = [...new Set(given)];
  const { staleAfterSeconds } = loadConfig().jobs;
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

interface Outcome {
  readonly sent: readonly Sent[];
  readonly skipped: readonly Skipped[];
}

async function sendAll(
  { settings, log }: BrokerSession,
  database: Kysely<JobsDatabase>,
  plan: Plan,
  letters: HeldLetters,
  flags: ResendFlags,
): Promise<Outcome> {
  const sent: Sent[] = [];
  const skipped = [...plan.skipped];
  const queues = new Map(plan.rows.map((row) => [row.id, queueOf(row, letters, flags)]));
  const app = new Celery("celery jobs resend", { ...settings, log } as AppOptions);
  try {
    for (const row of plan.rows) {
      const [taskId, queue] = [randomUUID(), queues.get(row.id) ?? ""];
      if (!(await beginResend(database, row, taskId))) {
        skipped.push({ id: row.id, reason: "it has changed meanwhile: somebody else works on it" });
        continue;
      }
      try {
        await app.sendTask(TASK_OF_TYPE[row.job_type], [row.id], {}, { taskId, queue });
      } catch (error) {
        await takeBackResend(database, row, taskId);
        skipped.push({ id: row.id, reason: asError(error).message });
        continue;
      }
      const gone = letters.of(row.id);
      for (const letter of gone) letter.acknowledge();
      sent.push({ id: row.id, task_id: taskId, queue, was: row.status, dead_letters: gone.length });
    }
  } finally {
    await app.close();
  }
  return { sent, skipped };
}

/** Where the job's dead letter came from, else where the backend sends such jobs. */
function queueOf(row: JobRow, letters: HeldLetters, flags: ResendFlags): string {
  const consumed = loadConfig().topology.queues.map(({ name }) => name);
  const usual = queueOfBuiltInTask(TASK_OF_TYPE[row.job_type]);
  const origin = letters.of(row.id).find(({ queue }) => queue !== null && consumed.includes(queue))?.queue;
  const queue = flags.queue ?? origin ?? (usual !== undefined && consumed.includes(usual) ? usual : undefined);
  if (queue !== undefined) return queue;
  throw new CliError(
    `the worker consumes ${consumed.join(", ")}: name the queue of these jobs with --queue`,
    EXIT_USAGE,
  );
}

function showPlan(output: Output, { rows, skipped }: Plan, letters: HeldLetters, flags: ResendFlags): void {
  if (flags.json === true) {
    const wouldSend = rows.map((row) => ({
      id: row.id,
      type: row.job_type,
      status: row.status,
      dead_letters: letters.of(row.id).map(({ deadLetterQueue, reason }) => ({ queue: deadLetterQueue, reason })),
    }));
    output.json({ would_send: wouldSend, skipped });
    return;
  }
  output.table(
    ["ID", "KIND", "STATUS", "LAST SIGN (UTC)", "DEAD LETTER"],
    rows.map((row) => [
      row.id,
      row.job_type === "SPOT_SIMULATION" ? "spot" : "solver",
      row.status,
      String(row.updated_at ?? row.created_at ?? "").slice(0, 19),
      letters.of(row.id).at(-1)?.reason.replace(/\s+/g, " ").slice(0, 100) ?? "-",
    ]),
  );
  for (const { id, reason } of skipped) output.line(`not ${id}: ${reason}`);
  if (flags.dryRun === true && !output.quiet) output.line(`\n${plural(rows.length, "job")} would be sent again.`);
}

function report(output: Output, { sent, skipped }: Outcome, flags: ResendFlags): void {
  if (flags.json === true) output.json({ sent, skipped });
  else for (const { id, was, queue } of sent) output.line(`${id} (${was}) → ${queue}`);
  if (skipped.length > 0) {
    const reasons = skipped.map(({ id, reason }) => `${id}: ${reason}`).join("; ");
    throw new CliError(`${plural(skipped.length, "job")} not sent: ${reasons}`);
  }
  if (flags.json !== true && !output.quiet) output.line(`${plural(sent.length, "job")} sent again.`);
}
