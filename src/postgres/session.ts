import type { PostgresQueryResult } from "kysely";
import type pg from "pg";

/** Settings of the server that every statement of ours runs under, by name. */
export type SessionSettings = Readonly<Record<string, string>>;

const BEGINS = /^\s*(begin|start\s+transaction)\b/i;
const ENDS = /^\s*(commit|rollback)\s*;?\s*$/i;

/**
 * Gives a new connection its settings for as long as it lives, if the session behind it is its own. Behind a pooler
 * (PgBouncer) that session goes to other clients too, so nothing is set there; a pooler is known by its own number for
 * the connection where a server gives its process id.
 * @returns false behind a pooler
 */
export async function setSession(client: pg.PoolClient, settings: SessionSettings): Promise<boolean> {
  const { processID } = client as pg.PoolClient & { readonly processID: number | null };
  const { rowCount } = await client.query(`${assignments(settings, false)} where pg_backend_pid() = ${processID ?? 0}`);
  return rowCount === 1;
}

/**
 * A connection through a pooler: the settings are made in every transaction anew, and end with it. Statements outside
 * a transaction get one of their own.
 */
export class PooledSession {
  #inTransaction = false;
  readonly #prelude: string;

  constructor(
    private readonly client: pg.PoolClient,
    settings: SessionSettings,
  ) {
    this.#prelude = assignments(settings, true);
  }

  async query<Row>(text: string, values: readonly unknown[]): Promise<PostgresQueryResult<Row>> {
    if (BEGINS.test(text)) return await this.#begin<Row>(text);
    if (this.#inTransaction) {
      if (ENDS.test(text)) this.#inTransaction = false;
      return await this.#send<Row>(text, values);
    }
    return await this.#alone<Row>(text, values);
  }

  /** A transaction that could not be ended ends with its connection. */
  release(): void {
    const open = this.#inTransaction;
    this.#inTransaction = false;
    this.client.release(open);
  }

  async #begin<Row>(text: string): Promise<PostgresQueryResult<Row>> {
    this.#inTransaction = true;
    const begun = await this.#send<Row>(`${text}; ${this.#prelude}`, []);
    return Array.isArray(begun) ? begun[0] : begun;
  }

  async #alone<Row>(text: string, values: readonly unknown[]): Promise<PostgresQueryResult<Row>> {
    try {
      await this.#send(`begin; ${this.#prelude}`, []);
      const result = await this.#send<Row>(text, values);
      await this.#send("commit", []);
      return result;
    } catch (error) {
      await this.#send("rollback", []).catch(() => undefined);
      throw error;
    }
  }

  async #send<Row>(text: string, values: readonly unknown[]): Promise<PostgresQueryResult<Row>> {
    return (await this.client.query(text, [...values])) as unknown as PostgresQueryResult<Row>;
  }
}

/** One `select` that makes all settings, for the session or for the transaction. */
function assignments(settings: SessionSettings, forTransaction: boolean): string {
  const calls = Object.entries(settings).map(
    ([name, value]) => `set_config('${name}', '${value.replaceAll("'", "''")}', ${forTransaction})`,
  );
  // A message is acknowledged because its row is committed, so a commit that a crash can undo is not enough.
  const durable = `case when current_setting('synchronous_commit') = 'off' then set_config('synchronous_commit', 'on', ${forTransaction}) end`;
  return `select ${[...calls, durable].join(", ")}`;
}
