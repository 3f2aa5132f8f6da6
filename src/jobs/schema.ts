import type { ColumnType, Generated } from "kysely";

export const JOB_TYPES = ["SPOT_SIMULATION", "SOLVER_ANALYSIS"] as const;
export type JobType = (typeof JOB_TYPES)[number];

export const JOB_STATUSES = ["QUEUED", "PROCESSING", "COMPLETED", "FAILED", "CANCELLED"] as const;
export type JobStatus = (typeof JOB_STATUSES)[number];

/** `timestamp without time zone` in UTC, as PostgreSQL's text: a JS `Date` would drop the microseconds. */
export type UtcTimestamp = string;

/** A `json` column: read parsed, written as JSON text (a JS array would become a PostgreSQL array). */
type Json = ColumnType<unknown, string, string>;
type NullableJson = ColumnType<unknown, string | null | undefined, string | null>;

/** Table `jobs`, owned by the backend. No column is ever added here. */
export interface JobsTable {
  id: string;
  user_id: string;
  job_type: JobType;
  status: JobStatus;
  input_data: Json;
  result_data: NullableJson;
  error_message: string | null;
  queue_message_id: string | null;
  /** Seconds. */
  estimated_duration: number | null;
  /** Seconds. */
  actual_duration: number | null;
  /** 0–100. */
  progress_percentage: number | null;
  progress_message: string | null;
  created_at: Generated<UtcTimestamp | null>;
  started_at: UtcTimestamp | null;
  completed_at: UtcTimestamp | null;
  updated_at: Generated<UtcTimestamp | null>;
}

/** The columns of `users` that every generation of the backend has. */
export interface UsersTable {
  id: string;
  email: string;
  username: string | null;
}

/** Table `solver_solutions`, owned by the backend. */
export interface SolverSolutionsTable {
  id: string;
  user_id: string;
  name: string;
  description: string | null;
  game_state: Json;
  solution: Json;
  iterations: number;
  /** Seconds. */
  solve_time: number | null;
  created_at: Generated<UtcTimestamp | null>;
  updated_at: Generated<UtcTimestamp | null>;
}

export const FLOP_STATES = ["waiting", "solving", "solved", "failed"] as const;
export type FlopState = (typeof FLOP_STATES)[number];

/** Table `solver_report_flops`, this worker's own: one row for each flop of a report. */
export interface SolverReportFlopsTable {
  /** Of the report's row in `jobs`. */
  report_id: string;
  number: number;
  /** Cards such as `Ks8h7d`; of two boards `Ks8h7d/2c3c4d`. */
  flop: string;
  /** Flops that it stands for. */
  weight: number;
  state: FlopState;
  /** Of the attempt that has the flop: its moment, the fencing token. */
  started_at: UtcTimestamp | null;
  worker: string | null;
  attempts: number;
  answer: NullableJson;
  error_message: string | null;
  updated_at: UtcTimestamp;
}

export interface JobsDatabase {
  solver_report_flops: SolverReportFlopsTable;
  jobs: JobsTable;
  users: UsersTable;
  solver_solutions: SolverSolutionsTable;
}
