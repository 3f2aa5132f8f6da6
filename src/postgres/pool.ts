import { Socket } from "node:net";
import { Kysely, PostgresDialect, type PostgresPool, type PostgresPoolClient } from "kysely";
import pg from "pg";
import { markAsConnectError } from "./errors.js";
import { openSession, type Session } from "./session.js";

export interface PostgresOptions {
  /** `postgresql://` URL. */
  readonly url: string;
  /** What the server calls this client in its views and logs. */
  readonly applicationName: string;
  /** Most connections at once. Default 10. */
  readonly poolSize?: number;
  /** Default 5. */
  readonly connectTimeoutSeconds?: number;
  /** The server ends a statement after this time. Default 10. */
  readonly statementTimeoutSeconds?: number;
  /** Told when a pooled connection dies; the pool replaces it. */
  readonly onConnectionError?: (error: Error) => void;
}

/** How long after the server should have cancelled a statement the connection counts as dead. */
const STALL_GRACE_SECONDS = 5;
const IDLE_IN_TRANSACTION_MS = 60_000;

/**
 * Opens a pool; connects when first used. Works through a pooler such as PgBouncer in transaction mode too: nothing
 * stays behind in a session there. Close it with `destroy()`.
 */
export function openPostgres<Database>(options: PostgresOptions): Kysely<Database> {
  return new Kysely<Database>({ dialect: new PostgresDialect({ pool: new Pool(options) }) });
}

/** The pool of `pg` as Kysely needs it. */
class Pool implements PostgresPool {
  readonly #pool: pg.Pool;
  readonly #sessions = new WeakMap<pg.PoolClient, Session>();

  constructor(options: PostgresOptions) {
    const statementTimeoutMs = (options.statementTimeoutSeconds ?? 10) * 1000;
    const onError = (error: Error): void => options.onConnectionError?.(error);
    // Never parameters of the start: a pooler refuses those it does not know, and keeps the rest for the next client.
    const settings = {
      statement_timeout: String(statementTimeoutMs),
      idle_in_transaction_session_timeout: String(IDLE_IN_TRANSACTION_MS),
    };
    this.#pool = new pg.Pool({
      connectionString: libpqCompatible(options.url),
      max: options.poolSize ?? 10,
      connectionTimeoutMillis: (options.connectTimeoutSeconds ?? 5) * 1000,
      // Sooner than the stall: an idle connection is closed in good order, not taken for a half-open one.
      idleTimeoutMillis: statementTimeoutMs,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      stream: () => openSocket(statementTimeoutMs + STALL_GRACE_SECONDS * 1000),
      // Not Kysely's onCreateConnection: a connection on which that fails never returns to the pool.
      onConnect: async (client) => {
        const { applicationName: application_name } = options;
        const connected = client as pg.PoolClient;
        this.#sessions.set(connected, await openSession(connected, { ...settings, application_name }));
      },
    });
    // Without listeners the death of a connection, idle or between two statements, would end the process.
    this.#pool.on("error", onError);
    this.#pool.on("connect", (client) => client.on("error", onError));
  }

  async connect(): Promise<PostgresPoolClient> {
    try {
      const client = await this.#pool.connect();
      return this.#sessions.get(client) as unknown as PostgresPoolClient;
    } catch (error) {
      markAsConnectError(error);
      throw error;
    }
  }

  async end(): Promise<void> {
    await this.#pool.end();
  }
}

/** A connection on which nothing moves for so long is destroyed, so that a half-open one cannot hold a job for ever. */
function openSocket(stallTimeoutMs: number): Socket {
  const socket = new Socket();
  socket.setTimeout(stallTimeoutMs, () => socket.destroy(new Error("Connection terminated: the database stalled")));
  return socket;
}

/**
 * `sslmode` means what it means to libpq, and so to the backend: `require` does not verify the certificate. `allow` and
 * `prefer` connect without TLS: pg cannot fall back from one to the other.
 */
function libpqCompatible(url: string): string {
  const mode = /[?&]sslmode=([\w-]+)/.exec(url)?.[1];
  if (mode === undefined || /[?&]uselibpqcompat=/.test(url)) return url;
  const optional = mode === "allow" || mode === "prefer";
  return `${optional ? url.replace(/([?&]sslmode=)[\w-]+/, "$1disable") : url}&uselibpqcompat=true`;
}
