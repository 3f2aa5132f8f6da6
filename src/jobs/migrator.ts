import { readdir, readFile } from "node:fs/promises";
import { type Kysely, sql, type Transaction } from "kysely";
import { MigrationError } from "./errors.js";
import type { JobsDatabase } from "./schema.js";

/** Beside `src/` and beside `dist/`, so the same relative path serves both. */
const FOLDER = new URL("../../migrations/", import.meta.url);
const TRACKING_TABLE = "celery_worker_migration";
/** Makes a table that is this worker's own, and that a database of the backend's gets on request only. */
const REPORTS = "003-flop-reports";
/** Arbitrary; held while looking and migrating, so that workers starting together do so one after the other. */
const ADVISORY_LOCK = 5_002_715_672;

/** Columns the worker reads or writes; a live table may have more. */
const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  users: ["id", "email"],
  jobs: [
    "id",
    "user_id",
    "job_type",
    "status",
    "input_data",
    "result_data",
    "error_message",
    "queue_message_id",
    "estimated_duration",
    "actual_duration",
    "progress_percentage",
    "progress_message",
    "created_at",
    "started_at",
    "completed_at",
    "updated_at",
  ],
  solver_solutions: [
    "id",
    "user_id",
    "name",
    "description",
    "game_state",
    "solution",
    "iterations",
    "solve_time",
    "created_at",
    "updated_at",
  ],
};

/** Who made the tables: nobody, this worker's migrations, or the backend. */
export type SchemaOwner = "nobody" | "worker" | "backend";

export interface DatabaseStatus {
  readonly owner: SchemaOwner;
  /** Revision in the backend's `alembic_version`, when there is one. */
  readonly alembicRevision: string | null;
  /** `table` or `table.column` that the worker needs and does not find. */
  readonly missing: readonly string[];
  /** Names of this worker's migrations; none are pending in a database of the backend's. */
  readonly applied: readonly string[];
  readonly pending: readonly string[];
}

export interface MigrationOutcome {
  readonly status: DatabaseStatus;
  /** Names of the migrations carried out now. */
  readonly carriedOut: readonly string[];
}

/** What is there and what is missing. Changes nothing. */
export async function databaseStatus(database: Kysely<JobsDatabase>): Promise<DatabaseStatus> {
  const tables = await visibleColumns(database);
  const tracked = tables.has(TRACKING_TABLE);
  const known = Object.keys(REQUIRED).filter((table) => tables.has(table));
  const foreign = known.length > 0 || tables.has("alembic_version");
  const owner: SchemaOwner = tracked ? "worker" : foreign ? "backend" : "nobody";
  const applied = tracked ? await appliedMigrations(database) : [];
  const all = [...(await readMigrations()).keys()];
  return {
    owner,
    alembicRevision: tables.has("alembic_version") ? await alembicRevision(database) : null,
    missing: missingParts(tables),
    applied,
    pending: owner === "backend" ? [] : all.filter((name) => !applied.includes(name)),
  };
}

/**
 * Brings a database to what the worker needs. An empty one gets every table; one the worker made gets what is new;
 * one the backend made is left exactly as it is.
 *
 * @param options.createMissing also create tables that a database of the backend's lacks
 * @param options.reports also create the table of reports over flops in a database of the backend's
 * @throws MigrationError when a table or column is missing afterwards, or a migration fails.
 */
export async function migrate(
  database: Kysely<JobsDatabase>,
  options: { readonly createMissing?: boolean; readonly reports?: boolean } = {},
): Promise<MigrationOutcome> {
  const carriedOut = await database.transaction().execute(async (transaction) => {
    // A lock of the transaction: a pooler would leave one of the session to another client.
    await sql`select pg_advisory_xact_lock(${ADVISORY_LOCK})`.execute(transaction);
    const { owner, missing } = await databaseStatus(transaction);
    if (owner !== "backend") return await runTracked(transaction);
    const isWanted = (name: string): boolean =>
      (name === REPORTS ? options.reports : options.createMissing && missing.length > 0) === true;
    const wanted = [...(await readMigrations())].filter(([name]) => isWanted(name));
    return runAll(transaction, new Map(wanted));
  });
  const status = await databaseStatus(database);
  if (status.missing.length > 0) throw new MigrationError(explainMissing(status));
  return { status, carriedOut };
}

/** One sentence about what a database lacks and what to do. */
export function explainMissing(status: DatabaseStatus): string {
  const parts = status.missing.join(", ");
  if (status.owner !== "backend") return `the database lacks ${parts}: run \`celery db migrate\``;
  const tablesOnly = status.missing.every((part) => !part.includes("."));
  const remedy = tablesOnly ? ", or let `celery db migrate --create-missing` create what is missing" : "";
  return `the backend's database lacks ${parts}: run the backend's own migrations (alembic upgrade head)${remedy}`;
}

/** Carries out what is new, and notes it in a table of ours. */
async function runTracked(transaction: Transaction<JobsDatabase>): Promise<string[]> {
  const migrations = await readMigrations();
  if (!(await visibleColumns(transaction)).has(TRACKING_TABLE)) await createTrackingTable(transaction);
  for (const name of await appliedMigrations(transaction)) migrations.delete(name);
  const carriedOut = await runAll(transaction, migrations);
  for (const name of carriedOut)
    await sql`insert into ${sql.table(TRACKING_TABLE)} (name, timestamp) values (${name}, ${new Date().toISOString()})`.execute(
      transaction,
    );
  return carriedOut;
}

async function createTrackingTable(transaction: Transaction<JobsDatabase>): Promise<void> {
  await sql`create table ${sql.table(TRACKING_TABLE)} (name varchar(255) primary key, timestamp varchar(255) not null)`.execute(
    transaction,
  );
}

/** Every migration creates only what is missing, so each may run where nothing of ours is to be left behind. */
async function runAll(
  transaction: Transaction<JobsDatabase>,
  migrations: ReadonlyMap<string, string>,
): Promise<string[]> {
  for (const [name, text] of migrations) {
    try {
      await sql.raw(text).execute(transaction);
    } catch (error) {
      throw new MigrationError(`migration ${name} failed: ${error instanceof Error ? error.message : error}`, {
        cause: error,
      });
    }
  }
  return [...migrations.keys()];
}

/** SQL by name, in order. */
async function readMigrations(): Promise<Map<string, string>> {
  const files = (await readdir(FOLDER)).filter((file) => file.endsWith(".sql")).sort();
  const texts = await Promise.all(files.map((file) => readFile(new URL(file, FOLDER), "utf8")));
  return new Map(files.map((file, index) => [file.replace(/\.sql$/, ""), texts[index] ?? ""]));
}

async function appliedMigrations(database: Kysely<JobsDatabase>): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`select name from ${sql.table(TRACKING_TABLE)} order by name`.execute(
    database,
  );
  return rows.map((row) => row.name);
}

async function alembicRevision(database: Kysely<JobsDatabase>): Promise<string | null> {
  const { rows } = await sql<{ version_num: string }>`select version_num from alembic_version`.execute(database);
  return rows.map((row) => row.version_num).join(", ") || null;
}

/** Tables that unqualified names reach, with their columns. */
async function visibleColumns(database: Kysely<JobsDatabase>): Promise<Map<string, Set<string>>> {
  const names = [...Object.keys(REQUIRED), TRACKING_TABLE, "alembic_version"];
  const { rows } = await sql<{ table: string; column: string }>`
    select name as "table", attname as "column"
    from unnest(${names}::text[]) as name
    join pg_attribute on attrelid = to_regclass(name) and attnum > 0 and not attisdropped`.execute(database);
  const tables = new Map<string, Set<string>>();
  for (const { table, column } of rows) tables.set(table, (tables.get(table) ?? new Set()).add(column));
  return tables;
}

function missingParts(tables: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  return Object.entries(REQUIRED).flatMap(([table, columns]) => {
    const present = tables.get(table);
    if (present === undefined) return [table];
    return columns.filter((column) => !present.has(column)).map((column) => `${table}.${column}`);
  });
}
