import { describe, expect, test } from "vitest";
import type { JobRow } from "../../../src/jobs/repository.js";
import { beginResend, takeBackResend } from "../../../src/jobs/resend.js";
import { useJobs } from "../../support/jobs.js";

const jobs = useJobs();

async function failed(): Promise<JobRow> {
  const id = await jobs.queue();
  await jobs.set(id, "status = 'FAILED', error_message = 'boom', started_at = now(), queue_message_id = 'first'");
  return await jobs.row(id);
}

describe("a job that is sent again", () => {
  test.each(["QUEUED", "PROCESSING", "FAILED", "CANCELLED"])(
    "out of %s by many at once is sent by one",
    async (status) => {
      for (const before of ["'first'", "null"]) {
        const id = await jobs.queue();
        await jobs.set(id, `status = '${status}', queue_message_id = ${before}`);
        const seen = await jobs.row(id);
        const names = Array.from({ length: 10 }, (_, index) => `message ${index}`);
        const won = await Promise.all(names.map((name) => beginResend(jobs.database, seen, name)));
        expect(won.filter((one) => one)).toHaveLength(1);
        expect(await jobs.row(id)).toMatchObject({
          status: status === "PROCESSING" ? "PROCESSING" : "QUEUED",
          queue_message_id: names[won.indexOf(true)],
        });
      }
    },
  );

  test("is not one that somebody has cancelled, claimed or finished since it was looked at", async () => {
    const seen = await failed();
    await jobs.set(seen.id, "status = 'CANCELLED'");
    expect(await beginResend(jobs.database, seen, "again")).toBe(false);
    expect(await jobs.row(seen.id)).toMatchObject({ status: "CANCELLED", queue_message_id: "first" });
  });

  test("is as it was when its message cannot be sent", async () => {
    const seen = await failed();
    expect(await beginResend(jobs.database, seen, "again")).toBe(true);
    expect(await jobs.row(seen.id)).toMatchObject({ status: "QUEUED", error_message: null });
    await takeBackResend(jobs.database, seen, "again");
    expect(await jobs.row(seen.id)).toMatchObject({
      status: "FAILED",
      error_message: "boom",
      queue_message_id: "first",
    });
  });

  test("is left to who claimed it meanwhile: the message was sent after all", async () => {
    const seen = await failed();
    await beginResend(jobs.database, seen, "again");
    await jobs.repository.claim(seen.id, "SPOT_SIMULATION", { takesOver: false, staleAfterSeconds: 60 });
    await takeBackResend(jobs.database, seen, "again");
    expect(await jobs.row(seen.id)).toMatchObject({ status: "PROCESSING", queue_message_id: "again" });
  });
});
