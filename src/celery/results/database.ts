import { type Kysely, sql } from "kysely";
import type { Logger } from "pino";
import { describeDatabaseError, isTransientDatabaseError } from "../../postgres/errors.js";
import { Outage, type Trouble } from "../../postgres/outage.js";
import { openPostgres } from "../../postgres/pool.js";
import { encode } from "../codec/body-encoder.js";
import { writePickle } from "../protocol/pickle-write.js";
import type { Serializer } from "../protocol/serializers.js";
import { replaceCondition, writeAttemptPickle } from "./attempt-pickle.js";
import { READY_STATES, type ResultRecord, type ResultTarget, type ResultTuple, type StoredResult } from "./backend.js";
import { createResultTables, type ResultTables, resultTables, type TableNames } from "./database-tables.js";
import { postgresUrl } from "./database-url.js";
import { isResultTuple, readMeta } from "./meta.js";
import { attemptOf } from "./order.js";
import { PollingWaiter } from "./polling-waiter.js";
import { type RetryOptions, retryTransient } from "./retry.js";
import type { StoredBackend, WaitOptions } from "./stored.js";
import { readStored, readStoredPickle } from "./stored-value.js";

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
  /** Epoch milliseconds. */
  readonly done_at: number | null;
  readonly args?: Buffer | null;
  readonly kwargs?: Buffer | null;
}

type Trying = Partial<Pick<RetryOptions, "attempts" | "isTransient">>;

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
  readonly #outage: Outage;

  /** @throws ImproperlyConfigured for a URL of another database */
  constructor(options: DatabaseBackendOptions) {
    this.#options = options;
    this.#tables = resultTables(options.tables);
    this.#outage = new Outage(options.log, "the result database");
    this.#db = openPostgres({
      url: postgresUrl(options.url),
      applicationName: "celery-results",
      poolSize: options.poolSize ?? 4,
      // The message alone: pg hangs the whole client, with all it knows, on the error of an idle connection.
      onConnectionError: (error) => options.log.warn({ err: error.message }, "connection to the result database lost"),
    });
    this.#waiter = new PollingWaiter((taskIds) => this.#getMany(taskIds), options.pollMs ?? 500);
  }

  get trouble(): Trouble | null {
    return this.#outage.trouble;
  }

  /** Creates missing tables; waits for the database for as long as that takes. */
  start(): Promise<void> {
    return this.#run(() => createResultTables(this.#db, this.#tables, this.#options.extended), {
      isTransient: passesByItself,
    });
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#waiter.close();
    await this.#db.destroy();
  }

  async store(target: ResultTarget, { status, result, traceback }: ResultRecord): Promise<void> {
    const { table, sequenceName } = this.#tables.task;
    const attempt = attemptOf(target);
    const pickled = await writeAttemptPickle(result, attempt);
    const doneAt = READY_STATES.has(status) ? sql`timezone('utc', clock_timestamp())` : sql`NULL`;
    const extended = await this.#extendedValues(target);
    const columns = ["status", "result", "date_done", "traceback", ...extended.map(([column]) => column)];
    const values = [
      sql`${status.slice(0, MAX_STATUS)}`,
      sql`${pickled}`,
      doneAt,
      sql`${traceback === null ? null : withoutNul(traceback)}`,
      ...extended.map(([, value]) => sql`${value}`),
    ];
    const statement = sql`
      INSERT INTO ${table} AS stored (id, task_id, ${sql.join(columns.map((column) => sql.id(column)))})
      VALUES (nextval(${sequenceName}::regclass), ${target.id}, ${sql.join(values)})
      ON CONFLICT (task_id) DO UPDATE
      SET ${sql.join(columns.map((column) => sql`${sql.id(column)} = excluded.${sql.id(column)}`))}
      WHERE ${replaceCondition(sql.id("stored"), { status, attempt })}`;
    await this.#run(() => statement.execute(this.#db));
  }

  async get(taskId: string): Promise<StoredResult | null> {
    const [result] = await this.#getMany([taskId], { attempts: LOOK_UP_ATTEMPTS });
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
    const group = pickled ? await readStoredPickle(pickled) : null;
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

  async #getMany(taskIds: readonly string[], trying?: Trying): Promise<StoredResult[]> {
    if (taskIds.length === 0) return [];
    const query = sql<TaskRow>`
      SELECT *, (extract(epoch FROM date_done) * 1000)::float8 AS done_at
      FROM ${this.#tables.task.table} WHERE task_id = ANY(${[...taskIds]})`;
    const { rows } = await this.#run(() => query.execute(this.#db), trying);
    return await Promise.all(rows.map((row) => this.#resultOf(row)));
  }

  async #resultOf(row: TaskRow): Promise<StoredResult> {
    return readMeta(row.task_id, {
      ...row,
      date_done: row.done_at === null ? null : new Date(row.done_at),
      result: row.result === null ? null : await readStoredPickle(row.result),
      args: await this.#readExtended(row.args),
      kwargs: await this.#readExtended(row.kwargs),
    });
  }

  async #readExtended(value: Buffer | null | undefined): Promise<unknown> {
    return value ? await readStored(value, this.#options.serializer, this.#options.accept) : null;
  }

  async #extendedValues(target: ResultTarget): Promise<Array<readonly [string, unknown]>> {
    if (!this.#options.extended || target.task === "") return [];
    const { serializer } = this.#options;
    return [
      ["name", target.task.slice(0, MAX_NAME)],
      ["args", (await encode(target.args, serializer)).body],
      ["kwargs", (await encode(target.kwargs, serializer)).body],
      ["worker", target.hostname.slice(0, MAX_NAME)],
      ["retries", target.retries],
      ["queue", target.queue.slice(0, MAX_NAME)],
    ];
  }

  async #run<T>(operation: () => Promise<T>, { attempts, isTransient }: Trying = {}): Promise<T> {
    const waiter = {};
    try {
      const result = await retryTransient(operation, {
        ...(attempts === undefined ? {} : { attempts }),
        signal: this.#closing.signal,
        isTransient: isTransient ?? isTransientDatabaseError,
        onRetry: (error) => this.#outage.failed(waiter, error),
      });
      this.#outage.passed(waiter);
      return result;
    } finally {
      this.#outage.gaveUp(waiter);
    }
  }
}

/** At the start, tables that cannot be made are a mistake to be told, not something to wait for. */
function passesByItself(error: unknown): boolean {
  const { kind, problem } = describeDatabaseError(error);
  return kind !== "permanent" && problem !== "schema" && problem !== "privilege";
}

/** PostgreSQL's text holds no NUL. */
function withoutNul(text: string): string {
  return text.replaceAll("\u0000", "");
}
