import { pino } from "pino";
import { afterEach, describe, expect, it } from "vitest";
import { WorkerLostError } from "../../../../src/celery/errors.js";
import { ThreadPool, type ThreadPoolOptions } from "../../../../src/celery/executor/thread-pool.js";
import { kernel } from "../../../../src/celery/kernel.js";
import { waitUntil } from "../../../support/wait-until.js";
import type { Behaviour } from "./kernels/behaviours.js";

const behave = kernel<Behaviour, unknown, number>(new URL("./kernels/behaviours.ts", import.meta.url));
const behaveInBackground = kernel<Behaviour, unknown, number>(new URL("./kernels/behaviours.ts", import.meta.url), {
  background: true,
});
const pools: ThreadPool[] = [];

function createPool(options: Partial<ThreadPoolOptions> = {}): ThreadPool {
  const pool = new ThreadPool({
    size: 2,
    maxCallsPerThread: null,
    maxMemoryPerThreadKilobytes: null,
    maxHeapMegabytes: null,
    log: pino({ level: "silent" }),
    ...options,
  });
  pools.push(pool);
  return pool;
}

afterEach(async () => {
  for (const pool of pools.splice(0)) await pool.close();
});

describe("ThreadPool", () => {
  it("starts no thread before the first call, and returns what the kernel returns", async () => {
    const pool = createPool();
    expect(pool.stats.threads).toHaveLength(0);
    expect(await pool.run("a", behave, { do: "double", value: 21 })).toBe(42);
    expect(pool.stats.threads).toHaveLength(1);
  });

  it("delivers progress in order and before the result", async () => {
    const seen: number[] = [];
    const result = await createPool().run(
      "a",
      behave,
      { do: "count", to: 5 },
      { onProgress: (value) => seen.push(value as number) },
    );
    expect(seen).toEqual([1, 2, 3, 4, 5]);
    expect(result).toBe(5);
  });

  it("throws the kernel's error with name, message, code and stack", async () => {
    const call = createPool().run("a", behave, { do: "throw" });
    await expect(call).rejects.toMatchObject({ name: "RangeError", message: "out of range", code: "E_RANGE" });
    await expect(call).rejects.toHaveProperty("stack", expect.stringContaining("behaviours"));
  });

  it.each<[string, Behaviour, Partial<ThreadPoolOptions>]>([
    ["calls process.exit", { do: "exit" }, {}],
    ["throws asynchronously", { do: "throw-later" }, {}],
    ["runs out of memory", { do: "exhaust-memory" }, { maxHeapMegabytes: 32 }],
  ])("a thread that %s costs only its own call", async (_name, behaviour, options) => {
    const pool = createPool({ size: 1, ...options });
    await expect(pool.run("bad", behave, behaviour)).rejects.toBeInstanceOf(WorkerLostError);
    expect(await pool.run("good", behave, { do: "double", value: 1 })).toBe(2);
    expect(pool.stats.active).toBe(0);
  });

  it("kills a kernel that loops for ever once the grace is over", async () => {
    const pool = createPool({ size: 1 });
    const abort = new AbortController();
    const call = pool.run("a", behave, { do: "loop" }, { signal: abort.signal, graceMs: () => 50 });
    await waitUntil(() => pool.stats.active === 1);
    abort.abort(new Error("enough"));
    await expect(call).rejects.toThrow("enough");
    expect(await pool.run("b", behave, { do: "double", value: 2 })).toBe(4);
  });

  it("lets a cancelled kernel return what it has", async () => {
    const pool = createPool({ size: 1 });
    const abort = new AbortController();
    const call = pool.run(
      "a",
      behave,
      { do: "until-cancelled" },
      { signal: abort.signal, graceMs: () => Number.POSITIVE_INFINITY },
    );
    await waitUntil(() => pool.stats.active === 1);
    abort.abort(new Error("soft limit"));
    expect(await call).toBe("best so far");
  });

  it("a kill does not wait for the kernel", async () => {
    const pool = createPool({ size: 1 });
    const kill = new AbortController();
    const call = pool.run("a", behave, { do: "loop" }, { killSignal: kill.signal });
    await waitUntil(() => pool.stats.active === 1);
    kill.abort(new Error("hard limit"));
    await expect(call).rejects.toThrow("hard limit");
  });

  it("a call that has not started leaves the queue when it is aborted", async () => {
    const pool = createPool({ size: 1 });
    const abort = new AbortController();
    const first = pool.run("a", behave, { do: "spin", ms: 50 });
    const second = pool.run("a", behave, { do: "loop" }, { signal: abort.signal });
    abort.abort(new Error("never mind"));
    await expect(second).rejects.toThrow("never mind");
    await first;
    expect(pool.stats.waiting).toBe(0);
  });

  it("one owner uses no more threads than the size; another owner gets a thread all the same", async () => {
    const pool = createPool({ size: 2 });
    const kill = new AbortController();
    const long = Array.from({ length: 6 }, () => pool.run("long", behave, { do: "loop" }, { killSignal: kill.signal }));
    await waitUntil(() => pool.stats.active === 2);
    expect(pool.stats.waiting).toBe(4);
    expect(await pool.run("short", behave, { do: "double", value: 3 })).toBe(6);
    kill.abort(new Error("done"));
    const ends = await Promise.allSettled(long);
    expect(ends.every((end) => end.status === "rejected")).toBe(true);
    // The thread that was started beyond the size stays as one of the pool's, now that the others are gone.
    await waitUntil(() => pool.stats.threads.length <= 1 && pool.stats.active === 0);
  });

  it("background calls leave the others every thread, and take what those leave", async () => {
    const pool = createPool({ size: 2 });
    const kill = new AbortController();
    const end = { killSignal: kill.signal };
    const long = [pool.run("long", behaveInBackground, { do: "loop" }, end)];
    await waitUntil(() => pool.stats.active === 1);
    long.push(...[1, 2].map(() => pool.run("short", behave, { do: "loop" }, end)));
    expect(pool.stats).toMatchObject({ active: 3, waiting: 0 });
    long.push(pool.run("long", behaveInBackground, { do: "loop" }, end));
    expect(pool.stats).toMatchObject({ active: 3, waiting: 1 });
    kill.abort(new Error("done"));
    for (const outcome of await Promise.allSettled(long)) expect(outcome.status).toBe("rejected");
  });

  it.runIf(process.platform === "linux")("background calls compute in threads of the lowest priority", async () => {
    const pool = createPool({ size: 2 });
    expect(await pool.run("a", behave, { do: "priority" })).toBe(5);
    expect(await pool.run("a", behaveInBackground, { do: "priority" })).toBe(19);
    expect(await pool.run("a", behave, { do: "priority" })).toBe(5);
  });

  it("keeps a thread beyond the size for its owner's next calls, and not for ever", async () => {
    const pool = createPool({ size: 1 });
    const kill = new AbortController();
    const long = pool.run("long", behave, { do: "loop" }, { killSignal: kill.signal });
    await waitUntil(() => pool.stats.active === 1);
    const threads = new Set<string>();
    for (let value = 0; value < 4; value++) {
      await pool.run("short", behave, { do: "double", value });
      threads.add(pool.stats.threads.join());
    }
    expect(threads.size).toBe(1);
    await waitUntil(() => pool.stats.threads.length === 1);
    expect(pool.stats.active).toBe(1);
    kill.abort(new Error("done"));
    await expect(long).rejects.toThrow("done");
  });

  it("replaces a thread after its number of calls", async () => {
    const pool = createPool({ size: 1, maxCallsPerThread: 2 });
    const ids = new Set<number | undefined>();
    for (let index = 0; index < 6; index++) {
      const call = pool.run("a", behave, { do: "double", value: index });
      ids.add(pool.stats.threads[0]);
      await call;
    }
    expect(ids.size).toBe(3);
  });

  it("replaces a thread between calls once its heap is beyond the limit", async () => {
    const pool = createPool({ size: 1, maxMemoryPerThreadKilobytes: 1 });
    const ids = new Set<number | undefined>();
    for (let index = 0; index < 3; index++) {
      const call = pool.run("a", behave, { do: "double", value: index });
      ids.add(pool.stats.threads[0]);
      expect(await call).toBe(index * 2);
    }
    expect(ids.size).toBe(3);
  });

  it("shrinks to its new size when threads are idle", async () => {
    const pool = createPool({ size: 3 });
    await Promise.all([1, 2, 3].map(() => pool.run("a", behave, { do: "spin", ms: 20 })));
    expect(pool.stats.threads).toHaveLength(3);
    pool.resize(1);
    expect(pool.stats.threads).toHaveLength(1);
  });

  it("fails what runs and what waits when it is closed", async () => {
    const pool = createPool({ size: 1 });
    const ends = Promise.allSettled([1, 2].map(() => pool.run("a", behave, { do: "loop" })));
    await waitUntil(() => pool.stats.active === 1);
    await pool.close();
    for (const end of await ends)
      expect(end).toMatchObject({ status: "rejected", reason: { code: "CELERY_WORKER_SHUTDOWN" } });
  });
});
