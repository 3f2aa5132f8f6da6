import { type Kysely, sql } from "kysely";
import type { ClaimedJob } from "./claim.js";
import { quietFor } from "./fence.js";
import type { JobsDatabase } from "./schema.js";

/** A job that another run has. */
export interface JobUnderWay {
  readonly id: string;
  readonly inputData: unknown;
  readonly percentage: number | null;
  readonly message: string | null;
}

/** More than a cluster solves at once. */
const MOST = 100;

/**
 * Jobs of the same kind that were taken before this one and show signs of life, the oldest first. Of two jobs that are
 * taken at one moment each may see the other, and one of them alone has it before itself.
 * @param quietSeconds without a sign for so long a run counts as dead
 */
export async function underWayBefore(
  database: Kysely<JobsDatabase>,
  { jobId, jobType, token }: ClaimedJob,
  quietSeconds: number,
): Promise<JobUnderWay[]> {
  return database
    .selectFrom("jobs")
    .select(["id", "input_data as inputData", "progress_percentage as percentage", "progress_message as message"])
    .where("status", "=", "PROCESSING")
    .where("job_type", "=", jobType)
    .where(sql<boolean>`not ${quietFor(quietSeconds)}`)
    .where(sql<boolean>`(started_at, id) < (${token}::timestamp, ${jobId})`)
    .orderBy("started_at")
    .orderBy("id")
    .limit(MOST)
    .execute();
}
