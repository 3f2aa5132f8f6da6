/**
 * How an error of the database is to be taken.
 * - `unavailable`: the database cannot do this now, or not as it stands; try again until it can. The statement may or
 *   may not have been carried out: see {@link mayHaveBeenCarriedOut}.
 * - `conflict`: the statement was rolled back because of others; try again.
 * - `permanent`: the same statement would fail again, because of its own values.
 */
export type DatabaseErrorKind = "unavailable" | "conflict" | "permanent";

/** What keeps the database from being used, in one word: the label of a metric. */
export const DATABASE_PROBLEMS = [
  /** No connection: the server is away, starts, stops, or the network is cut. */
  "unreachable",
  /** The server or a pooler refuses the login, or has no such database. */
  "refused",
  /** `default_transaction_read_only`, or a hot standby. */
  "read-only",
  /** A disk or a quota is full. */
  "full",
  /** No connection is free, or no memory. */
  "overloaded",
  /** A statement took longer than it may, as it does behind a lock. */
  "locked",
  /** A table, column, type or schema is missing or has another form, as it is during a migration. */
  "schema",
  /** A privilege is missing. */
  "privilege",
  /** The server reports an error of its own. */
  "failing",
] as const;
export type DatabaseProblem = (typeof DATABASE_PROBLEMS)[number];

interface Rule {
  readonly kind: DatabaseErrorKind;
  readonly problem: DatabaseProblem;
  readonly states: RegExp;
}

/**
 * SQLSTATEs, the first that matches decides. Every statement of this worker is fixed text, so what the database says
 * about its tables, columns, types and privileges (42, 3F, 55) tells of the database, never of one job. What is left
 * out is permanent: values (21, 22), constraints (23, 44), limits of size (54), and errors raised by triggers (P0, 09,
 * 27, 2F, 38, 39).
 */
const RULES: readonly Rule[] = [
  { kind: "unavailable", problem: "read-only", states: /^25006$/ },
  { kind: "unavailable", problem: "full", states: /^53100$/ },
  { kind: "unavailable", problem: "overloaded", states: /^53/ },
  { kind: "unavailable", problem: "locked", states: /^57014$/ },
  { kind: "unavailable", problem: "refused", states: /^(28|3D|0P)/ },
  { kind: "unavailable", problem: "privilege", states: /^42501$/ },
  // 22023 is a setting or time zone the server does not know, 23502 a column that this worker does not.
  { kind: "unavailable", problem: "schema", states: /^(42|3F|2B)|^(55000|55P02|55P04|22023|23502)$/ },
  { kind: "unavailable", problem: "unreachable", states: /^(08|57)|^40003$/ },
  { kind: "unavailable", problem: "failing", states: /^(58|XX|F0|HV)/ },
  { kind: "conflict", problem: "locked", states: /^(40|25|72)|^(55006|55P03)$/ },
  // A plan or statement that the session remembers no longer fits the tables.
  { kind: "conflict", problem: "schema", states: /^(0A000|26000)$/ },
];

/** Codes of Node for sockets, names, TLS and certificates. */
const NETWORK_CODE = /^E[A-Z0-9_]+$|^CERT_|_CERT|CERTIFICATE|SELF_SIGNED/;
/** pg reports a lost connection by message alone. */
const LOST_CONNECTION =
  /connection (terminated|ended|timeout|error)|timeout e(xceeded|xpired)|not queryable|client was closed|read timeout|message from backend/i;
const POOL_IS_BUSY = /timeout exceeded when trying to connect/i;
/** Errors from before a connection was ready for the statement. */
const NEVER_SENT =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|EHOSTDOWN|ENETUNREACH|ENETDOWN|ENOENT|28...|3D000|53300|57P03)$/;
/** The session ended under the statement; every other error of the server has rolled it back. */
const SESSION_ENDED = /^(08...|57P01|57P02|57P05|40003)$/;

const ofConnecting = new WeakSet<object>();

/** Notes that an error came up before any statement was sent: then whatever it is, it is not the statement's fault. */
export function markAsConnectError(error: unknown): void {
  const first = firstOf(error);
  if (typeof first === "object" && first !== null) ofConnecting.add(first);
}

/** Classifies what pg, Kysely or the socket threw. */
export function classifyDatabaseError(error: unknown): DatabaseErrorKind {
  return describeDatabaseError(error).kind;
}

/** An error with the word for it; the word of a permanent error says nothing. */
export function describeDatabaseError(error: unknown): { kind: DatabaseErrorKind; problem: DatabaseProblem } {
  const first = firstOf(error);
  if (!(first instanceof Error)) return { kind: "permanent", problem: "failing" };
  const code = codeOf(first);
  const rule = isNetworkCode(code) ? undefined : ruleOf(first, code);
  if (ofConnecting.has(first)) return { kind: "unavailable", problem: connectProblem(first, rule) };
  if (rule !== undefined) return rule;
  const lost = isNetworkCode(code) || (code === "" && LOST_CONNECTION.test(first.message));
  return { kind: lost ? "unavailable" : "permanent", problem: connectProblem(first, undefined) };
}

/** True for errors after which the same statement may succeed later. */
export function isTransientDatabaseError(error: unknown): boolean {
  return classifyDatabaseError(error) !== "permanent";
}

/** True when the row names another that does not exist. */
export function violatesForeignKey(error: unknown): boolean {
  return error instanceof Error && codeOf(error) === "23503";
}

/** True when the statement may have taken effect although it failed: its connection was lost under it. */
export function mayHaveBeenCarriedOut(error: unknown): boolean {
  const first = firstOf(error);
  if (!(first instanceof Error) || ofConnecting.has(first)) return false;
  if (classifyDatabaseError(first) !== "unavailable") return false;
  const code = codeOf(first);
  if (code === "") return !/when trying to connect/i.test(first.message);
  return isNetworkCode(code) ? !NEVER_SENT.test(code) : SESSION_ENDED.test(code);
}

/** PostgreSQL's five-character error code; empty for other errors. */
export function sqlState(error: unknown): string {
  const first = firstOf(error);
  const code = first instanceof Error ? codeOf(first) : "";
  return /^[0-9A-Z]{5}$/.test(code) && !isNetworkCode(code) ? code : "";
}

/** The reason in the server's own words, with its code. */
export function reasonOf(error: unknown): string {
  const first = firstOf(error);
  const state = sqlState(first);
  const message = first instanceof Error ? first.message || codeOf(first) || first.name : String(first);
  return state === "" ? message : `${message} (${state})`;
}

/** Of several addresses that were tried, the first one's error speaks. */
function firstOf(error: unknown): unknown {
  return error instanceof AggregateError && error.errors.length > 0 ? firstOf(error.errors[0]) : error;
}

function codeOf(error: Error): string {
  return "code" in error && typeof error.code === "string" ? error.code : "";
}

function isNetworkCode(code: string): boolean {
  return NETWORK_CODE.test(code);
}

function ruleOf(error: Error, code: string): Rule | undefined {
  // A value of a type that the worker writes itself, such as a status: the type lacks it.
  const ofEnum = code === "22P02" && "routine" in error && error.routine === "enum_in";
  return ofEnum
    ? { kind: "unavailable", problem: "schema", states: /^/ }
    : RULES.find(({ states }) => states.test(code));
}

function connectProblem(error: Error, rule: Rule | undefined): DatabaseProblem {
  if (rule !== undefined) return rule.problem;
  return POOL_IS_BUSY.test(error.message) ? "overloaded" : "unreachable";
}
