import { type Kysely, sql } from "kysely";
import type { JobRow } from "./claim.js";
import { utcNow } from "./database.js";
import { endOfJob, failure } from "./fence.js";
import type { JobsDatabase } from "./schema.js";

/** What a row said when it was decided to send its task again. */
export type SeenJob = Pick<JobRow, "id" | "status" | "error_message" | "queue_message_id">;

const QUEUED_AGAIN = {
  status: "QUEUED",
  error_message: null,
  completed_at: null,
  actual_duration: null,
  progress_percentage: 0,
  progress_message: null,
} as const;

/**
 * Prepares a job for a message that is about to be sent for it: FAILED or CANCELLED → QUEUED, other states stay. The
 * row names the message from now on.
 * @returns false when the row is not what it was: of any number who send it again at once, one does
 */
export async function beginResend(database: Kysely<JobsDatabase>, seen: SeenJob, messageId: string): Promise<boolean> {
  const result = await database
    .updateTable("jobs")
    .set({ queue_message_id: messageId, ...(hasEnded(seen) ? { ...QUEUED_AGAIN, updated_at: utcNow() } : {}) })
    .where("id", "=", seen.id)
    .where("status", "=", seen.status)
    .where(sql<boolean>`queue_message_id is not distinct from ${seen.queue_message_id}`)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

/** Takes {@link beginResend} back, because the message was not sent; nothing changes once somebody has the job. */
export async function takeBackResend(database: Kysely<JobsDatabase>, seen: SeenJob, messageId: string): Promise<void> {
  const end = seen.status === "FAILED" ? failure(seen.error_message ?? "") : endOfJob("CANCELLED");
  await database
    .updateTable("jobs")
    .set({ queue_message_id: seen.queue_message_id, ...(hasEnded(seen) ? { ...end, updated_at: utcNow() } : {}) })
    .where("id", "=", seen.id)
    .where("status", "=", hasEnded(seen) ? "QUEUED" : seen.status)
    .where("queue_message_id", "=", messageId)
    .execute();
}

function hasEnded({ status }: SeenJob): boolean {
  return status === "FAILED" || status === "CANCELLED";
}
