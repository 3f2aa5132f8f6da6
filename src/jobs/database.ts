import { type Kysely, type RawBuilder, sql } from "kysely";
import { openPostgres, type PostgresOptions } from "../postgres/pool.js";
import type { JobsDatabase, UtcTimestamp } from "./schema.js";

export type DatabaseOptions = Omit<PostgresOptions, "applicationName">;

/** Opens a pool; connects when first used. Close it with `destroy()`. */
export function openDatabase(options: DatabaseOptions): Kysely<JobsDatabase> {
  return openPostgres<JobsDatabase>({ ...options, applicationName: "plosolver-celery-worker" });
}

/** The database's present moment as `timestamp without time zone` in UTC, whatever `TimeZone` says. */
export function utcNow(): RawBuilder<UtcTimestamp> {
  return sql<UtcTimestamp>`timezone('utc', clock_timestamp())`;
}

/** A timestamp as text to the microsecond, whatever `DateStyle` says. Every such text is read back as it was. */
export function timestampText(column: string): RawBuilder<UtcTimestamp> {
  return sql<UtcTimestamp>`to_char(${sql.ref(column)}, 'YYYY-MM-DD HH24:MI:SS.US')`;
}
