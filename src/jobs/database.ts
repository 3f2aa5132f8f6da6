import { Socket } from "node:net";
import { Kysely, PostgresDialect, type RawBuilder, sql } from "kysely";
import pg from "pg";
import type { JobsDatabase, UtcTimestamp } from "./schema.js";

export interface DatabaseOptions {
  /** `postgresql://` URL. */
  readonly url: string;
  /** Most connections at once. Default 10. */
  readonly poolSize?: number;
  /** Default 5. */
  readonly connectTimeoutSeconds?: number;
  /** Default 10. */
  readonly statementTimeoutSeconds?: number;
  /** Told when a pooled connection dies; the pool replaces it. */
  readonly onConnectionError?: (error: Error) => void;
}

const TIMESTAMP_OID = 1114;
/** How long after the server should have cancelled a statement the connection counts as dead. */
const STALL_GRACE_SECONDS = 5;

/**
 * Opens a pool; connects when first used. Timestamps are read as PostgreSQL's own text, to the microsecond.
 * Close it with `destroy()`.
 */
export function openDatabase(options: DatabaseOptions): Kysely<JobsDatabase> {
  const statementTimeoutMs = (options.statementTimeoutSeconds ?? 10) * 1000;
  const onError = (error: Error): void => options.onConnectionError?.(error);
  const settings = [
    `set statement_timeout = ${statementTimeoutMs}`,
    "set idle_in_transaction_session_timeout = 60000",
    "set datestyle = 'ISO, YMD'",
    // A message is acknowledged because its row is committed, so a commit that a crash can undo is not enough.
    "select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') = 'off'",
  ].join("; ");
  const pool = new pg.Pool({
    connectionString: libpqCompatible(options.url),
    max: options.poolSize ?? 10,
    connectionTimeoutMillis: (options.connectTimeoutSeconds ?? 5) * 1000,
    // Sooner than the stall: an idle connection is closed in good order, not taken for a half-open one.
    idleTimeoutMillis: statementTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    application_name: "plosolver-celery-worker",
    types: { getTypeParser: readTimestampsAsText },
    stream: () => openSocket(statementTimeoutMs + STALL_GRACE_SECONDS * 1000),
    // Not Kysely's onCreateConnection: a connection on which that fails never returns to the pool.
    onConnect: (client) => client.query(settings),
  });
  // Without listeners the death of a connection, idle or between two statements, would end the process.
  pool.on("error", onError);
  pool.on("connect", (client) => client.on("error", onError));
  return new Kysely<JobsDatabase>({ dialect: new PostgresDialect({ pool }) });
}

/** The database's present moment as `timestamp without time zone` in UTC, whatever `TimeZone` says. */
export function utcNow(): RawBuilder<UtcTimestamp> {
  return sql<UtcTimestamp>`timezone('utc', clock_timestamp())`;
}

function readTimestampsAsText(oid: number, format?: "text" | "binary"): (value: string) => unknown {
  if (oid === TIMESTAMP_OID) return (text) => text;
  return format === "binary" ? pg.types.getTypeParser(oid, "binary") : pg.types.getTypeParser(oid, "text");
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
