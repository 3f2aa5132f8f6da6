import type { DatabaseStatus } from "../../../jobs/migrator.js";
import { plural } from "../../terminal/output.js";

/** Who made the tables, in a sentence; of a database that lacks some, see `explainMissing`. */
export function describeDatabase(status: DatabaseStatus): string {
  switch (status.owner) {
    case "backend": {
      const revision = status.alembicRevision === null ? "" : ` (Alembic revision ${status.alembicRevision})`;
      return `the tables were made by the backend${revision} and are complete; they are left as they are`;
    }
    case "worker":
      return `the tables were made by this worker and are complete (${plural(status.applied.length, "migration")} applied)`;
    case "nobody":
      return "the database has none of the tables: run `celery db migrate`";
  }
}
