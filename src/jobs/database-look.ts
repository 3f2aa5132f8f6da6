import { type Kysely, sql } from "kysely";
import { sqlState } from "../postgres/errors.js";
import { timestampText, utcNow } from "./database.js";
import { JOB_STATUSES, JOB_TYPES, type JobsDatabase } from "./schema.js";

/**
 * Finds out whether every statement of a job's life could be carried out now, and changes nothing: the statements are
 * only planned, which asks for their tables, columns, types and privileges.
 * @throws what a statement would throw
 */
export async function lookAtDatabase(database: Kysely<JobsDatabase>): Promise<void> {
  await database
    .updateTable("jobs")
    .set({
      status: "PROCESSING",
      started_at: utcNow(),
      updated_at: utcNow(),
      completed_at: null,
      error_message: null,
      result_data: null,
      queue_message_id: null,
      actual_duration: null,
      progress_percentage: 0,
      progress_message: null,
    })
    .where("id", "=", "")
    .where("job_type", "in", JOB_TYPES)
    .where("status", "in", JOB_STATUSES)
    .returning(["user_id", "input_data", timestampText("created_at").as("created")])
    .explain();
  await sql`explain insert into solver_solutions
    (id, user_id, name, description, game_state, solution, iterations, solve_time, created_at, updated_at)
    select id, user_id, name, description, game_state, solution, iterations, solve_time, created_at, updated_at
    from solver_solutions where false`.execute(database);
  // Plans may be made in a read-only transaction; this may not, and it locks no row.
  await sql`select 1 from jobs where false for update`.execute(database);
}

/**
 * Finds out whether the disk under the table takes anything more: a scan of some hundred kilobytes that may use next
 * to no memory writes a temporary file there, which the server removes at once.
 * @throws the server's error 53100 when the disk is full
 */
export async function lookAtDisk(database: Kysely<JobsDatabase>): Promise<void> {
  const ownTablespace = sql`select quote_ident(t.spcname) from pg_class c join pg_tablespace t on t.oid = c.reltablespace
    where c.oid = to_regclass('jobs') and has_tablespace_privilege(t.oid, 'CREATE')`;
  try {
    // Both settings end with the statement. The second scan depends on them, so it comes after.
    await sql`select count(*) from
      (select set_config('work_mem', '64kB', true) as memory,
        set_config('temp_tablespaces', coalesce((${ownTablespace}), current_setting('temp_tablespaces')), true) as place
      ) as settings, lateral generate_series(1, 8000 + 0 * length(memory || place))`.execute(database);
  } catch (error) {
    // A role may be forbidden temporary files.
    if (sqlState(error) === "53100") throw error;
  }
}
