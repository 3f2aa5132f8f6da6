import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { openDatabase } from "../../src/jobs/database.js";
import { migrate } from "../../src/jobs/migrator.js";
import { JobRepository } from "../../src/jobs/repository.js";
import { BareClient } from "../support/celery-worker.js";
import { usePrivateServices } from "../support/services.js";
import { waitUntil } from "../support/wait-until.js";
import { WorkerProcess } from "../support/worker-process.js";

const services = usePrivateServices({ rabbitmq: true, postgres: true });
const QUEUE = "spot_simulation";
const USER = "22222222-2222-4222-8222-222222222222";
/** Some hundredths of a second of one thread: two players preflop against random hands. */
const SLOW_SPOT = {
  players: [{ cards: ["As", "Ks", "Qh", "Jh"] }, { cards: ["8c", "8d", "7c", "6d"] }],
  top_board: [],
  bottom_board: [],
  simulation_runs: 15_000,
  random_opponents: 2,
};

const workers: WorkerProcess[] = [];
let client: BareClient;
let database: ReturnType<typeof openDatabase>;
let repository: JobRepository;

const workerEnv = () => ({
  CELERY_BROKER_URL: services.current.brokerUrl,
  DATABASE_URL: services.current.databaseUrl,
  LOG_LEVEL: "info",
  CELERY_WORKER_CONCURRENCY: "2",
});

beforeAll(async () => {
  client = await BareClient.open(services.current.brokerUrl);
  database = openDatabase({ url: services.current.databaseUrl });
  await migrate(database);
  await database.insertInto("users").values({ id: USER, email: "fault@example.com", username: null }).execute();
  repository = new JobRepository(database);
});
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.kill()));
});
afterAll(async () => {
  await client.close();
  await database.destroy();
});

function startWorker(): WorkerProcess {
  const worker = WorkerProcess.start(workerEnv());
  workers.push(worker);
  return worker;
}

async function submit(count: number, input: object = SLOW_SPOT): Promise<string[]> {
  await client.channel.assertExchange(QUEUE, "direct", { durable: true });
  await client.channel.assertQueue(QUEUE, { durable: true });
  const ids: string[] = [];
  for (let index = 0; index < count; index++) {
    const id = await repository.insert({
      userId: USER,
      jobType: "SPOT_SIMULATION",
      inputData: { ...input, seed: index },
    });
    await client.send(QUEUE, "tasks.process_spot_simulation", [id], { id: randomUUID() });
    ids.push(id);
  }
  return ids;
}

async function statuses(ids: readonly string[]): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  const rows = await database
    .selectFrom("jobs")
    .select("status")
    .where("id", "in", [...ids])
    .execute();
  for (const { status } of rows) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

it("a job cancelled by plain SQL is skipped before its start, and stopped within two seconds during its run", {
  timeout: 120_000,
}, async () => {
  const worker = startWorker();
  await worker.wrote("ready.");
  const [long] = await submit(1, { ...SLOW_SPOT, simulation_runs: 1_000_000_000 });
  const [later] = await submit(1, SLOW_SPOT);
  await database
    .updateTable("jobs")
    .set({ status: "CANCELLED" })
    .where("id", "=", later ?? "")
    .execute();
  await waitUntil(
    async () =>
      ((await repository.find(long ?? ""))?.progress_percentage ?? -1) >= 0 &&
      (await statuses([long ?? ""])).PROCESSING === 1,
    "the long job to run",
  );
  await database
    .updateTable("jobs")
    .set({ status: "CANCELLED" })
    .where("id", "=", long ?? "")
    .execute();
  await waitUntil(() => worker.output.includes("job cancelled"), "the computation to stop");
  expect(await statuses([long ?? "", later ?? ""])).toEqual({ CANCELLED: 2 });
  await waitUntil(async () => (await client.depth(QUEUE)) === 0, "an empty queue");
});
