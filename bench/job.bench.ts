/**
 * The path of a job, row to row: a row QUEUED, the message through RabbitMQ, the answer in the row. On private services,
 * with a sender that keeps its connections open, as a backend does. Several new workers of two threads, one after the
 * other: each one's first job, then its jobs once it is warm, and its memory. BENCH_DIST names another build's `dist`,
 * whose workers have their turns between ours.
 */
import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { loadavg } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { pino } from "pino";
import { freePorts } from "../scripts/local/processes.js";
import { type Services, startServices } from "../scripts/local/services.js";
import { ROOT } from "../scripts/local/state.js";
import { Celery } from "../src/celery/index.js";
import { threeDigits } from "./poker-peers.js";
import { printTable, type Row, saveResults } from "./report.js";
import { median, quantile } from "./runtime/paired.js";
import { type Child, residentMegabytes, startProcess } from "./runtime/setting.js";

const BUILDS = new Map([["this build", join(ROOT, "dist")]]);
if (process.env.BENCH_DIST !== undefined) BUILDS.set("the other", process.env.BENCH_DIST);
/** New workers of each build. */
const WORKERS = Number(process.env.BENCH_WORKERS ?? 5);
/** From ready to the first job. */
const FIRST_JOB_AFTER_MS = 1000;
/** Jobs of one kind that a worker has. */
const ROUNDS = 25;
const WARM_UP = 5;
/** The database takes the times: looking more often would only slow the worker. */
const LOOK_EVERY_MS = 10;
/** The old system took more than 30 s. */
const OLD_SYSTEM_MS = 30_000;

const HERO = ["As", "Ks", "Qh", "Jh"];
const VILLAIN = ["8c", "8d", "7c", "6d"];
const THIRD = ["Kh", "Kc", "5c", "4c"];
const TOP = ["9c", "8h", "2s"];
const BOTTOM = ["Ad", "Td", "3c"];
const FLOP = { players: [HERO, VILLAIN], top_board: TOP, bottom_board: BOTTOM };
/** What only the last worker of a build is asked. */
const OTHERS: readonly (readonly [string, Input])[] = [
  ["double-board flop, 3 players", { players: [HERO, VILLAIN, THIRD], top_board: TOP, bottom_board: BOTTOM }],
  ["double-board preflop, 2 players", { players: [HERO, VILLAIN], top_board: [], bottom_board: [] }],
];
/** Minutes of both threads: three players preflop on two boards, against further players at random. */
const LONG = {
  players: [HERO, VILLAIN, THIRD],
  top_board: [],
  bottom_board: [],
  random_opponents: 3,
  simulation_runs: 1_000_000_000,
};

type Input = Readonly<Record<string, unknown>>;

/** Milliseconds of jobs of one kind. */
interface Times {
  /** From the row's creation on. */
  readonly total: number[];
  /** From the moment the broker had confirmed the message. */
  readonly sent: number[];
  readonly claimed: number[];
}

const noTimes = (): Times => ({ total: [], sent: [], claimed: [] });

/** What the workers of one build took. */
class Figures {
  readonly first: number[] = [];
  readonly idleMegabytes: number[] = [];
  readonly busyMegabytes: number[] = [];
  readonly kinds = new Map<string, Times>();

  timesOf(kind: string): Times {
    const times = this.kinds.get(kind) ?? noTimes();
    this.kinds.set(kind, times);
    return times;
  }

  rows(build: string): Row[] {
    return [...this.kinds].map(([kind, { total, sent, claimed }], index) => ({
      job: BUILDS.size === 1 ? kind : `${kind}, ${build}`,
      "row to row, median ms": threeDigits(median(total)),
      "95 %, ms": threeDigits(quantile(total, 0.95)),
      "best, ms": threeDigits(Math.min(...total)),
      "message confirmed to completed, ms": threeDigits(median(sent)),
      "claimed to completed, ms": threeDigits(median(claimed)),
      // From the claim on: the sender's own start is not the worker's.
      "first of a new worker, claimed to completed, ms": index === 0 ? this.first.map(threeDigits).join(", ") : "",
      "old system, ms": index === 0 ? `> ${OLD_SYSTEM_MS}` : "",
    }));
  }
}

/** Inserts rows and sends their messages. */
class Sender {
  constructor(
    private readonly database: pg.Client,
    private readonly app: Celery,
  ) {}

  /** @returns the row's id, and milliseconds from its creation until its message was confirmed */
  async submit(input: Input): Promise<{ readonly id: string; readonly sendingMs: number }> {
    const id = randomUUID();
    const before = performance.now();
    await this.database.query(
      `insert into jobs (id, user_id, job_type, status, input_data, progress_percentage, created_at, updated_at)
       values ($1, 'bench', 'SPOT_SIMULATION', 'QUEUED', $2, 0, clock_timestamp() at time zone 'utc', now() at time zone 'utc')`,
      [id, JSON.stringify(input)],
    );
    const options = { queue: "spot_simulation", ignoreResult: true };
    await this.app.sendTask("tasks.process_spot_simulation", [id], {}, options);
    return { id, sendingMs: performance.now() - before };
  }

  /** One job from its row to its answer, in milliseconds by the database's clock. */
  async time(input: Input): Promise<{ readonly total: number; readonly sent: number; readonly claimed: number }> {
    const { id, sendingMs } = await this.submit(input);
    for (;;) {
      const { rows } = await this.database.query<{
        status: string;
        total: number;
        claimed: number;
        error_message: string | null;
      }>(
        `select status, error_message, extract(epoch from completed_at - created_at)::float8 * 1000 as total,
                extract(epoch from completed_at - started_at)::float8 * 1000 as claimed
         from jobs where id = $1`,
        [id],
      );
      const [row] = rows;
      if (row?.status === "COMPLETED") return { total: row.total, sent: row.total - sendingMs, claimed: row.claimed };
      if (row?.status === "FAILED") throw new Error(row.error_message ?? "the job failed");
      await sleep(LOOK_EVERY_MS);
    }
  }

  /** Many jobs of one kind, one after the other. */
  async timeMany(input: Input, into: Times): Promise<void> {
    for (let round = 0; round < WARM_UP + ROUNDS; round++) {
      const { total, sent, claimed } = await this.time(input);
      if (round < WARM_UP) continue;
      into.total.push(total);
      into.sent.push(sent);
      into.claimed.push(claimed);
    }
  }

  async status(id: string): Promise<string> {
    return (await this.database.query("select status from jobs where id = $1", [id])).rows[0]?.status;
  }

  async cancel(id: string): Promise<void> {
    await this.database.query("update jobs set status = 'CANCELLED' where id = $1", [id]);
  }
}

async function startWorker(dist: string, services: Services): Promise<Child> {
  const worker = startProcess(process.execPath, [join(dist, "cli/main.js"), "worker", "-l", "info", "-c", "2"], {
    CELERY_BROKER_URL: services.brokerUrl,
    DATABASE_URL: services.databaseUrl,
    CELERY_HEALTH_PORT: String((await freePorts(1))[0]),
    LOG_FORMAT: "json",
  });
  await worker.line(/ ready\./);
  return worker;
}

/** One new worker, from its first job on. */
async function measureWorker(worker: Child, sender: Sender, figures: Figures, isLast: boolean): Promise<void> {
  await sleep(FIRST_JOB_AFTER_MS);
  figures.idleMegabytes.push(residentMegabytes(worker.pid));
  figures.first.push((await sender.time(FLOP)).claimed);
  await sender.timeMany(FLOP, figures.timesOf("double-board flop, 2 players"));
  if (isLast) {
    for (const [kind, input] of OTHERS) await sender.timeMany(input, figures.timesOf(kind));
    const { id } = await sender.submit(LONG);
    while ((await sender.status(id)) !== "PROCESSING") await sleep(LOOK_EVERY_MS);
    await sender.timeMany(FLOP, figures.timesOf("double-board flop, 2 players, beside a long simulation"));
    await sender.cancel(id);
  }
  figures.busyMegabytes.push(residentMegabytes(worker.pid));
}

async function bench(): Promise<void> {
  const services = await startServices({ rabbitmq: true, postgres: true });
  const database = new pg.Client({ connectionString: services.databaseUrl });
  database.on("error", () => undefined);
  const app = new Celery("bench", { broker: services.brokerUrl, log: pino({ level: "warn" }) });
  const figures = new Map(Array.from(BUILDS.keys(), (build) => [build, new Figures()]));
  try {
    const env = { ...process.env, CELERY_BROKER_URL: services.brokerUrl, DATABASE_URL: services.databaseUrl };
    execFileSync(process.execPath, [join(ROOT, "dist/cli/main.js"), "db", "migrate"], { env, stdio: "ignore" });
    await database.connect();
    await database.query("insert into users (id, email) values ('bench', 'bench@example.com')");
    const sender = new Sender(database, app);
    for (let turn = 0; turn < WORKERS; turn++)
      for (const [build, dist] of turn % 2 === 0 ? BUILDS : [...BUILDS].reverse()) {
        const worker = await startWorker(dist, services);
        const into = figures.get(build) ?? new Figures();
        await measureWorker(worker, sender, into, turn === WORKERS - 1).finally(() => worker.stop());
      }
  } finally {
    await app.close();
    await database.end().catch(() => undefined);
    await services.stop();
  }
  const rows = [...figures].flatMap(([build, of]) => of.rows(build));
  process.stdout.write(`Jobs from row to row; load ${loadavg()[0]?.toFixed(1)}\n`);
  for (const [build, { idleMegabytes, busyMegabytes }] of figures) {
    const [idle, busy] = [median(idleMegabytes).toFixed(0), median(busyMegabytes).toFixed(0)];
    process.stdout.write(`A worker with two threads, ${build}: ${idle} MB before its jobs, ${busy} MB after them\n`);
  }
  printTable(rows);
  saveResults("job", rows);
}

bench().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
});
