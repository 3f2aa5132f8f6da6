import { setTimeout as delay } from "node:timers/promises";
import { sql } from "kysely";
import { pino } from "pino";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import {
  Ignore,
  SoftTimeLimitExceeded,
  TaskRevokedError,
  TimeLimitExceeded,
  WorkerLostError,
  WorkerShutdown,
} from "../../../src/celery/errors.js";
import { JobRefusedError } from "../../../src/jobs/errors.js";
import { insertSolverSolution, type JobRepository } from "../../../src/jobs/repository.js";
import type { JobDefinition, JobRun } from "../../../src/tasks/job-definition.js";
import { type JobTask, jobTask } from "../../../src/tasks/job-task.js";
import { USER_ID, useJobs } from "../../support/jobs.js";
import { deliver, type RequestFields, TestContext, taskRequest } from "../../support/task-context.js";
import { waitUntil } from "../../support/wait-until.js";

const jobs = useJobs();

type Work = (run: JobRun, input: { n: number }) => Promise<unknown>;
const double: Work = async (_run, input) => [input.n * 2];

function makeTask(
  work: Work = double,
  more: Partial<JobDefinition<{ n: number }, unknown>> = {},
  repository: JobRepository = jobs.repository,
): JobTask {
  const definition: JobDefinition<{ n: number }, unknown> = {
    jobType: "SPOT_SIMULATION",
    parse: (input) => z.object({ n: z.number({ error: "n must be a number" }) }).parse(input),
    work,
    answer: (result) => ({ result }),
    ...more,
  };
  return jobTask(definition, {
    repository,
    log: pino({ level: "silent" }),
    heartbeatMs: 50,
    arrivalTimeoutSeconds: 2,
    staleAfterSeconds: 3,
  });
}

const context = (id: unknown, fields: RequestFields = {}): TestContext =>
  new TestContext(taskRequest({ args: [id], ...fields }));

/** Work that goes on until it is told to end, and says when it began. */
function endlessWork() {
  const begun = deferred();
  const work: Work = async (run) => {
    begun.resolve();
    await new Promise((_, reject) => run.signal.addEventListener("abort", () => reject(run.signal.reason)));
    return [];
  };
  return { work, begun: begun.promise };
}

/** A task whose runs, each in `runs`, end with their input once they are released. */
function heldTask() {
  const release = deferred();
  const runs: number[] = [];
  const task = makeTask(async (_run, input) => {
    runs.push(input.n);
    await release.promise;
    return [input.n];
  });
  return { task, release, runs };
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

describe("a message", () => {
  test.each([
    ["path A and C, [job_id]", (id: string) => ({ args: [id] })],
    [
      "path B, one dict",
      (id: string) => ({ args: [{ id: "m", task: "t", args: [id], kwargs: {}, retries: 0, eta: null }] }),
    ],
    ["a keyword", (id: string) => ({ args: [], kwargs: { job_id: id } })],
  ])("of %s runs the job", async (_form, message) => {
    const id = await jobs.queue({ n: 21 });
    const outcome = await deliver(makeTask(), new TestContext(taskRequest(message(id))));
    expect(outcome).toEqual({ result: { status: "completed", result: [42] } });
    expect(await jobs.row(id)).toMatchObject({ status: "COMPLETED", result_data: [42], progress_percentage: 100 });
  });

  test.each([
    [[], "got nothing"],
    [[42], "got the number 42: job ids are texts"],
    [[""], "got ''"],
    [[{ args: [] }], "got {'args': []}"],
    [["x".repeat(37)], "at most 36 characters"],
    [[null], "got None"],
  ])("with arguments %j is refused at once", async (args, reason) => {
    const outcome = await deliver(makeTask(), new TestContext(taskRequest({ args })));
    expect(outcome).toMatchObject({ error: { code: "JOB_ARGUMENTS", message: expect.stringContaining(reason) } });
  });

  test("that is earlier than its row waits for it", async () => {
    const id = crypto.randomUUID();
    const running = deliver(makeTask(), context(id));
    await delay(300);
    await jobs.repository.insert({ id, userId: USER_ID, jobType: "SPOT_SIMULATION", inputData: { n: 1 } });
    expect(await running).toEqual({ result: { status: "completed", result: [2] } });
  });

  test("that is earlier than its row's commit looks often at first and seldom later, and speaks of no other delivery", async () => {
    const id = crypto.randomUUID();
    const looks: number[] = [];
    const began = performance.now();
    const repository = new Proxy(jobs.repository, {
      get: (target, name, receiver) => {
        if (name === "claim") looks.push(performance.now() - began);
        const value: unknown = Reflect.get(target, name, receiver);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    const lines: string[] = [];
    const ctx = context(id);
    Object.assign(ctx, { log: { ...ctx.log, info: (...parts: unknown[]) => lines.push(String(parts.at(-1))) } });
    const running = deliver(makeTask(double, {}, repository), ctx);
    await waitUntil(() => looks.length >= 3, "three looks");
    await jobs.repository.insert({ id, userId: USER_ID, jobType: "SPOT_SIMULATION", inputData: { n: 1 } });
    expect(await running).toEqual({ result: { status: "completed", result: [2] } });
    expect(lines).not.toContainEqual(expect.stringContaining("another delivery"));
    await deliver(makeTask(double, {}, repository), context("nobody")).catch(() => undefined);
    // 10 to 20 ms, doubled each time up to a quarter of a second: some fifteen looks in two seconds, not two hundred.
    expect(looks.length).toBeLessThan(40);
  });

  test("and its row appear between the two statements of one look: it is claimed at the next, without a word", async () => {
    const lines: string[] = [];
    const id = crypto.randomUUID();
    let looks = 0;
    const repository = new Proxy(jobs.repository, {
      get: (target, name, receiver) => {
        const value: unknown = Reflect.get(target, name, receiver);
        if (name !== "claim" || typeof value !== "function")
          return typeof value === "function" ? value.bind(target) : value;
        return async (...args: unknown[]) => {
          if (++looks > 1) return value.apply(target, args);
          // What a claim finds that came before the commit, and its second statement after it.
          expect(await value.apply(target, args)).toEqual({ kind: "missing" });
          await jobs.repository.insert({ id, userId: USER_ID, jobType: "SPOT_SIMULATION", inputData: { n: 3 } });
          return { kind: "queued" };
        };
      },
    });
    const ctx = context(id);
    Object.assign(ctx, { log: { ...ctx.log, info: (...parts: unknown[]) => lines.push(String(parts.at(-1))) } });
    expect(await deliver(makeTask(double, {}, repository), ctx)).toEqual({
      result: { status: "completed", result: [6] },
    });
    expect(looks).toBe(2);
    expect(lines).not.toContainEqual(expect.stringContaining("another delivery"));
  });

  test("whose row never comes fails without a retry", async () => {
    expect(await deliver(makeTask(), context("nobody"))).toMatchObject({ error: { code: "JOB_UNKNOWN" } });
  });

  test("of the other task's job fails that row, unless another message is known to be its own", async () => {
    const id = await jobs.queue({ n: 1 }, "SOLVER_ANALYSIS");
    const others = await jobs.queue({ n: 1 }, "SOLVER_ANALYSIS");
    await jobs.set(others, "queue_message_id = 'another'");
    const dicts = await jobs.queue({ n: 1 }, "SOLVER_ANALYSIS");
    await jobs.set(dicts, "queue_message_id = 'm'");
    const running = await jobs.queue({ n: 1 }, "SOLVER_ANALYSIS");
    await jobs.repository.claim(running, "SOLVER_ANALYSIS", { takesOver: false, staleAfterSeconds: 60 });
    for (const args of [id, others, running, { id: "m", args: [dicts] }])
      expect(await deliver(makeTask(), context(args))).toMatchObject({ error: { code: "JOB_WRONG_TYPE" } });
    expect(await jobs.row(id)).toMatchObject({
      status: "FAILED",
      error_message: `job ${id} is a SOLVER_ANALYSIS job, not SPOT_SIMULATION`,
    });
    expect((await jobs.row(dicts)).status).toBe("FAILED");
    expect((await jobs.row(others)).status).toBe("QUEUED");
    expect((await jobs.row(running)).status).toBe("PROCESSING");
  });

  test("names its job in every log line", async () => {
    expect(makeTask().options.logFields?.(taskRequest({ args: ["job-1"] }))).toEqual({ jobId: "job-1" });
  });
});

describe("redelivery", () => {
  test("of a completed job is answered from the row without computing", async () => {
    const id = await jobs.queue({ n: 4 });
    await deliver(makeTask(), context(id));
    const again = makeTask(() => Promise.reject(new Error("computed again")));
    const outcome = await deliver(again, context(id, { redelivered: true }));
    expect(outcome).toEqual({ result: { status: "completed", result: [8] } });
  });

  test("of a failed job fails again without computing", async () => {
    const id = await jobs.queue({ n: 4 });
    await jobs.set(id, "status = 'FAILED', error_message = 'boom'");
    const outcome = await deliver(makeTask(), context(id, { redelivered: true }));
    expect(outcome).toMatchObject({ error: { code: "JOB_ALREADY_FAILED", message: "boom" } });
  });

  test("of a job that was computing elsewhere takes it over, and the first run stops silently", async () => {
    const id = await jobs.queue({ n: 5 });
    const { work, begun } = endlessWork();
    const first = deliver(makeTask(work), context(id));
    await begun;
    expect(await deliver(makeTask(), context(id, { redelivered: true }))).toMatchObject({ result: { result: [10] } });
    expect(await first).toMatchObject({ error: expect.any(Ignore) });
    expect(await jobs.row(id)).toMatchObject({ status: "COMPLETED", result_data: [10] });
  });

  test("as a duplicate of a live job waits for its end and answers from the row", async () => {
    const id = await jobs.queue({ n: 6 });
    const { task, release, runs } = heldTask();
    const first = deliver(task, context(id));
    await waitUntil(() => runs.length === 1);
    const second = deliver(task, context(id));
    await delay(1200);
    release.resolve();
    expect(await Promise.all([first, second])).toEqual([
      { result: { status: "completed", result: [6] } },
      { result: { status: "completed", result: [6] } },
    ]);
    expect(runs).toHaveLength(1);
  });

  test("as a second message of a job that this worker computes waits for its end, or ends alone", async () => {
    const id = await jobs.queue({ n: 6 });
    const { task, release, runs } = heldTask();
    const first = deliver(task, context(id));
    await waitUntil(() => runs.length === 1);
    // Its own first delivery was lost with the connection, before it had begun.
    const second = context(id, { redelivered: true });
    const expired = context(id, { redelivered: true });
    await task.options.onRevoked?.(expired.request, { terminated: false, expired: true });
    await task.options.onRevoked?.(expired.request, { terminated: false, expired: false });
    await task.options.onFailure?.(expired.request, new TimeLimitExceeded(1));
    const waiting = deliver(task, second);
    await delay(300);
    expect(await jobs.row(id)).toMatchObject({ status: "PROCESSING" });
    release.resolve();
    const answer = { result: { status: "completed", result: [6] } };
    expect(await Promise.all([first, waiting])).toEqual([answer, answer]);
    expect(runs).toHaveLength(1);
    expect(await jobs.row(id)).toMatchObject({ status: "COMPLETED", result_data: [6] });
  });

  test("as a duplicate of a job whose worker vanished takes it over once it is stale", async () => {
    const id = await jobs.queue({ n: 7 });
    await jobs.repository.claim(id, "SPOT_SIMULATION", { takesOver: false, staleAfterSeconds: 60 });
    expect(await deliver(makeTask(), context(id))).toMatchObject({ result: { result: [14] } });
  });

  test("by many at once, heirs and duplicates, ends in one completed row and the same answer for all", async () => {
    for (let round = 0; round < 5; round++) {
      const id = await jobs.queue({ n: round });
      const task = makeTask(async (_run, input) => {
        await delay(20);
        return [input.n];
      });
      const deliveries = Array.from({ length: 6 }, (_, index) =>
        deliver(task, context(id, { redelivered: index > 3 })),
      );
      for (const outcome of await Promise.all(deliveries)) {
        if ("error" in outcome) expect(outcome.error).toBeInstanceOf(Ignore);
        else expect(outcome).toEqual({ result: { status: "completed", result: [round] } });
      }
      expect(await jobs.row(id)).toMatchObject({ status: "COMPLETED", result_data: [round] });
    }
  });

  test("out of the dead-letter queue runs a failed job again", async () => {
    const id = await jobs.queue({ n: 8 });
    await jobs.set(id, "status = 'FAILED'");
    const again = context(id, { headers: { "x-dead-letter-reason": "boom" }, retries: 2 });
    expect(await deliver(makeTask(), again)).toMatchObject({ result: { result: [16] } });
  });
});

describe("progress", () => {
  test("reaches the row while the work runs, and moves updated_at when it stands still", async () => {
    const id = await jobs.queue({ n: 1 });
    const release = deferred();
    const running = deliver(
      makeTask(async (run) => {
        run.report(37.5, "Simulating");
        await release.promise;
        return [];
      }),
      context(id),
    );
    const seen = await waitUntil(async () => {
      const row = await jobs.row(id);
      return row.progress_percentage === 37 ? row : null;
    });
    expect(seen.progress_message).toBe("Simulating");
    await waitUntil(async () => (await jobs.row(id)).updated_at !== seen.updated_at);
    release.resolve();
    await running;
  });
});

describe("cancellation", () => {
  test("before the start skips the job", async () => {
    const id = await jobs.queue({ n: 1 });
    await jobs.set(id, "status = 'CANCELLED'");
    expect(await deliver(makeTask(), context(id))).toEqual({ result: { status: "cancelled" } });
    expect(await jobs.row(id)).toMatchObject({ status: "CANCELLED", started_at: null });
  });

  test("by plain SQL during the run stops the work and stays", async () => {
    const id = await jobs.queue({ n: 1 });
    const { work, begun } = endlessWork();
    const running = deliver(makeTask(work), context(id));
    await begun;
    await jobs.set(id, "status = 'CANCELLED'");
    const before = await jobs.row(id);
    expect(await running).toEqual({ result: { status: "cancelled" } });
    expect(await jobs.row(id)).toEqual(before);
  });

  test("is not held up by work that does not listen", async () => {
    const id = await jobs.queue({ n: 1 });
    const never = deliver(
      makeTask(() => new Promise(() => undefined)),
      context(id),
    );
    await waitUntil(async () => (await jobs.row(id)).status === "PROCESSING");
    await jobs.set(id, "status = 'CANCELLED'");
    expect(await never).toEqual({ result: { status: "cancelled" } });
  });

  test("at the moment of completion ends in one of the two, many times over", async () => {
    for (let round = 0; round < 40; round++) {
      const id = await jobs.queue({ n: round });
      const outcome = deliver(
        makeTask(async (_run, input) => {
          await delay(1 + (round % 4));
          return [input.n];
        }),
        context(id),
      );
      await waitUntil(async () => (await jobs.row(id)).status !== "QUEUED");
      await jobs.set(id, `status = case when status = 'PROCESSING' then 'CANCELLED'::jobstatus else status end`);
      const { status, result_data } = await jobs.row(id);
      if (status === "CANCELLED") {
        expect(await outcome).toEqual({ result: { status: "cancelled" } });
        expect((await jobs.row(id)).status).toBe("CANCELLED");
      } else {
        expect(await outcome).toEqual({ result: { status: "completed", result: result_data } });
      }
    }
  });

  test("by revoke with terminate writes CANCELLED under the fence", async () => {
    const id = await jobs.queue({ n: 1 });
    const { work, begun } = endlessWork();
    const task = makeTask(work);
    const ctx = context(id);
    const running = Promise.resolve(task.handler(ctx, id)).catch((error: unknown) => error);
    await begun;
    ctx.abort(new TaskRevokedError("terminated"));
    expect(await running).toBeInstanceOf(TaskRevokedError);
    await task.options.onRevoked?.(ctx.request, { terminated: true, expired: false });
    expect(await jobs.row(id)).toMatchObject({ status: "CANCELLED", progress_message: "Cancelled" });
  });

  test("by revoke while the claim is on its way does not leave the row PROCESSING", async () => {
    for (let round = 0; round < 20; round++) {
      const id = await jobs.queue({ n: 1 });
      const task = makeTask(endlessWork().work);
      const ctx = context(id);
      const running = Promise.resolve(task.handler(ctx, id)).catch((error: unknown) => error);
      if (round % 2 === 0) await delay(round / 10);
      ctx.abort(new TaskRevokedError("terminated"));
      await task.options.onRevoked?.(ctx.request, { terminated: true, expired: false });
      await running;
      expect((await jobs.row(id)).status).toBe("CANCELLED");
    }
  });

  test("by revoke before the start, between attempts, or of a duplicate ends only what is this message's", async () => {
    const { onRevoked } = makeTask().options;
    const [queued, retried, live, expired] = await Promise.all([1, 2, 3, 4].map(() => jobs.queue({ n: 1 })));
    if (!queued || !retried || !live || !expired) throw new Error("rows");
    for (const id of [retried, live]) {
      await jobs.repository.claim(id, "SPOT_SIMULATION", { takesOver: false, staleAfterSeconds: 60 });
    }
    await onRevoked?.(taskRequest({ args: [queued] }), { terminated: false, expired: false });
    await onRevoked?.(taskRequest({ args: [retried], retries: 1 }), { terminated: false, expired: false });
    await onRevoked?.(taskRequest({ args: [live] }), { terminated: false, expired: false });
    await onRevoked?.(taskRequest({ args: [expired] }), { terminated: false, expired: true });
    await onRevoked?.(taskRequest({ args: [] }), { terminated: false, expired: false });
    expect((await jobs.row(queued)).status).toBe("CANCELLED");
    expect((await jobs.row(retried)).status).toBe("CANCELLED");
    expect((await jobs.row(live)).status).toBe("PROCESSING");
    expect(await jobs.row(expired)).toMatchObject({
      status: "FAILED",
      error_message: expect.stringContaining("expired"),
    });
  });
});

describe("a row that is deleted", () => {
  test("during the run stops the work; the caller hears what a cancelled job's hears", async () => {
    const id = await jobs.queue({ n: 1 });
    const { work, begun } = endlessWork();
    const running = deliver(makeTask(work), context(id));
    await begun;
    await sql`delete from jobs where id = ${id}`.execute(jobs.database);
    expect(await running).toEqual({ result: { status: "cancelled" } });
  });

  test("while the result is on its way ends the same, also with further rows in the transaction", async () => {
    for (const alongside of [undefined, async () => undefined]) {
      const id = await jobs.queue({ n: 1 });
      const task = makeTask(
        async () => {
          await sql`delete from jobs where id = ${id}`.execute(jobs.database);
          return [1];
        },
        alongside === undefined ? {} : { alongside },
      );
      expect(await deliver(task, context(id))).toEqual({ result: { status: "cancelled" } });
    }
  });

  test("between two attempts ends the same", async () => {
    const id = await jobs.queue({ n: 1 });
    expect(
      await deliver(
        makeTask(() => Promise.reject(new Error("boom"))),
        context(id),
      ),
    ).toHaveProperty("retry");
    await sql`delete from jobs where id = ${id}`.execute(jobs.database);
    expect(await deliver(makeTask(), context(id, { retries: 1 }))).toEqual({ result: { status: "cancelled" } });
  });
});

describe("failure", () => {
  const failing: Work = () => Promise.reject(new Error("boom"));

  test("for bad input fails at once with the offending value's message", async () => {
    const id = await jobs.queue({ n: "many" });
    expect(await deliver(makeTask(), context(id))).toMatchObject({ error: { code: "JOB_INPUT" } });
    expect(await jobs.row(id)).toMatchObject({
      status: "FAILED",
      error_message: "n: n must be a number",
      progress_message: "Failed: n: n must be a number",
      actual_duration: 0,
    });
  });

  test("for a refused job fails at once", async () => {
    const id = await jobs.queue({ n: 1 });
    await deliver(
      makeTask(() => Promise.reject(new JobRefusedError("solver not available yet"))),
      context(id),
    );
    expect(await jobs.row(id)).toMatchObject({ status: "FAILED", error_message: "solver not available yet" });
  });

  test("for a result that is not JSON fails at once", async () => {
    const id = await jobs.queue({ n: 1 });
    await deliver(
      makeTask(async () => [Number.NaN]),
      context(id),
    );
    expect((await jobs.row(id)).error_message).toBe("the result is not JSON: NaN at $[0]");
  });

  test("of three attempts retries twice with growing pauses and then fails the row", async () => {
    const id = await jobs.queue({ n: 1 });
    const task = makeTask(failing);
    expect(await deliver(task, context(id))).toMatchObject({ retry: { countdownSeconds: 2 } });
    expect(await jobs.row(id)).toMatchObject({
      status: "PROCESSING",
      progress_message: "Attempt 1 of 3 failed, next in 2 s: boom",
    });
    expect(await deliver(task, context(id, { retries: 1 }))).toMatchObject({ retry: { countdownSeconds: 2 } });
    expect(await deliver(task, context(id, { retries: 2 }))).toMatchObject({ error: { message: "boom" } });
    expect(await jobs.row(id)).toMatchObject({
      status: "FAILED",
      error_message: "boom",
      progress_message: "Failed: boom",
    });
  });

  test("then success completes the row", async () => {
    const id = await jobs.queue({ n: 3 });
    await deliver(makeTask(failing), context(id));
    expect(await deliver(makeTask(), context(id, { retries: 1 }))).toMatchObject({ result: { result: [6] } });
    expect(await jobs.row(id)).toMatchObject({ status: "COMPLETED", error_message: null });
  });

  test("by a lost thread counts as an attempt and is never sent round for ever", async () => {
    const id = await jobs.queue({ n: 1 });
    const task = makeTask(() => Promise.reject(new WorkerLostError("out of memory")));
    expect(await deliver(task, context(id))).toMatchObject({ retry: { countdownSeconds: 2 } });
    expect(await deliver(task, context(id, { retries: 2 }))).toMatchObject({
      error: { code: "JOB_CRASHED", message: "out of memory" },
    });
    expect((await jobs.row(id)).status).toBe("FAILED");
  });

  test("whose sentence the database does not take is written in a plainer one", async () => {
    await sql`alter table jobs add constraint plain check (error_message !~ '[^ -~]' and length(error_message) < 100)`.execute(
      jobs.database,
    );
    try {
      const [long, strange] = [await jobs.queue({ n: 1 }), await jobs.queue({ n: 1 })];
      const failingWith = (message: string) => makeTask(() => Promise.reject(new JobRefusedError(message)));
      await deliver(failingWith("x".repeat(500)), context(long));
      await deliver(failingWith("né: 10 ♠"), context(strange));
      expect(await jobs.row(long)).toMatchObject({ status: "FAILED", error_message: "x".repeat(80) });
      expect(await jobs.row(strange)).toMatchObject({ status: "FAILED", error_message: "n?: 10 ?" });
    } finally {
      await sql`alter table jobs drop constraint plain`.execute(jobs.database);
    }
  });

  test("by the hard limit is written by the hook although the handler never ends", async () => {
    const id = await jobs.queue({ n: 1 });
    const { work, begun } = endlessWork();
    const task = makeTask(work);
    const ctx = context(id);
    const abandoned = Promise.resolve(task.handler(ctx, id)).catch(() => undefined);
    await begun;
    await task.options.onFailure?.(ctx.request, new TimeLimitExceeded(1800));
    expect(await jobs.row(id)).toMatchObject({
      status: "FAILED",
      error_message: "the job took longer than the limit of 1800 s",
    });
    await abandoned;
    expect((await jobs.row(id)).status).toBe("FAILED");
  });

  test("by the soft limit fails at once, unless the work still gives a result", async () => {
    const [lost, saved] = [await jobs.queue({ n: 1 }), await jobs.queue({ n: 9 })];
    const { work, begun } = endlessWork();
    const ctx = context(lost);
    const running = deliver(makeTask(work), ctx);
    await begun;
    ctx.abort(new SoftTimeLimitExceeded(1500));
    expect(await running).toMatchObject({ error: expect.any(SoftTimeLimitExceeded) });
    expect(await jobs.row(lost)).toMatchObject({
      status: "FAILED",
      error_message: "the job took longer than the limit of 1500 s",
    });
    const late = context(saved);
    const best = deliver(
      makeTask(async (run, input) => {
        late.abort(new SoftTimeLimitExceeded(1500));
        return run.signal.aborted ? [input.n] : [];
      }),
      late,
    );
    expect(await best).toMatchObject({ result: { result: [9] } });
    expect((await jobs.row(saved)).status).toBe("COMPLETED");
  });

  test("does not come from a worker that stops: the row waits for the redelivery", async () => {
    const id = await jobs.queue({ n: 2 });
    const { work, begun } = endlessWork();
    const ctx = context(id);
    const running = Promise.resolve(makeTask(work).handler(ctx, id)).catch((error: unknown) => error);
    await begun;
    ctx.abort(new WorkerShutdown("stop"));
    expect(await running).toBeInstanceOf(WorkerShutdown);
    expect((await jobs.row(id)).status).toBe("PROCESSING");
    expect(await deliver(makeTask(), context(id, { redelivered: true }))).toMatchObject({ result: { result: [4] } });
  });
});

test("a further row is written in the transaction of the completion", async () => {
  const id = await jobs.queue({ n: 1 });
  const task = makeTask(double, {
    answer: (solution) => ({ solution }),
    alongside: (transaction, job, solution) =>
      insertSolverSolution(transaction, {
        userId: job.userId,
        name: `Solver solution for job ${job.jobId}`,
        gameState: {},
        solution,
        iterations: 1,
        solveTimeSeconds: 0,
      }),
  });
  expect(await deliver(task, context(id))).toEqual({ result: { status: "completed", solution: [2] } });
  const name = `Solver solution for job ${id}`;
  const rows = await jobs.database.selectFrom("solver_solutions").selectAll().where("name", "=", name).execute();
  expect(rows).toMatchObject([{ user_id: USER_ID, solution: [2] }]);
});
