import { randomUUID } from "node:crypto";
import { pino } from "pino";
import { afterAll, expect, it } from "vitest";
import { type AppOptions, Celery } from "../../../src/celery/app.js";
import { useWorkers } from "../../support/celery-worker.js";
import { inside } from "../../support/inside.js";
import { redisUrl, useVhost } from "../../support/services.js";
import { waitUntil } from "../../support/wait-until.js";

const vhost = useVhost();
const startWorker = useWorkers(() => vhost.url);
const opened: Celery[] = [];
afterAll(() => Promise.all(opened.map((app) => app.close())));

function open(settings: AppOptions = {}): Celery {
  const app = new Celery("client", {
    broker: vhost.url,
    backend: "rpc://",
    log: pino({ level: "silent" }),
    ...settings,
  });
  opened.push(app);
  return app;
}

const start = (hostname: string, queue: string) =>
  startWorker(
    (app) => {
      app.task(
        "wait",
        { queue: "wait", maxRetries: 1 },
        (ctx) => new Promise((resolve) => ctx.signal.addEventListener("abort", resolve)),
      );
      app.controlCommand({ name: "greet", kind: "inspect", help: "Greets.", lenient: true, run: () => "hello" });
    },
    { hostname, queues: [queue], concurrency: 1 },
  );

it("asks workers: all, some by name or pattern, up to a limit; null when nobody answers", async () => {
  await start("one@test", "q1");
  await start("two@test", "q2");
  const { control } = open();
  const replies: string[] = [];
  const all = await control.inspect({ timeout: 0.5, onReply: ({ nodename }) => replies.push(nodename) }).ping();
  expect(all).toEqual({ "one@test": { ok: "pong" }, "two@test": { ok: "pong" } });
  expect(replies.sort()).toEqual(["one@test", "two@test"]);
  const one = control.inspect({ destination: ["one@test"] });
  expect(await one.ping()).toEqual({ "one@test": { ok: "pong" } });
  expect(await one.activeQueues()).toMatchObject({ "one@test": [{ name: "q1" }] });
  expect(await one.registered("queue", "max_retries")).toEqual({ "one@test": ["wait [queue=wait max_retries=1]"] });
  expect((await one.conf())?.["one@test"]).toMatchObject({ task_acks_late: true });
  expect((await one.report())?.["one@test"]?.ok).toContain("software");
  expect(Object.keys((await control.inspect({ pattern: "t*", timeout: 0.5 }).clock()) ?? {})).toEqual(["two@test"]);
  expect(
    Object.keys((await control.inspect({ pattern: "on.@", matcher: "pcre", timeout: 0.5 }).stats()) ?? {}),
  ).toEqual(["one@test"]);
  expect(Object.keys((await control.inspect({ limit: 1 }).clock()) ?? {})).toHaveLength(1);
  expect(await one.request("greet")).toEqual({ "one@test": "hello" });
  expect(await control.inspect({ destination: ["nobody@test"], timeout: 0.2 }).ping()).toBeNull();
});

it("sees tasks, revokes and terminates them", async () => {
  await start("three@test", "q3");
  const app = open();
  const inspect = app.control.inspect({ destination: ["three@test"] });
  const send = (options: object = {}) => app.sendTask("wait", [], {}, { queue: "q3", ...options });
  const running = await send();
  await waitUntil(async () => ((await inspect.active())?.["three@test"] ?? []).length === 1, "a running task");
  const reserved = await send();
  const scheduled = await send({ countdown: 600, stamps: { batch: "b1" } });
  await waitUntil(async () => ((await inspect.scheduled())?.["three@test"] ?? []).length === 1, "a scheduled task");
  expect((await inspect.reserved())?.["three@test"]).toMatchObject([{ id: reserved.id }]);
  expect(await inspect.queryTask(running.id)).toMatchObject({ "three@test": { [running.id]: ["active", {}] } });
  const replies = await app.control.revoke([reserved.id], { reply: true, destination: ["three@test"] });
  expect(replies).toMatchObject([{ nodename: "three@test", value: { ok: expect.stringContaining("revoked") } }]);
  await app.control.revokeByStampedHeaders({ batch: ["b1"] });
  expect(await app.control.terminate(running.id)).toEqual([]);
  for (const result of [running, reserved, scheduled])
    await expect(result.get({ timeout: 60 })).rejects.toMatchObject({ pythonType: "TaskRevokedError" });
  expect((await inspect.revoked())?.["three@test"]).toEqual(expect.arrayContaining([running.id, reserved.id]));
});

it("stores REVOKED for tasks that no worker has, and leaves those that have started or ended", async () => {
  const app = open({ backend: redisUrl(), resultExtended: true });
  await startWorker(
    (worker) => worker.task("quick", () => 1),
    { hostname: "five@test", queues: ["q5"] },
    { backend: redisUrl(), resultExtended: true },
  );
  const done = await app.sendTask("quick", [], {}, { queue: "q5" });
  await done.get({ timeout: 60 });
  const unknown = app.asyncResult(randomUUID());
  await app.control.revoke([done.id, unknown.id]);
  await expect(unknown.get({ timeout: 60 })).rejects.toMatchObject({ pythonType: "TaskRevokedError" });
  expect([await unknown.state(), await unknown.name(), await app.asyncResult(done.id).state()]).toEqual([
    "REVOKED",
    null,
    "SUCCESS",
  ]);
});

it("changes workers: limits, queues, events, pool, shutdown", async () => {
  const worker = await start("four@test", "q4");
  const { control } = open();
  const to = { destination: ["four@test"], reply: true } as const;
  const ok = async (replies: Promise<readonly { readonly value: unknown }[]>) => (await replies)[0]?.value;
  expect(await ok(control.rateLimit("wait", "3/m", to))).toEqual({ ok: "new rate limit set successfully" });
  expect(await ok(control.timeLimit("wait", { soft: 5, hard: 9 }, to))).toEqual({ ok: "time limits set successfully" });
  expect(await ok(control.addConsumer("extra", {}, to))).toMatchObject({ ok: "add consumer extra" });
  expect(await ok(control.cancelConsumer("extra", to))).toMatchObject({ ok: expect.stringContaining("extra") });
  expect(await ok(control.enableEvents(to))).toEqual({ ok: "task events enabled" });
  expect(await ok(control.disableEvents(to))).toEqual({ ok: "task events disabled" });
  expect(await ok(control.poolGrow(2, to))).toEqual({ ok: "pool will grow" });
  await waitUntil(() => inside(worker).slots.limit === 3, "three slots");
  expect(await ok(control.poolShrink(1, to))).toEqual({ ok: "pool will shrink" });
  expect(await ok(control.poolRestart(to))).toMatchObject({ error: expect.any(String) });
  expect(await ok(control.autoscale(3, 1, to))).toMatchObject({ error: expect.stringContaining("Autoscale") });
  await control.heartbeat(to);
  await control.shutdown({ destination: ["four@test"] });
  await waitUntil(() => worker.state === "stopped", "the end of the worker");
});

it("shuts down once, also where a listener stops the worker that was told to shut down", async () => {
  const lines: string[] = [];
  const log = pino({ level: "info" }, { write: (line: string) => void lines.push(JSON.parse(line).msg) });
  const worker = await startWorker(() => undefined, { hostname: "once@test", queues: ["q6"] }, { log });
  let draining = 0;
  worker.events.on("draining", () => {
    draining += 1;
    void worker.stop();
  });
  await open().control.shutdown({ destination: ["once@test"] });
  await waitUntil(() => worker.state === "stopped", "the end of the worker");
  expect(lines.filter((line) => line === "worker: Warm shutdown")).toHaveLength(1);
  expect(draining).toBe(1);
});

it("empties the app's queues, and fails when the broker is away", async () => {
  const app = open({ taskQueues: ["full", { name: "missing" }] });
  for (let i = 0; i < 3; i++) await app.sendTask("add", [1, 2], {}, { queue: "full" });
  expect(await app.control.purge()).toBe(3);
  const away = open({ broker: "amqp://127.0.0.1:1", brokerConnectionTimeout: 0.2 });
  await expect(away.control.ping()).rejects.toMatchObject({ code: "CELERY_BROKER" });
});
