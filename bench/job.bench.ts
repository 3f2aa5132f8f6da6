/**
 * The path of a job, row to row: a row QUEUED, the message through RabbitMQ, the answer in the row. On private services,
 * one worker of two threads, after some jobs to warm up. Also the worker's memory, idle and after the jobs.
 */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { DirectJobs } from "../scripts/local/jobs-api.js";
import { freePorts, waitFor } from "../scripts/local/processes.js";
import { sendTask } from "../scripts/local/send-task.js";
import { startServices } from "../scripts/local/services.js";
import { ROOT } from "../scripts/local/state.js";
import { threeDigits } from "./poker-peers.js";
import { printTable, type Row, saveResults } from "./report.js";

const CLI = process.env.BENCH_CLI ?? join(ROOT, "dist/cli/main.js");
const ROUNDS = 25;
const WARM_UP = 5;
/** The old system took more than 30 s. */
const OLD_SYSTEM_MS = 30_000;

const HERO = ["As", "Ks", "Qh", "Jh"];
const VILLAIN = ["8c", "8d", "7c", "6d"];
const THIRD = ["Kh", "Kc", "5c", "4c"];
const TOP = ["9c", "8h", "2s"];
const BOTTOM = ["Ad", "Td", "3c"];
const JOBS: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
  ["double-board flop, 2 players, 10,000 runs", { players: [HERO, VILLAIN], top_board: TOP, bottom_board: BOTTOM }],
  [
    "double-board flop, 3 players, 10,000 runs",
    { players: [HERO, VILLAIN, THIRD], top_board: TOP, bottom_board: BOTTOM },
  ],
  ["double-board preflop, 2 players, 10,000 runs", { players: [HERO, VILLAIN], top_board: [], bottom_board: [] }],
];

/** Minutes of both threads: three players preflop on two boards, against further players at random. */
const LONG = {
  players: [HERO, VILLAIN, THIRD],
  top_board: [],
  bottom_board: [],
  random_opponents: 3,
  simulation_runs: 1_000_000_000,
};

const memoryMegabytes = (pid: number): number =>
  Number(execFileSync("ps", ["-o", "rss=", "-p", String(pid)], { encoding: "utf8" })) / 1024;

async function measure(): Promise<Row[]> {
  const services = await startServices({ rabbitmq: true, postgres: true });
  const database = new pg.Client({ connectionString: services.databaseUrl });
  try {
    const [port = 0] = await freePorts(1);
    const env = {
      ...process.env,
      CELERY_BROKER_URL: services.brokerUrl,
      DATABASE_URL: services.databaseUrl,
      CELERY_HEALTH_PORT: String(port),
    };
    execFileSync(process.execPath, [CLI, "db", "migrate"], { env, stdio: "ignore" });
    const args = [CLI, "-A", "main.celery_app.celery", "worker", "--loglevel=warning", "--concurrency=2"];
    const worker = services.spawn("worker", process.execPath, args, {
      env,
      logFile: join(services.folder, "worker.log"),
    });
    await waitFor("the worker", async () => (await fetch(`http://127.0.0.1:${port}/ready`)).ok, {
      timeoutMs: 60_000,
      everyMs: 50,
    });
    await database.connect();
    const { brokerUrl, databaseUrl } = services;
    const jobs = new DirectJobs(databaseUrl, (task, jobId) => sendTask(brokerUrl, task, jobId));
    await sleep(1000);
    const idle = memoryMegabytes(worker.pid);
    const rows: Row[] = [];
    for (const [name, input_data] of JOBS) rows.push(await timeJob(name, input_data, jobs, database));
    const long = await jobs.submit({ job_type: "SPOT_SIMULATION", input_data: LONG });
    await waitFor("the long job", async () => {
      const { rows: found } = await database.query("select status from jobs where id = $1", [long]);
      return found[0]?.status === "PROCESSING";
    });
    const [name, input_data] = JOBS[0] ?? ["", {}];
    rows.push(await timeJob(`${name}, beside a long simulation`, input_data, jobs, database));
    await database.query("update jobs set status = 'CANCELLED' where id = $1", [long]);
    process.stdout.write(
      `Worker with two threads: ${idle.toFixed(0)} MB idle, ${memoryMegabytes(worker.pid).toFixed(0)} MB after the jobs\n`,
    );
    return rows;
  } finally {
    await database.end().catch(() => undefined);
    await services.stop();
  }
}

/** Many jobs of one kind, one after the other. */
async function timeJob(
  name: string,
  input_data: Readonly<Record<string, unknown>>,
  jobs: DirectJobs,
  database: pg.Client,
): Promise<Row> {
  const times: number[] = [];
  const computing: number[] = [];
  for (let round = 0; round < WARM_UP + ROUNDS; round++) {
    const { total, inWorker } = await rowToRow(jobs, database, input_data);
    times.push(total);
    computing.push(inWorker);
  }
  const warm = times.slice(WARM_UP).sort(ascending);
  return {
    job: name,
    // From the claim on: the sender's own start is not the worker's.
    "first, claimed to completed, ms": threeDigits(computing[0] ?? 0),
    "median, ms": threeDigits(warm[Math.floor(ROUNDS / 2)] ?? 0),
    "of it claimed to completed, ms": threeDigits(computing.slice(WARM_UP).sort(ascending)[ROUNDS >> 1] ?? 0),
    "95 %, ms": threeDigits(warm[Math.floor(ROUNDS * 0.95)] ?? 0),
    "old system, ms": input_data === JOBS[0]?.[1] ? `> ${OLD_SYSTEM_MS}` : "",
  };
}

/** Milliseconds from the QUEUED row to the COMPLETED one, by the database's clock. */
async function rowToRow(
  jobs: DirectJobs,
  database: pg.Client,
  input_data: Readonly<Record<string, unknown>>,
): Promise<{ readonly total: number; readonly inWorker: number }> {
  const id = await jobs.submit({ job_type: "SPOT_SIMULATION", input_data });
  for (;;) {
    const { rows } = await database.query<{
      status: string;
      total: number;
      computing: number;
      error_message: string | null;
    }>(
      `select status, error_message, extract(epoch from completed_at - created_at)::float8 * 1000 as total,
              extract(epoch from completed_at - started_at)::float8 * 1000 as computing
       from jobs where id = $1`,
      [id],
    );
    const [row] = rows;
    if (row?.status === "COMPLETED") return { total: row.total, inWorker: row.computing };
    if (row?.status === "FAILED") throw new Error(row.error_message ?? "the job failed");
    await sleep(2);
  }
}

const ascending = (one: number, other: number): number => one - other;

const rows = await measure();
process.stdout.write("Jobs from row to row\n");
printTable(rows);
saveResults("job", rows);
