import { pino } from "pino";
import { afterAll, expect, test } from "vitest";
import { ThreadPool } from "../../../src/celery/executor/thread-pool.js";
import type { ComputeOptions, TaskContext } from "../../../src/celery/task.js";
import { findSolverSolutions } from "../../../src/jobs/solver-solutions.js";
import { Outage } from "../../../src/postgres/outage.js";
import { jobTask } from "../../../src/tasks/job-task.js";
import { solverEstimateSchema } from "../../../src/tasks/solver-analysis/estimate-schema.js";
import type { SolverResult } from "../../../src/tasks/solver-analysis/job.js";
import { solverAnalysisJob } from "../../../src/tasks/solver-analysis/job.js";
import { solverAnalysisWork } from "../../../src/tasks/solver-analysis/work.js";
import { USER_ID, useJobs } from "../../support/jobs.js";
import { deliver, TestContext, taskRequest } from "../../support/task-context.js";
import { waitUntil } from "../../support/wait-until.js";

const log = pino({ level: "silent" });
const jobs = useJobs();
const pool = new ThreadPool({
  size: 2,
  maxCallsPerThread: null,
  maxMemoryPerThreadKilobytes: null,
  maxHeapMegabytes: null,
  log,
});
afterAll(() => pool.close());

/** A context whose kernels run in real threads. */
class ThreadContext extends TestContext {
  override compute = ((kernel: never, input: never, options: ComputeOptions = {}) =>
    pool.run(this.request.id, kernel, input, {
      signal: options.signal,
      onProgress: options.onProgress,
    })) as TaskContext["compute"] & TestContext["compute"];
}

function task() {
  const findSolutions = (description: string) => findSolverSolutions(jobs.database, description);
  return jobTask(solverAnalysisJob({ findSolutions }), { repository: jobs.repository, log, heartbeatMs: 20 });
}

const context = (id: string): ThreadContext => new ThreadContext(taskRequest({ args: [id] }));

/** The PLO toy river of known value. */
const toy = {
  game_state: {
    street: "river",
    board: ["Ks", "Qd", "7h", "4c", "2d"],
    pot_size: 100,
    stack_sizes: [100, 100],
    player_position: 0,
    active_players: [0, 1],
    player_ranges: {
      "0": [["Kd", "Qc", "3c", "3h"]],
      "1": [
        ["Kh", "Kc", "9s", "8s"],
        ["Js", "Tc", "9h", "8h"],
        ["Jh", "Th", "9d", "8c"],
      ],
    },
  },
  bet_sizes: [1],
  max_raises: 0,
  target_exploitability: 0.001,
};

test("a solver job goes from its row to its result and a row of solver_solutions; an equal job is answered from that", async () => {
  const first = await jobs.queue(toy, "SOLVER_ANALYSIS");
  const answer = await deliver(task(), context(first));
  const row = await jobs.row(first);
  expect(row).toMatchObject({ status: "COMPLETED", progress_percentage: 100 });
  const { solution, game_state_hash: hash } = row.result_data as unknown as SolverResult;
  expect(solution.ev["0"]).toBeCloseTo(50, 0);
  expect(answer).toMatchObject({ result: { status: "completed", solution: { game_state_hash: hash } } });
  const stored = await jobs.database.selectFrom("solver_solutions").selectAll().execute();
  expect(stored).toMatchObject([
    { user_id: USER_ID, name: `Solver solution for job ${first}`, iterations: solution.iterations },
  ]);
  expect(stored[0]?.solution).toEqual(solution);
  expect(stored[0]?.game_state).toEqual(toy.game_state);

  const second = await jobs.queue(toy, "SOLVER_ANALYSIS");
  await deliver(task(), context(second));
  const again = (await jobs.row(second)).result_data as unknown as SolverResult;
  expect(again.solution).toEqual({ ...solution, cached: true });
});

test("an estimate completes its row, in the schema that is published, and is no solution", async () => {
  const services = {
    database: jobs.database,
    outage: new Outage(log),
    slots: () => 1,
    threads: () => 2,
    solverMemoryMebibytes: 64,
  };
  const analysis = solverAnalysisWork.task({ repository: jobs.repository, log, heartbeatMs: 20 }, services);
  const before = await jobs.database.selectFrom("solver_solutions").select("id").execute();
  const id = await jobs.queue({ ...toy, seed: 99, estimate: true }, "SOLVER_ANALYSIS");
  const answer = await deliver(analysis, context(id));
  const row = await jobs.row(id);
  expect(row).toMatchObject({ status: "COMPLETED", progress_percentage: 100 });
  const { estimate } = solverEstimateSchema.strict().parse(row.result_data);
  expect(answer).toEqual({ result: { status: "completed", estimate } });
  expect(estimate).toMatchObject({ measured_game: "asked", cut: [], tree: { decisions: 4, ends: 5 } });
  expect(estimate.memory.allowed_mebibytes).toBe(64);
  expect(await jobs.database.selectFrom("solver_solutions").select("id").execute()).toEqual(before);
});

test("a spot that makes no sense fails its row with the reason", async () => {
  const id = await jobs.queue({ ...toy, game_state: { ...toy.game_state, player_position: 5 } }, "SOLVER_ANALYSIS");
  await deliver(task(), context(id));
  expect(await jobs.row(id)).toMatchObject({
    status: "FAILED",
    error_message: "player_position 5 is not one of active_players [0, 1]",
  });
});

test("a job cancelled in its row stops computing and stays cancelled", async () => {
  const endless = {
    ...toy,
    game_state: { ...toy.game_state, player_ranges: {} },
    iterations: 1_000_000,
    use_cache: false,
  };
  const id = await jobs.queue(endless, "SOLVER_ANALYSIS");
  const running = deliver(task(), context(id));
  await waitUntil(async () => (await jobs.row(id)).progress_message?.startsWith("Iteration"), "a progress message");
  await jobs.repository.requestCancel(id);
  expect(await running).toEqual({ result: { status: "cancelled" } });
  expect((await jobs.row(id)).status).toBe("CANCELLED");
});
