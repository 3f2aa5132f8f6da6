import { connect, createServer, type Server, type Socket } from "node:net";
import type { Kysely } from "kysely";
import { pino } from "pino";
import { afterEach, beforeEach, expect, test } from "vitest";
import { TimeLimitExceeded } from "../../src/celery/errors.js";
import { type DatabaseOptions, openDatabase } from "../../src/jobs/database.js";
import { JobRepository } from "../../src/jobs/repository.js";
import type { JobsDatabase } from "../../src/jobs/schema.js";
import { untilAvailable } from "../../src/postgres/availability.js";
import { jobTask } from "../../src/tasks/job-task.js";
import { useJobs } from "../support/jobs.js";
import { TestContext, taskRequest } from "../support/task-context.js";
import { waitUntil } from "../support/wait-until.js";

const jobs = useJobs();
let proxy: Server;
let port = 0;
const sockets = new Set<Socket>();
/** Those of them that lead to the server. */
const farEnds = new Set<Socket>();
let refusing = false;

beforeEach(async () => {
  const target = new URL(jobs.url);
  refusing = false;
  proxy = createServer((near) => {
    if (refusing) return void near.destroy();
    const far = connect(Number(target.port), target.hostname);
    near.pipe(far).pipe(near);
    farEnds.add(far);
    for (const socket of [near, far]) sockets.add(socket.on("error", () => undefined));
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const address = proxy.address();
  port = typeof address === "object" && address !== null ? address.port : 0;
});
afterEach(() => {
  for (const socket of sockets) socket.destroy();
  proxy.close();
  sockets.clear();
  farEnds.clear();
});

/** Every connection stays open and moves nothing any more, as after a router lost its state. */
function stall(): void {
  for (const socket of sockets) {
    socket.unpipe();
    socket.pause();
  }
}

/** What the server answers is lost; what it is asked arrives. */
function mute(): void {
  for (const socket of farEnds) socket.unpipe().resume();
}

function throughProxy(options: Partial<DatabaseOptions>): Kysely<JobsDatabase> {
  const url = new URL(jobs.url);
  url.hostname = "127.0.0.1";
  url.port = String(port);
  return openDatabase({ url: url.href, poolSize: 1, statementTimeoutSeconds: 1, ...options });
}

test("a connection on which nothing moves is given up, and the claim goes through on another", async () => {
  const database = throughProxy({ connectTimeoutSeconds: 30 });
  try {
    const repository = new JobRepository(database);
    await repository.list();
    const id = await jobs.queue();
    stall();
    const failures: string[] = [];
    const outcome = await untilAvailable(
      () => repository.claim(id, "SPOT_SIMULATION", { takesOver: false, staleAfterSeconds: 60 }),
      { onUnavailable: (error) => failures.push(error.message) },
    );
    expect(outcome.kind).toBe("claimed");
    expect(failures).not.toEqual([]);
  } finally {
    await database.destroy();
  }
});

test("a claim whose answer was lost is failed by the time limit, and not left PROCESSING", async () => {
  const database = throughProxy({ connectTimeoutSeconds: 1 });
  try {
    const repository = new JobRepository(database);
    const task = jobTask(
      { jobType: "SPOT_SIMULATION", parse: (input) => input, work: async () => [1], answer: () => ({}) },
      { repository, log: pino({ level: "silent" }) },
    );
    await repository.list();
    const id = await jobs.queue();
    mute();
    const context = new TestContext(taskRequest({ args: [id] }));
    const handled = Promise.resolve(task.handler(context, id)).catch((error: unknown) => error);
    await waitUntil(async () => (await jobs.row(id)).status === "PROCESSING", "the claim");
    refusing = true;
    // The connection is given up after a second and the stall's grace, and no other one can be had.
    await waitUntil(() => [...sockets].every((socket) => socket.destroyed), "the end of the connection");
    const limit = new TimeLimitExceeded(7);
    context.abort(limit);
    expect(await handled).toBe(limit);
    const hook = task.options.onFailure?.(context.request, limit);
    refusing = false;
    await hook;
    expect(await jobs.row(id)).toMatchObject({ status: "FAILED", error_message: expect.stringContaining("7 s") });
  } finally {
    await database.destroy();
  }
});
