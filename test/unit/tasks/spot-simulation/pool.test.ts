import { pino } from "pino";
import { afterAll, describe, expect, it } from "vitest";
import { ThreadPool } from "../../../../src/celery/executor/thread-pool.js";
import { run, spotKernel } from "../../../../src/tasks/spot-simulation/compute.js";
import { parseSpotInput } from "../../../../src/tasks/spot-simulation/parse-input.js";
import type { SpotResult } from "../../../../src/tasks/spot-simulation/result-schema.js";
import { simulateSpot } from "../../../../src/tasks/spot-simulation/simulate-spot.js";
import { warmUp } from "../../../../src/tasks/spot-simulation/warm-up.js";

const poolOf = (size: number) =>
  new ThreadPool({
    size,
    maxCallsPerThread: null,
    maxMemoryPerThreadKilobytes: null,
    maxHeapMegabytes: null,
    log: pino({ level: "silent" }),
  });
const two = poolOf(2);
afterAll(() => two.close());

function simulate(
  pool: ThreadPool,
  owner: string,
  data: object,
  signal = new AbortController().signal,
): Promise<SpotResult[]> {
  return simulateSpot(parseSpotInput(data), {
    compute: (input) => pool.run(owner, spotKernel, input, { signal }),
    signal,
    report: () => undefined,
  });
}

const SHORT = { players: [{ cards: "AsKsQhJh" }, { cards: "8c8d7c6d" }], board: "9c8h2s" };
const LONG = { players: [{ cards: "AsKsQhJh" }], random_opponents: 3, simulation_runs: 1_000_000_000 };

describe("spots in a pool of threads", () => {
  it("find threads and tables that are there when the pool was warmed", async () => {
    const pool = poolOf(2);
    const signal = new AbortController().signal;
    await warmUp({ compute: (input) => pool.run("warm-up", spotKernel, input, { signal }), signal });
    expect(pool.stats).toMatchObject({ active: 0, waiting: 0 });
    const threads = pool.stats.threads;
    expect(threads).toHaveLength(2);
    const kinds: string[] = [];
    await simulateSpot(parseSpotInput(SHORT), {
      compute: (input) => {
        kinds.push(input.kind);
        return pool.run("job", spotKernel, input, { signal });
      },
      signal,
      report: () => undefined,
    });
    expect(new Set(kinds)).toEqual(new Set(["count"]));
    expect(pool.stats.threads).toEqual(threads);
    await pool.close();
  });

  it("have the same answers as in this thread, whatever the number of threads", async () => {
    const data = { ...LONG, simulation_runs: 300_000, top_board: "9c8h2s", bottom_board: "Td" };
    const here = await simulateSpot(parseSpotInput(data), {
      compute: async (input) => run(input, { progress: () => undefined, cancelled: () => false }),
      signal: new AbortController().signal,
      report: () => undefined,
    });
    expect(await simulate(two, "two", data)).toEqual(here);
    const one = poolOf(1);
    expect(await simulate(one, "one", data)).toEqual(here);
    await one.close();
  });

  it("share the threads: short ones finish while a long one runs, and it stops when cancelled", async () => {
    const controller = new AbortController();
    let ended = false;
    const long = simulate(two, "long", LONG, controller.signal).finally(() => {
      ended = true;
    });
    const stopped = expect(long).rejects.toThrow("cancelled by the user");
    for (let i = 0; i < 5; i++) expect(await simulate(two, `short ${i}`, SHORT)).toHaveLength(2);
    expect(ended).toBe(false);
    controller.abort(new Error("cancelled by the user"));
    await stopped;
    expect(two.stats.waiting).toBe(0);
    expect(await simulate(two, "after", SHORT)).toHaveLength(2);
  });
});
