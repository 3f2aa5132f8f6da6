import { Registry } from "prom-client";
import { expect, test } from "vitest";
import { type JobCensus, takeCensus } from "../../../src/http/census.js";
import { exploitability } from "../../../src/tasks/solver-analysis/exploitability.js";

const TYPES = ["SPOT_SIMULATION", "SOLVER_ANALYSIS"];

async function lines(registry: Registry): Promise<string[]> {
  return (await registry.metrics()).split("\n").filter((line) => line.startsWith("jobs"));
}

test("kinds and states without a row are zero, and a question is not asked twice in its pause", async () => {
  const asked: string[] = [];
  const registry = new Registry();
  takeCensus(registry, TYPES, async (statuses) => {
    asked.push(statuses.join());
    if (!statuses.includes("QUEUED")) return [];
    return [{ jobType: "SPOT_SIMULATION", status: "QUEUED", count: 3, oldestSeconds: 12.5 }];
  });
  const first = await lines(registry);
  expect(first).toEqual(
    expect.arrayContaining([
      'jobs{job_type="SPOT_SIMULATION",status="QUEUED"} 3',
      'jobs{job_type="SOLVER_ANALYSIS",status="QUEUED"} 0',
      'jobs{job_type="SOLVER_ANALYSIS",status="CANCELLED"} 0',
      'jobs_oldest_queued_age_seconds{job_type="SPOT_SIMULATION"} 12.5',
      'jobs_oldest_queued_age_seconds{job_type="SOLVER_ANALYSIS"} 0',
    ]),
  );
  expect(first).toHaveLength(TYPES.length * 5 + TYPES.length);
  expect(await lines(registry)).toEqual(first);
  expect(asked).toEqual(["QUEUED,PROCESSING", "COMPLETED,FAILED,CANCELLED"]);
});

test("what is not known is left out, not zero", async () => {
  const hangs: JobCensus = (statuses) =>
    statuses.includes("QUEUED") ? Promise.reject(new Error("no database")) : new Promise(() => undefined);
  const registry = new Registry();
  takeCensus(registry, TYPES, hangs);
  expect(await lines(registry)).toEqual([]);
});

test("exploitability is read as a fraction of the pot, by game, and not twice for one solve", () => {
  const solution = { exploitability: 0.4, measured_game: "cut", cached: false };
  expect(exploitability.read({ status: "completed", solution })).toEqual({ of: "cut", value: 0.004 });
  expect(exploitability.read({ status: "completed", solution: { ...solution, cached: true } })).toBeNull();
  expect(exploitability.read({ status: "cancelled" })).toBeNull();
});
