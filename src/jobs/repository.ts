import { randomUUID } from "node:crypto";
import { type Kysely, sql } from "kysely";
import type {
  Claim,
  Claimant,
  ClaimOutcome,
  FencedOutcome,
  JobFilter,
  JobRow,
  JobsTransaction,
  NewJob,
  NewSolverSolution,
} from "./claim.js";
import { columnJson, columnText, NAME_LIMIT, PROGRESS_MESSAGE_LIMIT } from "./column-values.js";
import { timestampText, utcNow } from "./database.js";
import {
  cancellation,
  claimable,
  endOfJob,
  failure,
  type JobUpdate,
  quietFor,
  secondsWaited,
  updateFenced,
  wholePercentage,
  whyNotHeld,
} from "./fence.js";
import type { JobsDatabase, JobType, UtcTimestamp } from "./schema.js";

export type {
  Claim,
  Claimant,
  ClaimedJob,
  ClaimOutcome,
  FencedOutcome,
  JobFilter,
  JobRow,
  JobsTransaction,
  NewJob,
  NewSolverSolution,
} from "./claim.js";

const PLAIN_COLUMNS = [
  "id",
  "user_id",
  "job_type",
  "status",
  "input_data",
  "result_data",
  "error_message",
  "queue_message_id",
  "estimated_duration",
  "actual_duration",
  "progress_percentage",
  "progress_message",
] as const;
const TIME_COLUMNS = (["created_at", "started_at", "completed_at", "updated_at"] as const).map((column) =>
  timestampText(column).as(column),
);

/** Reads and writes of the `jobs` table. Every method is one statement or one transaction, and may be repeated. */
export class JobRepository {
  constructor(private readonly database: Kysely<JobsDatabase>) {}

  async find(id: string): Promise<JobRow | null> {
    const row = await this.#rows().where("id", "=", id).executeTakeFirst();
    return row ?? null;
  }

  async list(filter: JobFilter = {}): Promise<JobRow[]> {
    let query = this.#rows()
      .orderBy("jobs.created_at", filter.order === "oldest" ? "asc" : "desc")
      .orderBy("id");
    if (filter.ids !== undefined) query = query.where(sql<boolean>`id = any(${[...filter.ids]})`);
    if (filter.status !== undefined) query = query.where("status", "=", filter.status);
    if (filter.statuses !== undefined) query = query.where("status", "in", filter.statuses);
    if (filter.quietForSeconds !== undefined) query = query.where(quietFor(filter.quietForSeconds));
    if (filter.jobType !== undefined) query = query.where("job_type", "=", filter.jobType);
    if (filter.userId !== undefined) query = query.where("user_id", "=", filter.userId);
    return query.limit(filter.limit ?? 50).execute();
  }

  /** Inserts a QUEUED job, as the backend does; returns its id. */
  async insert(job: NewJob): Promise<string> {
    const id = job.id ?? randomUUID();
    await this.database
      .insertInto("jobs")
      .values({
        id,
        user_id: job.userId,
        job_type: job.jobType,
        status: "QUEUED",
        input_data: columnJson(job.inputData),
        queue_message_id: job.queueMessageId ?? null,
        progress_percentage: 0,
        created_at: utcNow(),
        updated_at: utcNow(),
      })
      .execute();
    return id;
  }

  /**
   * QUEUED, or PROCESSING that the claimant may take → PROCESSING, in one statement, so that of any number of
   * claimants one gets it. Otherwise says what the row is.
   */
  async claim(id: string, jobType: JobType, claimant: Claimant): Promise<ClaimOutcome> {
    const row = await this.database
      .updateTable("jobs")
      .set({
        status: "PROCESSING",
        // Strictly later than any earlier token, even when the clock was set back.
        started_at: sql<UtcTimestamp>`greatest(${utcNow()}, started_at + interval '1 microsecond')`,
        updated_at: utcNow(),
        completed_at: null,
        error_message: null,
        progress_percentage: 0,
        progress_message: "Processing",
      })
      .where("id", "=", id)
      .where("job_type", "=", jobType)
      .where(claimable(claimant))
      .returning(["user_id", "input_data", timestampText("started_at").as("token"), secondsWaited().as("waited")])
      .executeTakeFirst();
    if (row !== undefined) {
      const { user_id: userId, token, input_data: inputData, waited: waitedSeconds } = row;
      return { kind: "claimed", job: { jobId: id, token, userId, jobType, inputData, waitedSeconds } };
    }
    return this.describe(id, jobType);
  }

  /** Progress, heartbeat and cancellation poll in one. A null percentage leaves progress as it is. */
  async progress(claim: Claim, percentage: number | null, message: string | null): Promise<FencedOutcome> {
    return this.fenced(claim, {
      ...(percentage === null ? {} : { progress_percentage: wholePercentage(percentage) }),
      ...(message === null ? {} : { progress_message: columnText(message, PROGRESS_MESSAGE_LIMIT) }),
    });
  }

  /**
   * PROCESSING → COMPLETED. Repeating it after a lost connection is safe: a completion that went through is recognised.
   * @param alongside further statements of the same transaction
   * @throws JobResultError when the result is not JSON.
   */
  async complete(
    claim: Claim,
    result: unknown,
    alongside?: (transaction: JobsTransaction) => Promise<void>,
  ): Promise<FencedOutcome> {
    const values = {
      ...endOfJob("COMPLETED"),
      result_data: columnJson(result),
      progress_percentage: 100,
      progress_message: "Completed successfully",
    };
    if (alongside === undefined) return this.fenced(claim, values);
    return this.database.transaction().execute(async (transaction) => {
      const held = await updateFenced(transaction, claim, values);
      if (held) await alongside(transaction);
      return held ? "held" : whyNotHeld(transaction, claim, "COMPLETED");
    });
  }

  /** PROCESSING → FAILED. */
  async fail(claim: Claim, message: string): Promise<FencedOutcome> {
    return this.fenced(claim, failure(message));
  }

  /** PROCESSING → CANCELLED. */
  async cancel(claim: Claim): Promise<FencedOutcome> {
    return this.fenced(claim, cancellation());
  }

  /** Ends a job nobody has claimed for this delivery, if the claimant could have claimed it; true when it did. */
  async endUnclaimed(
    id: string,
    jobType: JobType,
    claimant: Claimant,
    end: { readonly status: "FAILED"; readonly message: string } | { readonly status: "CANCELLED" },
  ): Promise<boolean> {
    const values = end.status === "FAILED" ? failure(end.message) : cancellation();
    const result = await this.database
      .updateTable("jobs")
      .set({ ...values, updated_at: utcNow() })
      .where("id", "=", id)
      .where("job_type", "=", jobType)
      .where(claimable(claimant))
      .executeTakeFirst();
    return result.numUpdatedRows > 0n;
  }

  /**
   * Fails jobs whose message will never run, if the claimant could have claimed them and no other message is known to
   * be theirs. @param messageIds ids by which a row may name this message
   * @returns how many rows it ended
   */
  async failRefused(
    ids: readonly string[],
    messageIds: readonly string[],
    claimant: Claimant,
    message: string,
  ): Promise<number> {
    const result = await this.database
      .updateTable("jobs")
      .set({ ...failure(message), updated_at: utcNow() })
      .where(sql<boolean>`id = any(${[...ids]})`)
      .where(sql<boolean>`coalesce(queue_message_id = any(${[...messageIds]}), true)`)
      .where(claimable(claimant))
      .executeTakeFirst();
    return Number(result.numUpdatedRows);
  }

  /** What the user's cancel button does: QUEUED or PROCESSING → CANCELLED; false when the job had ended. */
  async requestCancel(id: string, reason?: string): Promise<boolean> {
    const result = await this.database
      .updateTable("jobs")
      .set({ ...cancellation(reason), updated_at: utcNow() })
      .where("id", "=", id)
      .where("status", "in", ["QUEUED", "PROCESSING"])
      .executeTakeFirst();
    return result.numUpdatedRows > 0n;
  }

  #rows() {
    return this.database.selectFrom("jobs").select([...PLAIN_COLUMNS, ...TIME_COLUMNS]);
  }

  private async describe(id: string, jobType: JobType): Promise<ClaimOutcome> {
    const row = await this.find(id);
    if (row === null) return { kind: "missing" };
    if (row.job_type !== jobType) return { kind: "wrong-type", jobType: row.job_type };
    switch (row.status) {
      case "QUEUED":
        return { kind: "queued" };
      case "PROCESSING":
        return { kind: "busy" };
      case "COMPLETED":
        return { kind: "completed", resultData: row.result_data };
      case "FAILED":
        return { kind: "failed", errorMessage: row.error_message };
      case "CANCELLED":
        return { kind: "cancelled" };
    }
  }

  private async fenced(claim: Claim, values: JobUpdate): Promise<FencedOutcome> {
    if (await updateFenced(this.database, claim, values)) return "held";
    return whyNotHeld(this.database, claim, values.status ?? null);
  }
}

/** Inserts a row of `solver_solutions`; for `alongside` of {@link JobRepository.complete}. */
export async function insertSolverSolution(database: Kysely<JobsDatabase>, solution: NewSolverSolution): Promise<void> {
  await database
    .insertInto("solver_solutions")
    .values({
      id: randomUUID(),
      user_id: solution.userId,
      name: columnText(solution.name, NAME_LIMIT),
      description: solution.description ?? null,
      game_state: columnJson(solution.gameState),
      solution: columnJson(solution.solution),
      iterations: solution.iterations,
      solve_time: solution.solveTimeSeconds,
      created_at: utcNow(),
      updated_at: utcNow(),
    })
    .execute();
}
