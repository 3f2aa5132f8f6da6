/**
 * What a flop of a report costs in processor time when one, two and three workers share the report: rounds in turn, on
 * services of their own. Each worker computes on one thread, so that two have a core each on a machine of two.
 */
import { randomUUID } from "node:crypto";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { pino } from "pino";
import { freePorts } from "../scripts/local/processes.js";
import { type Services, startServices } from "../scripts/local/services.js";
import { Celery } from "../src/celery/index.js";
import { printTable, type Row, saveResults } from "./report.js";
import { type Child, cpuSeconds, DIST, startProcess } from "./runtime/setting.js";

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);
const WORKERS = [1, 2, 3];
const SPOT = {
  pot_size: 6.5,
  stack_sizes: [97, 97],
  player_ranges: { "0": "12%", "1": "20%" },
  bet_sizes: [1],
  max_raises: 0,
  max_combos: 40,
  iterations: 10,
  use_cache: false,
};
const CASES = [
  { name: "one board", flops: 12, input: SPOT },
  { name: "two boards", flops: 8, input: { ...SPOT, num_boards: 2, max_combos: 12 } },
] as const;

/** Median, and the least and most. */
function summary(values: readonly number[], digits: number): string {
  const sorted = [...values].sort((a, b) => a - b);
  const text = (value: number | undefined) => (value ?? Number.NaN).toFixed(digits);
  return `${text(sorted[Math.floor(sorted.length / 2)])} (${text(sorted[0])}–${text(sorted.at(-1))})`;
}

/** A report over random flops on so many workers. @returns seconds a flop: of processor, and elapsed */
async function solve(
  services: Services,
  count: number,
  { flops, input }: (typeof CASES)[number],
  seed: number,
): Promise<{ readonly cpu: number; readonly elapsed: number }> {
  const main = join(DIST, "cli/main.js");
  const ports = await freePorts(count);
  const workers: Child[] = ports.map((port) =>
    startProcess(process.execPath, [main, "worker", "-n", `bench-${port}@%h`], {
      CELERY_BROKER_URL: services.brokerUrl,
      DATABASE_URL: services.databaseUrl,
      CELERY_HEALTH_PORT: String(port),
      CELERY_WORKER_CONCURRENCY: "1",
      LOG_FORMAT: "json",
      LOG_LEVEL: "info",
    }),
  );
  const database = new pg.Client(services.databaseUrl);
  database.on("error", () => undefined);
  const app = new Celery("bench", { broker: services.brokerUrl ?? "", log: pino({ level: "warn" }) });
  const report = async (sample: object): Promise<void> => {
    const id = randomUUID();
    const data = JSON.stringify({ ...input, flops: sample });
    await database.query(
      `insert into jobs (id, user_id, job_type, status, input_data, progress_percentage) values ($1, 'bench', 'SOLVER_ANALYSIS', 'QUEUED', $2, 0)`,
      [id, data],
    );
    await app.sendTask("tasks.process_solver_analysis", [id], {}, { queue: "solver_analysis", ignoreResult: true });
    for (;;) {
      const { rows } = await database.query<{ status: string; error_message: string | null }>(
        "select status, error_message from jobs where id = $1",
        [id],
      );
      if (rows[0]?.status === "COMPLETED") return;
      if (rows[0]?.status === "FAILED") throw new Error(`the report failed: ${rows[0].error_message}`);
      await sleep(50);
    }
  };
  try {
    await database.connect();
    for (const worker of workers) await worker.line(/ ready\./);
    // Each worker measures its speed and compiles its kernels first.
    await report({ sample: 2 * count, seed: 1000 });
    const used = () => workers.reduce((sum, { pid }) => sum + cpuSeconds(pid), 0);
    const [before, startedAt] = [used(), performance.now()];
    await report({ sample: flops, seed });
    return { cpu: (used() - before) / flops, elapsed: (performance.now() - startedAt) / 1000 / flops };
  } finally {
    await app.close();
    await database.end().catch(() => undefined);
    for (const worker of workers) await worker.stop();
  }
}

async function bench(): Promise<void> {
  const services = await startServices({ rabbitmq: true, postgres: true });
  try {
    const migration = startProcess(process.execPath, [join(DIST, "cli/main.js"), "db", "migrate", "--reports"], {
      DATABASE_URL: services.databaseUrl,
    });
    await migration.ended;
    const database = new pg.Client(services.databaseUrl);
    await database.connect();
    await database.query("insert into users (id, email) values ('bench', 'bench@example.com')");
    await database.end();
    const rows: Row[] = [];
    for (const one of CASES) {
      const found = new Map(WORKERS.map((count) => [count, [] as { cpu: number; elapsed: number }[]]));
      for (let round = 0; round < ROUNDS; round++) {
        const order = round % 2 === 0 ? WORKERS : [...WORKERS].reverse();
        for (const count of order) found.get(count)?.push(await solve(services, count, one, round + 1));
      }
      const alone = found.get(1) ?? [];
      for (const [count, rounds] of found) {
        rows.push({
          report: `${one.name}, ${one.flops} flops`,
          workers: count,
          "CPU s a flop": summary(
            rounds.map(({ cpu }) => cpu),
            2,
          ),
          "beside one worker": summary(
            rounds.map(({ cpu }, round) => cpu / (alone[round]?.cpu ?? Number.NaN)),
            3,
          ),
          "elapsed s a flop": summary(
            rounds.map(({ elapsed }) => elapsed),
            2,
          ),
        });
      }
    }
    process.stdout.write(
      `\n${cpus().length} cores, load ${loadavg()[0]?.toFixed(1)}; median (least–most) of ${ROUNDS} rounds\n\n`,
    );
    printTable(rows);
    saveResults("report-workers", rows);
  } finally {
    await services.stop();
  }
}

bench().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
});
