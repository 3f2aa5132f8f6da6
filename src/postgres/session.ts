import type { PostgresQueryResult } from "kysely";
import type pg from "pg";
import { sqlState } from "./errors.js";

/** Settings of the server that every statement of ours runs under, by name. */
export type SessionSettings = Readonly<Record<string, string>>;

const BEGINS = /^\s*(begin|start\s+transaction)\b/i;
const ENDS = /^\s*(commit|rollback)\s*;?\s*$/i;
/**
 * Errors after which another session may do better: after a failover this one may go on talking to a server that
 * became a standby, or remember a plan of tables that are no more.
 */
const OUTLIVED = /^(25006|0A000|26000|XX...)$/;

/**
 * Gives a new connection its settings for as long as it lives, if the session behind it is its own. Behind a pooler
 * (PgBouncer) that session goes to other clients too, so nothing is set there; a pooler is known by its own number for
 * the connection where a server gives its process id.
 */
export async function openSession(client: pg.PoolClient, settings: SessionSettings): Promise<Session> {
  const { processID } = client as pg.PoolClient & { readonly processID: number | null };
  const { rowCount } = await client.query(`${assignments(settings, false)} where pg_backend_pid() = ${processID ?? 0}`);
  return rowCount === 1 ? new Session(client) : new PooledSession(client, assignments(settings, true));
}

/** A connection as Kysely needs it. */
export class Session {
  #outlived = false;

  constructor(private readonly client: pg.PoolClient) {}

  async query<Row>(text: string, values: readonly unknown[]): Promise<PostgresQueryResult<Row>> {
    try {
      return (await this.client.query(text, [...values])) as unknown as PostgresQueryResult<Row>;
    } catch (error) {
      if (OUTLIVED.test(sqlState(error))) this.#outlived = true;
      throw error;
    }
  }

  /** Back to the pool, or away with it. */
  release(): void {
    this.client.release(this.#outlived || this.isDirty);
  }

  protected get isDirty(): boolean {
    return false;
  }
}

/**
 * A connection through a pooler: the settings are made in every transaction anew, and end with it. Statements outside
 * a transaction get one of their own.
 */
class PooledSession extends Session {
  #inTransaction = false;

  constructor(
    client: pg.PoolClient,
    private readonly prelude: string,
  ) {
    super(client);
  }

  override async query<Row>(text: string, values: readonly unknown[]): Promise<PostgresQueryResult<Row>> {
    if (BEGINS.test(text)) {
      this.#inTransaction = true;
      return await super.query<Row>(`${text}; ${this.prelude}`, []);
    }
    if (!this.#inTransaction) return await this.#alone<Row>(text, values);
    const result = await super.query<Row>(text, values);
    if (ENDS.test(text)) this.#inTransaction = false;
    return result;
  }

  /** A transaction that could not be ended ends with its connection. */
  protected override get isDirty(): boolean {
    return this.#inTransaction;
  }

  async #alone<Row>(text: string, values: readonly unknown[]): Promise<PostgresQueryResult<Row>> {
    try {
      await super.query(`begin; ${this.prelude}`, []);
      const result = await super.query<Row>(text, values);
      await super.query("commit", []);
      return result;
    } catch (error) {
      await super.query("rollback", []).catch(() => undefined);
      throw error;
    }
  }
}

/** One `select` that makes all settings, for the session or for the transaction. */
function assignments(settings: SessionSettings, forTransaction: boolean): string {
  const set = (name: string, value: string) =>
    `set_config('${name}', '${value.replaceAll("'", "''")}', ${forTransaction})`;
  // A message is acknowledged because its row is committed, so a commit that a crash can undo is not enough.
  const durable = `case when current_setting('synchronous_commit') = 'off' then ${set("synchronous_commit", "on")} end`;
  return `select ${[...Object.entries(settings).map(([name, value]) => set(name, value)), durable].join(", ")}`;
}
