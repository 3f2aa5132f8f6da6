import { rmSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { describe, expect, it } from "vitest";
import { bindArguments, NO_REPLY } from "../../../../src/celery/control/command.js";
import { ControlRegistry } from "../../../../src/celery/control/registry.js";
import { exceptionRepr } from "../../../../src/celery/protocol/exception.js";
import { fakeWorker, requestInfo } from "../../../support/controlled-worker.js";

const registry = new ControlRegistry();

/** The reply as the mailbox gives it. */
function reply(method: string, args: Record<string, unknown> = {}, worker = fakeWorker()): unknown {
  const command = registry.get(method);
  try {
    return command === null ? null : command.run(worker, bindArguments(command, args));
  } catch (error) {
    return { error: exceptionRepr(error) };
  }
}

describe("inspect commands", () => {
  it.each([
    ["ping", {}, { ok: "pong" }],
    ["ping", { bogus: 1 }, { ok: "pong" }],
    ["clock", {}, { clock: 7 }],
    ["active", {}, [requestInfo("running-1", true)]],
    ["dump_active", { safe: true }, [{ ...requestInfo("running-1", true), args: "(20,)", kwargs: "{}" }]],
    ["reserved", {}, [requestInfo("reserved-1")]],
    ["registered", {}, ["t.add", "t.sleep"]],
    [
      "registered",
      { taskinfoitems: ["max_retries", "acks_late"] },
      ["t.add [max_retries=3 acks_late=False]", "t.sleep [max_retries=3 acks_late=False]"],
    ],
    ["registered", { builtins: true }, ["celery.ping", "t.add", "t.sleep"]],
    ["query_task", { ids: ["running-1", "nope"] }, { "running-1": ["active", requestInfo("running-1", true)] }],
    ["query_task", { ids: "nope" }, {}],
    ["report", {}, { ok: "text" }],
    ["report", { bogus: 1 }, { error: `TypeError("report() got an unexpected keyword argument 'bogus'")` }],
    ["hello", { from_node: "w@host" }, null],
  ])("%s(%j)", async (method, args, expected) => {
    expect(await reply(method, args)).toEqual(expected);
  });

  it("shows a queue with the keys of kombu", () => {
    const [queue] = reply("active_queues", {}, fakeWorker({}, [{ name: "q" }])) as Record<string, unknown>[];
    expect(queue).toEqual({
      name: "q",
      exchange: {
        name: "q",
        type: "direct",
        arguments: null,
        durable: true,
        passive: false,
        auto_delete: false,
        delivery_mode: null,
        no_declare: false,
      },
      routing_key: "q",
      queue_arguments: null,
      binding_arguments: null,
      consumer_arguments: null,
      durable: true,
      exclusive: false,
      auto_delete: false,
      no_ack: false,
      alias: null,
      bindings: [],
      no_declare: null,
      expires: null,
      message_ttl: null,
      max_length: null,
      max_length_bytes: null,
      max_priority: null,
    });
  });

  it("samples memory and lists the samples", () => {
    const worker = fakeWorker({ workerEnableDebugCommands: true });
    expect(reply("memsample", {}, worker)).toMatch(/^[\d.]+[KMG]B$/);
    expect(reply("memdump", { samples: 1 }, worker)).toMatch(/rss \(sample\)[\s\S]*rss \(end\)[\s\S]*heap/);
  });

  it.each(["objgraph", "memsample", "memdump"])(
    "does not answer %s unless debug commands are switched on",
    (method) => {
      expect(reply(method)).toEqual({
        error: "ValueError('Debug commands not enabled: set worker_enable_debug_commands')",
      });
    },
  );

  it("writes a heap snapshot for its owner alone, and not one after the other", () => {
    const worker = fakeWorker({ workerEnableDebugCommands: true });
    const { filename } = reply("objgraph", {}, worker) as { filename: string };
    expect(statSync(dirname(filename)).mode & 0o777).toBe(0o700);
    rmSync(dirname(filename), { recursive: true });
    expect(reply("objgraph", {}, worker)).toEqual({ error: expect.stringMatching(/wait a minute/) as string });
  });
});

describe("control commands", () => {
  it.each([
    ["revoke", { task_id: "a" }, { ok: "tasks {'a'} flagged as revoked" }],
    ["revoke", { task_id: ["a", "b"] }, { ok: "tasks {'a', 'b'} flagged as revoked" }],
    ["revoke", { task_id: "running-1", terminate: true }, { ok: "terminate: running-1" }],
    ["revoke", { task_id: "running-1", terminate: 1 }, { ok: "terminate: running-1" }],
    ["revoke", { task_id: "running-1", terminate: 0 }, { ok: "tasks {'running-1'} flagged as revoked" }],
    ["revoke", { task_id: "unknown", terminate: true }, { ok: "terminate: tasks unknown" }],
    ["revoke", {}, { error: `TypeError("revoke() missing 1 required positional argument: 'task_id'")` }],
    ["terminate", { task_id: "running-1", signal: "SIGKILL" }, { ok: "terminate: running-1" }],
    [
      "terminate",
      {},
      { error: `TypeError("terminate() missing 2 required positional arguments: 'signal' and 'task_id'")` },
    ],
    [
      "terminate",
      { task_id: "x", signal: "NONE" },
      { error: `AttributeError("module 'signal' has no attribute 'SIGNONE'")` },
    ],
    [
      "revoke_by_stamped_headers",
      { headers: { mid: ["a", "b"] } },
      {
        ok: "headers {'mid': ['a', 'b']} flagged as revoked, but not terminated",
      },
    ],
    [
      "revoke_by_stamped_headers",
      { headers: ["mid=c"] },
      {
        ok: "headers {'mid': 'c'} flagged as revoked, but not terminated",
      },
    ],
    [
      "revoke_by_stamped_headers",
      { headers: { mid: "zz" }, terminate: true },
      {
        ok: "headers {'mid': 'zz'} were not terminated",
      },
    ],
    [
      "revoke_by_stamped_headers",
      { headers: { mid2: ["k1"] }, terminate: true },
      {
        ok: "headers defaultdict(<class 'set'>, {'mid2': {'k1'}}) revoked",
      },
    ],
    ["rate_limit", { task_name: "t.add", rate_limit: "100/m" }, { ok: "new rate limit set successfully" }],
    ["rate_limit", { task_name: "t.add", rate_limit: 0 }, { ok: "rate limit disabled successfully" }],
    ["rate_limit", { task_name: "t.nope", rate_limit: "1/s" }, { error: "unknown task" }],
    ["rate_limit", { task_name: "t.add", rate_limit: "x/y" }, { error: "KeyError('y')" }],
    [
      "rate_limit",
      { task_name: "t.add", rate_limit: "abc" },
      {
        error: `Invalid rate limit string: ValueError("could not convert string to float: 'abc'")`,
      },
    ],
    ["time_limit", { task_name: "t.add", hard: 10, soft: 5 }, { ok: "time limits set successfully" }],
    ["time_limit", { task_name: "t.nope", hard: 10 }, { error: "unknown task" }],
    [
      "enable_events",
      { bogus: 1 },
      { error: `TypeError("enable_events() got an unexpected keyword argument 'bogus'")` },
    ],
    ["pool_grow", { n: 1 }, { ok: "pool will grow" }],
    ["pool_shrink", {}, { ok: "pool will shrink" }],
    ["pool_shrink", { n: 2 }, { error: `ValueError("Can't shrink pool. All processes busy!")` }],
    ["pool_grow", { n: 100_000 }, { error: "ValueError('the pool would have 100002 slots: the most is 1024')" }],
    ["pool_grow", { n: 1023 }, { error: "ValueError('the pool would have 1025 slots: the most is 1024')" }],
    ["pool_grow", { n: 1e300 }, { error: "ValueError('the pool would have 1e+300 slots: the most is 1024')" }],
    ["pool_grow", { n: -1 }, { error: "ValueError('n is -1: it must be a whole number')" }],
    ["pool_grow", { n: 0.5 }, { error: "ValueError('n is 0.5: it must be a whole number')" }],
    ["pool_grow", { n: "9" }, { error: "TypeError('n must be a number')" }],
    ["pool_shrink", { n: 1e300 }, { error: `ValueError("Can't shrink pool. All processes busy!")` }],
    ["time_limit", { task_name: "t.add", soft: -1 }, { error: expect.stringMatching(/soft is -1/) as string }],
    ["time_limit", { task_name: "t.add", hard: Number.NaN }, { error: expect.stringMatching(/hard is NaN/) as string }],
    ["rate_limit", { task_name: "t.add", rate_limit: -5 }, { error: expect.stringMatching(/Invalid rate/) as string }],
    [
      "rate_limit",
      { task_name: "t.add", rate_limit: "-5" },
      { error: expect.stringMatching(/Invalid rate/) as string },
    ],
    [
      "rate_limit",
      { task_name: "t.add", rate_limit: "1e400/h" },
      { error: expect.stringMatching(/Invalid rate/) as string },
    ],
    [
      "rate_limit",
      { task_name: "t.add", rate_limit: Number.NaN },
      { error: expect.stringMatching(/Invalid rate/) as string },
    ],
    ["rate_limit", { task_name: "t.add", rate_limit: 1e-7 }, { ok: "new rate limit set successfully" }],
    [
      "revoke",
      { task_id: "x".repeat(256) },
      { error: "ValueError('task_id has an id of 256 characters: the most is 255')" },
    ],
    [
      "revoke",
      { task_id: Array.from({ length: 50_001 }, (_, index) => index) },
      { error: "ValueError('task_id has 50001 ids: 50000 may be sent at once')" },
    ],
    [
      "revoke_by_stamped_headers",
      { headers: { mid: ["x".repeat(256)] } },
      { error: "ValueError('a stamp has 256 characters: the most is 255')" },
    ],
    ["pool_restart", {}, { error: "ValueError('Pool restarts not enabled')" }],
    ["autoscale", { max: 5, min: 1 }, { error: "ValueError('Autoscale not enabled')" }],
    ["add_consumer", { queue: "q" }, { ok: "add consumer q" }],
    ["cancel_consumer", { queue: "q" }, { ok: "no longer consuming from q" }],
  ])("%s(%j)", async (method, args, expected) => {
    expect(await reply(method, args)).toEqual(expected);
  });

  it("gives no reply to shutdown, and null to heartbeat", () => {
    const worker = fakeWorker();
    expect(reply("shutdown", {}, worker)).toBe(NO_REPLY);
    reply("heartbeat", {}, worker);
    expect(worker.told).toEqual([["shutdown", "Got shutdown from remote"], ["heartbeat"]]);
  });

  it("says whether events were on already", () => {
    const worker = fakeWorker();
    const texts = ["disable_events", "enable_events", "enable_events", "disable_events"].map((method) =>
      reply(method, {}, worker),
    );
    expect(texts).toEqual(
      ["already disabled", "enabled", "already enabled", "disabled"].map((text) => ({ ok: `task events ${text}` })),
    );
  });

  it("restarts the pool where that is enabled, and leaves its size to the autoscaler where there is one", () => {
    expect(reply("pool_restart", {}, fakeWorker({ workerPoolRestarts: true }))).toEqual({ ok: "reload started" });
    const scaled = fakeWorker({ workerAutoscale: { max: 4, min: 1 } });
    expect(reply("autoscale", { max: 5, min: 1 }, scaled)).toEqual({ ok: "autoscale now max=5 min=1" });
    for (const wrong of [{ max: 0 }, { max: 100_000 }, { min: -1 }, { max: 1.5 }])
      expect(reply("autoscale", wrong, scaled)).toEqual({
        error: expect.stringMatching(/whole number from [01] to 1024/),
      });
    expect(reply("pool_grow", {}, scaled)).toEqual({
      error: "pool_grow is not supported with autoscale. Adjust autoscale range instead.",
    });
  });

  it("answers a flood of ids with the first of them", () => {
    const ids = Array.from({ length: 50_000 }, (_, index) => `id-${index}`);
    const { ok: text } = reply("revoke", { task_id: ids }) as { ok: string };
    expect(text).toContain("'id-999', 'and 49000 more'");
    expect(text.length).toBeLessThan(20_000);
  });

  it("changes the limits of the task itself", () => {
    const worker = fakeWorker({ taskTimeLimit: 60 });
    reply("time_limit", { task_name: "t.add", hard: 10, soft: 5 }, worker);
    expect(worker.tasks.get("t.add")).toMatchObject({ timeLimit: 10, softTimeLimit: 5 });
    reply("time_limit", { task_name: "t.add" }, worker);
    expect(worker.tasks.get("t.add")).toMatchObject({ timeLimit: 60, softTimeLimit: null });
  });

  it("passes the options of a queue on", () => {
    const worker = fakeWorker();
    const args = { queue: "q", exchange: "e", exchange_type: "topic", routing_key: "k.#", durable: false };
    reply("add_consumer", args, worker);
    const queue = { name: "q", exchange: "e", exchangeType: "topic", routingKey: "k.#", durable: false };
    expect(worker.told).toEqual([["addConsumer", queue]]);
  });
});

describe("the registry", () => {
  it("has every command of Celery 5.6", () => {
    const names = [...registry.list("inspect", { hidden: true }), ...registry.list("control")].map(({ name }) => name);
    const celery =
      "active active_queues clock conf hello memdump memsample objgraph ping query_task registered report reserved revoked scheduled stats " +
      "add_consumer autoscale cancel_consumer disable_events election enable_events heartbeat pool_grow pool_restart pool_shrink " +
      "rate_limit revoke revoke_by_stamped_headers shutdown terminate time_limit";
    expect(names.sort()).toEqual(celery.split(" ").sort());
  });

  it("takes commands of the user's, and no name twice", () => {
    const own = new ControlRegistry();
    own.register({ name: "tables", kind: "inspect", help: "Tables.", run: () => ({ ok: 3 }) });
    expect(own.list("inspect").map(({ name }) => name)).toContain("tables");
    expect(() => own.register({ name: "dump_active", kind: "inspect", help: "", run: () => null })).toThrow(/exists/);
    expect(registry.get("tables")).toBeNull();
  });
});
