import { type AddressInfo, createServer } from "node:net";
import { availableParallelism } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { WorkerEvents } from "../../../src/celery/worker/worker-events.js";
import type { DatabaseView } from "../../../src/http/database-probe.js";
import { type HttpOptions, type HttpServer, startHttpServer } from "../../../src/http/server.js";
import type { WorkerView } from "../../../src/http/worker-view.js";
import { JOB_KINDS } from "../../../src/plosolver/job-kinds.js";
import { taskRequest } from "../../support/task-context.js";

const events = () => new WorkerEvents(pino({ level: "silent" }));
let worker: { -readonly [Key in keyof WorkerView]: WorkerView[Key] } & { events: WorkerEvents };
let lookAtDatabase: DatabaseView["look"];
let trouble: DatabaseView["trouble"];
let server: HttpServer | undefined;

const UNSETTLED = {
  queue: "spot_simulation",
  step: "dead-letter",
  count: 1,
  sinceMs: Date.parse("2026-11-26T15:00:00Z"),
  reason: "the queue is full",
} as const;

beforeEach(() => {
  trouble = null;
  lookAtDatabase = async () => trouble;
  worker = {
    nodename: "celery@box",
    state: "running",
    isConnected: true,
    blockedReason: null,
    unsettled: [],
    consumers: [
      { queue: "spot_simulation", confirmed: true },
      { queue: "solver_analysis", confirmed: true },
    ],
    events: events(),
  };
});
afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function start(more: Partial<HttpOptions> = {}): Promise<void> {
  const database = {
    look: () => lookAtDatabase(),
    get trouble() {
      return trouble;
    },
    waiting: 3,
  };
  server = await startHttpServer({ worker, database, host: "127.0.0.1", port: 0, jobs: JOB_KINDS, ...more });
}

async function get(path: string): Promise<{ code: number; body: Record<string, unknown> }> {
  const response = await fetch(`${server?.url}${path}`);
  return { code: response.status, body: (await response.json()) as Record<string, unknown> };
}

async function metrics(): Promise<string[]> {
  const response = await fetch(`${server?.url}/metrics`);
  expect(response.headers.get("content-type")).toMatch(/^text\/plain/);
  return (await response.text()).split("\n").filter((line) => /^(celery|spot|solver)_/.test(line));
}

describe("a worker that can work", () => {
  test("is healthy, ready and alive", async () => {
    await start();
    expect(await get("/health")).toMatchObject({
      code: 200,
      body: {
        status: "healthy",
        celery_connected: true,
        workers: 1,
        worker_name: "celery@box",
        database_connected: true,
        queues: [
          { name: "spot_simulation", consumed: true },
          { name: "solver_analysis", consumed: true },
        ],
        services: { celery_worker: "healthy", broker: "healthy", database: "healthy", metrics_server: "healthy" },
        checks: { celery_worker: "ready", broker: "ready", database: "ready", metrics_server: "ready" },
      },
    });
    const seconds = Number((await get("/health")).body.timestamp);
    expect(Math.abs(Date.now() / 1000 - seconds)).toBeLessThan(60);
    expect(await get("/ready")).toEqual({ code: 200, body: { status: "ready", reasons: [] } });
    expect(await get("/live")).toEqual({ code: 200, body: { status: "alive" } });
  });
});

describe("a worker that cannot work is alive and not ready", () => {
  const cases: [string, () => void, string][] = [
    ["without a broker", () => Object.assign(worker, { isConnected: false }), "broker: not connected"],
    [
      "without a confirmed consumer on each queue",
      () => Object.assign(worker, { consumers: [{ queue: "spot_simulation", confirmed: false }] }),
      "queue spot_simulation: no consumer",
    ],
    ["before its start has ended", () => Object.assign(worker, { state: "starting" }), "worker: starting"],
    ["while it is draining", () => Object.assign(worker, { state: "draining" }), "worker: draining"],
    [
      "while the broker takes no messages",
      () => Object.assign(worker, { blockedReason: "low on memory" }),
      "broker: takes no messages now: low on memory",
    ],
    [
      "with messages that cannot be settled",
      () => Object.assign(worker, { unsettled: [{ ...UNSETTLED, count: 3 }] }),
      "queue spot_simulation: 3 messages cannot be settled (dead-letter) since 2026-11-26T15:00:00.000Z: the queue is full",
    ],
    [
      "without a database",
      () => {
        trouble = { problem: "unreachable", reason: "connect ECONNREFUSED 127.0.0.1:5432" };
      },
      "database: unreachable: connect ECONNREFUSED 127.0.0.1:5432",
    ],
    [
      "when the database does not answer",
      () => {
        lookAtDatabase = () => new Promise(() => undefined);
      },
      "database: no answer: no answer within 1000 ms",
    ],
    [
      "when it does not answer, and jobs know why",
      () => {
        lookAtDatabase = () => new Promise(() => undefined);
        trouble = { problem: "locked", reason: "canceling statement due to statement timeout (57014)" };
      },
      "database: locked: canceling statement due to statement timeout (57014)",
    ],
  ];
  test.each(cases)("%s", async (_name, arrange, reason) => {
    arrange();
    await start();
    expect(await get("/ready")).toEqual({ code: 503, body: { status: "not ready", reasons: [reason] } });
    expect(await get("/health")).toMatchObject({ code: 503, body: { status: "unhealthy", reasons: [reason] } });
    expect((await get("/live")).code).toBe(200);
  });

  test("while results wait to be stored", async () => {
    const results: { problem: "full"; reason: string } = { problem: "full", reason: "no space (53100)" };
    await start({ resultTrouble: () => results });
    expect(await get("/ready")).toEqual({
      code: 503,
      body: { status: "not ready", reasons: ["results: full: no space (53100)"] },
    });
    expect(await metrics()).toContain('celery_results_storable{worker_name="celery@box"} 0');
  });

  test("however many ask, a database that hangs is asked once, and again when it has answered", async () => {
    let asked = 0;
    const answers: (() => void)[] = [];
    lookAtDatabase = () => {
      asked++;
      return new Promise((resolve) => answers.push(() => resolve(null)));
    };
    await start();
    const codes = await Promise.all(Array.from({ length: 20 }, async () => (await get("/ready")).code));
    expect(new Set(codes)).toEqual(new Set([503]));
    expect(asked).toBe(1);
    answers[0]?.();
    lookAtDatabase = async () => null;
    expect((await get("/ready")).code).toBe(200);
  });
});

describe("metrics", () => {
  test("have the names of existing dashboards and count what happened", async () => {
    await start({ queueSizes: async () => new Map([["spot_simulation", 7]]) });
    const spot = taskRequest();
    const failing = { ...taskRequest(), task: "celery_worker.tasks.process_solver_analysis" };
    const other = { ...taskRequest(), task: "tasks.add" };
    for (const request of [spot, failing, other]) worker.events.emit("taskStarted", request);
    worker.events.emit("taskSucceeded", spot, { result: { status: "completed" }, runtimeSeconds: 0.3 });
    worker.events.emit("taskRetried", failing, { error: null, countdownSeconds: 2, runtimeSeconds: 0.1 });
    const again = { ...failing };
    worker.events.emit("taskStarted", again);
    worker.events.emit("taskFailed", again, { error: new Error("x"), runtimeSeconds: 3, expected: false });
    worker.events.emit("taskSucceeded", taskRequest(), { result: { status: "cancelled" }, runtimeSeconds: 0 });
    worker.events.emit("taskRevoked", taskRequest(), { terminated: true, signum: 15, expired: false });
    expect(await metrics()).toEqual(
      expect.arrayContaining([
        'celery_tasks_total{task_name="tasks.process_spot_simulation",status="success"} 2',
        'celery_tasks_total{task_name="celery_worker.tasks.process_solver_analysis",status="retry"} 1',
        'celery_tasks_total{task_name="celery_worker.tasks.process_solver_analysis",status="failure"} 1',
        'celery_task_duration_seconds_bucket{le="5",task_name="celery_worker.tasks.process_solver_analysis"} 2',
        'celery_queue_size{queue_name="spot_simulation"} 7',
        'celery_worker_active_tasks{worker_name="celery@box"} 1',
        'celery_worker_processed_tasks_total{worker_name="celery@box"} 3',
        'spot_simulations_processed_total{status="success"} 1',
        'spot_simulations_processed_total{status="cancelled"} 2',
        'solver_analyses_processed_total{status="failure"} 1',
      ]),
    );
  });

  test("say how the broker is, and what cannot be settled", async () => {
    await start();
    const broker = async () => (await metrics()).filter((line) => /^celery_(broker|unsettled)_/.test(line));
    expect(await broker()).toEqual(
      expect.arrayContaining([
        'celery_broker_connected{worker_name="celery@box"} 1',
        'celery_broker_blocked{worker_name="celery@box"} 0',
        'celery_unsettled_messages{queue_name="solver_analysis",reason="result"} 0',
      ]),
    );
    Object.assign(worker, {
      isConnected: false,
      blockedReason: "low on disk",
      unsettled: [{ ...UNSETTLED, count: 7 }],
    });
    expect((await broker()).filter((line) => !line.endsWith("} 0"))).toEqual([
      'celery_broker_blocked{worker_name="celery@box"} 1',
      'celery_unsettled_messages{queue_name="spot_simulation",reason="dead-letter"} 7',
    ]);
    Object.assign(worker, { unsettled: [] });
    expect((await broker()).filter((line) => line.includes("unsettled") && !line.endsWith("} 0"))).toEqual([]);
  });

  test("say whether the database can be used, why not, and how many wait for it", async () => {
    await start();
    const database = async () => (await metrics()).filter((line) => line.startsWith("celery_database_"));
    expect(await database()).toEqual(
      expect.arrayContaining([
        'celery_database_usable{worker_name="celery@box"} 1',
        'celery_database_problem{worker_name="celery@box",problem="read-only"} 0',
        'celery_database_waiting{worker_name="celery@box"} 3',
      ]),
    );
    trouble = { problem: "read-only", reason: "default_transaction_read_only is on (25006)" };
    const lines = await database();
    expect(lines).toContain('celery_database_usable{worker_name="celery@box"} 0');
    expect(lines.filter((line) => line.startsWith("celery_database_problem") && line.endsWith(" 1"))).toEqual([
      'celery_database_problem{worker_name="celery@box",problem="read-only"} 1',
    ]);
    expect(await get("/health")).toMatchObject({
      code: 503,
      body: { database_connected: false, database_problem: "read-only" },
    });
  });

  test("come without queue sizes when the broker does not tell them", async () => {
    await start({ queueSizes: () => Promise.reject(new Error("no broker")) });
    const lines = await metrics();
    expect(lines.some((line) => line.startsWith("celery_queue_size"))).toBe(false);
    expect(lines).toContain('celery_worker_active_tasks{worker_name="celery@box"} 0');
  });

  test("are told on a port of their own, too, where one is asked for", async () => {
    await start({ metricsPort: 0 });
    const url = server?.metricsUrl;
    expect(url).not.toBe(server?.url);
    for (const path of ["/", "/metrics"])
      expect(await (await fetch(`${url}${path}`)).text()).toContain("celery_worker_active_tasks");
    expect((await fetch(`${url}/health`)).status).toBe(404);
  });

  test("close the health port again when theirs is taken", async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    const { port } = taken.address() as AddressInfo;
    await expect(start({ metricsPort: port })).rejects.toThrow(/the metrics cannot be opened on .*METRICS_PORT/);
    taken.close();
  });

  test("have the worker's memory and CPU under the Python worker's names", async () => {
    await start();
    const gauge = async (name: string) =>
      Number((await metrics()).find((line) => line.startsWith(`${name} `))?.split(" ")[1]);
    expect(await gauge("celery_worker_memory_usage_bytes")).toBeGreaterThan(10_000_000);
    // Counted over at least a second: until then 0 is the last that is known.
    let spun = 0;
    while ((await gauge("celery_worker_cpu_usage_percent")) === 0) for (let i = 0; i < 1e7; i++) spun += i;
    expect(spun).toBeGreaterThan(0);
    expect(await gauge("celery_worker_cpu_usage_percent")).toBeLessThan(100 * availableParallelism());
  });

  test("include those of the process", async () => {
    await start();
    const text = await (await fetch(`${server?.url}/metrics`)).text();
    expect(text).toContain("process_resident_memory_bytes");
    expect(text).toContain("nodejs_eventloop_lag_seconds");
  });
});

test("a port that is taken is named with its variable", async () => {
  const blocker = createServer();
  await new Promise<void>((resolve) => blocker.listen(0, "127.0.0.1", resolve));
  const address = blocker.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  try {
    await expect(start({ port })).rejects.toMatchObject({
      code: "HTTP_LISTEN",
      message: expect.stringMatching(new RegExp(`127\\.0\\.0\\.1:${port} \\(CELERY_HEALTH_PORT\\).*EADDRINUSE`)),
    });
  } finally {
    blocker.close();
  }
});

test("an unknown path or method is 404", async () => {
  await start();
  expect(await get("/nothing?x=1")).toEqual({
    code: 404,
    body: { message: "Route GET:/nothing?x=1 not found", error: "Not Found", statusCode: 404 },
  });
  expect((await fetch(`${server?.url}/live`, { method: "POST", body: "x" })).status).toBe(404);
});

test("a query changes nothing, and HEAD gets the head alone", async () => {
  await start();
  expect(await get("/live?from=probe")).toEqual({ code: 200, body: { status: "alive" } });
  const head = await fetch(`${server?.url}/live`, { method: "HEAD" });
  expect([head.status, head.headers.get("content-length"), await head.text()]).toEqual([200, "18", ""]);
});

test("what cannot be told is an error, and the next probe is answered", async () => {
  await start();
  const { consumers } = worker;
  Object.defineProperty(worker, "consumers", {
    configurable: true,
    get: () => {
      throw new Error("no list");
    },
  });
  expect(await get("/ready")).toMatchObject({ code: 500, body: { message: "no list" } });
  Object.defineProperty(worker, "consumers", { value: consumers });
  expect((await get("/ready")).code).toBe(200);
});

test("a close does not wait for who keeps a connection, or for an answer that never comes", async () => {
  lookAtDatabase = () => new Promise(() => undefined);
  await start();
  await get("/live");
  const lost = expect(fetch(`${server?.url}/ready`)).rejects.toThrow();
  await sleep(50);
  await server?.close();
  await lost;
});
