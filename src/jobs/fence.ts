import { type Kysely, type RawBuilder, sql } from "kysely";
import type { Claim, Claimant, FencedOutcome } from "./claim.js";
import { columnText, ERROR_MESSAGE_LIMIT, PROGRESS_MESSAGE_LIMIT } from "./column-values.js";
import { utcNow } from "./database.js";
import type { JobStatus, JobsDatabase, UtcTimestamp } from "./schema.js";

/** Columns that a fenced write may change. */
export interface JobUpdate {
  status?: JobStatus;
  result_data?: string;
  error_message?: string;
  progress_percentage?: number;
  progress_message?: string;
  completed_at?: RawBuilder<UtcTimestamp>;
  actual_duration?: RawBuilder<number>;
}

/** Writes under the fence; false when the row is not the claim's any more. */
export async function updateFenced(database: Kysely<JobsDatabase>, claim: Claim, values: JobUpdate): Promise<boolean> {
  if (await updateHeld(database, claim, values)) return true;
  return (await restoreClaim(database, claim)) && (await updateHeld(database, claim, values));
}

async function updateHeld(database: Kysely<JobsDatabase>, claim: Claim, values: JobUpdate): Promise<boolean> {
  const result = await database
    .updateTable("jobs")
    .set({ ...values, updated_at: utcNow() })
    .where("id", "=", claim.jobId)
    .where("status", "=", "PROCESSING")
    .where("started_at", "=", tokenOf(claim))
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

/**
 * Writes the claim again where the database forgot it: a failover to a standby that lagged shows the job QUEUED, with
 * no later start than ours. A job that was queued again on purpose keeps our start, and is not ours any more.
 */
async function restoreClaim(database: Kysely<JobsDatabase>, claim: Claim): Promise<boolean> {
  const result = await database
    .updateTable("jobs")
    .set({ status: "PROCESSING", started_at: tokenOf(claim), updated_at: utcNow() })
    .where("id", "=", claim.jobId)
    .where("status", "=", "QUEUED")
    .where(sql<boolean>`coalesce(started_at < ${tokenOf(claim)}, true)`)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

function tokenOf(claim: Claim): RawBuilder<UtcTimestamp> {
  return sql<UtcTimestamp>`${claim.token}::timestamp`;
}

/** A row that already has the wished-for end under our own token was written by us before a connection was lost. */
export async function whyNotHeld(
  database: Kysely<JobsDatabase>,
  claim: Claim,
  wished: JobStatus | null,
): Promise<FencedOutcome> {
  const row = await database
    .selectFrom("jobs")
    .select(["status", sql<boolean>`coalesce(started_at = ${tokenOf(claim)}, false)`.as("ours")])
    .where("id", "=", claim.jobId)
    .executeTakeFirst();
  if (row === undefined) return "deleted";
  if (row.ours && wished !== null && row.status === wished) return "held";
  return row.status === "CANCELLED" ? "cancelled" : "superseded";
}

/** The rows a claimant may take. */
export function claimable(claimant: Claimant): RawBuilder<boolean> {
  const { takesOver, resubmitted = false, staleAfterSeconds } = claimant;
  return sql<boolean>`(status = 'QUEUED'
    or (status = 'PROCESSING' and (${takesOver}::boolean or ${quietFor(staleAfterSeconds)}))
    or (status = 'FAILED' and ${resubmitted}::boolean))`;
}

/** The rows that showed no sign of life for so long. */
export function quietFor(seconds: number): RawBuilder<boolean> {
  const lastSign = sql`coalesce(updated_at, started_at, created_at)`;
  return sql<boolean>`coalesce(${lastSign} < ${utcNow()} - make_interval(secs => ${seconds}), true)`;
}

/** Seconds from a row's creation to its claim; two clocks may say less than nothing. Null where one is not known. */
export function secondsWaited(): RawBuilder<number | null> {
  return sql<number | null>`greatest(0, extract(epoch from started_at - created_at))::float8`;
}

/** The columns that every end of a job writes. */
export function endOfJob<Status extends JobStatus>(status: Status) {
  return {
    status,
    completed_at: utcNow(),
    actual_duration: sql<number>`greatest(0, floor(extract(epoch from ${utcNow()} - started_at)))::int`,
  };
}

/** The columns of a failure, with the messages cut to their limits. */
export function failure(message: string) {
  return {
    ...endOfJob("FAILED"),
    error_message: columnText(message, ERROR_MESSAGE_LIMIT),
    progress_message: columnText(`Failed: ${message}`, PROGRESS_MESSAGE_LIMIT),
  };
}

/** The columns of a job that is cancelled, and why, where there is more to say than that somebody asked for it. */
export function cancellation(reason?: string) {
  return {
    ...endOfJob("CANCELLED"),
    progress_message: columnText(reason === undefined ? "Cancelled" : `Cancelled: ${reason}`, PROGRESS_MESSAGE_LIMIT),
    ...(reason === undefined ? {} : { error_message: columnText(reason, ERROR_MESSAGE_LIMIT) }),
  };
}

/** 0–100; NaN becomes 0. */
export function wholePercentage(percentage: number): number {
  return Number.isNaN(percentage) ? 0 : Math.min(100, Math.max(0, Math.trunc(percentage)));
}
