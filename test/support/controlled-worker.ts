import { pino } from "pino";
import type { QueueDefinition } from "../../src/celery/amqp/topology.js";
import { LamportClock } from "../../src/celery/clock.js";
import { describeSettings } from "../../src/celery/control/configuration.js";
import type { ControlledWorker, RequestInfo } from "../../src/celery/control/controlled-worker.js";
import { defineTask, type TaskDefinition } from "../../src/celery/definition.js";
import { compileSettings, type SettingsInput } from "../../src/celery/settings.js";

/** A request as inspect shows it. */
export function requestInfo(id: string, running = false): RequestInfo {
  return {
    id,
    name: "t.sleep",
    args: [20],
    kwargs: {},
    type: "t.sleep",
    hostname: "w@host",
    time_start: running ? 1795456044.35 : null,
    acknowledged: running,
    delivery_info: { exchange: "", routing_key: "celery", priority: 0, redelivered: false },
    worker_pid: running ? 16351 : null,
  };
}

/** What a fake worker was told to do, beside what it shows. */
export interface FakeWorker extends ControlledWorker {
  readonly told: unknown[][];
}

/** A worker for commands, without a broker: it records what it is told. */
export function fakeWorker(input: SettingsInput = {}, queues: readonly QueueDefinition[] = []): FakeWorker {
  const settings = compileSettings(input);
  const tasks = new Map<string, TaskDefinition>(
    ["t.add", "t.sleep", "celery.ping"].map((name) => [name, defineTask(name, {}, () => null, settings)]),
  );
  const told: unknown[][] = [];
  const revoked = new Map<string, number>();
  const running = new Set(["running-1"]);
  let size = 2;
  let events = false;
  return {
    told,
    nodename: "w@host",
    settings,
    tasks,
    clock: new LamportClock(7),
    log: pino({ level: "silent" }),
    active: async (safe) => [{ ...requestInfo("running-1", true), ...(safe ? { args: "(20,)", kwargs: "{}" } : {}) }],
    reserved: async () => [requestInfo("reserved-1")],
    scheduled: async () => [{ eta: "2026-11-23T17:52:24.353094+00:00", priority: 6, request: requestInfo("later-1") }],
    find: (id) => (running.has(id) ? [{ state: "active", info: requestInfo(id, true) }] : []),
    stats: () => ({ total: {} }),
    configuration: (withDefaults) => describeSettings(settings, withDefaults),
    report: () => "text",
    revoked: () => [...revoked],
    learnRevoked: (ids) => {
      for (const [id, at] of ids) revoked.set(id, at);
    },
    revoke: (ids, options) => {
      told.push(["revoke", ids, options]);
      for (const id of ids) revoked.set(id, 0);
      return ids.filter((id) => running.has(id));
    },
    revokeByStamps: (headers, options) => {
      told.push(["revokeByStamps", [...headers], options]);
      return options.terminate && headers.has("mid2") ? new Map([["mid2", new Set(["k1"])]]) : new Map();
    },
    setRateLimit: (task, limit) => told.push(["setRateLimit", task, limit]),
    queues,
    addConsumer: (queue) => void told.push(["addConsumer", queue]),
    cancelConsumer: (queue) => told.push(["cancelConsumer", queue]),
    get concurrency() {
      return size;
    },
    resize: (concurrency) => {
      size = concurrency;
    },
    autoscaler:
      settings.workerAutoscale === null
        ? null
        : { update: (max, min) => ({ max: max ?? settings.workerConcurrency, min: min ?? 0 }) },
    restartPool: () => told.push(["restartPool"]),
    shutdown: (message) => told.push(["shutdown", message]),
    enableTaskEvents: () => {
      const changed = !events;
      events = true;
      return changed;
    },
    disableTaskEvents: () => {
      const changed = events;
      events = false;
      return changed;
    },
    sendHeartbeat: () => told.push(["heartbeat"]),
    holdElection: (...all) => told.push(["election", ...all]),
  };
}
