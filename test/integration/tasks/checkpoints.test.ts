import { randomUUID } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { Celery } from "../../../src/celery/index.js";
import type { SolverResult } from "../../../src/tasks/solver-analysis/job.js";
import { RunningCelery } from "../../support/celery-command.js";
import { BareClient } from "../../support/celery-worker.js";
import { useJobs } from "../../support/jobs.js";
import { useVhost } from "../../support/services.js";
import { waitUntil } from "../../support/wait-until.js";
import { seededRandom } from "../../unit/poker/oracle.js";
import { randomHands, solveInProcess } from "../../unit/tasks/solver-analysis/solve-in-process.js";

const vhost = useVhost();
const jobs = useJobs();
const folder = mkdtempSync(join(tmpdir(), "checkpoints-"));
const workers: RunningCelery[] = [];
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.end("SIGKILL").catch(() => undefined)));
  rmSync(folder, { recursive: true, force: true });
});

const BOARD = ["Ks", "Qd", "7h", "4c", "2d"];
const random = seededRandom(17);
const SPOT = {
  board: BOARD,
  pot_size: 100,
  stack_sizes: [300, 300],
  player_position: 0,
  player_ranges: { "0": randomHands(1500, 4, BOARD, random), "1": randomHands(1500, 4, BOARD, random) },
  iterations: 2000,
  use_cache: false,
};

async function startWorker(name: string): Promise<RunningCelery> {
  const worker = new RunningCelery(["worker", "-n", `${name}@test`], {
    CELERY_BROKER_URL: vhost.url,
    DATABASE_URL: jobs.url,
    CELERY_HEALTH_PORT: "0",
    CELERY_WORKER_CONCURRENCY: "2",
    CELERY_WORKER_SOLVER_CHECKPOINTS: folder,
    CELERY_WORKER_SOLVER_CHECKPOINT_INTERVAL: "1",
  });
  workers.push(worker);
  await worker.wrote(" ready.");
  return worker;
}

const checkpoints = (): string[] =>
  existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".checkpoint")) : [];

it("a solve whose worker is killed goes on in another worker, to the answer of one that was never stopped", async () => {
  const client = await BareClient.open(vhost.url);
  await client.channel.assertQueue("solver_analysis", { durable: true });
  await client.close();
  const first = await startWorker("one");
  const id = await jobs.queue(SPOT, "SOLVER_ANALYSIS");
  const app = new Celery("backend", { brokerUrl: vhost.url, resultBackend: "rpc://" });
  await app.sendTask("tasks.process_solver_analysis", [id], {}, { queue: "solver_analysis", taskId: randomUUID() });
  await app.close();
  await waitUntil(() => checkpoints().length > 0, "a checkpoint", 60_000);
  await first.end("SIGKILL");
  expect(await jobs.row(id)).toMatchObject({ status: "PROCESSING" });
  const [left] = checkpoints();
  expect(left).toMatch(new RegExp(`^${id}\\.\\d{20}\\.checkpoint$`, "u"));

  const second = await startWorker("two");
  await second.wrote("Resumed at iteration");
  const row = await waitUntil(
    async () => {
      const found = await jobs.row(id);
      return found.status === "PROCESSING" ? undefined : found;
    },
    "the end of the job",
    60_000,
  );
  expect(row).toMatchObject({ status: "COMPLETED" });
  const { solution } = row.result_data as unknown as SolverResult;
  const whole = solveInProcess(SPOT).solution;
  const numbers = ({ tree, ev, equities, exploitability, deviation_gains, iterations }: typeof whole) => ({
    tree,
    ev,
    equities,
    exploitability,
    deviation_gains,
    iterations,
  });
  expect(numbers(solution)).toEqual(numbers(whole));
  expect(solution.convergence.map(({ iteration }) => iteration)).toEqual(
    whole.convergence.map(({ iteration }) => iteration),
  );
  // Nothing stays of a job that has ended.
  await waitUntil(() => readdirSync(folder).length === 0, "an empty folder");
});
