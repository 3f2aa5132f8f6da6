import { sql } from "kysely";
import { describe, expect, test } from "vitest";
import { openDatabase } from "../../../src/jobs/database.js";
import { lookAtDatabase } from "../../../src/jobs/database-look.js";
import { JobResultError } from "../../../src/jobs/errors.js";
import { type ClaimedJob, insertSolverSolution, JobRepository } from "../../../src/jobs/repository.js";
import { beginResend } from "../../../src/jobs/resend.js";
import { USER_ID, useJobs } from "../../support/jobs.js";

const jobs = useJobs();
const FRESH = { takesOver: false, staleAfterSeconds: 60 };
const TAKES_OVER = { takesOver: true, staleAfterSeconds: 60 };

async function claimed(id: string, claimant = FRESH): Promise<ClaimedJob> {
  const outcome = await jobs.repository.claim(id, "SPOT_SIMULATION", claimant);
  if (outcome.kind !== "claimed") throw new Error(`not claimed: ${outcome.kind}`);
  return outcome.job;
}

async function kindOfClaim(
  id: string,
  claimant: { takesOver: boolean; staleAfterSeconds: number; resubmitted?: boolean },
) {
  return (await jobs.repository.claim(id, "SPOT_SIMULATION", claimant)).kind;
}

describe("claim", () => {
  test("takes a queued job and returns its input and a token to the microsecond", async () => {
    const id = await jobs.queue({ players: [["As", "Kd"]], simulation_runs: 5 });
    const job = await claimed(id);
    expect(job).toMatchObject({ jobId: id, userId: USER_ID, jobType: "SPOT_SIMULATION" });
    expect(job.inputData).toEqual({ players: [["As", "Kd"]], simulation_runs: 5 });
    const row = await jobs.row(id);
    expect(row).toMatchObject({ status: "PROCESSING", progress_percentage: 0, started_at: job.token });
    expect(job.token).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?$/);
  });

  test("writes UTC whatever the session's time zone and the process's TZ say", async () => {
    const id = await jobs.queue();
    const elsewhere = openDatabase({ url: `${jobs.url}?options=-c%20TimeZone%3DAsia/Kathmandu` });
    try {
      const outcome = await new JobRepository(elsewhere).claim(id, "SPOT_SIMULATION", FRESH);
      if (outcome.kind !== "claimed") throw new Error(outcome.kind);
      expect(Math.abs(Date.parse(`${outcome.job.token.replace(" ", "T")}Z`) - Date.now())).toBeLessThan(60_000);
      expect(await new JobRepository(elsewhere).complete(outcome.job, [])).toBe("held");
    } finally {
      await elsewhere.destroy();
    }
  });

  test("leaves a live job to the delivery that computes it", async () => {
    const id = await jobs.queue();
    await claimed(id);
    expect(await kindOfClaim(id, FRESH)).toBe("busy");
  });

  test("gives a processing job to the delivery that takes over, whose token fences the first one off", async () => {
    const id = await jobs.queue();
    const first = await claimed(id);
    const second = await claimed(id, TAKES_OVER);
    expect(second.token > first.token).toBe(true);
    expect(await jobs.repository.progress(first, 50, "half")).toBe("superseded");
    expect(await jobs.repository.complete(first, ["first"])).toBe("superseded");
    expect(await jobs.repository.fail(first, "first")).toBe("superseded");
    expect(await jobs.repository.complete(second, ["second"])).toBe("held");
    expect((await jobs.row(id)).result_data).toEqual(["second"]);
  });

  test("gives a stale processing job to anyone", async () => {
    const id = await jobs.queue();
    await claimed(id);
    await jobs.set(id, "updated_at = updated_at - interval '59 seconds'");
    expect(await kindOfClaim(id, FRESH)).toBe("busy");
    await jobs.set(id, "updated_at = updated_at - interval '2 seconds'");
    expect(await kindOfClaim(id, FRESH)).toBe("claimed");
  });

  test("gives a processing job without any times, as hand-written SQL leaves it, to anyone", async () => {
    const id = await jobs.queue();
    await jobs.set(id, "status = 'PROCESSING', updated_at = null, started_at = null, created_at = null");
    expect(await kindOfClaim(id, FRESH)).toBe("claimed");
  });

  test("makes a later token even when the clock was set back", async () => {
    const id = await jobs.queue();
    await jobs.set(id, "started_at = '2999-01-01 00:00:00.000001'");
    expect((await claimed(id)).token).toBe("2999-01-01 00:00:00.000002");
  });

  test("says what an ended, missing or foreign row is", async () => {
    const done = await jobs.queue();
    await jobs.repository.complete(await claimed(done), [{ a: 1 }]);
    expect(await jobs.repository.claim(done, "SPOT_SIMULATION", TAKES_OVER)).toEqual({
      kind: "completed",
      resultData: [{ a: 1 }],
    });
    const failed = await jobs.queue();
    await jobs.repository.fail(await claimed(failed), "boom");
    expect(await jobs.repository.claim(failed, "SPOT_SIMULATION", TAKES_OVER)).toEqual({
      kind: "failed",
      errorMessage: "boom",
    });
    const cancelled = await jobs.queue();
    await jobs.set(cancelled, "status = 'CANCELLED'");
    expect(await kindOfClaim(cancelled, TAKES_OVER)).toBe("cancelled");
    expect(await kindOfClaim("no-such-job", TAKES_OVER)).toBe("missing");
    const other = await jobs.queue({}, "SOLVER_ANALYSIS");
    expect(await kindOfClaim(other, TAKES_OVER)).toBe("wrong-type");
    expect((await jobs.row(other)).status).toBe("QUEUED");
  });

  test("takes a failed job only for a dead letter that was sent again", async () => {
    const id = await jobs.queue();
    await jobs.repository.fail(await claimed(id), "boom");
    expect(await kindOfClaim(id, FRESH)).toBe("failed");
    expect(await kindOfClaim(id, { ...FRESH, resubmitted: true })).toBe("claimed");
    expect(await jobs.row(id)).toMatchObject({ status: "PROCESSING", error_message: null, completed_at: null });
  });

  test("is won by exactly one of many claimants", async () => {
    for (let round = 0; round < 20; round++) {
      const id = await jobs.queue();
      const outcomes = await Promise.all(Array.from({ length: 10 }, () => kindOfClaim(id, FRESH)));
      expect(outcomes.filter((kind) => kind === "claimed")).toHaveLength(1);
      expect(outcomes.filter((kind) => kind === "busy")).toHaveLength(9);
    }
  });

  test("by many heirs leaves one token that holds", async () => {
    for (let round = 0; round < 10; round++) {
      const id = await jobs.queue();
      const claims = await Promise.all(Array.from({ length: 8 }, () => claimed(id, TAKES_OVER)));
      expect(new Set(claims.map((claim) => claim.token)).size).toBe(8);
      const ends = await Promise.all(claims.map((claim, index) => jobs.repository.complete(claim, [index])));
      expect(ends.filter((end) => end === "held")).toHaveLength(1);
      expect((await jobs.row(id)).result_data).toEqual([ends.indexOf("held")]);
    }
  });
});

describe("progress", () => {
  test("is written as whole percentages within 0 and 100, with the message cut to the column", async () => {
    const id = await jobs.queue();
    const job = await claimed(id);
    expect(await jobs.repository.progress(job, 41.9, `a\u0000b${"é".repeat(300)}`)).toBe("held");
    const row = await jobs.row(id);
    expect(row.progress_percentage).toBe(41);
    expect(row.progress_message).toMatch(/^abé+…$/);
    expect(row.progress_message).toHaveLength(255);
    await jobs.repository.progress(job, 250, null);
    expect(await jobs.row(id)).toMatchObject({ progress_percentage: 100, progress_message: row.progress_message });
    await jobs.repository.progress(job, Number.NaN, null);
    expect((await jobs.row(id)).progress_percentage).toBe(0);
  });

  test("moves updated_at even when nothing else changed", async () => {
    const id = await jobs.queue();
    const job = await claimed(id);
    const before = (await jobs.row(id)).updated_at ?? "";
    await jobs.repository.progress(job, null, null);
    expect((await jobs.row(id)).updated_at?.localeCompare(before)).toBe(1);
  });

  test("tells a cancelled job from one that was taken over or deleted", async () => {
    const [cancelled, deleted] = [await claimed(await jobs.queue()), await claimed(await jobs.queue())];
    await jobs.set(cancelled.jobId, "status = 'CANCELLED'");
    expect(await jobs.repository.progress(cancelled, 1, null)).toBe("cancelled");
    expect((await jobs.row(cancelled.jobId)).status).toBe("CANCELLED");
    await sql`delete from jobs where id = ${deleted.jobId}`.execute(jobs.database);
    expect(await jobs.repository.progress(deleted, 1, null)).toBe("deleted");
  });
});

describe("a claim that the database forgot", () => {
  test("in a failover is written again by the next progress or by the end", async () => {
    const [running, done] = [await claimed(await jobs.queue()), await claimed(await jobs.queue())];
    for (const { jobId } of [running, done]) await jobs.set(jobId, "status = 'QUEUED', started_at = null");
    expect(await jobs.repository.progress(running, 10, null)).toBe("held");
    expect(await jobs.row(running.jobId)).toMatchObject({ status: "PROCESSING", started_at: running.token });
    expect(await jobs.repository.complete(done, [1])).toBe("held");
    expect(await jobs.row(done.jobId)).toMatchObject({ status: "COMPLETED", started_at: done.token });
  });

  test("is not one that was queued again on purpose", async () => {
    const job = await claimed(await jobs.queue());
    await jobs.repository.requestCancel(job.jobId);
    await beginResend(jobs.database, await jobs.row(job.jobId), "again");
    expect(await jobs.repository.progress(job, 10, null)).toBe("superseded");
    expect((await jobs.row(job.jobId)).status).toBe("QUEUED");
  });
});

describe("end", () => {
  test("completed writes exactly the columns of the contract", async () => {
    const id = await jobs.queue();
    const job = await claimed(id);
    await jobs.set(id, "started_at = started_at - interval '7.9 seconds'");
    const token = (await jobs.row(id)).started_at ?? "";
    expect(await jobs.repository.complete({ ...job, token }, [{ text: "a\u0000b", half: 0.5 }])).toBe("held");
    const row = await jobs.row(id);
    expect(row).toMatchObject({
      status: "COMPLETED",
      result_data: [{ text: "ab", half: 0.5 }],
      progress_percentage: 100,
      progress_message: "Completed successfully",
      error_message: null,
    });
    const seconds = Date.parse(`${row.completed_at}Z`) / 1000 - Date.parse(`${token}Z`) / 1000;
    expect(seconds).toBeGreaterThanOrEqual(7.9);
    // Two clock readings of one statement: the duration's came first or second.
    expect([Math.floor(seconds - 0.01), Math.floor(seconds + 0.01)]).toContain(row.actual_duration);
  });

  test("completed again by the same claim, as after a lost connection, is held and changes nothing", async () => {
    const id = await jobs.queue();
    const job = await claimed(id);
    await jobs.repository.complete(job, [1]);
    const before = await jobs.row(id);
    expect(await jobs.repository.complete(job, [2])).toBe("held");
    expect(await jobs.row(id)).toEqual(before);
    expect(await jobs.repository.fail(job, "late")).toBe("superseded");
    expect(await jobs.row(id)).toEqual(before);
  });

  test("failed cuts the messages to what the ORM and the column take", async () => {
    const id = await jobs.queue();
    await jobs.repository.fail(await claimed(id), "😀".repeat(2000));
    const row = await jobs.row(id);
    expect(Array.from(row.error_message ?? "")).toHaveLength(1024);
    expect(Array.from(row.progress_message ?? "")).toHaveLength(255);
    expect(row.progress_message?.startsWith("Failed: 😀")).toBe(true);
    expect(row).toMatchObject({ status: "FAILED", actual_duration: 0 });
  });

  test("refuses results that are not JSON, naming the place", async () => {
    const job = await claimed(await jobs.queue());
    await expect(jobs.repository.complete(job, [{ equity: Number.NaN }])).rejects.toThrow(
      new JobResultError("the result is not JSON: NaN at $[0].equity"),
    );
    await expect(jobs.repository.complete(job, { n: 1n })).rejects.toThrow(/bigint at \$\.n/);
  });

  test("completed with a further row commits both or none", async () => {
    const id = await jobs.queue({}, "SPOT_SIMULATION");
    const job = await claimed(id);
    const solution = {
      userId: USER_ID,
      name: `Solver solution for job ${id}`,
      gameState: { street: "river" },
      solution: { ev: [1] },
      iterations: 10,
      solveTimeSeconds: 0.25,
    };
    const failing = jobs.repository.complete(job, {}, async (transaction) => {
      await insertSolverSolution(transaction, solution);
      throw new Error("later statement failed");
    });
    await expect(failing).rejects.toThrow("later statement failed");
    expect((await jobs.row(id)).status).toBe("PROCESSING");
    const insert = () =>
      jobs.repository.complete(job, {}, (transaction) => insertSolverSolution(transaction, solution));
    expect(await insert()).toBe("held");
    expect(await insert()).toBe("held");
    const rows = await jobs.database
      .selectFrom("solver_solutions")
      .selectAll()
      .where("name", "=", solution.name)
      .execute();
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ solution: { ev: [1] }, iterations: 10, solve_time: 0.25 });
  });

  test("unclaimed ends a queued job, and a processing one only for the delivery that takes over", async () => {
    const end = { status: "CANCELLED" } as const;
    const queued = await jobs.queue();
    expect(await jobs.repository.endUnclaimed(queued, "SPOT_SIMULATION", FRESH, end)).toBe(true);
    expect(await jobs.row(queued)).toMatchObject({ status: "CANCELLED", progress_message: "Cancelled" });
    const running = await jobs.queue();
    await claimed(running);
    expect(await jobs.repository.endUnclaimed(running, "SPOT_SIMULATION", FRESH, end)).toBe(false);
    expect(await jobs.repository.endUnclaimed(running, "SPOT_SIMULATION", TAKES_OVER, end)).toBe(true);
  });

  test("of a race between cancel and complete is one of the two, and the loser learns it", async () => {
    const ends = { held: 0, cancelled: 0, superseded: 0, deleted: 0 };
    for (let round = 0; round < 100; round++) {
      const id = await jobs.queue();
      const job = await claimed(id);
      const plainCancel = sql`update jobs set status = 'CANCELLED' where id = ${id} and status in ('QUEUED', 'PROCESSING')`;
      const [outcome] = await Promise.all([jobs.repository.complete(job, [round]), plainCancel.execute(jobs.database)]);
      ends[outcome]++;
      expect((await jobs.row(id)).status).toBe(outcome === "held" ? "COMPLETED" : "CANCELLED");
    }
    expect(ends).toMatchObject({ superseded: 0, deleted: 0 });
    expect(ends.held + ends.cancelled).toBe(100);
  });
});

describe("a database URL", () => {
  test.each(["prefer", "allow", "disable"])("with sslmode=%s reaches a server without TLS", async (mode) => {
    const database = openDatabase({ url: `${jobs.url}?sslmode=${mode}` });
    await expect(lookAtDatabase(database).finally(() => database.destroy())).resolves.toBeUndefined();
  });

  test("with sslmode=require does not fall back to no TLS", async () => {
    const database = openDatabase({ url: `${jobs.url}?sslmode=require` });
    await expect(lookAtDatabase(database).finally(() => database.destroy())).rejects.toThrow(/SSL/);
  });
});

describe("for operators", () => {
  test("a cancel request ends what has not ended", async () => {
    const id = await jobs.queue();
    expect(await jobs.repository.requestCancel(id)).toBe(true);
    expect(await jobs.repository.requestCancel(id)).toBe(false);
    expect(await jobs.row(id)).toMatchObject({
      status: "CANCELLED",
      completed_at: expect.any(String),
      progress_message: "Cancelled",
      error_message: null,
    });
  });

  test("a cancel request may say why", async () => {
    const id = await jobs.queue();
    await jobs.repository.requestCancel(id, `no broker ${"x".repeat(2000)}`);
    const { progress_message, error_message } = await jobs.row(id);
    expect(progress_message).toMatch(/^Cancelled: no broker x+/);
    expect(progress_message?.length).toBeLessThanOrEqual(255);
    expect(error_message).toMatch(/^no broker x+/);
    expect(error_message?.length).toBeLessThanOrEqual(1024);
  });

  test("lists are newest first and can be narrowed", async () => {
    const id = await jobs.queue({}, "SOLVER_ANALYSIS");
    const [newest] = await jobs.repository.list({ jobType: "SOLVER_ANALYSIS", status: "QUEUED", limit: 1 });
    expect(newest?.id).toBe(id);
  });
});
