import { type Kysely, type RawBuilder, type SqlBool, sql } from "kysely";
import { timestampText } from "./database.js";
import type { JobStatus, JobsDatabase, JobType, UtcTimestamp } from "./schema.js";

/** Which jobs a list shows. */
export interface JobPageFilter {
  readonly status?: JobStatus | undefined;
  readonly jobType?: JobType | undefined;
  readonly userId?: string | undefined;
  /** Text of the input, the error or the id; case does not matter. */
  readonly text?: string | undefined;
  /** Created at or after, in UTC. */
  readonly since?: UtcTimestamp | undefined;
  /** Created before, in UTC. */
  readonly until?: UtcTimestamp | undefined;
}

/** A job as a list shows it: without large values. */
export interface JobLine {
  readonly id: string;
  readonly user_id: string;
  readonly job_type: JobType;
  readonly status: JobStatus;
  readonly queue_message_id: string | null;
  readonly progress_percentage: number | null;
  readonly progress_message: string | null;
  readonly error_message: string | null;
  /** Seconds. */
  readonly actual_duration: number | null;
  readonly created_at: UtcTimestamp | null;
  readonly started_at: UtcTimestamp | null;
  readonly completed_at: UtcTimestamp | null;
  readonly updated_at: UtcTimestamp | null;
  /** Null where it is too large for a list. */
  readonly input_data: unknown;
  /** Share of the pot of each player of a simulation; null for other jobs. */
  readonly equities: readonly (number | null)[] | null;
}

export interface JobPage {
  readonly jobs: readonly JobLine[];
  /** For the jobs that follow; null at the end. */
  readonly next: string | null;
}

/** One action of a solution's first decision. */
export interface RootAction {
  readonly action: string;
  /** Chips added, and the player's total on the street afterwards. */
  readonly amount: number;
  readonly to: number;
  readonly all_in: boolean;
  /** Of the whole range. */
  readonly frequency: number;
}

/** Values larger than this, as PostgreSQL stores them, are not read for a list. Bytes. */
const LARGEST_LISTED = 20_000;
const LARGEST_SUMMARISED = 200_000;
const LARGEST_SOLUTION = 2_000_000;

/** Reads the `jobs` table in pages: each is found through an index, however far down the list it is. */
export class JobPages {
  constructor(private readonly database: Kysely<JobsDatabase>) {}

  /** Newest first; jobs without a creation time before all others. @param after of the page before */
  async page(filter: JobPageFilter, limit: number, after: string | null = null): Promise<JobPage> {
    let query = this.database
      .selectFrom("jobs")
      .select([
        "id",
        "user_id",
        "job_type",
        "status",
        "queue_message_id",
        "progress_percentage",
        "progress_message",
        "actual_duration",
        sql<string | null>`left(error_message, 1024)`.as("error_message"),
        ...(["created_at", "started_at", "completed_at", "updated_at"] as const).map((column) =>
          timestampText(column).as(column),
        ),
        sql<unknown>`case when pg_column_size(input_data) <= ${LARGEST_LISTED} then input_data end`.as("input_data"),
        equities().as("equities"),
      ])
      .orderBy("jobs.created_at", (order) => order.desc().nullsFirst())
      .orderBy("id");
    for (const condition of conditions(filter)) query = query.where(condition);
    const cursor = readCursor(after);
    if (cursor !== null) query = query.where(following(cursor));
    const rows = await query.limit(limit + 1).execute();
    const jobs = rows.slice(0, limit);
    const last = jobs.at(-1);
    return { jobs, next: rows.length > limit && last !== undefined ? writeCursor(last) : null };
  }

  /** Jobs in each state. */
  async counts(): Promise<Readonly<Partial<Record<JobStatus, number>>>> {
    const rows = await this.database
      .selectFrom("jobs")
      .select(["status", sql<string>`count(*)`.as("count")])
      .groupBy("status")
      .execute();
    return Object.fromEntries(rows.map(({ status, count }) => [status, Number(count)]));
  }

  /** JSON text of a job's result; null when there is none. */
  async resultText(id: string): Promise<string | null> {
    const row = await this.database
      .selectFrom("jobs")
      .select(sql<string | null>`result_data::text`.as("text"))
      .where("id", "=", id)
      .executeTakeFirst();
    return row?.text ?? null;
  }

  /**
   * What solutions do at their roots, and reports over flops in the mean, by job id; without those that are too large to
   * look into.
   */
  async rootActions(ids: readonly string[]): Promise<ReadonlyMap<string, readonly RootAction[]>> {
    const path = sql`coalesce(result_data #> '{solution,tree,actions}', result_data #> '{report,actions}')`;
    const rows = await this.database
      .selectFrom("jobs")
      .select([
        "id",
        sql<RootAction[] | null>`case when json_typeof(${path}) = 'array' then (select json_agg(json_build_object(
          'action', action -> 'action', 'amount', action -> 'amount', 'to', action -> 'to', 'all_in', action -> 'all_in',
          'frequency', case when json_typeof(action -> 'frequency') = 'object'
          then action -> 'frequency' -> 'mean' else action -> 'frequency' end)) from json_array_elements(${path}) as action) end`.as(
          "actions",
        ),
      ])
      .where(sql<SqlBool>`id = any(${[...ids]})`)
      .where(sql<SqlBool>`pg_column_size(result_data) <= ${LARGEST_SOLUTION}`)
      .execute();
    return new Map(rows.flatMap(({ id, actions }) => (actions === null ? [] : [[id, actions]])));
  }

  /** Users by name. */
  async users(limit: number): Promise<readonly { readonly id: string; readonly name: string }[]> {
    return this.database
      .selectFrom("users")
      .select(["id", sql<string>`coalesce(username, email)`.as("name")])
      .orderBy("name")
      .limit(limit)
      .execute();
  }
}

function* conditions(filter: JobPageFilter): Generator<RawBuilder<SqlBool>> {
  const { status, jobType, userId, text, since, until } = filter;
  if (status !== undefined) yield sql<SqlBool>`status = ${status}::jobstatus`;
  if (jobType !== undefined) yield sql<SqlBool>`job_type = ${jobType}::jobtype`;
  if (userId !== undefined) yield sql<SqlBool>`user_id = ${userId}`;
  if (since !== undefined) yield sql<SqlBool>`created_at >= ${since}::timestamp`;
  if (until !== undefined) yield sql<SqlBool>`created_at < ${until}::timestamp`;
  if (text === undefined) return;
  const pattern = `%${text.replace(/[\\%_]/g, "\\$&")}%`;
  yield sql<SqlBool>`(id = ${text} or error_message ilike ${pattern} or input_data::text ilike ${pattern})`;
}

/** Shares of the pot out of a simulation's result. */
function equities(): RawBuilder<(number | null)[] | null> {
  return sql`case when job_type = 'SPOT_SIMULATION' and status = 'COMPLETED'
    and pg_column_size(result_data) <= ${LARGEST_SUMMARISED} and json_typeof(result_data) = 'array'
    then (select json_agg(case when json_typeof(player) = 'object' then
      coalesce(player -> 'total_equity', player -> 'top_actual_equity') end)
      from json_array_elements(result_data) as player) end`;
}

interface Cursor {
  readonly createdAt: string | null;
  readonly id: string;
}

function following({ createdAt, id }: Cursor): RawBuilder<SqlBool> {
  if (createdAt === null) return sql<SqlBool>`(created_at is not null or id > ${id})`;
  return sql<SqlBool>`(created_at <= ${createdAt}::timestamp
    and (created_at < ${createdAt}::timestamp or id > ${id}))`;
}

function writeCursor({ created_at, id }: Pick<JobLine, "created_at" | "id">): string {
  return Buffer.from(JSON.stringify([created_at, id])).toString("base64url");
}

/** A cursor that nobody wrote here is none: the list starts again. */
function readCursor(text: string | null): Cursor | null {
  if (text === null) return null;
  try {
    const [createdAt, id]: unknown[] = JSON.parse(Buffer.from(text, "base64url").toString());
    const isTime = createdAt === null || (typeof createdAt === "string" && /^[\d :.-]{19,26}$/.test(createdAt));
    return isTime && typeof id === "string" ? { createdAt: createdAt as string | null, id } : null;
  } catch {
    return null;
  }
}
