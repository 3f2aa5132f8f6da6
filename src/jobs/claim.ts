import type { Selectable, Transaction } from "kysely";
import type { JobStatus, JobsDatabase, JobsTable, JobType, UtcTimestamp } from "./schema.js";

/** A whole row of `jobs`. */
export type JobRow = Selectable<JobsTable>;

/** A job this process has taken: every later write names the token, and changes nothing once somebody else has it. */
export interface Claim {
  readonly jobId: string;
  /** `started_at` as the claim wrote it, in the database's own text: the fencing token. */
  readonly token: UtcTimestamp;
}

export interface ClaimedJob extends Claim {
  readonly userId: string;
  readonly jobType: JobType;
  readonly inputData: unknown;
  /** Seconds from the row's creation to the claim; null where the row does not say when it was made. */
  readonly waitedSeconds: number | null;
}

export type ClaimOutcome =
  | { readonly kind: "claimed"; readonly job: ClaimedJob }
  | { readonly kind: "missing" }
  | { readonly kind: "wrong-type"; readonly jobType: JobType }
  /** QUEUED: it appeared, or was queued again, while it was looked at. */
  | { readonly kind: "queued" }
  /** PROCESSING elsewhere, and alive. */
  | { readonly kind: "busy" }
  | { readonly kind: "completed"; readonly resultData: unknown }
  | { readonly kind: "failed"; readonly errorMessage: string | null }
  | { readonly kind: "cancelled" };

/** What a fenced write found: `held` means it was carried out, `deleted` that there is no such row any more. */
export type FencedOutcome = "held" | "cancelled" | "superseded" | "deleted";

/** Who may take a row. */
export interface Claimant {
  /** This delivery takes over from an earlier one of the same job (redelivered, or a later attempt): takes PROCESSING too. */
  readonly takesOver: boolean;
  /** This delivery was sent again on purpose, out of a dead-letter queue: takes FAILED too. */
  readonly resubmitted?: boolean;
  /** Anyone may take a PROCESSING row that was not updated for so long. */
  readonly staleAfterSeconds: number;
}

export interface NewJob {
  readonly id?: string;
  readonly userId: string;
  readonly jobType: JobType;
  readonly inputData: unknown;
  readonly queueMessageId?: string;
}

export interface JobFilter {
  readonly ids?: readonly string[];
  readonly status?: JobStatus;
  /** In one of these states. */
  readonly statuses?: readonly JobStatus[];
  readonly jobType?: JobType;
  readonly userId?: string;
  /** Without a sign of life for so long. */
  readonly quietForSeconds?: number;
  /** Default: the newest. */
  readonly order?: "newest" | "oldest";
  /** Default 50. */
  readonly limit?: number;
}

export interface NewSolverSolution {
  readonly userId: string;
  readonly name: string;
  readonly description?: string;
  readonly gameState: unknown;
  readonly solution: unknown;
  readonly iterations: number;
  readonly solveTimeSeconds: number;
}

export type JobsTransaction = Transaction<JobsDatabase>;
