import { type Kysely, sql } from "kysely";
import type { JobsDatabase } from "./schema.js";

/**
 * Solutions stored under a description, newest first. Whatever the number of rows, only the matching ones are read in
 * full: descriptions are short, solutions are kept out of line by the database.
 */
export async function findSolverSolutions(
  database: Kysely<JobsDatabase>,
  description: string,
  limit = 3,
): Promise<unknown[]> {
  const rows = await database
    .selectFrom("solver_solutions")
    .select(sql<unknown>`solution`.as("solution"))
    .where("description", "=", description)
    .orderBy("created_at", "desc")
    .limit(limit)
    .execute();
  return rows.map((row) => row.solution);
}
