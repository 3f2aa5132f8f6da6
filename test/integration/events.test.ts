import { randomUUID } from "node:crypto";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Celery } from "../../src/celery/app.js";
import { Reject } from "../../src/celery/errors.js";
import type { Worker } from "../../src/celery/worker/worker.js";
import { useBareClient } from "../support/celery-worker.js";
import { type CapturedEvent, captureEvents } from "../support/event-capture.js";
import { FaultyProxy } from "../support/proxy.js";
import { runPythonCelery, usePythonControl, usePythonWorker } from "../support/python-control.js";
import { useVhost } from "../support/services.js";
import { waitUntil } from "../support/wait-until.js";

const vhost = useVhost();
const bare = useBareClient(() => vhost.url);

/** The two workers: what they are called, and the queue each consumes. */
const NODE = { nodename: "node@test", queue: "node" };
const PYTHON = { nodename: "python@test", queue: "python" };
const BOTH = [NODE, PYTHON];

let events: CapturedEvent[] = [];
let app: Celery;
let worker: Worker;

beforeAll(async () => {
  events = await captureEvents(bare.current);
  app = new Celery("tests", {
    broker: vhost.url,
    backend: "rpc://",
    taskAcksLate: true,
    taskSendSentEvent: true,
    workerSendTaskEvents: true,
    log: pino({ level: "silent" }),
  });
  defineTasks(app);
  worker = app.worker({ hostname: NODE.nodename, queues: [NODE.queue], concurrency: 2 });
  await worker.start();
});
afterAll(async () => {
  await worker.stop(0);
  await app.close();
});
usePythonWorker(() => vhost.url, PYTHON.nodename, PYTHON.queue, ["-E"]);
const python = usePythonControl(() => vhost.url);

/** The tasks of test/support/python/control_app.py. */
function defineTasks(to: Celery): void {
  to.task("t.add", (_ctx, x: number, y: number) => x + y);
  to.task("t.fail", () => {
    throw new RangeError("boom");
  });
  to.task("t.flaky", (ctx) => {
    if (ctx.request.retries > 0) return "second";
    return ctx.retry({ countdown: 0.1, error: new RangeError("not yet") });
  });
  to.task("t.reject", () => {
    throw new Reject("no");
  });
  to.task("t.event", (ctx) => {
    ctx.sendEvent("task-progress", { percent: 50 });
    return 1;
  });
  to.task(
    "t.sleep",
    (ctx) => new Promise((_, reject) => ctx.signal.addEventListener("abort", () => reject(ctx.signal.reason))),
  );
}

/** Events of one task, or of a worker itself. */
const ofTask = (id: string) => events.filter(({ fields }) => fields.uuid === id);
const ofWorker = (nodename: string, type: string) =>
  events.filter(({ fields }) => fields.hostname === nodename && fields.type === type);
const typesOf = (captured: readonly CapturedEvent[]) => captured.map(({ fields }) => fields.type);

/** Sends a message as a producer without events would. */
async function send(queue: string, task: string, args: unknown[] = [], headers: Record<string, unknown> = {}) {
  return await bare.current.send(queue, task, args, {
    argsrepr: args.length === 0 ? "()" : `(${args.join(", ")})`,
    kwargsrepr: "{}",
    ...headers,
  });
}

/** Fields that differ from run to run, and from one worker to the other. */
const VOLATILE = new Set([
  ..."timestamp clock pid runtime uuid root_id parent_id eta expires sw_ident sw_ver active processed".split(" "),
  ..."loadavg traceback hostname queue routing_key freq".split(" "),
]);

/** An event with the types of its volatile fields, and the values of all others. */
function comparable({ routingKey, message, fields }: CapturedEvent): CapturedEvent {
  const kind = (value: unknown) =>
    value === null ? "null" : Array.isArray(value) ? `list of ${value.length}` : typeof value;
  const shown = Object.entries(fields).map(([key, value]) => [key, VOLATILE.has(key) ? kind(value) : value] as const);
  return { routingKey, message, fields: Object.fromEntries(shown.sort(([a], [b]) => (a < b ? -1 : 1))) };
}

/** Sends the same to both workers, and gives the events of each once the last has come. */
async function observe(
  last: string,
  start: (queue: string, nodename: string) => Promise<string>,
): Promise<[node: CapturedEvent[], python: CapturedEvent[]]> {
  const [node, theirs] = await Promise.all(BOTH.map(({ queue, nodename }) => start(queue, nodename)));
  const both = [node ?? "", theirs ?? ""] as const;
  await waitUntil(
    () => both.every((id) => typesOf(ofTask(id)).includes(last)),
    `${last} of both: ${both.map((id) => typesOf(ofTask(id)))}`,
  );
  return [ofTask(both[0]), ofTask(both[1])];
}

describe("the events of a task are those of a Python worker, field by field:", () => {
  it.each<[outcome: string, task: string, args: unknown[], headers: Record<string, unknown>, types: string[]]>([
    ["success", "t.add", [1, 2], {}, ["task-received", "task-started", "task-succeeded"]],
    ["failure", "t.fail", [], {}, ["task-received", "task-started", "task-failed"]],
    ["rejection", "t.reject", [], {}, ["task-received", "task-started", "task-rejected"]],
    ["expiry", "t.add", [1, 2], { expires: "2020-01-01T00:00:00+00:00" }, ["task-revoked"]],
    ["a shadow name", "t.add", [1, 2], { shadow: "another" }, ["task-received", "task-started", "task-succeeded"]],
  ])("%s", async (_outcome, task, args, headers, types) => {
    const [node, theirs] = await observe(types.at(-1) ?? "", (queue) => send(queue, task, args, headers));
    expect(typesOf(theirs)).toEqual(types);
    expect(node.map(comparable)).toEqual(theirs.map(comparable));
  });

  it("retry and success, with the event of the message that the worker sends", async () => {
    const [node, theirs] = await observe("task-succeeded", (queue) => send(queue, "t.flaky"));
    // Python's next attempt is sent by a process of its pool: it may come before the worker knows that this one ended.
    const byType = (captured: CapturedEvent[]) =>
      captured.map(comparable).sort((a, b) => String(a.fields.type).localeCompare(String(b.fields.type)));
    const steps = "sent received started retried received started succeeded".split(" ").map((step) => `task-${step}`);
    expect(typesOf(theirs).sort()).toEqual(steps.sort());
    expect(byType(node)).toEqual(byType(theirs));
  });

  it("an event of the task's own", async () => {
    const [node, theirs] = await observe("task-succeeded", (queue) => send(queue, "t.event"));
    const own = (captured: CapturedEvent[]) => captured.filter(({ fields }) => fields.type === "task-progress");
    await waitUntil(() => own(ofTask(String(theirs[0]?.fields.uuid))).length === 1);
    expect(own(node).map(comparable)).toEqual(own(ofTask(String(theirs[0]?.fields.uuid))).map(comparable));
  });

  it("a name that no worker knows", async () => {
    const [node, theirs] = await observe("task-failed", (queue) => send(queue, "t.nope"));
    expect(node.map(comparable)).toEqual(theirs.map(comparable));
  });

  it("revoked before it came", async () => {
    const [node, theirs] = await observe("task-revoked", async (queue, nodename) => {
      const id = randomUUID();
      await python.control("revoke", [id], { destination: [nodename], reply: true, timeout: 5 });
      return await send(queue, "t.add", [1, 2], { id });
    });
    expect(typesOf(theirs)).toEqual(["task-revoked"]);
    expect(node.map(comparable)).toEqual(theirs.map(comparable));
  });

  it("revoked while it ran", async () => {
    const [node, theirs] = await observe("task-revoked", async (queue, nodename) => {
      const id = await send(queue, "t.sleep", [600]);
      await waitUntil(() => typesOf(ofTask(id)).includes("task-started"), `the start of ${id}`);
      await python.control("revoke", [id], { destination: [nodename], terminate: true, reply: true, timeout: 5 });
      return id;
    });
    expect(typesOf(theirs)).toEqual(["task-received", "task-started", "task-revoked"]);
    expect(node.map(comparable)).toEqual(theirs.map(comparable));
  });
});

it("a producer's task-sent is that of Python's", async () => {
  const { stdout } = await runPythonCelery(vhost.url, ["call", "t.add", "--args", "[1, 2]", "--queue", "nobody"]);
  const { id } = await app.sendTask("t.add", [1, 2], {}, { queue: "nobody" });
  const sent = (uuid: string) => ofTask(uuid).map(comparable);
  await waitUntil(() => sent(id).length > 0 && sent(stdout.trim()).length > 0);
  // Their command gives a list where their producers, and ours, give a tuple.
  expect(sent(id)).toEqual(
    sent(stdout.trim()).map((event) => ({ ...event, fields: { ...event.fields, args: "(1, 2)" } })),
  );
});

it("hold what celery-exporter and Flower read: name, worker, queue, runtime and exception of tasks, life of workers", async () => {
  const [[added], [failed]] = await Promise.all([
    observe("task-succeeded", (queue) => send(queue, "t.add", [1, 2])),
    observe("task-failed", (queue) => send(queue, "t.fail")),
  ]);
  const fieldsOf = (captured: readonly CapturedEvent[], type: string) =>
    captured.find(({ fields }) => fields.type === type)?.fields;
  const common = { uuid: expect.any(String), hostname: NODE.nodename, timestamp: expect.any(Number) };
  expect(fieldsOf(added, "task-received")).toMatchObject({ ...common, name: "t.add", utcoffset: expect.any(Number) });
  expect(fieldsOf(added, "task-started")).toMatchObject(common);
  expect(fieldsOf(added, "task-succeeded")).toMatchObject({ ...common, runtime: expect.any(Number) });
  // The exporter takes the name of the error from the text before the bracket.
  expect(fieldsOf(failed, "task-failed")).toMatchObject({ ...common, exception: expect.stringMatching(/^\w+\(/) });
  const [heartbeat] = await waitUntil(() => {
    const found = ofWorker(NODE.nodename, "worker-heartbeat");
    return found.length > 0 && found;
  }, "a heartbeat");
  const alive = { hostname: NODE.nodename, freq: expect.any(Number), active: expect.any(Number) };
  expect(heartbeat?.fields).toMatchObject({ ...alive, timestamp: expect.any(Number), utcoffset: expect.any(Number) });
});

describe("the events of the worker itself:", () => {
  it("online, and heartbeats of its own and asked for, are those of a Python worker", async () => {
    await waitUntil(() => BOTH.every(({ nodename }) => ofWorker(nodename, "worker-heartbeat").length > 0));
    await python.control("heartbeat", []);
    const [asked, theirs] = await waitUntil(() => {
      const found = BOTH.map(({ nodename }) =>
        ofWorker(nodename, "worker-heartbeat").find(({ fields }) => fields.active === undefined),
      );
      return found.every((event) => event !== undefined) && found;
    });
    expect(comparable(asked as CapturedEvent)).toEqual(comparable(theirs as CapturedEvent));
    for (const type of ["worker-online", "worker-heartbeat"]) {
      const [node, python] = BOTH.map(({ nodename }) => ofWorker(nodename, type)[0] as CapturedEvent);
      expect(comparable(node as CapturedEvent)).toEqual(comparable(python as CapturedEvent));
      expect(node?.fields.freq).toEqual(python?.fields.freq);
    }
  });

  it("the clock of each grows from event to event", () => {
    for (const { nodename } of BOTH) {
      const online = events.findIndex(({ fields }) => fields.hostname === nodename);
      const clocks = events
        .slice(online)
        .filter(
          ({ fields }) => fields.hostname === nodename && !["task-sent", "task-progress"].includes(String(fields.type)),
        )
        .map(({ fields }) => Number(fields.clock));
      expect(clocks).toEqual([...clocks].sort((a, b) => a - b));
      expect(new Set(clocks).size).toBe(clocks.length);
    }
  });
});

describe("a worker without -E", () => {
  const quiet = { nodename: "quiet@test", queue: "quiet" };

  it("sends no task events until they are enabled, and none once they are disabled", async () => {
    const own = new Celery("tests", { broker: vhost.url, backend: "rpc://", log: pino({ level: "silent" }) });
    defineTasks(own);
    const started = own.worker({ hostname: quiet.nodename, queues: [quiet.queue], concurrency: 1 });
    await started.start();
    try {
      const run = async () => {
        const id = await send(quiet.queue, "t.add", [1, 2]);
        expect(await bare.current.result(id)).toMatchObject({ status: "SUCCESS" });
        return id;
      };
      const change = (method: string) =>
        python.control(method, [], { destination: [quiet.nodename], reply: true, timeout: 5 });
      const before = await run();
      expect(await change("enable_events")).toEqual([{ [quiet.nodename]: { ok: "task events enabled" } }]);
      const during = await run();
      await waitUntil(() => ofTask(during).length === 3);
      expect(typesOf(ofTask(during))).toEqual(["task-received", "task-started", "task-succeeded"]);
      expect(await change("disable_events")).toEqual([{ [quiet.nodename]: { ok: "task events disabled" } }]);
      const after = await run();
      await change("heartbeat");
      // The heartbeat is sent after whatever there was to say of the task.
      await waitUntil(() => ofWorker(quiet.nodename, "worker-heartbeat").some(({ fields }) => fields.freq === 5));
      expect([...ofTask(before), ...ofTask(after)]).toEqual([]);
    } finally {
      await started.stop(0);
      await own.close();
    }
  });
});

describe("while the broker is away", () => {
  it("tasks run on, the newest events are kept and sent later, and the rest is counted", async () => {
    const { hostname, port } = new URL(vhost.url);
    const proxy = await FaultyProxy.open(hostname, Number(port));
    const own = new Celery("tests", {
      broker: proxy.through(vhost.url),
      backend: "rpc://",
      taskAcksLate: true,
      workerSendTaskEvents: true,
      log: pino({ level: "silent" }),
    });
    let go: () => void = () => undefined;
    const gone = new Promise<void>((resolve) => {
      go = resolve;
    });
    let ended = false;
    own.task("t.burst", async (ctx) => {
      await gone;
      for (let step = 0; step < 12_000; step++) ctx.sendEvent("task-step", { step });
      ended = true;
      return "done";
    });
    const started = own.worker({ hostname: "cut@test", queues: ["cut"], concurrency: 1 });
    await started.start();
    try {
      const id = await send("cut", "t.burst");
      await waitUntil(() => typesOf(ofTask(id)).includes("task-started"));
      proxy.refuse(true);
      await waitUntil(() => proxy.connections === 0);
      go();
      await waitUntil(() => ended, "the end of the task without a broker");
      proxy.refuse(false);
      const steps = () => ofTask(id).filter(({ fields }) => fields.type === "task-step");
      await waitUntil(() => steps().at(-1)?.fields.step === 11_999, "the last event", 30_000);
      const numbers = steps().map(({ fields }) => Number(fields.step));
      expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
      const inspected = await waitUntil(async () => {
        const answers = (await python.inspect("stats", { destination: ["cut@test"], timeout: 5 })) as Record<
          string,
          { dropped_events: number }
        > | null;
        return answers?.["cut@test"];
      });
      expect(inspected.dropped_events).toBeGreaterThanOrEqual(2_000);
      expect(numbers.length + inspected.dropped_events).toBeGreaterThanOrEqual(12_000);
    } finally {
      await started.stop(0);
      await own.close();
      await proxy.close();
    }
  });
});

it("shutdown says offline at once, as a Python worker does", async () => {
  await python.control("shutdown", [], {});
  await waitUntil(() => BOTH.every(({ nodename }) => ofWorker(nodename, "worker-offline").length > 0));
  const [node, theirs] = BOTH.map(({ nodename }) => ofWorker(nodename, "worker-offline").map(comparable));
  expect(node).toEqual(theirs);
});
