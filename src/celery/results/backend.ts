import type { Trouble } from "../../postgres/outage.js";

/** States that Celery defines; a task may store others. */
export type State = "PENDING" | "RECEIVED" | "STARTED" | "RETRY" | "SUCCESS" | "FAILURE" | "REVOKED" | (string & {});

/** States that do not change any more. */
export const READY_STATES: ReadonlySet<string> = new Set(["SUCCESS", "FAILURE", "REVOKED"]);

/** Which run of a task: how often the task was replaced, then how often it was retried. Both lead to a later attempt. */
export type Attempt = readonly [replaced: number, retries: number];

/** Whose result is stored, and where its reader waits. */
export interface ResultTarget {
  readonly id: string;
  /** The run that the state is of; null when that is not known. Default: `retries`, not replaced. */
  readonly attempt?: Attempt | null;
  /** Empty when nothing but the id is known. */
  readonly task: string;
  readonly correlationId: string | null;
  readonly replyTo: string | null;
  readonly parentId: string | null;
  readonly group: string | null;
  readonly groupIndex: number | null;
  /** With `result_extended` these are stored too. */
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly hostname: string;
  readonly retries: number;
  /** Routing key the message came by. */
  readonly queue: string;
  /** Stamps by name; stored with `result_extended`. */
  readonly stamps?: Readonly<Record<string, unknown>> | null;
}

/** `[id, parent]` of a child task, or `[[group id, parent], members]`, as `AsyncResult.as_tuple` writes them. */
export type ResultTuple = readonly [readonly [string, unknown], readonly ResultTuple[] | null];

/** One state of one task, ready to be serialized: errors are already `{exc_type, exc_message, exc_module}`. */
export interface ResultRecord {
  readonly status: State;
  readonly result: unknown;
  readonly traceback: string | null;
  readonly children: readonly ResultTuple[];
}

/** What a backend keeps beside the state; null where it does not, as most of it needs `result_extended`. */
export interface ResultDetails {
  /** When the final state was stored. */
  readonly dateDone: Date | null;
  readonly parentId: string | null;
  readonly groupId: string | null;
  readonly name: string | null;
  readonly args: readonly unknown[] | null;
  readonly kwargs: Readonly<Record<string, unknown>> | null;
  /** Node name of the worker. */
  readonly worker: string | null;
  readonly retries: number | null;
  /** Routing key the message came by. */
  readonly queue: string | null;
  /** Stamps by name. */
  readonly stamps: Readonly<Record<string, unknown>>;
}

/** A stored state as a client reads it. */
export interface StoredResult extends ResultRecord {
  readonly taskId: string;
  readonly details?: ResultDetails;
}

/**
 * Where results go. A resolved `store` means that the broker or database has it.
 * Encoding problems throw EncodeError before anything is sent.
 */
export interface ResultBackend {
  readonly name: "rpc" | "redis" | "database" | "disabled";
  /** Why results wait to be stored; null when none does, or nobody knows. */
  readonly trouble?: Trouble | null;
  start(): Promise<void>;
  store(target: ResultTarget, record: ResultRecord): Promise<void>;
  close(): Promise<void>;
}
