import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { useBareClient } from "../support/celery-worker.js";
import { USER_ID, useJobs } from "../support/jobs.js";
import { PythonBackend, type PythonResult } from "../support/python-backend.js";
import { useVhost } from "../support/services.js";
import { waitUntil } from "../support/wait-until.js";
import { WorkerProcess } from "../support/worker-process.js";

/** PLOSolver's own ways to submit a job, by a real Python Celery, against the built worker command. */
const vhost = useVhost();
const client = useBareClient(() => vhost.url);
const jobs = useJobs();
let backend: PythonBackend;
let worker: WorkerProcess;

const SPOT = {
  players: [
    { cards: ["As", "Ah", "Kd", "Qd"], player_number: 1 },
    { cards: ["Jh", "10h", "9s", "8s"], player_number: 2 },
  ],
  top_board: ["Tc", "9h", "2c"],
  bottom_board: ["5d", "6c", "7s"],
  simulation_runs: 2000,
};

beforeAll(async () => {
  // As deployments of path B have them before any worker starts: dead-lettering on one queue, priorities on another.
  const { channel } = client.current;
  await channel.assertExchange("plosolver.main", "direct", { durable: true });
  await channel.assertExchange("plosolver.dlq", "direct", { durable: true });
  await channel.assertQueue("spot-processing", {
    durable: true,
    arguments: { "x-dead-letter-exchange": "plosolver.dlq", "x-dead-letter-routing-key": "spot-processing-dlq" },
  });
  await channel.bindQueue("spot-processing", "plosolver.main", "spot-processing");
  await channel.assertQueue("solver-processing", { durable: true, arguments: { "x-max-priority": 5 } });
  backend = await PythonBackend.start(vhost.url);
  worker = WorkerProcess.start({
    CELERY_BROKER_URL: vhost.url,
    DATABASE_URL: jobs.url,
    CELERY_WORKER_CONCURRENCY: "2",
  });
  await worker.wrote("ready.");
});
afterAll(async () => {
  await backend?.stop();
  await worker?.kill("SIGTERM");
});
afterEach(() => {
  expect(worker.isRunning).toBe(true);
});

const completed = async (id: string) => {
  const row = await waitUntil(
    async () => {
      const found = await jobs.row(id);
      return found.status !== "QUEUED" && found.status !== "PROCESSING" && found;
    },
    `the end of job ${id}`,
    60_000,
  );
  expect(row).toMatchObject({
    status: "COMPLETED",
    progress_percentage: 100,
    progress_message: "Completed successfully",
    error_message: null,
  });
  return row;
};

describe("path A", () => {
  it.each([
    ["tasks", "spot_simulation"],
    ["main.tasks", "spot_simulation"],
    ["src.main.tasks", "spot_simulation"],
    ["celery_worker.tasks", "spot_simulation"],
  ])("runs %s.process_spot_simulation from the queue %s", async (module, queue) => {
    const job = await jobs.queue(SPOT);
    const id = await backend.ask<string>({ do: "path-a", module, queue, job });
    const result = await backend.ask<PythonResult & { info?: unknown }>({ do: "get", id });
    expect(result).toMatchObject({ status: "SUCCESS", successful: true, value: { status: "completed" } });
    const row = await completed(job);
    const players = row.result_data as { player_number: number; top_actual_equity: number }[];
    expect(players.map(({ player_number }) => player_number)).toEqual([1, 2]);
    expect(players.reduce((sum, player) => sum + player.top_actual_equity, 0)).toBeCloseTo(1, 9);
    expect("value" in result && (result.value as { result: unknown }).result).toEqual(row.result_data);
  });

  it("raises in Python what went wrong, fails the row at once, and keeps the message as a dead letter", async () => {
    const job = await jobs.queue({ ...SPOT, top_board: ["As", "9h", "2c"] });
    const id = await backend.ask<string>({ do: "path-a", module: "tasks", queue: "spot_simulation", job });
    const result = await backend.ask<PythonResult>({ do: "get", id });
    expect(result).toMatchObject({ status: "FAILURE", text: expect.stringContaining("As") });
    expect(await jobs.row(job)).toMatchObject({
      status: "FAILED",
      error_message: expect.stringContaining("As"),
      progress_message: expect.stringMatching(/^Failed: /),
    });
    // The result goes out before the dead letter does: asking a queue that is not there yet would close the channel.
    await client.current.channel.assertQueue("spot_simulation-dlq", { durable: true });
    const [dead] = await waitUntil(async () => {
      const found = await client.current.drain("spot_simulation-dlq");
      return found.length > 0 && found;
    }, "the dead letter");
    expect(dead?.properties.headers).toMatchObject({
      id,
      "x-dead-letter-attempts": 1,
      "x-dead-letter-reason": expect.stringContaining("As"),
    });
  });

  it("revoke(terminate=True) leaves the row CANCELLED", async () => {
    const job = await jobs.queue({
      ...SPOT,
      players: [{ cards: ["As", "Ks", "Qh", "Jh"] }, { cards: ["8c", "8d", "7c", "6d"] }],
      top_board: [],
      bottom_board: [],
      simulation_runs: 1_000_000_000,
      random_opponents: 3,
    });
    const id = await backend.ask<string>({ do: "path-a", module: "tasks", queue: "spot_simulation", job });
    await waitUntil(async () => (await jobs.row(job)).status === "PROCESSING", "the job to run");
    await backend.ask({ do: "revoke", id });
    await waitUntil(async () => (await jobs.row(job)).status === "CANCELLED", "a CANCELLED row");
    expect(await backend.ask<PythonResult>({ do: "get", id })).toMatchObject({
      raised: "TaskRevokedError",
      status: "REVOKED",
    });
  });
});

describe("path B", () => {
  it("takes the job id out of the dict, from a queue that has dead-lettering of its own", async () => {
    const job = await jobs.queue(SPOT);
    const id = await backend.ask<string>({ do: "path-b", job, message: randomUUID() });
    expect(await backend.ask<PythonResult>({ do: "get", id })).toMatchObject({ status: "SUCCESS" });
    await completed(job);
  });

  it("waits for a row that is committed after its message was sent", async () => {
    const job = randomUUID();
    const id = await backend.ask<string>({ do: "path-b", job, message: randomUUID() });
    await delay(2500);
    await jobs.database
      .insertInto("jobs")
      .values({
        id: job,
        user_id: USER_ID,
        job_type: "SPOT_SIMULATION",
        status: "QUEUED",
        input_data: JSON.stringify(SPOT),
      })
      .execute();
    await completed(job);
    expect(await backend.ask<PythonResult>({ do: "get", id })).toMatchObject({ status: "SUCCESS" });
  });
});

describe("path C", () => {
  it.each(["tasks.process_spot_simulation", "celery_worker.tasks.process_spot_simulation"])(
    "runs a hand-written protocol 1 message (%s)",
    async (task) => {
      const job = await jobs.queue(SPOT);
      const body = {
        task,
        id: randomUUID(),
        args: [job],
        kwargs: {},
        retries: 0,
        eta: null,
        expires: null,
        callbacks: null,
        errbacks: null,
        timelimit: [null, null],
        taskset: null,
        chord: null,
      };
      await client.current.publish("spot-processing", Buffer.from(JSON.stringify(body)), {
        contentType: "application/json",
        contentEncoding: "utf-8",
        deliveryMode: 2,
      });
      await completed(job);
    },
  );
});

it("a solver analysis with a bad game state fails its row with a reason", async () => {
  const job = await jobs.queue({ street: "river", pot_size: -5 }, "SOLVER_ANALYSIS");
  await client.current.send("solver-processing", "tasks.process_solver_analysis", [job]);
  const row = await waitUntil(async () => {
    const found = await jobs.row(job);
    return found.status === "FAILED" && found;
  });
  expect(row.error_message).toMatch(/.{10,}/);
});
