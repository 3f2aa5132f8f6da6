import { afterEach, expect, it } from "vitest";
import { BareClient } from "../support/celery-worker.js";
import { useJobs } from "../support/jobs.js";
import { useVhost } from "../support/services.js";
import { waitUntil } from "../support/wait-until.js";
import { WorkerProcess } from "../support/worker-process.js";

const vhost = useVhost();
const jobs = useJobs();
const workers: WorkerProcess[] = [];
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.kill("SIGKILL")));
});

const HERO = ["As", "Ks", "Qh", "Jh"];
const VILLAIN = ["8c", "8d", "7c", "6d"];
const SIMULATION = { players: [HERO, VILLAIN], top_board: ["9c", "8h", "2s"], simulation_runs: 1000 };
/** Minutes of work: all hands against all hands. */
const SOLVE = {
  game_state: {
    street: "river",
    board: ["Ks", "Qd", "7h", "4c", "2d"],
    pot_size: 100,
    stack_sizes: [100, 100],
    player_position: 0,
    active_players: [0, 1],
    player_ranges: {},
  },
  iterations: 1_000_000,
  use_cache: false,
};

function startWorker(name: string): void {
  const env = { CELERY_BROKER_URL: vhost.url, DATABASE_URL: jobs.url, CELERY_WORKER_CONCURRENCY: "2" };
  workers.push(WorkerProcess.start({ ...env, LOG_LEVEL: "info" }, ["-n", `${name}@test`]));
}

it("a simulation completes beside solves, and what one worker cannot start another does", {
  timeout: 240_000,
}, async () => {
  const client = await BareClient.open(vhost.url);
  const submit = async (queue: string, task: string, id: string) => {
    await client.channel.assertExchange(queue, "direct", { durable: true });
    await client.channel.assertQueue(queue, { durable: true });
    await client.send(queue, `tasks.process_${task}`, [id]);
  };
  const status = async (id: string) => (await jobs.row(id)).status;
  startWorker("first");
  const solves = [await jobs.queue(SOLVE, "SOLVER_ANALYSIS"), await jobs.queue(SOLVE, "SOLVER_ANALYSIS")] as const;
  await submit("solver_analysis", "solver_analysis", solves[0]);
  await waitUntil(async () => (await status(solves[0])) === "PROCESSING", "the first solve", 25_000);
  await submit("solver-processing", "solver_analysis", solves[1]);
  await waitUntil(async () => (await client.depth("solver-processing")) === 1, "the second solve in its queue", 25_000);
  const simulation = await jobs.queue(SIMULATION);
  await submit("spot_simulation", "spot_simulation", simulation);
  await waitUntil(async () => (await status(simulation)) === "COMPLETED", "the simulation", 25_000);
  expect([await status(solves[0]), await status(solves[1])]).toEqual(["PROCESSING", "QUEUED"]);
  startWorker("second");
  await waitUntil(async () => (await status(solves[1])) === "PROCESSING", "the second solve", 25_000);
  const another = await jobs.queue(SIMULATION);
  await submit("spot-processing", "spot_simulation", another);
  await waitUntil(async () => (await status(another)) === "COMPLETED", "the other simulation", 25_000);
  expect([await status(solves[0]), await status(solves[1])]).toEqual(["PROCESSING", "PROCESSING"]);
  await client.close();
});
