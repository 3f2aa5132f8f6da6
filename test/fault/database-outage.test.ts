import { setTimeout as delay } from "node:timers/promises";
import type { Kysely } from "kysely";
import { sql } from "kysely";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openDatabase } from "../../src/jobs/database.js";
import { migrate } from "../../src/jobs/migrator.js";
import { JobRepository } from "../../src/jobs/repository.js";
import type { JobsDatabase } from "../../src/jobs/schema.js";
import { jobTask } from "../../src/tasks/job-task.js";
import { usePrivateServices } from "../support/services.js";
import { deliver, TestContext, taskRequest } from "../support/task-context.js";
import { waitUntil } from "../support/wait-until.js";

const services = usePrivateServices({ postgres: true });
const lostConnections: Error[] = [];
let database: Kysely<JobsDatabase>;
let repository: JobRepository;

beforeAll(async () => {
  database = openDatabase({
    url: services.current.databaseUrl,
    onConnectionError: (error) => lostConnections.push(error),
  });
  await migrate(database);
  await sql`insert into users (id, email) values ('u', 'u@example.com')`.execute(database);
  repository = new JobRepository(database);
});
afterAll(() => database.destroy());

const queue = () => repository.insert({ userId: "u", jobType: "SPOT_SIMULATION", inputData: 1 });

function task(work: () => Promise<unknown>, signal?: AbortSignal) {
  return jobTask(
    { jobType: "SPOT_SIMULATION", parse: (input) => input, work, answer: (result) => ({ result }) },
    {
      repository,
      log: pino({ level: "silent" }),
      heartbeatMs: 50,
      ...(signal === undefined ? {} : { shutdownSignal: signal }),
    },
  );
}

test("a database that stops during runs costs no result, no row and not the process", async () => {
  const ids = await Promise.all(Array.from({ length: 4 }, queue));
  let working = 0;
  let finish: () => void = () => undefined;
  const outage = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const run = task(async () => {
    working++;
    await outage;
    return [working];
  });
  const running = ids.map((id) => deliver(run, new TestContext(taskRequest({ args: [id] }))));
  await waitUntil(() => working === 4);
  await services.current.stopDatabase();
  finish();
  const lateId = crypto.randomUUID();
  const late = deliver(run, new TestContext(taskRequest({ args: [lateId] })));
  await delay(1500);
  await services.current.startDatabase();
  await repository.insert({ id: lateId, userId: "u", jobType: "SPOT_SIMULATION", inputData: 1 });
  for (const outcome of await Promise.all([...running, late])) {
    expect(outcome).toMatchObject({ result: { status: "completed" } });
  }
  for (const id of [...ids, lateId]) expect(await repository.find(id)).toMatchObject({ status: "COMPLETED" });
  expect(working).toBe(5);
});

function isCompleted(outcome: unknown): boolean {
  return JSON.stringify(outcome).startsWith('{"result":{"status":"completed"');
}

test("a server killed at any moment of many short jobs leaves every row completed once", async () => {
  const ids = await Promise.all(Array.from({ length: 60 }, queue));
  const completions = new Map<string, number>();
  const outcomes: unknown[] = [];
  const deliverOne = async (id: string): Promise<void> => {
    const run = task(async () => {
      await delay(5);
      return [id];
    });
    const outcome = await deliver(run, new TestContext(taskRequest({ args: [id] })));
    outcomes.push(outcome);
    completions.set(id, (completions.get(id) ?? 0) + 1);
  };
  const all = Promise.all(
    Array.from({ length: 6 }, async (_, lane) => {
      for (const id of ids.filter((_id, index) => index % 6 === lane)) await deliverOne(id);
    }),
  );
  for (let kill = 0; kill < 3; kill++) {
    await waitUntil(() => completions.size >= 15 * kill + 3);
    await services.current.killDatabase();
    await services.current.startDatabase();
  }
  await all;
  expect(outcomes.filter((outcome) => !isCompleted(outcome))).toEqual([]);
  const rows = await repository.list({ limit: 1000 });
  for (const id of ids)
    expect(rows.find((row) => row.id === id)).toMatchObject({ status: "COMPLETED", result_data: [id] });
});

test("a failure is written once the database is back, and a shutdown ends the waiting", async () => {
  const id = await queue();
  const shutdown = new AbortController();
  const failing = task(() => Promise.reject(new Error("boom")), shutdown.signal);
  const request = taskRequest({ args: [id], retries: 2 });
  await services.current.stopDatabase();
  const hook = failing.options.onFailure?.(request, new Error("boom"));
  const stopped = new AbortController();
  const cutShort = task(() => Promise.reject(new Error("boom")), stopped.signal).options.onFailure?.(
    taskRequest({ args: [id], retries: 2 }),
    new Error("cut short"),
  );
  const refusal = expect(cutShort).rejects.toThrow("the worker stops");
  await delay(300);
  stopped.abort(new Error("the worker stops"));
  await refusal;
  await services.current.startDatabase();
  await hook;
  expect(await repository.find(id)).toMatchObject({ status: "FAILED", error_message: "boom" });
});

test("connections that died idle were reported, not thrown", () => {
  expect(lostConnections.length).toBeGreaterThan(0);
});
