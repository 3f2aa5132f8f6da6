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
  const analysis = whole();
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

const services = {
  outage: new Outage(log),
  slots: () => 1,
  threads: () => 2,
  solverMemoryMebibytes: 64,
  solverCheckpoints: null,
};

/** A worker's own task, which looks for equal jobs under way. */
function whole() {
  return solverAnalysisWork.task(
    { repository: jobs.repository, log, heartbeatMs: 20 },
    { ...services, database: jobs.database },
  );
}

/** Seconds of work, the same whichever way its input is written. */
const slow = { ...toy, seed: 7, iterations: 300_000, target_exploitability: undefined };
const turnedAround = Object.fromEntries(
  Object.entries({ ...slow.game_state, ...slow, game_state: undefined }).reverse(),
);

/** A job that computes, and one like it that was taken after it and waits. */
async function leaderAndFollower(changed: { readonly seed: number }) {
  const leader = await jobs.queue({ ...slow, ...changed }, "SOLVER_ANALYSIS");
  const first = deliver(whole(), context(leader));
  await waitUntil(async () => (await jobs.row(leader)).progress_message?.startsWith("Iteration"), "the leader");
  const follower = await jobs.queue({ ...turnedAround, ...changed }, "SOLVER_ANALYSIS");
  const second = deliver(whole(), context(follower));
  const says = `Solved with job ${leader}`;
  await waitUntil(async () => (await jobs.row(follower)).progress_message?.startsWith(says), "the follower to wait");
  return { leader, follower, first, second };
}

async function solutionOf(id: string): Promise<SolverResult["solution"]> {
  return ((await jobs.row(id)).result_data as unknown as SolverResult).solution;
}

test("equal jobs that are under way at once are solved once", async () => {
  const { leader, follower, first, second } = await leaderAndFollower({ seed: 7 });
  const third = await jobs.queue({ ...slow, seed: 8, iterations: 10 }, "SOLVER_ANALYSIS");
  await deliver(whole(), context(third));
  expect((await solutionOf(third)).cached).toBe(false);
  expect((await jobs.row(leader)).status).toBe("PROCESSING");
  await Promise.all([first, second]);
  const solution = await solutionOf(leader);
  expect(solution.cached).toBe(false);
  expect(await solutionOf(follower)).toEqual({ ...solution, cached: true });
});

test("a job that waited for an equal one solves when that is cancelled", async () => {
  const { leader, follower, first, second } = await leaderAndFollower({ seed: 9 });
  await jobs.repository.requestCancel(leader);
  expect(await first).toEqual({ result: { status: "cancelled" } });
  await second;
  expect((await solutionOf(follower)).cached).toBe(false);
});

test("a job that waits for an equal one is cancelled at once", async () => {
  const { leader, follower, first, second } = await leaderAndFollower({ seed: 10 });
  await jobs.repository.requestCancel(follower);
  expect(await second).toEqual({ result: { status: "cancelled" } });
  expect((await jobs.row(leader)).status).toBe("PROCESSING");
  await jobs.repository.requestCancel(leader);
  await first;
});

test("a run without a sign of life is waited for by nobody", async () => {
  const dead = await jobs.queue({ ...toy, seed: 11 }, "SOLVER_ANALYSIS");
  await jobs.set(dead, "status = 'PROCESSING', started_at = '2026-01-01', updated_at = '2026-01-01'");
  const id = await jobs.queue({ ...toy, seed: 11 }, "SOLVER_ANALYSIS");
  await deliver(whole(), context(id));
  expect((await solutionOf(id)).cached).toBe(false);
  expect((await jobs.row(dead)).status).toBe("PROCESSING");
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
