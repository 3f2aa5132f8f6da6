import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Celery } from "../../src/celery/app.js";
import type { Worker } from "../../src/celery/worker/worker.js";
import { runCelery } from "../support/celery-command.js";
import { useBareClient } from "../support/celery-worker.js";
import { type CapturedEvent, captureEvents } from "../support/event-capture.js";
import { runPythonCelery, usePythonControl, usePythonWorker } from "../support/python-control.js";
import { useVhost } from "../support/services.js";
import { shapeDifferences } from "../support/shape.js";
import { waitUntil } from "../support/wait-until.js";

interface Scheduled {
  readonly request: { readonly id: string; readonly cut?: { readonly shown: number; readonly of: number } };
}
type Stats = Readonly<Record<string, { readonly prefetch_count: number }>>;

const NODE = "node@test";
const PYTHON = "python@test";
const vhost = useVhost();
const bare = useBareClient(() => vhost.url);
const python = usePythonControl(() => vhost.url);
let worker: Worker;
let app: Celery;

beforeAll(async () => {
  app = new Celery("tests", {
    broker: vhost.url,
    backend: "rpc://",
    taskAcksLate: true,
    workerPoolRestarts: true,
    workerEnableDebugCommands: true,
    log: pino({ level: "silent" }),
  });
  app.task("t.add", (_ctx, x: number, y: number) => x + y);
  app.task("t.sleep", (ctx, seconds: number) => {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, seconds * 1000, "slept");
      ctx.signal.addEventListener("abort", () => {
        clearTimeout(timer);
        resolve("aborted");
      });
    });
  });
  app.task("t.limited", { rateLimit: "100/s" }, () => 1);
  for (const name of ["t.fail", "t.flaky", "t.reject", "t.event", "t.ignore"]) app.task(name, () => null);
  worker = app.worker({ hostname: NODE, queues: ["node"], concurrency: 2 });
  await worker.start();
});
afterAll(async () => {
  await worker.stop(0);
  await app.close();
});
const peer = usePythonWorker(() => vhost.url, PYTHON, "python");

/** What both workers answer to a method of `app.control.inspect()`. */
async function inspectBoth(method: string, args: unknown[] = [], kwargs: object = {}): Promise<[unknown, unknown]> {
  const options = { destination: [NODE, PYTHON], timeout: 5 };
  const replies = (await python.inspect(method, options, args, kwargs)) as Record<string, unknown>;
  return [replies[NODE], replies[PYTHON]];
}

/** What both answer to a method of `app.control`. */
async function controlBoth(method: string, args: unknown[] = [], kwargs: object = {}): Promise<[unknown, unknown]> {
  const options = { destination: [NODE, PYTHON], timeout: 5, reply: true, ...kwargs };
  const replies = (await python.control(method, args, options)) as Record<string, unknown>[];
  const of = (nodename: string) => replies.find((reply) => nodename in reply)?.[nodename];
  return [of(NODE), of(PYTHON)];
}

it("both workers see each other without a complaint", async () => {
  expect(peer.output).toMatch(/mingle: sync with 1 nodes/);
  // With gossip on it also hears our events: two heartbeats of ours, and nothing to warn of.
  const events = await captureEvents(bare.current);
  const isHeartbeat = ({ fields }: CapturedEvent) => fields.type === "worker-heartbeat" && fields.hostname === NODE;
  await waitUntil(() => events.filter(isHeartbeat).length >= 2, "two heartbeats");
  expect(peer.output).not.toMatch(/Traceback|Substantial drift/);
  expect(peer.output.split("\n").filter((line) => /: (WARNING|ERROR|CRITICAL)\//.test(line))).toEqual([]);
});

describe("with tasks that run, wait for a slot, and wait for their time", () => {
  beforeAll(async () => {
    const later = { eta: "2100-01-01T00:00:00.000000+00:00" };
    for (const queue of ["node", "python"]) {
      for (let index = 0; index < 2; index++)
        await bare.current.send(queue, "t.sleep", [600], { argsrepr: "(600,)", kwargsrepr: "{}" });
    }
    await waitUntil(async () => {
      const both = (await inspectBoth("active")) as unknown[][];
      return both.every((active) => active.length === 2);
    });
    for (const queue of ["node", "python"]) {
      await bare.current.send(queue, "t.add", [1, 2], { argsrepr: "(1, 2)", kwargsrepr: "{}" });
      await bare.current.send(queue, "t.add", [1, 2], { argsrepr: "(1, 2)", kwargsrepr: "{}", ...later });
    }
    await waitUntil(async () => {
      const reserved = (await inspectBoth("reserved")) as unknown[][];
      const scheduled = (await inspectBoth("scheduled")) as unknown[][];
      return [...reserved, ...scheduled].every((list) => list.length === 1);
    });
  });

  it.each([
    ["active", [], {}],
    ["active", [true], {}],
    ["reserved", [], {}],
    ["scheduled", [], {}],
    ["stats", [], {}],
    ["active_queues", [], {}],
    ["clock", [], {}],
    ["report", [], {}],
    ["memsample", [], {}],
    ["memdump", [], {}],
    ["revoked", [], {}],
  ])("inspect().%s(%j) has the shape of a Python worker's", async (method, args, kwargs) => {
    const [node, theirs] = await inspectBoth(method, args, kwargs);
    expect(shapeDifferences(theirs, node)).toEqual([]);
  });

  it.each([
    ["ping", []],
    ["registered", []],
    ["registered", ["max_retries", "rate_limit"]],
  ])("inspect().%s(%j) is what a Python worker answers", async (method, args) => {
    const [node, theirs] = await inspectBoth(method, args);
    expect(node).toEqual(theirs);
  });

  it("inspect().query_task finds running and reserved tasks", async () => {
    const [active] = (await inspectBoth("active")) as [{ id: string }[], { id: string }[]];
    const [reserved] = (await inspectBoth("reserved")) as [{ id: string }[], unknown];
    const ids = [active[0]?.id, reserved[0]?.id, "nope"];
    const [node] = (await inspectBoth("query_task", ids)) as [Record<string, [string, unknown]>, unknown];
    expect(Object.entries(node).map(([id, [state]]) => [id, state])).toEqual([
      [ids[0], "active"],
      [ids[1], "reserved"],
    ]);
  });

  it("inspect().conf masks passwords, and with defaults lists all", async () => {
    const [some, theirs] = (await inspectBoth("conf")) as [Record<string, unknown>, Record<string, unknown>];
    expect(some.broker_url).toBe(theirs.broker_url);
    expect(some.task_acks_late).toBe(true);
    const [all] = (await inspectBoth("conf", [true])) as [Record<string, unknown>, unknown];
    expect(all.worker_prefetch_multiplier).toBe(4);
  });

  it("control.pool_shrink takes back what pool_grow gave", async () => {
    await controlBoth("pool_grow", [1], {});
    const [node, theirs] = await controlBoth("pool_shrink", [1], {});
    expect(node).toEqual({ ok: "pool will shrink" });
    // A Python pool refuses while every one of its processes is busy, the new one perhaps still starting.
    const busy = { error: `ValueError("Can't shrink pool. All processes busy!")` };
    expect([node, busy]).toContainEqual(theirs);
  });

  it.each([
    ["enable_events", [], {}],
    ["enable_events", [], {}],
    ["disable_events", [], {}],
    ["disable_events", [], {}],
    ["heartbeat", [], {}],
    ["rate_limit", ["t.add", "100/m"], {}],
    ["rate_limit", ["t.add", 0], {}],
    ["rate_limit", ["t.nope", "1/s"], {}],
    ["rate_limit", ["t.add", "x/y"], {}],
    ["time_limit", ["t.add", 5, 10], {}],
    ["time_limit", ["t.nope", 5], {}],
    ["pool_grow", [1], {}],
    ["autoscale", [5, 1], {}],
    ["pool_restart", [], {}],
    ["add_consumer", ["extra"], {}],
    ["cancel_consumer", ["extra"], {}],
    ["cancel_consumer", ["not-there"], {}],
    ["revoke", ["unknown-1"], { terminate: true }],
    ["broadcast", ["no_such_command"], {}],
    ["broadcast", ["ping"], { arguments: { bogus: 1 } }],
    ["broadcast", ["enable_events"], { arguments: { bogus: 1 } }],
    ["broadcast", ["revoke"], { arguments: {} }],
    ["broadcast", ["election"], { arguments: {} }],
  ])("control.%s(%j, %j) is what a Python worker answers", async (method, args, kwargs) => {
    const [node, theirs] = await controlBoth(method, args, kwargs);
    expect(node).toEqual(theirs);
  });

  it("control.revoke reaches both; each forgets nothing of it", async () => {
    const [node] = await controlBoth("revoke", [["r-1", "r-2"]]);
    expect(node).toEqual({ ok: "tasks {'r-1', 'r-2'} flagged as revoked" });
    for (const revoked of await inspectBoth("revoked")) expect(revoked).toEqual(expect.arrayContaining(["r-1", "r-2"]));
  });

  it("a pattern reaches the Node worker", async () => {
    const options = { pattern: "n*@test", matcher: "glob", limit: 1, timeout: 5 };
    expect(await python.inspect("ping", options)).toEqual({ [NODE]: { ok: "pong" } });
  });

  it("an election that a Python or a Node worker calls ends with every vote", async () => {
    await python.control("broadcast", ["election"], {
      arguments: { id: "e1", topic: "task", action: null },
      destination: [NODE],
    });
    await waitUntil(() => /elected for|I won/.test(peer.output) || peer.output.length > 0);
    expect(peer.output).not.toMatch(/Traceback[\s\S]*on_elect/);
  });
});

describe("the commands of both", () => {
  const ours = (...args: string[]) => runCelery(["-b", vhost.url, ...args], {});
  const theirs = (...args: string[]) => runPythonCelery(vhost.url, args);
  /** Lines in any order: workers answer as they like. */
  const lines = (text: string) =>
    text
      .split("\n")
      .map((line) => line.trimEnd())
      .sort();

  it.each([
    [["status"]],
    [["inspect", "ping"]],
    [["inspect", "registered"]],
    [["inspect", "active_queues", "-d", PYTHON]],
    [["control", "rate_limit", "t.add", "5/m"]],
    [["control", "rate_limit", "t.nope", "5/m"]],
    [["control", "pool_grow", "-d", NODE]],
  ])("celery %j prints the same, of either worker", async (args) => {
    const [mine, python] = await Promise.all([ours(...args), theirs(...args)]);
    expect(mine.code).toBe(python.code);
    expect(lines(mine.stdout)).toEqual(lines(python.stdout));
  });

  it.each([
    [["inspect", "ping", "-d", "nobody@nowhere", "-t", "0.3"]],
    [["status", "-d", "nobody@nowhere", "-t", "0.3"]],
    [["control", "heartbeat", "-d", "nobody@nowhere", "-t", "0.3"]],
  ])("celery %j says that nobody replied, with Celery's exit code", async (args) => {
    const [mine, python] = await Promise.all([ours(...args), theirs(...args)]);
    expect([mine.code, mine.stderr]).toEqual([69, "Error: No nodes replied within time constraint\n"]);
    expect([python.code, python.stderr]).toEqual([mine.code, mine.stderr]);
  });

  it("inspect stats --json of a Python worker is read as it is", async () => {
    const { stdout } = await ours("inspect", "stats", "-d", PYTHON, "--json");
    const [, direct] = await inspectBoth("stats");
    expect(shapeDifferences(direct, (JSON.parse(stdout) as Record<string, unknown>)[PYTHON])).toEqual([]);
  });

  it("inspect conf of our worker is shown by Python's command", async () => {
    const { stdout, code } = await theirs("inspect", "conf", "-d", NODE);
    expect(code).toBe(0);
    expect(stdout).toMatch(/"task_acks_late": true/);
  });
});

it("a list that is cut says so to Python's inspect, and to both commands", async () => {
  const args = ["x".repeat(10_000)];
  // What is shown of a body that is not read yet is as long as the body.
  const later = { eta: "2100-01-01T00:00:00.000000+00:00", argsrepr: `(${args[0]},)` };
  await Promise.all(Array.from({ length: 450 }, () => bare.current.send("node", "t.add", args, later)));
  const ask = async () => (await python.inspect("stats", { destination: [NODE], timeout: 5 })) as Stats;
  await waitUntil(async () => ((await ask())[NODE]?.prefetch_count ?? 0) >= 450, "the worker to hold them all");
  const [entries] = (await inspectBoth("scheduled")) as [Scheduled[], unknown];
  const last = entries.pop();
  const { cut } = last?.request ?? {};
  const reported = { shown: entries.length, of: expect.any(Number) as number };
  expect(cut).toEqual(reported);
  expect(entries.length).toBeLessThan(450);
  expect(Object.keys(last ?? {})).toEqual(Object.keys(entries[0] ?? {}));
  expect(Object.keys(last?.request ?? {})).toEqual([...Object.keys(entries[0]?.request ?? {}), "cut"]);
  const text = `cut: ${entries.length} of ${cut?.of} shown`;
  const [mine, python5] = await Promise.all([
    runCelery(["-b", vhost.url, "inspect", "scheduled", "-d", NODE], {}),
    runPythonCelery(vhost.url, ["inspect", "scheduled", "-d", NODE]),
  ]);
  expect(mine.stdout).toContain(`\n    ${text}\n`);
  expect(python5.stdout).toContain(text);
}, 120_000);

it("shutdown by Python's control ends the Node worker, and is not answered", async () => {
  expect(await python.control("shutdown", [], { destination: [NODE] })).toBeNull();
  await waitUntil(() => worker.state === "draining" || worker.state === "stopped");
  await worker.stop(0);
});

it("the tasks of both apps have the same names", () => {
  const file = fileURLToPath(new URL("../support/python/control_app.py", import.meta.url));
  const names = [...readFileSync(file, "utf8").matchAll(/name="(t\.\w+)"/g)].map(([, name]) => name);
  expect([...app.tasks.keys()].filter((name) => name.startsWith("t.")).sort()).toEqual(names.sort());
});
