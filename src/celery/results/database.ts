import { Kysely, PostgresDialect, sql } from "kysely";
import pg from "pg";
import type { Logger } from "pino";
import { readPickle, writePickle } from "../protocol/pickle.js";
import { contentTypeOf, decodeBody, encodeBody, type Serializer } from "../protocol/serializers.js";
import { READY_STATES, type ResultRecord, type ResultTarget, type ResultTuple, type StoredResult } from "./backend.js";
import { createResultTables, type ResultTables, resultTables, sqlState, type TableNames } from "./database-tables.js";
import { postgresUrl } from "./database-url.js";
import { isResultTuple, readMeta } from "./meta.js";
import { PollingWaiter } from "./polling-waiter.js";
import { retryTransient } from "./retry.js";
import type { StoredBackend, WaitOptions } from "./stored.js";

/** Options of {@link DatabaseBackend}. */
export interface DatabaseBackendOptions {
  /** `db+postgresql://…`. */
  readonly url: string;
  readonly log: Logger;
  /** Of `args` and `kwargs` with `extended`; the result itself always is a pickle, as Celery's is. */
  readonly serializer: Serializer;
  /** Age in seconds at which `cleanup` removes a result; null keeps all. Celery's `result_expires`. */
  readonly expiresSeconds: number | null;
  /** Store name, arguments, worker, retries and queue too: `result_extended`. */
  readonly extended: boolean;
  /** Content types that may be read; default: the serializer's. Celery's `result_accept_content`. */
  readonly accept?: ReadonlySet<string>;
  readonly tables: TableNames;
  /** Most connections. Default 4. */
  readonly poolSize?: number;
  /** How often a waiting reader looks. Default 500, as Celery. */
  readonly pollMs?: number;
}

/** `args` to `queue` are there with `result_extended` only. */
interface TaskRow {
  readonly task_id: string;
  readonly status: string;
  readonly result: Buffer | null;
  readonly traceback: string | null;
  readonly done_at: Date | null;
  readonly args?: Buffer | null;
  readonly kwargs?: Buffer | null;
}

/** A caller who looks once wants an answer: some 35 seconds. Writes and waits go on until the backend is closed. */
const LOOK_UP_ATTEMPTS = 20;
/** Widths of Celery's columns. */
const MAX_NAME = 155;
const MAX_STATUS = 50;

/**
 * `db+postgresql://` in Celery's own tables. The result column is a pickle: plain values are written, and only plain
 * values are read. Children, parent and group are not stored, as in Celery.
 */
export class DatabaseBackend implements StoredBackend {
  readonly name = "database";
  readonly #options: DatabaseBackendOptions;
  readonly #tables: ResultTables;
  readonly #closing = new AbortController();
  readonly #waiter: PollingWaiter;
  readonly #db: Kysely<unknown>;

  /** @throws ImproperlyConfigured for a URL of another database */
  constructor(options: DatabaseBackendOptions) {
    this.#options = options;
    this.#tables = resultTables(options.tables);
    this.#db = open(postgresUrl(options.url), options);
    this.#waiter = new PollingWaiter((taskIds) => this.#getMany(taskIds), options.pollMs ?? 500);
  }

  /** Creates missing tables; waits for the database for as long as that takes. */
  start(): Promise<void> {
    return this.#run(
      () => createResultTables(this.#db, this.#tables, this.#options.extended),
      Number.POSITIVE_INFINITY,
    );
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#waiter.close();
    await this.#db.destroy();
  }

  async store(target: ResultTarget, { status, result, traceback }: ResultRecord): Promise<void> {
    const { table, sequenceName } = this.#tables.task;
    const pickled = writePickle(result);
    const doneAt = READY_STATES.has(status) ? sql`timezone('utc', clock_timestamp())` : sql`NULL`;
    const extended = this.#extendedValues(target);
    const columns = ["status", "result", "date_done", "traceback", ...extended.map(([column]) => column)];
    const values = [
      sql`${status.slice(0, MAX_STATUS)}`,
      sql`${pickled}`,
      doneAt,
      sql`${traceback === null ? null : withoutNul(traceback)}`,
      ...extended.map(([, value]) => sql`${value}`),
    ];
    const statement = sql`
      INSERT INTO ${table} (id, task_id, ${sql.join(columns.map((column) => sql.id(column)))})
      VALUES (nextval(${sequenceName}::regclass), ${target.id}, ${sql.join(values)})
      ON CONFLICT (task_id) DO UPDATE
      SET ${sql.join(columns.map((column) => sql`${sql.id(column)} = excluded.${sql.id(column)}`))}`;
    await this.#run(() => statement.execute(this.#db));
  }

  async get(taskId: string): Promise<StoredResult | null> {
    const [result] = await this.#getMany([taskId], LOOK_UP_ATTEMPTS);
    return result ?? null;
  }

  waitFor(taskId: string, options?: WaitOptions): Promise<StoredResult> {
    return this.#waiter.waitFor(taskId, options);
  }

  async forget(taskId: string): Promise<void> {
    await this.#run(() => sql`DELETE FROM ${this.#tables.task.table} WHERE task_id = ${taskId}`.execute(this.#db));
  }

  /** Python cannot restore such a group: its own rows hold a pickled `GroupResult` object. */
  async saveGroup(groupId: string, group: ResultTuple): Promise<void> {
    const { table, sequenceName } = this.#tables.group;
    const statement = sql`
      INSERT INTO ${table} (id, taskset_id, result, date_done)
      VALUES (nextval(${sequenceName}::regclass), ${groupId}, ${writePickle(group)}, timezone('utc', clock_timestamp()))
      ON CONFLICT (taskset_id) DO UPDATE SET result = excluded.result, date_done = excluded.date_done`;
    await this.#run(() => statement.execute(this.#db));
  }

  /** @throws DecodeError for a group that Python saved: its pickle names a class. */
  async restoreGroup(groupId: string): Promise<ResultTuple | null> {
    const query = sql<{ result: Buffer | null }>`
      SELECT result FROM ${this.#tables.group.table} WHERE taskset_id = ${groupId}`;
    const { rows } = await this.#run(() => query.execute(this.#db));
    const pickled = rows[0]?.result;
    const group = pickled ? readPickle(pickled) : null;
    return isResultTuple(group) ? group : null;
  }

  async deleteGroup(groupId: string): Promise<void> {
    await this.#run(() => sql`DELETE FROM ${this.#tables.group.table} WHERE taskset_id = ${groupId}`.execute(this.#db));
  }

  async cleanup(): Promise<void> {
    const seconds = this.#options.expiresSeconds;
    if (seconds === null) return;
    for (const { table } of [this.#tables.task, this.#tables.group]) {
      const statement = sql`
        DELETE FROM ${table} WHERE date_done < timezone('utc', clock_timestamp()) - make_interval(secs => ${seconds})`;
      await this.#run(() => statement.execute(this.#db));
    }
  }

  async #getMany(taskIds: readonly string[], attempts?: number): Promise<StoredResult[]> {
    if (taskIds.length === 0) return [];
    const query = sql<TaskRow>`
      SELECT *, date_done AT TIME ZONE 'utc' AS done_at
      FROM ${this.#tables.task.table} WHERE task_id = ANY(${[...taskIds]})`;
    const { rows } = await this.#run(() => query.execute(this.#db), attempts);
    return rows.map((row) =>
      readMeta(row.task_id, {
        ...row,
        date_done: row.done_at,
        result: row.result === null ? null : readPickle(row.result),
        args: this.#readExtended(row.args),
        kwargs: this.#readExtended(row.kwargs),
      }),
    );
  }

  #readExtended(value: Buffer | null | undefined): unknown {
    if (!value) return null;
    const { serializer } = this.#options;
    return decodeBody(value, contentTypeOf(serializer), undefined, this.#options.accept ?? new Set([serializer]));
  }

  #extendedValues(target: ResultTarget): Array<readonly [string, unknown]> {
    if (!this.#options.extended || target.task === "") return [];
    const { serializer } = this.#options;
    return [
      ["name", target.task.slice(0, MAX_NAME)],
      ["args", encodeBody(target.args, serializer).body],
      ["kwargs", encodeBody(target.kwargs, serializer).body],
      ["worker", target.hostname.slice(0, MAX_NAME)],
      ["retries", target.retries],
      ["queue", target.queue.slice(0, MAX_NAME)],
    ];
  }

  #run<T>(operation: () => Promise<T>, attempts?: number): Promise<T> {
    return retryTransient(operation, {
      ...(attempts === undefined ? {} : { attempts }),
      signal: this.#closing.signal,
      isTransient: isOutage,
      onRetry: (err, attempt) => this.#options.log.warn({ err, attempt }, "result database failed, trying again"),
    });
  }
}

function open(connectionString: string, options: DatabaseBackendOptions): Kysely<unknown> {
  const pool = new pg.Pool({
    connectionString,
    max: options.poolSize ?? 4,
    connectionTimeoutMillis: 5000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    statement_timeout: 10_000,
    application_name: "celery-results",
  });
  const onError = (err: Error): void => options.log.warn({ err }, "connection to the result database lost");
  // Without a listener the death of an idle connection would end the process.
  pool.on("error", onError);
  pool.on("connect", (client) => client.on("error", onError));
  return new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
}

/** Errors that pass: no connection, a server that starts or stops, a serialization failure, a statement time-out. */
function isOutage(error: unknown): boolean {
  const state = sqlState(error);
  if (/^(08|57P|40|53|55P03|57014)/.test(state)) return true;
  if (state !== "") return /^E[A-Z]+$/.test(state);
  // pg reports lost connections as plain errors.
  return error instanceof Error && /connection|terminat|timeout|socket/i.test(error.message);
}

/** PostgreSQL's text holds no NUL. */
function withoutNul(text: string): string {
  return text.replaceAll("\u0000", "");
}
