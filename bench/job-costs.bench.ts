/**
 * What jobs cost, by kind: processor time of the worker, of PostgreSQL and of RabbitMQ, and what a row takes on disk. Many
 * jobs at once on services and a worker of their own, so that no part waits for the next job.
 */
import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { loadavg } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { pino } from "pino";
import { freePorts } from "../scripts/local/processes.js";
import { type Services, startServices } from "../scripts/local/services.js";
import { Celery } from "../src/celery/index.js";
import { printTable, type Row, saveResults } from "./report.js";
import { cpuSeconds, DIST, startProcess } from "./runtime/setting.js";

const ACES = { cards: ["As", "Ah", "Kd", "Qd"] };
const RUNDOWN = { cards: ["Jh", "Th", "9s", "8s"] };
const SPOT = { task: "tasks.process_spot_simulation", queue: "spot_simulation", type: "SPOT_SIMULATION" };
const SOLVE = { task: "tasks.process_solver_analysis", queue: "solver_analysis", type: "SOLVER_ANALYSIS" };
const RIVER = {
  board: ["Ks", "Qd", "7h", "4c", "2d"],
  pot_size: 60,
  stack_sizes: [120, 120],
  player_ranges: { "0": "15%", "1": "25%" },
  max_combos: 300,
  iterations: 200,
  use_cache: false,
};

const CASES = [
  {
    name: "two hands on a turn, counted",
    ...SPOT,
    jobs: 1000,
    input: { players: [ACES, RUNDOWN], top_board: ["Qs", "Js", "4h", "2c"] },
  },
  {
    name: "two hands on two flops, counted",
    ...SPOT,
    jobs: 100,
    input: { players: [ACES, RUNDOWN], top_board: ["Qs", "Js", "4h"], bottom_board: ["7h", "8d", "2c"] },
  },
  {
    name: "two ranges on a flop, 10,000 deals",
    ...SPOT,
    jobs: 100,
    input: { players: [{ cards: "AA:ds" }, { cards: "15%" }], top_board: ["Td", "8c", "5h"], simulation_runs: 10_000 },
  },
  { name: "a river of 300 × 300 hands, 200 iterations", ...SOLVE, jobs: 40, input: RIVER },
] as const;
/** Jobs before the clock starts: tables are read and code is compiled by then. */
const WARM_UP = 10;

async function bench(): Promise<void> {
  const services = await startServices({ rabbitmq: true, postgres: true });
  const env = {
    CELERY_BROKER_URL: services.brokerUrl,
    DATABASE_URL: services.databaseUrl,
    CELERY_HEALTH_PORT: String((await freePorts(1))[0]),
    CELERY_WORKER_CONCURRENCY: "2",
    LOG_FORMAT: "json",
    LOG_LEVEL: "info",
  };
  const main = join(DIST, "cli/main.js");
  const migration = startProcess(process.execPath, [main, "db", "migrate"], env);
  await migration.ended;
  const worker = startProcess(process.execPath, [main, "worker"], env);
  const database = new pg.Client(services.databaseUrl);
  database.on("error", () => undefined);
  const app = new Celery("bench", { broker: services.brokerUrl ?? "", log: pino({ level: "warn" }) });
  try {
    await worker.line(/ ready\./);
    await database.connect();
    await database.query("insert into users (id, email) values ('bench', 'bench@example.com')");
    const rows: Row[] = [];
    for (const one of CASES) rows.push(await costOf(one, { services, database, app, worker: worker.pid }));
    process.stdout.write(`\nload ${loadavg()[0]?.toFixed(1)}; per job\n\n`);
    printTable(rows);
    saveResults("job-costs", rows);
  } finally {
    await app.close();
    await database.end().catch(() => undefined);
    await worker.stop();
    await services.stop();
  }
}

interface Parts {
  readonly services: Services;
  readonly database: pg.Client;
  readonly app: Celery;
  /** Its process. */
  readonly worker: number;
}

async function costOf({ name, task, queue, type, jobs, input }: (typeof CASES)[number], parts: Parts): Promise<Row> {
  const { database, app } = parts;
  const run = async (count: number) => {
    const ids = Array.from({ length: count }, () => randomUUID());
    for (const id of ids)
      await database.query(
        `insert into jobs (id, user_id, job_type, status, input_data, progress_percentage) values ($1, 'bench', $2, 'QUEUED', $3, 0)`,
        [id, type, JSON.stringify(input)],
      );
    // What the sender takes of the database and the broker is part of a job's cost, its own processor time is not.
    for (const id of ids) await app.sendTask(task, [id], {}, { queue, ignoreResult: true });
    for (;;) {
      const { rows } = await database.query<{ open: string; failed: string | null }>(
        `select count(*) filter (where status in ('QUEUED', 'PROCESSING')) as open,
                max(error_message) filter (where status = 'FAILED') as failed from jobs`,
      );
      if (rows[0]?.failed) throw new Error(`${name}: ${rows[0].failed}`);
      if (rows[0]?.open === "0") return;
      await sleep(200);
    }
  };
  await run(WARM_UP);
  const [diskBefore, before] = [await diskBytes(database), used(parts)];
  await run(jobs);
  const after = used(parts);
  const ms = (part: keyof typeof after) => Number((((after[part] - before[part]) / jobs) * 1000).toPrecision(3));
  return {
    job: name,
    jobs,
    "worker, CPU ms": ms("worker"),
    "PostgreSQL, CPU ms": ms("postgres"),
    "RabbitMQ, CPU ms": ms("rabbitmq"),
    "on disk, kB": Number(((await diskBytes(database)) / jobs / 1000 - diskBefore / jobs / 1000).toPrecision(2)),
  };
}

async function diskBytes(database: pg.Client): Promise<number> {
  const { rows } = await database.query<{ bytes: string }>(
    "select pg_total_relation_size('jobs') + pg_total_relation_size('solver_solutions') as bytes",
  );
  return Number(rows[0]?.bytes);
}

/** Processor seconds by now. */
function used({ worker, services }: Parts) {
  const data = readFileSync(join(services.folder, "postgres/data/postmaster.pid"), "utf8");
  const postmaster = Number(data.split("\n")[0]);
  const children = processes().filter(({ parent }) => parent === postmaster);
  const broker = processes().filter(({ command }) => /beam/.test(command) && command.includes(services.folder));
  return {
    worker: cpuSeconds(worker),
    // Of those that have ended the postmaster has the sum.
    postgres: endedSeconds(postmaster) + children.reduce((sum, { pid }) => sum + cpuSeconds(pid), 0),
    rabbitmq: broker.reduce((sum, { pid }) => sum + cpuSeconds(pid), 0),
  };
}

function processes(): { pid: number; parent: number; command: string }[] {
  return readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const parent = Number(statOf(Number(name))[1]);
      return [{ pid: Number(name), parent, command: readFileSync(`/proc/${name}/cmdline`, "utf8") }];
    } catch {
      return [];
    }
  });
}

/** What the process itself and its children that have ended used. */
function endedSeconds(pid: number): number {
  const fields = statOf(pid);
  return [11, 12, 13, 14].reduce((sum, field) => sum + Number(fields[field]), 0) / 100;
}

/** The fields of a process after its name: state first. */
function statOf(pid: number): string[] {
  return readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /s, "")
    .split(" ");
}

bench().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
});
