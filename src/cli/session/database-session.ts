import type { Kysely } from "kysely";
import type { JobsDatabase } from "../../jobs/schema.js";

/** Opens the database of DATABASE_URL for one action; its errors become one sentence without credentials. */
export async function withDatabase<Result>(
  action: (database: Kysely<JobsDatabase>) => Promise<Result>,
): Promise<Result> {
  const { loadConfig, requireDatabaseUrl } = await import("../../plosolver/config/config.js");
  const config = loadConfig();
  const url = requireDatabaseUrl(config);
  const { redactText, redactUrl } = await import("../../celery/values.js");
  const { openDatabase } = await import("../../jobs/database.js");
  const { classifyDatabaseError } = await import("../../postgres/errors.js");
  const { CliError } = await import("../globals.js");
  const database = openDatabase({
    url,
    poolSize: 2,
    connectTimeoutSeconds: config.database.connectTimeoutSeconds,
    statementTimeoutSeconds: config.database.statementTimeoutSeconds,
  });
  try {
    return await action(database);
  } catch (error) {
    if (error instanceof CliError) throw error;
    const first = error instanceof AggregateError ? error.errors[0] : error;
    const reason = redactText(first instanceof Error ? first.message : String(first));
    const unreachable = classifyDatabaseError(error) === "unavailable";
    throw new Error(unreachable ? `the database ${redactUrl(url)} cannot be used: ${reason}` : reason, {
      cause: error,
    });
  } finally {
    await database.destroy();
  }
}
