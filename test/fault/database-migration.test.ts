import { setTimeout as delay } from "node:timers/promises";
import { type Kysely, sql } from "kysely";
import pg from "pg";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { openDatabase } from "../../src/jobs/database.js";
import { migrate } from "../../src/jobs/migrator.js";
import { JobRepository } from "../../src/jobs/repository.js";
import type { JobsDatabase } from "../../src/jobs/schema.js";
import { BareClient } from "../support/celery-worker.js";
import { usePrivateServices } from "../support/services.js";
import { waitUntil } from "../support/wait-until.js";
import { WorkerProcess } from "../support/worker-process.js";

const services = usePrivateServices({ rabbitmq: true, postgres: true });
const QUEUE = "spot_simulation";
const SPOT = {
  players: [{ cards: ["As", "Ks", "Qh", "Jh"] }, { cards: ["8c", "8d", "7c", "6d"] }],
  top_board: [],
  bottom_board: [],
  simulation_runs: 10_000,
  random_opponents: 2,
};
const NAMED = "the database is not available: waiting for it";
const AGAIN = "the database is available again";

let client: BareClient;
let admin: Kysely<JobsDatabase>;
let worker: WorkerProcess;

beforeAll(async () => {
  client = await BareClient.open(services.current.brokerUrl);
  await client.channel.assertExchange(QUEUE, "direct", { durable: true });
  await client.channel.assertQueue(QUEUE, { durable: true });
  await client.channel.assertQueue(`${QUEUE}-dlq`, { durable: true });
  admin = openDatabase({ url: services.current.databaseUrl });
  await migrate(admin);
  await sql`insert into users (id, email) values ('u', 'u@example.com')`.execute(admin);
});
afterEach(() => worker?.kill());
afterAll(async () => {
  await client.close();
  await admin.destroy();
});

function startWorker(env: Readonly<Record<string, string>> = {}): void {
  worker = WorkerProcess.start({
    CELERY_BROKER_URL: services.current.brokerUrl,
    DATABASE_URL: services.current.databaseUrl,
    CELERY_WORKER_CONCURRENCY: "2",
    LOG_LEVEL: "info",
    LOG_FORMAT: "json",
    ...env,
  });
}

async function insert(count: number): Promise<string[]> {
  const repository = new JobRepository(admin);
  const rows = Array.from({ length: count }, (_, seed) => ({ ...SPOT, seed }));
  return await Promise.all(
    rows.map((inputData) => repository.insert({ userId: "u", jobType: "SPOT_SIMULATION", inputData })),
  );
}

const send = (ids: readonly string[]) =>
  Promise.all(ids.map((id) => client.send(QUEUE, "tasks.process_spot_simulation", [id])));

/** One page of the worker's. */
async function page(path: string): Promise<{ status: number; text: string }> {
  const url = /"url":"(http:[^"]+)"/.exec(worker.output)?.[1] ?? "";
  const response = await fetch(`${url.replace("0.0.0.0", "127.0.0.1")}${path}`);
  return { status: response.status, text: await response.text() };
}

const times = (text: string, part: string) => text.split(part).length - 1;

async function allCompleted(ids: readonly string[], tasks: readonly string[]): Promise<void> {
  for (const task of tasks) expect(await client.result(task, 120_000)).toMatchObject({ status: "SUCCESS" });
  // Nothing but the result: no attempt was used up on the way.
  for (const task of tasks) expect(client.statesOf(task).map(({ status }) => status)).toEqual(["SUCCESS"]);
  const { rows } =
    await sql`select status, count(*)::int as n from jobs where id = any(${[...ids]}) group by 1`.execute(admin);
  expect(rows).toEqual([{ status: "COMPLETED", n: ids.length }]);
  await waitUntil(async () => (await client.depth(QUEUE)) === 0, "an empty queue");
  expect(await client.depth(`${QUEUE}-dlq`)).toBe(0);
}

test("a table that is renamed for 12 s in the midst of jobs: they wait, the worker says so once and is not ready", {
  timeout: 240_000,
}, async () => {
  startWorker();
  await worker.wrote("ready.");
  await waitUntil(async () => (await page("/ready")).status === 200, "readiness");
  const ids = await insert(12);
  const tasks = await send(ids.slice(0, 6));
  await worker.wrote("job claimed");
  const from = worker.output.length;
  await sql`alter table jobs rename to away`.execute(admin);
  tasks.push(...(await send(ids.slice(6))));
  const renamed = delay(12_000);
  const answer = await waitUntil(async () => {
    const ready = await page("/ready");
    return ready.status === 503 && ready.text;
  }, "the end of readiness");
  expect(JSON.parse(answer)).toEqual({
    status: "not ready",
    reasons: [expect.stringContaining('database: schema: relation "jobs" does not exist (42P01)')],
  });
  const { text } = await page("/metrics");
  expect(text).toMatch(/^celery_database_usable\{worker_name="[^"]+"\} 0$/m);
  expect(text).toMatch(/^celery_database_problem\{worker_name="[^"]+",problem="schema"\} 1$/m);
  await renamed;
  await sql`alter table away rename to jobs`.execute(admin);
  await allCompleted(ids, tasks);
  expect((await page("/ready")).status).toBe(200);
  const said = worker.output.slice(from);
  expect([times(said, NAMED), times(said, AGAIN)]).toEqual([1, 1]);
  expect(await worker.kill("SIGTERM")).toBe(0);
});

test("a row that is deleted during its run: the computation stops and the caller gets a result", {
  timeout: 120_000,
}, async () => {
  startWorker();
  await worker.wrote("ready.");
  const [id] = await insert(1);
  await sql`update jobs set input_data = ${JSON.stringify({ ...SPOT, simulation_runs: 900_000_000 })} where id = ${id}`.execute(
    admin,
  );
  const [task] = await send([id ?? ""]);
  await worker.wrote("job claimed");
  await sql`delete from jobs where id = ${id}`.execute(admin);
  expect(await client.result(task ?? "")).toMatchObject({ status: "SUCCESS", result: { status: "cancelled" } });
  await worker.wrote("job deleted: computation stopped");
  expect(await worker.kill("SIGTERM")).toBe(0);
  expect(await client.depth(`${QUEUE}-dlq`)).toBe(0);
});

test("a database that is away at the start is named at once, before any job, and its jobs run once it is there", {
  timeout: 240_000,
}, async () => {
  const ids = await insert(3);
  await services.current.stopDatabase();
  startWorker();
  await worker.wrote(NAMED);
  await worker.wrote("ready.");
  expect(JSON.parse((await page("/ready")).text)).toEqual({
    status: "not ready",
    reasons: [expect.stringMatching(/^database: unreachable: .*ECONNREFUSED/)],
  });
  const tasks = await send(ids);
  await delay(1000);
  await services.current.startDatabase();
  await allCompleted(ids, tasks);
  await worker.wrote(AGAIN);
  expect(times(worker.output, NAMED)).toBe(1);
});

test("through PgBouncer, which is restarted and whose server sessions are ended: all jobs, and nothing left to others", {
  timeout: 240_000,
}, async () => {
  const pooler = await services.current.startPgbouncer({ poolSize: 3 });
  startWorker({ DATABASE_URL: pooler.url, CELERY_RESULT_BACKEND: `db+${pooler.url}` });
  await worker.wrote("ready.");
  const ids = await insert(12);
  const tasks = await send(ids);
  await worker.wrote("job claimed");
  await pooler.stop();
  await delay(1500);
  await pooler.start();
  await worker.wrote("job completed");
  await sql`select pg_terminate_backend(pid) from pg_stat_activity where datname = 'plosolver' and pid <> pg_backend_pid()
    and application_name <> 'plosolver-celery-worker'`.execute(admin);
  const results = async () =>
    (
      await sql<{ n: number }>`select count(*)::int as n from celery_taskmeta
      where status = 'SUCCESS' and task_id = any(${tasks})`.execute(admin)
    ).rows[0]?.n;
  await waitUntil(async () => (await results()) === tasks.length, "the results", 120_000);
  const { rows } = await sql`select distinct status from jobs where id = any(${ids})`.execute(admin);
  expect(rows).toEqual([{ status: "COMPLETED" }]);
  const others = Array.from({ length: 3 }, () => new pg.Client({ connectionString: pooler.url }));
  for (const other of others) {
    await other.connect();
    await other.query("begin");
    const settings =
      "select name, setting from pg_settings where lower(name) in ('statement_timeout', 'datestyle', 'synchronous_commit', 'application_name', 'idle_in_transaction_session_timeout') order by lower(name)";
    expect((await other.query(settings)).rows.map(({ setting }) => setting)).toEqual(["", "ISO, MDY", "0", "0", "off"]);
  }
  await Promise.all(others.map((other) => other.end()));
  expect(await client.depth(`${QUEUE}-dlq`)).toBe(0);
});
