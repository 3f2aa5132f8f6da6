import { describe, expect, it } from "vitest";
import type { ResultTuple, StoredResult } from "../../../../src/celery/results/backend.js";
import { joinGroup } from "../../../../src/celery/results/join.js";
import { isResultTuple, readMeta } from "../../../../src/celery/results/meta.js";
import { PollingWaiter } from "../../../../src/celery/results/polling-waiter.js";
import { retryTransient } from "../../../../src/celery/results/retry.js";
import type { WaitOptions } from "../../../../src/celery/results/stored.js";

const stored = (taskId: string, status: string, result: unknown = null): StoredResult => ({
  taskId,
  status,
  result,
  traceback: null,
  children: [],
});

describe("PollingWaiter", () => {
  it("asks for all waits in one query and reports each state once", async () => {
    const queries: string[][] = [];
    let round = 0;
    const waiter = new PollingWaiter(async (ids) => {
      queries.push([...ids]);
      round += 1;
      return round < 4 ? ids.map((id) => stored(id, "STARTED")) : ids.map((id) => stored(id, "SUCCESS", id));
    }, 1);
    const states: string[] = [];
    const waits = ["a", "b"].map((id) => waiter.waitFor(id, { onState: ({ status }) => states.push(id + status) }));
    expect((await Promise.all(waits)).map(({ result }) => result)).toEqual(["a", "b"]);
    expect(queries.at(-1)).toEqual(["a", "b"]);
    expect(states).toEqual(["aSTARTED", "bSTARTED", "aSUCCESS", "bSUCCESS"]);
  });

  it("rejects waits whose query fails, and serves later ones", async () => {
    let fails = true;
    const waiter = new PollingWaiter(async (ids) => {
      if (fails) throw new Error("no database");
      return ids.map((id) => stored(id, "REVOKED"));
    }, 1);
    await expect(waiter.waitFor("a")).rejects.toThrow("no database");
    fails = false;
    expect(await waiter.waitFor("a")).toMatchObject({ status: "REVOKED" });
  });
});

describe("retryTransient", () => {
  const flaky = (failures: number) => {
    let calls = 0;
    return async () => {
      calls += 1;
      if (calls <= failures) throw new Error(`failure ${calls}`);
      return calls;
    };
  };
  const signal = new AbortController().signal;

  it("repeats what passes, and says so", async () => {
    const seen: number[] = [];
    const onRetry = (_: unknown, attempt: number): unknown => seen.push(attempt);
    expect(await retryTransient(flaky(2), { isTransient: () => true, signal, onRetry })).toBe(3);
    expect(seen).toEqual([1, 2]);
  });

  it("throws what does not pass, the last attempt's error, and the error at hand when aborted", async () => {
    await expect(retryTransient(flaky(9), { isTransient: () => false, signal })).rejects.toThrow("failure 1");
    await expect(retryTransient(flaky(9), { isTransient: () => true, signal, attempts: 2 })).rejects.toThrow(
      "failure 2",
    );
    const controller = new AbortController();
    const options = { isTransient: () => true, signal: controller.signal, onRetry: () => controller.abort() };
    await expect(retryTransient(flaky(9), options)).rejects.toThrow("failure 1");
  });
});

describe("joinGroup", () => {
  const leaf = (id: string): ResultTuple => [[id, null], null];
  const backend = (results: Readonly<Record<string, StoredResult>>) => ({
    waitFor: async (taskId: string, options?: WaitOptions): Promise<StoredResult> => {
      const result = results[taskId];
      if (result !== undefined) return result;
      return new Promise((_, reject) =>
        options?.signal?.addEventListener("abort", () => reject(options.signal?.reason)),
      );
    },
  });

  it("keeps the group's shape", async () => {
    const group: ResultTuple = [
      ["g", null],
      [leaf("a"), [["inner", null], [leaf("b")]], [["empty", null], []]],
    ];
    const results = { a: stored("a", "SUCCESS", 1), b: stored("b", "SUCCESS", 2) };
    expect(await joinGroup(backend(results), group, 1)).toEqual({ kind: "joined", results: [1, [2], []] });
  });

  it("fails with the first member that failed, or did not come in time", async () => {
    const error = { exc_type: "KeyError", exc_message: ["k"], exc_module: "builtins" };
    const failed = backend({ a: stored("a", "FAILURE", error) });
    expect(await joinGroup(failed, [["g", null], [leaf("a")]], 1)).toMatchObject({
      kind: "failed",
      reason: "Dependency a raised KeyError('k')",
      cause: { pythonType: "KeyError", args: ["k"] },
    });
    expect(await joinGroup(failed, [["g", null], [[["inner", null], [leaf("late")]]]], 0.01)).toEqual({
      kind: "failed",
      reason: "Join error: TimeoutError('The operation timed out.')",
    });
  });
});

describe("stored values", () => {
  it("are taken for task states only when they are", () => {
    expect(readMeta("x", { status: "CUSTOM", result: { pct: 5 }, children: [[["c", null], null], 5] })).toEqual({
      taskId: "x",
      status: "CUSTOM",
      result: { pct: 5 },
      traceback: null,
      children: [[["c", null], null]],
    });
    for (const odd of [null, 5, [], {}, { status: 5 }]) expect(() => readMeta("x", odd)).toThrow(/no task state/);
  });

  it("are taken for results only when they are", () => {
    expect(isResultTuple([["id", null], null])).toBe(true);
    expect(isResultTuple([["g", [["p", null], null]], [[["a", null], null]]])).toBe(true);
    for (const odd of [null, [], [["id"]], [[5, null], null], [["g", null], [5]], [["g", null], 5]]) {
      expect(isResultTuple(odd)).toBe(false);
    }
  });
});
