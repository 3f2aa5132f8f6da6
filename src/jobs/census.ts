import { type Kysely, sql } from "kysely";
import { utcNow } from "./database.js";
import type { JobStatus, JobsDatabase, JobType } from "./schema.js";

/** Jobs of one kind in one state. */
export interface JobCount {
  readonly jobType: JobType;
  readonly status: JobStatus;
  readonly count: number;
  /** Seconds since the oldest of them was made; null where no row says. */
  readonly oldestSeconds: number | null;
}

/** Counts the rows of `jobs` in these states; a kind or state without a row is left out. */
export async function countJobs(database: Kysely<JobsDatabase>, statuses: readonly JobStatus[]): Promise<JobCount[]> {
  return await database
    .selectFrom("jobs")
    .select([
      "job_type as jobType",
      "status",
      sql<number>`count(*)::float8`.as("count"),
      sql<number | null>`greatest(0, extract(epoch from ${utcNow()} - min(created_at)))::float8`.as("oldestSeconds"),
    ])
    .where("status", "in", statuses)
    .groupBy(["job_type", "status"])
    .execute();
}
