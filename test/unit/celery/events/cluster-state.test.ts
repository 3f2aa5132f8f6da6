import { describe, expect, it } from "vitest";
import { ClusterState } from "../../../../src/celery/events/cluster-state.js";
import type { ReceivedEvent } from "../../../../src/celery/events/receiver.js";

const event = (type: string, fields: Record<string, unknown> = {}): ReceivedEvent => ({
  type,
  timestamp: 1000,
  hostname: "w1@host",
  local_received: 1000,
  clock: 1,
  ...fields,
});

describe("workers", () => {
  it("live for two heartbeat intervals, and leave when they say so", () => {
    const [joined, left]: string[][] = [[], []];
    const state = new ClusterState({
      onNodeJoin: ({ hostname }) => joined?.push(hostname),
      onNodeLeave: ({ hostname }) => left?.push(hostname),
    });
    state.apply(
      event("worker-online", { freq: 2, active: 0, processed: 3, sw_ident: "py-celery", loadavg: [1, 2, 3] }),
    );
    expect(state.aliveWorkers(1003.9)).toMatchObject([{ hostname: "w1@host", processed: 3, swIdent: "py-celery" }]);
    expect(state.aliveWorkers(1004)).toEqual([]);
    state.apply(event("worker-heartbeat", { freq: 2, local_received: 1005 }));
    expect(state.aliveWorkers(1006)).toHaveLength(1);
    state.apply(event("worker-offline"));
    expect(state.workers.size).toBe(0);
    expect([joined, left]).toEqual([["w1@host"], ["w1@host"]]);
  });

  it("that fell silent are dropped on request", () => {
    const state = new ClusterState();
    state.apply(event("worker-heartbeat", { freq: 2 }));
    expect(state.dropLost(1010).map(({ hostname }) => hostname)).toEqual(["w1@host"]);
    expect(state.workers.size).toBe(0);
  });
});

describe("tasks", () => {
  const apply = (...events: ReceivedEvent[]) => {
    const state = new ClusterState();
    for (const one of events) state.apply(one);
    return state.tasks.get("id");
  };
  const received = event("task-received", { uuid: "id", name: "t.add", args: "(1, 2)", retries: 0, eta: null });
  const started = event("task-started", { uuid: "id", timestamp: 1001 });
  const succeeded = event("task-succeeded", { uuid: "id", timestamp: 1002, result: "3", runtime: 0.5 });

  it("end in their last state with the fields of all their events", () => {
    const task = apply(
      event("task-sent", { uuid: "id", hostname: "gen1@host", queue: "q" }),
      received,
      started,
      succeeded,
    );
    expect(task).toMatchObject({ state: "SUCCESS", worker: "w1@host", client: "gen1@host", timestamp: 1002 });
    expect(Object.fromEntries(task?.fields ?? [])).toMatchObject({
      name: "t.add",
      result: "3",
      runtime: 0.5,
      queue: "q",
    });
    expect([...(task?.times.keys() ?? [])]).toEqual(["sent", "received", "started", "succeeded"]);
  });

  it("keep their final state when earlier events come late", () => {
    const task = apply(succeeded, started, { ...received, result: "not taken from here" });
    expect(task?.state).toBe("SUCCESS");
    expect(Object.fromEntries(task?.fields ?? [])).toMatchObject({ name: "t.add", args: "(1, 2)", result: "3" });
  });

  it("may be received again after a retry", () => {
    const retried = event("task-retried", { uuid: "id", exception: "KeyError('x')" });
    expect(apply(received, started, retried)?.state).toBe("RETRY");
    expect(apply(received, started, retried, received)?.state).toBe("RECEIVED");
  });

  it("keep custom states", () => {
    expect(apply(received, event("task-progress", { uuid: "id", percent: 50 }))?.state).toBe("PROGRESS");
  });

  it("make room for newer ones", () => {
    const state = new ClusterState({ maxTasks: 2 });
    for (const uuid of ["a", "b", "c"]) state.apply(event("task-received", { uuid }));
    expect([...state.tasks.keys()]).toEqual(["b", "c"]);
    expect(state.eventCount).toBe(3);
  });
});
