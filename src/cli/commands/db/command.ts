import type { Command } from "commander";
import type { DatabaseStatus } from "../../../jobs/migrator.js";
import { withDatabase } from "../../session/database-session.js";

/** `celery db migrate` and `celery db status`. */
export function registerDb(program: Command): void {
  const db = program.command("db").description("the jobs database: create or inspect its tables (DATABASE_URL)");

  db.command("migrate")
    .description("create the tables in an empty database; leave one that the backend made exactly as it is")
    .option("--create-missing", "also create tables that a database of the backend's lacks")
    .action(async (options: { createMissing?: boolean }) => {
      await withDatabase(async (database) => {
        const { migrate } = await import("../../../jobs/migrator.js");
        const { status, carriedOut } = await migrate(database, options);
        const done = carriedOut.length > 0 ? `applied ${carriedOut.join(", ")}` : "nothing to do";
        process.stdout.write(`${done}: ${describe(status)}\n`);
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
        else process.stdout.write(`${status.missing.length > 0 ? explainMissing(status) : describe(status)}\n`);
        if (status.missing.length > 0) process.exitCode = 1;
      });
    });
}

function describe(status: DatabaseStatus): string {
  switch (status.owner) {
    case "backend": {
      const revision = status.alembicRevision === null ? "" : ` (Alembic revision ${status.alembicRevision})`;
      return `the tables were made by the backend${revision} and are complete; they are left as they are`;
    }
    case "worker":
      return `the tables were made by this worker and are complete (${status.applied.length} migrations applied)`;
    case "nobody":
      return "the database has none of the tables: run `celery db migrate`";
  }
}
