import type { Kysely } from "kysely";
import { JobRepository } from "../../../jobs/repository.js";
import type { JobStatus, JobsDatabase, JobType } from "../../../jobs/schema.js";
import { OperationError } from "../../../operations/errors.js";
import { HeldLetters } from "../../../operations/held-letters.js";
import { planResend, type ResendPlan, resendPlanned } from "../../../operations/resend-jobs.js";
import { loadConfig } from "../../../plosolver/config/config.js";
import { jobKind } from "../../../plosolver/job-kinds.js";
import { CliError, EXIT_USAGE, type GlobalFlags } from "../../globals.js";
import { type BrokerSession, withBroker } from "../../session/broker-session.js";
import { withDatabase } from "../../session/database-session.js";
import { deadLetterQueues } from "../../session/dead-letter-queues.js";
import { confirm } from "../../terminal/confirm.js";
import { Output, plural } from "../../terminal/output.js";

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

/** What a filter takes that names no state: whatever may wait for a message that does not come. */
const OPEN: readonly JobStatus[] = ["QUEUED", "PROCESSING", "FAILED"];
const DEFAULT_LIMIT = 10_000;

/** See {@link resendPlanned}. */
export async function runResend(ids: readonly string[], flags: ResendFlags): Promise<void> {
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
    const plan = await (byFilter
      ? planByFilter(repository, flags)
      : planResend(repository, ids, loadConfig().jobs.staleAfterSeconds));
    await withBroker(flags, async (session) => {
      const queues = flags.deadLetterQueues ?? (await deadLetterQueues(flags));
      const letters = await HeldLetters.take(session.connection, queues, new Set(plan.rows.map(({ id }) => id)));
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

async function planByFilter(repository: JobRepository, flags: ResendFlags): Promise<ResendPlan> {
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

async function sendAll(
  { client }: BrokerSession,
  database: Kysely<JobsDatabase>,
  plan: ResendPlan,
  letters: HeldLetters,
  flags: ResendFlags,
): Promise<Outcome> {
  const consumed = loadConfig().topology.queues.map(({ name }) => name);
  try {
    return await resendPlanned(
      {
        database,
        send: (name, args, options) => client.sendTask(name, args, {}, options),
        consumed,
        queue: flags.queue,
      },
      plan,
      letters,
    );
  } catch (cause) {
    if (!(cause instanceof OperationError)) throw cause;
    throw new CliError(`${cause.message}: name the queue of these jobs with --queue`, EXIT_USAGE, { cause });
  }
}

type Outcome = Awaited<ReturnType<typeof resendPlanned>>;

function showPlan(output: Output, { rows, skipped }: ResendPlan, letters: HeldLetters, flags: ResendFlags): void {
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
      jobKind(row.job_type).word,
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
