import { type Kysely, type RawBuilder, sql } from "kysely";
import { sqlState } from "../../postgres/errors.js";

/** Names of Celery's two result tables: `database_table_names` and `database_table_schemas`. */
export interface TableNames {
  readonly task: string;
  readonly group: string;
  readonly taskSchema: string | null;
  readonly groupSchema: string | null;
}

/** SQL identifiers of a table and of the sequence that numbers its rows. */
export interface Table {
  readonly table: RawBuilder<unknown>;
  /** Text for `to_regclass`. */
  readonly tableName: string;
  /** Index on the time that results are cleaned up by: Celery's tables have it from 5.6.3 on. */
  readonly index: RawBuilder<unknown>;
  readonly sequence: RawBuilder<unknown>;
  /** Text for `nextval`. */
  readonly sequenceName: string;
}

export interface ResultTables {
  readonly task: Table;
  readonly group: Table;
}

export function resultTables(names: TableNames): ResultTables {
  return {
    task: table(names.taskSchema, names.task, "task_id_sequence"),
    group: table(names.groupSchema, names.group, "taskset_id_sequence"),
  };
}

/** Two workers that start at once may both find a table missing; PostgreSQL then fails one of them. */
const MADE_BY_ANOTHER = new Set(["23505", "42P07", "42710"]);

/**
 * Creates the tables, their sequences and indexes as Celery's SQLAlchemy models do, where they are missing. What is
 * there is left as it is, and needs no privilege to create.
 */
export async function createResultTables(db: Kysely<unknown>, tables: ResultTables, extended: boolean): Promise<void> {
  const extraColumns = extended
    ? sql`, name VARCHAR(155), args BYTEA, kwargs BYTEA, worker VARCHAR(155), retries INTEGER, queue VARCHAR(155)`
    : sql``;
  await createMissing(
    db,
    tables.task,
    sql`id INTEGER NOT NULL PRIMARY KEY, task_id VARCHAR(155) UNIQUE, status VARCHAR(50), result BYTEA,
      date_done TIMESTAMP WITHOUT TIME ZONE, traceback TEXT${extraColumns}`,
  );
  await createMissing(
    db,
    tables.group,
    sql`id INTEGER NOT NULL PRIMARY KEY, taskset_id VARCHAR(155) UNIQUE, result BYTEA,
      date_done TIMESTAMP WITHOUT TIME ZONE`,
  );
}

async function createMissing(db: Kysely<unknown>, parts: Table, columns: RawBuilder<unknown>): Promise<void> {
  const { table, tableName, index, sequence, sequenceName } = parts;
  const statements = [
    ...((await exists(db, sequenceName)) ? [] : [sql`CREATE SEQUENCE IF NOT EXISTS ${sequence}`]),
    ...((await exists(db, tableName))
      ? []
      : [
          sql`CREATE TABLE IF NOT EXISTS ${table} (${columns})`,
          sql`CREATE INDEX IF NOT EXISTS ${index} ON ${table} (date_done)`,
        ]),
  ];
  for (const statement of statements) {
    try {
      await statement.execute(db);
    } catch (error) {
      if (!MADE_BY_ANOTHER.has(sqlState(error))) throw error;
    }
  }
}

async function exists(db: Kysely<unknown>, name: string): Promise<boolean> {
  const { rows } = await sql<{ found: boolean }>`SELECT to_regclass(${name}) IS NOT NULL AS found`.execute(db);
  return rows[0]?.found === true;
}

function table(schema: string | null, name: string, sequence: string): Table {
  const identifier = (last: string): RawBuilder<unknown> => (schema === null ? sql.id(last) : sql.id(schema, last));
  const quoted = (part: string): string => `"${part.replaceAll('"', '""')}"`;
  const text = (last: string): string => (schema === null ? quoted(last) : `${quoted(schema)}.${quoted(last)}`);
  return {
    table: identifier(name),
    tableName: text(name),
    index: sql.id(`ix_${name}_date_done`),
    sequence: identifier(sequence),
    sequenceName: text(sequence),
  };
}
