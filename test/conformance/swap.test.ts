import { spawn } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { sql } from "kysely";
import { afterAll, beforeAll, expect, it } from "vitest";
import { BACKEND_MODULES, findPython } from "../../scripts/local/provision.js";
import { useBareClient } from "../support/celery-worker.js";
import { useJobs } from "../support/jobs.js";
import { PythonBackend } from "../support/python-backend.js";
import { useVhost } from "../support/services.js";
import { waitUntil } from "../support/wait-until.js";
import { WatchedChild } from "../support/watched-child.js";
import { WorkerProcess } from "../support/worker-process.js";

const FOLDER = fileURLToPath(new URL("../support/python", import.meta.url));
const QUEUE = "spot_simulation";
/** What each worker has to have completed alone before the next one comes. */
const EACH = 25;
/** A Python worker needs ten seconds to start on a machine that is busy. */
const PATIENCE_MS = 90_000;
const SPOT = {
  players: [{ cards: ["As", "Ah", "Kd", "Qd"] }, { cards: ["Jh", "Th", "9s", "8s"] }],
  top_board: ["Tc", "9h", "2c"],
  bottom_board: ["5d", "6c", "7s"],
  simulation_runs: 100,
};

const vhost = useVhost();
const client = useBareClient(() => vhost.url);
const jobs = useJobs();
const workers: WatchedChild[] = [];
let backend: PythonBackend;

beforeAll(async () => {
  for (const statement of [
    "create table completions (id text, worked_by text)",
    `create function note_completion() returns trigger language plpgsql as $$ begin
       if new.status = 'COMPLETED' then
         insert into completions values (new.id, coalesce(new.result_data->0->>'worked_by', 'node'));
       end if; return new; end $$`,
    "create trigger note_completion after update on jobs for each row execute function note_completion()",
  ])
    await sql.raw(statement).execute(jobs.database);
  backend = await PythonBackend.start(vhost.url);
});
afterAll(async () => {
  await backend?.stop();
  for (const worker of workers) await worker.kill("SIGKILL");
});

async function startPythonWorker(name: string): Promise<WatchedChild> {
  const python = await findPython(BACKEND_MODULES);
  if (python === undefined) throw new Error("no Python with Celery and SQLAlchemy");
  const variables = { CELERY_BROKER_URL: vhost.url, DATABASE_URL: jobs.url, WORKED_BY: name };
  const env = { ...process.env, ...variables, PYTHONPATH: FOLDER, PYTHONUNBUFFERED: "1", PYTHONDONTWRITEBYTECODE: "1" };
  const command = ["-m", "celery", "-A", "old_worker.celery", "worker", "-c", "2", "-n", `${name}@swap`, "-Q", QUEUE];
  const child = spawn(python, [...command, "-l", "INFO"], { env, cwd: FOLDER, stdio: ["ignore", "pipe", "pipe"] });
  const worker = new WatchedChild(`the Python worker ${name}`, child);
  workers.push(worker);
  await worker.wrote("ready.");
  return worker;
}

async function startOurs(): Promise<WorkerProcess> {
  const variables = { CELERY_BROKER_URL: vhost.url, DATABASE_URL: jobs.url, CELERY_WORKER_CONCURRENCY: "2" };
  const worker = WorkerProcess.start(variables, ["-n", "node@swap"]);
  workers.push(worker);
  await worker.wrote("ready.");
  return worker;
}

async function completedBy(name: string): Promise<number> {
  const query = sql<{ count: number }>`select count(*)::int as count from completions where worked_by = ${name}`;
  return (await query.execute(jobs.database)).rows[0]?.count ?? 0;
}

/** Sends jobs as the backend does, row first, as long as it is not told to stop. @returns the ids, once told */
async function keepSubmitting(stop: AbortSignal): Promise<string[]> {
  const ids: string[] = [];
  while (!stop.aborted) {
    const id = await jobs.queue(SPOT);
    ids.push(id);
    await backend.ask({ do: "path-a", module: "tasks", queue: QUEUE, job: id });
    await pause(20);
  }
  return ids;
}

it(
  "Python → Node.js → Python under load: no job is lost, none is completed twice",
  async () => {
    const stop = new AbortController();
    const old = await startPythonWorker("before");
    const submitting = keepSubmitting(stop.signal);
    submitting.catch(() => undefined);
    await waitUntil(async () => (await completedBy("before")) >= EACH, "its jobs", PATIENCE_MS);

    // As docs/migration.md says: the new one beside the old one, then the old one drains.
    const ours = await startOurs();
    expect(await old.kill("SIGTERM")).toBe(0);
    const alone = await completedBy("node");
    await waitUntil(async () => (await completedBy("node")) >= alone + EACH, "its jobs", PATIENCE_MS);

    const again = await startPythonWorker("after");
    expect(await ours.kill("SIGTERM")).toBe(0);
    await waitUntil(async () => (await completedBy("after")) >= EACH, "its jobs", PATIENCE_MS);
    stop.abort();
    const ids = await submitting;
    await waitUntil(
      async () => {
        const open = await sql<{ id: string }>`select id from jobs where status <> 'COMPLETED' limit 1`.execute(
          jobs.database,
        );
        return open.rows.length === 0;
      },
      "the end of every job",
      PATIENCE_MS,
    );
    expect(await again.kill("SIGTERM")).toBe(0);

    const { rows } = await sql<{ id: string }>`select id from completions`.execute(jobs.database);
    expect(rows.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
    expect(await client.current.channel.checkQueue(QUEUE)).toMatchObject({ messageCount: 0, consumerCount: 0 });
  },
  4 * PATIENCE_MS,
);
