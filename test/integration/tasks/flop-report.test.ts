import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { Celery } from "../../../src/celery/index.js";
import { ReportFlops } from "../../../src/jobs/report-flops.js";
import { parseCards } from "../../../src/poker/cards.js";
import { flopText } from "../../../src/tasks/flop-report/report-input.js";
import type { FlopReport } from "../../../src/tasks/flop-report/report-result.js";
import { reportResultSchema } from "../../../src/tasks/flop-report/report-schema.js";
import { RunningCelery } from "../../support/celery-command.js";
import { BareClient } from "../../support/celery-worker.js";
import { useJobs } from "../../support/jobs.js";
import { useVhost } from "../../support/services.js";
import { waitUntil } from "../../support/wait-until.js";

const vhost = useVhost();
const jobs = useJobs();
const workers: RunningCelery[] = [];
const flopsOf = (id: string) => new ReportFlops(jobs.database).list(id);

const HANDS = { "0": ["AsAhKsQh", "KdKcJd9c", "9h8h7c6c"], "1": ["QsQdJs8d", "AcKhTc5h", "Js9sTd7d"] };
const SPOT = {
  pot_size: 10,
  stack_sizes: [20, 20],
  player_ranges: HANDS,
  bet_sizes: [1],
  max_raises: 1,
  iterations: 40,
  use_cache: false,
};
/** As reports write them: high cards first. */
const FLOPS = ["Ks8h7d", "AdQc4c", "Th9d2s", "6s5s4d", "JhTs3c", "2h2d2c"].map((flop) => flopText([parseCards(flop)]));

async function startWorker(name: string, more: Readonly<Record<string, string>> = {}): Promise<RunningCelery> {
  const worker = new RunningCelery(["worker", "-n", `${name}@test`], {
    CELERY_BROKER_URL: vhost.url,
    DATABASE_URL: jobs.url,
    CELERY_HEALTH_PORT: "0",
    CELERY_WORKER_CONCURRENCY: "2",
    ...more,
  });
  workers.push(worker);
  await worker.wrote(" ready.");
  return worker;
}

/** Asks for a report as the backend does. @returns its id and its task's result, as the sender sees it */
async function ask(input: unknown) {
  const id = await jobs.queue(input, "SOLVER_ANALYSIS");
  const app = new Celery("backend", { brokerUrl: vhost.url, resultBackend: "rpc://" });
  const taskId = randomUUID();
  const result = await app.sendTask("tasks.process_solver_analysis", [id], {}, { queue: "solver_analysis", taskId });
  const answer = result.get({ timeout: 120 }).finally(() => app.close());
  // A test that asks for no answer is not told of one.
  answer.catch(() => undefined);
  return { id, answer };
}

async function reportOf(id: string): Promise<FlopReport> {
  const row = await waitUntil(
    async () => {
      const found = await jobs.row(id);
      return found.status === "QUEUED" || found.status === "PROCESSING" ? undefined : found;
    },
    `report ${id}`,
    120_000,
  );
  expect(row).toMatchObject({ status: "COMPLETED", progress_percentage: 100 });
  return reportResultSchema.parse(row.result_data).report;
}

async function attemptsOf(id: string): Promise<number[]> {
  const rows = await jobs.database
    .selectFrom("solver_report_flops")
    .select("attempts")
    .where("report_id", "=", id)
    .orderBy("number")
    .execute();
  return rows.map(({ attempts }) => attempts);
}

beforeAll(async () => {
  // Queues of the backend, as it declares them.
  const client = await BareClient.open(vhost.url);
  await client.channel.assertQueue("solver_analysis", { durable: true });
  await client.close();
});
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.end("SIGKILL").catch(() => undefined)));
  const client = await BareClient.open(vhost.url);
  await client.channel.purgeQueue("solver_analysis");
  await client.close();
});

describe("a report over flops", () => {
  it("keeps no checkpoints: its flops run beside each other under one id", async () => {
    const folder = join(tmpdir(), `checkpoints-${randomUUID()}`);
    await startWorker("keeper", { CELERY_WORKER_SOLVER_CHECKPOINTS: folder });
    const { id } = await ask({ ...SPOT, flops: FLOPS.slice(0, 2) });
    expect((await reportOf(id)).flops).toMatchObject({ solved: 2, failed: [] });
    expect(existsSync(folder)).toBe(false);
  });

  it("is solved by all workers, gathered by the last of them, and answered to who asked", async () => {
    await Promise.all([startWorker("one"), startWorker("two")]);
    const { id, answer } = await ask({ ...SPOT, flops: FLOPS });
    const report = await reportOf(id);
    expect(await answer).toEqual({ status: "completed", report });
    expect(await attemptsOf(id)).toEqual(FLOPS.map(() => 1));
    expect(report.rows.map(({ flop }) => flop)).toEqual(FLOPS);
    expect(report.flops).toMatchObject({ asked: "listed", solved: 6, failed: [], weight: 6 });
    const { rows, actions, ev, equities, pot } = report;
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    for (const player of ["0", "1"]) {
      expect(ev[player]?.mean).toBeCloseTo(mean(rows.map((row) => row.ev[player]?.value ?? Number.NaN)), 9);
      expect(equities[player]?.mean).toBeCloseTo(mean(rows.map((row) => row.equities[player]?.value ?? Number.NaN)), 9);
    }
    expect((ev["0"]?.mean ?? 0) + (ev["1"]?.mean ?? 0)).toBeCloseTo(pot, 4);
    expect(actions.reduce((sum, { frequency }) => sum + frequency.mean, 0)).toBeCloseTo(1, 4);
    const workersOf = await sql<{ worker: string }>`select distinct worker from solver_report_flops
      where report_id = ${id}`.execute(jobs.database);
    expect(workersOf.rows.length).toBeGreaterThan(1);
  }, 180_000);

  it("says what each flop says by itself", async () => {
    await startWorker("one");
    const raked = { ...SPOT, rake: { percent: 5, cap: 3 } };
    const { id } = await ask({ ...raked, flops: [{ flop: "Ks8h7d", weight: 3 }] });
    const alone = await jobs.queue({ ...raked, board: "Ks8h7d" }, "SOLVER_ANALYSIS");
    const client = await BareClient.open(vhost.url);
    await client.send("solver_analysis", "tasks.process_solver_analysis", [alone]);
    const report = await reportOf(id);
    await waitUntil(async () => (await jobs.row(alone)).status === "COMPLETED", "the flop alone", 60_000);
    await client.close();
    const { solution } = (await jobs.row(alone)).result_data as {
      solution: { ev: Record<string, number>; tree: { actions: { frequency: number }[] } };
    };
    expect(report.ev["0"]?.mean).toBeCloseTo(solution.ev["0"] ?? Number.NaN, 9);
    expect(report.rake).toEqual({ percent: 5, cap: 3, no_flop_no_drop: true });
    expect(report.actions.map(({ frequency }) => frequency.mean)).toEqual(
      solution.tree.actions.map(({ frequency }) => expect.closeTo(frequency, 9)),
    );
  }, 180_000);

  it("survives the SIGKILL of a worker: only flops in flight are begun again, none is solved twice", async () => {
    const [victim] = await Promise.all([startWorker("one"), startWorker("two")]);
    const { id } = await ask({ ...SPOT, iterations: 120, flops: { sample: 10 } });
    await waitUntil(
      async () => (await flopsOf(id)).filter(({ state }) => state === "solved").length >= 2,
      "two flops",
      120_000,
    );
    await victim?.end("SIGKILL");
    await startWorker("three");
    const report = await reportOf(id);
    expect(report.flops).toMatchObject({ asked: "sample", failed: [], weight: 10, solved_weight: 10 });
    const attempts = await attemptsOf(id);
    expect(Math.max(...attempts)).toBeLessThanOrEqual(2);
    expect(attempts.filter((count) => count === 2).length).toBeLessThanOrEqual(2);
  }, 240_000);

  it("is asked for twice by messages that came again, and every flop is solved once", async () => {
    await Promise.all([startWorker("one"), startWorker("two")]);
    const { id } = await ask({ ...SPOT, flops: FLOPS });
    const client = await BareClient.open(vhost.url);
    await waitUntil(async () => (await flopsOf(id)).length === FLOPS.length, "the plan", 60_000);
    for (let number = 0; number < FLOPS.length; number++)
      await client.send("solver_analysis", "tasks.solve_report_flop", [id, number]);
    await client.close();
    await reportOf(id);
    expect(await attemptsOf(id)).toEqual(FLOPS.map(() => 1));
  }, 180_000);

  it("that is cancelled stops every flop", async () => {
    await startWorker("one");
    const { id } = await ask({ ...SPOT, iterations: 1_000_000, flops: { sample: 30 } });
    await waitUntil(async () => (await flopsOf(id)).some(({ state }) => state === "solving"), "a flop", 120_000);
    expect(await jobs.repository.requestCancel(id)).toBe(true);
    const client = await BareClient.open(vhost.url);
    await waitUntil(async () => (await client.depth("solver_analysis")) === 0, "an empty queue", 60_000);
    await client.close();
    const states = (await flopsOf(id)).map(({ state }) => state);
    expect(states.filter((state) => state === "solved")).toEqual([]);
    expect((await jobs.row(id)).status).toBe("CANCELLED");
  }, 180_000);

  it("fails with a sentence where no flop can be solved, and where the table is missing", async () => {
    await startWorker("one");
    const ranges = { "0": ["Ks8h7d2c"], "1": ["QsQdJs8d"] };
    const { id, answer } = await ask({ ...SPOT, player_ranges: ranges, flops: ["Ks8h7d"] });
    await expect(answer).rejects.toThrow(/none of 1 flops could be solved/);
    expect((await jobs.row(id)).error_message).toMatch(/none of 1 flops could be solved: Ks8h7d: player_ranges\.0/);
    await sql`alter table solver_report_flops rename to elsewhere`.execute(jobs.database);
    const { id: other } = await ask({ ...SPOT, flops: FLOPS });
    await waitUntil(async () => (await jobs.row(other)).status === "FAILED", "the failure", 60_000);
    await sql`alter table elsewhere rename to solver_report_flops`.execute(jobs.database);
    expect((await jobs.row(other)).error_message).toContain("celery db migrate --reports");
  }, 180_000);
});
