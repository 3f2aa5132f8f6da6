import type { Command } from "commander";
import { withDatabase } from "../../session/database-session.js";
import { describeDatabase } from "./text.js";

/** `celery db migrate` and `celery db status`. */
export function registerDb(program: Command): void {
  const db = program.command("db").description("the jobs database: create or inspect its tables (DATABASE_URL)");

  db.command("migrate")
    .description("create the tables in an empty database; leave one that the backend made exactly as it is")
    .option("--create-missing", "also create tables that a database of the backend's lacks")
    .option("--reports", "also create the table of reports over flops in a database of the backend's")
    .action(async (options: { createMissing?: boolean; reports?: boolean }) => {
      await withDatabase(async (database) => {
        const { migrate } = await import("../../../jobs/migrator.js");
        const { status, carriedOut } = await migrate(database, options);
        const done = carriedOut.length > 0 ? `applied ${carriedOut.join(", ")}` : "nothing to do";
        process.stdout.write(`${done}: ${describeDatabase(status)}\n`);
      });
    });

  db.command("status")
    .description("say who made the tables and what is missing; exit code 1 when something is")
    .option("--json", "print JSON")
    .action(async (options: { json?: boolean }) => {
      await withDatabase(async (database) => {
        const { databaseStatus, explainMissing } = await import("../../../jobs/migrator.js");
        const status = await databaseStatus(database);
        if (options.json) process.stdout.write(`${JSON.stringify(status, null, 2)}\n`);
        else process.stdout.write(`${status.missing.length > 0 ? explainMissing(status) : describeDatabase(status)}\n`);
        if (status.missing.length > 0) process.exitCode = 1;
      });
    });
}
