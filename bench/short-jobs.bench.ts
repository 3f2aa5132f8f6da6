/**
 * Simulations beside solves, row to row: from the insert of the QUEUED row until the COMPLETED one is seen, one job after
 * the other. Two workers of two threads on private services, first idle, then one of them with a solve, then each with as
 * many solves as it takes, then idle again: the same load of other programs should show in both idle figures.
 */
import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { loadavg } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { pino } from "pino";
import { freePorts, waitFor } from "../scripts/local/processes.js";
import { type Services, startServices } from "../scripts/local/services.js";
import { ROOT } from "../scripts/local/state.js";
import { Celery } from "../src/celery/index.js";
import { threeDigits } from "./poker-peers.js";
import { printTable, type Row, saveResults } from "./report.js";

const CLI = process.env.BENCH_CLI ?? join(ROOT, "dist/cli/main.js");
const JOBS = Number(process.env.BENCH_JOBS ?? 200);
const WARM_UP = 20;
const WORKERS = 2;

const SIMULATION = {
  players: [
    ["As", "Ks", "Qh", "Jh"],
    ["8c", "8d", "7c", "6d"],
  ],
  top_board: ["9c", "8h", "2s"],
  bottom_board: ["Ad", "Td", "3c"],
};
/** Lasts until it is cancelled. */
const SOLVE = {
  game_state: {
    street: "flop",
    board: ["Ks", "Qd", "7h"],
    pot_size: 100,
    stack_sizes: [300, 300],
    player_position: 0,
    active_players: [0, 1],
    player_ranges: {},
  },
  iterations: 1_000_000,
  use_cache: false,
};
const ROUTES = {
  SPOT_SIMULATION: { task: "tasks.process_spot_simulation", queue: "spot_simulation" },
  SOLVER_ANALYSIS: { task: "tasks.process_solver_analysis", queue: "solver_analysis" },
} as const;

/** Sorted milliseconds of many jobs. */
interface Times {
  readonly total: readonly number[];
  /** Claimed to completed. */
  readonly inWorker: readonly number[];
}

class Bench {
  readonly #database: pg.Client;
  readonly #app: Celery;

  constructor(database: pg.Client, app: Celery) {
    this.#database = database;
    this.#app = app;
  }

  async submit(type: keyof typeof ROUTES, input: unknown): Promise<string> {
    const id = randomUUID();
    await this.#database.query(
      `insert into jobs (id, user_id, job_type, status, input_data, progress_percentage, created_at, updated_at)
       values ($1, 'bench', $2, 'QUEUED', $3, 0, now() at time zone 'utc', now() at time zone 'utc')`,
      [id, type, JSON.stringify(input)],
    );
    const { task, queue } = ROUTES[type];
    await this.#app.sendTask(task, [id], {}, { queue, ignoreResult: true });
    return id;
  }

  async times(): Promise<Times> {
    const total: number[] = [];
    const inWorker: number[] = [];
    for (let round = 0; round < WARM_UP + JOBS; round++) {
      const before = performance.now();
      const id = await this.submit("SPOT_SIMULATION", SIMULATION);
      const computing = await this.#completed(id);
      if (round < WARM_UP) continue;
      total.push(performance.now() - before);
      inWorker.push(computing);
    }
    return { total: total.sort(ascending), inWorker: inWorker.sort(ascending) };
  }

  /** More solves than may run at once. @returns what cancels them */
  async startSolves(workers: number): Promise<() => Promise<void>> {
    const solves: string[] = [];
    for (let solve = 0; solve < (workers === WORKERS ? 2 * WORKERS : workers); solve++)
      solves.push(await this.submit("SOLVER_ANALYSIS", SOLVE));
    const count = "select count(*)::int as solving from jobs where id = any($1) and status = 'PROCESSING'";
    await waitFor(
      "a solve on each worker",
      async () => (await this.#database.query(count, [solves])).rows[0].solving === workers,
      { timeoutMs: 60_000, everyMs: 100 },
    );
    // Trees are built by then, and the helpers have joined.
    await sleep(5000);
    return async () => {
      const { rows } = await this.#database.query(count, [solves]);
      if (rows[0].solving !== workers) throw new Error("the solves did not run to the end of the measurement");
      await this.#database.query("update jobs set status = 'CANCELLED' where id = any($1)", [solves]);
      await sleep(10_000);
    };
  }

  /** Milliseconds from claimed to completed, by the database's clock. */
  async #completed(id: string): Promise<number> {
    for (;;) {
      const { rows } = await this.#database.query(
        `select status, error_message, extract(epoch from completed_at - started_at)::float8 * 1000 as computing
         from jobs where id = $1`,
        [id],
      );
      if (rows[0].status === "COMPLETED") return rows[0].computing;
      if (rows[0].status === "FAILED") throw new Error(rows[0].error_message);
      await sleep(2);
    }
  }
}

async function startWorkers(services: Services): Promise<void> {
  const ports = await freePorts(WORKERS);
  for (const [index, port] of ports.entries()) {
    const args = [CLI, "-A", "main.celery_app.celery", "worker", "--loglevel=warning", "--concurrency=2"];
    services.spawn(`worker ${index}`, process.execPath, [...args, "-n", `bench${index}@%h`], {
      env: {
        ...process.env,
        CELERY_BROKER_URL: services.brokerUrl,
        DATABASE_URL: services.databaseUrl,
        CELERY_HEALTH_PORT: String(port),
      },
      logFile: join(services.folder, `worker-${index}.log`),
    });
  }
  for (const port of ports)
    await waitFor("the workers", async () => (await fetch(`http://127.0.0.1:${port}/ready`)).ok, {
      timeoutMs: 60_000,
      everyMs: 50,
    });
}

async function measure(): Promise<Row[]> {
  const services = await startServices({ rabbitmq: true, postgres: true });
  const database = new pg.Client({ connectionString: services.databaseUrl });
  const app = new Celery("bench", { broker: services.brokerUrl, log: pino({ level: "silent" }) });
  try {
    const env = { ...process.env, DATABASE_URL: services.databaseUrl };
    execFileSync(process.execPath, [CLI, "db", "migrate"], { env, stdio: "ignore" });
    await startWorkers(services);
    await database.connect();
    await database.query(
      "insert into users (id, email, username) values ('bench', 'bench@plosolver.example', 'bench')",
    );
    const bench = new Bench(database, app);
    await sleep(3000);
    const idle = await bench.times();
    const rows = [rowOf("idle", idle, idle)];
    for (const workers of [1, WORKERS]) {
      const cancel = await bench.startSolves(workers);
      rows.push(rowOf(workers === 1 ? "one with a solve" : "each with a solve", await bench.times(), idle));
      await cancel();
    }
    rows.push(rowOf("idle again", await bench.times(), idle));
    return rows;
  } finally {
    await app.close();
    await database.end().catch(() => undefined);
    await services.stop();
  }
}

function rowOf(workers: string, { total, inWorker }: Times, idle: Times): Row {
  return {
    workers,
    jobs: total.length,
    "p50, ms": threeDigits(quantile(total, 0.5)),
    "p99, ms": threeDigits(quantile(total, 0.99)),
    "longest, ms": threeDigits(quantile(total, 1)),
    "of it claimed to completed, p50": threeDigits(quantile(inWorker, 0.5)),
    p99: threeDigits(quantile(inWorker, 0.99)),
    "p50 / idle p50": threeDigits(quantile(total, 0.5) / quantile(idle.total, 0.5)),
    "p99 / idle p99": threeDigits(quantile(total, 0.99) / quantile(idle.total, 0.99)),
    "load of the machine": threeDigits(loadavg()[0] ?? 0),
  };
}

const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
const ascending = (one: number, other: number): number => one - other;

const rows = await measure();
process.stdout.write("Simulations beside solves, row to row\n");
printTable(rows);
saveResults("short-jobs", rows);
