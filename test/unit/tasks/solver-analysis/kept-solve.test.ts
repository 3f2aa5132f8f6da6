import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { formatCards } from "../../../../src/poker/cards.js";
import type { Solution } from "../../../../src/poker/solver/report/solution.js";
import { solveSpot } from "../../../../src/poker/solver/solve-spot.js";
import { checkpointOwner, removeCheckpoints } from "../../../../src/tasks/solver-analysis/checkpoint-folder.js";
import { KeptSolve, type KeptSolveOptions } from "../../../../src/tasks/solver-analysis/kept-solve.js";
import { parseSolverInput } from "../../../../src/tasks/solver-analysis/parse-input.js";
import { type PreparedSpot, prepareSpot } from "../../../../src/tasks/solver-analysis/prepare-spot.js";
import { canMount } from "../../../support/small-disk.js";
import { seededRandom } from "../../poker/oracle.js";
import { randomHands } from "./solve-in-process.js";

const RIVER = ["Ks", "Qd", "7h", "4c", "2d"];
const folder = mkdtempSync(join(tmpdir(), "checkpoints-"));
afterEach(() => {
  for (const name of readdirSync(folder)) rmSync(join(folder, name));
});

class Killed extends Error {}

const spotOf = (over: Record<string, unknown> = {}): PreparedSpot & { request: object } => {
  const { board = RIVER } = over as { board?: string[] };
  const random = seededRandom(3);
  const hands = () => randomHands(40, 4, board, random);
  const input = parseSolverInput({
    board,
    pot_size: 100,
    stack_sizes: [300, 300],
    player_ranges: { 0: hands(), 1: hands() },
    iterations: 30,
    ...over,
  });
  return { ...prepareSpot(input), request: input.request };
};

const FIRST = "2026-01-01 10:00:00.000001";
const SECOND = "2026-01-01 10:00:00.000002";

interface Attempt {
  readonly token?: string;
  /** Iteration after which it is killed. */
  readonly until?: number;
  readonly options?: Partial<KeptSolveOptions>;
  readonly maxBytes?: number;
  readonly speed?: number;
  readonly mayWrite?: () => boolean;
}

/** One attempt at a job; the clock of its checkpoints goes on by a second with each iteration, after which one is due. */
function attempt(prepared: ReturnType<typeof spotOf>, { token = FIRST, until, ...given }: Attempt = {}) {
  const owner = checkpointOwner("job-1", token);
  if (owner === null) throw new Error("no owner");
  const news: string[] = [];
  let clock = 0;
  const options = { folder, maxMebibytes: 64, everySeconds: 1, owner, hash: prepared.hash, ...given.options };
  const kept = new KeptSolve(
    options,
    () => clock,
    ({ text }) => news.push(text),
    given.mayWrite ?? (() => true),
  );
  const iterations: number[] = [];
  let seconds = 0;
  const hooks = {
    now: () => {
      seconds += 0.001;
      return seconds;
    },
    onProgress: () => undefined,
    stop: () => "none" as const,
    checkpoints: {
      means: kept.means,
      restore: (plan: string, tables: Uint8Array) => kept.restore(plan, tables),
      due: () => {
        clock++;
        return kept.due();
      },
      save: (...what: Parameters<KeptSolve["save"]>) => {
        kept.save(...what);
        iterations.push(what[2].iterations);
        if (until !== undefined && what[2].iterations >= until) throw new Killed();
      },
    },
  };
  const limits = {
    iterations: null,
    targetExploitability: null,
    timeLimitSeconds: 60,
    threads: 1,
    ...prepared.request,
    maxBytes: given.maxBytes ?? 2 ** 28,
    ...(given.speed === undefined ? {} : { speed: given.speed }),
  };
  let solution: Solution | null = null;
  try {
    solution = solveSpot(prepared.spot, limits, hooks, formatCards, () => undefined);
  } catch (error) {
    if (!(error instanceof Killed)) throw error;
  }
  return { solution, news, iterations };
}

/** All of an answer that is not a measure of time. */
const timeless = (solution: Solution | null): unknown =>
  solution && {
    ...solution,
    solve_time: 0,
    convergence: solution.convergence.map(({ iteration, exploitability }) => [iteration, exploitability]),
  };

describe("a solve that is kept", () => {
  it.each([
    ["river", {}],
    ["river with rake and a locked hand", { rake: { percent: 5, cap: 3 }, locks: [{ strategy: { check: 1 } }] }],
    ["turn", { board: RIVER.slice(0, 4), bet_sizes: [1], max_raises: 1 }],
    ["river that was started coarsely", { player_ranges: { 0: "3%", 1: "3%" }, max_raises: 1, iterations: 21 }],
    ["river on two boards", { board2: ["Ah", "Jc", "8d", "5c", "3s"], iterations: 30 }],
  ])("goes on after a kill on a %s, to the answer of one that was never stopped", (_, over) => {
    const spot = spotOf(over);
    const whole = attempt(spot, { options: { maxMebibytes: 1 } });
    rmSync(join(folder, readdirSync(folder)[0] ?? "none"), { force: true });
    const first = attempt(spot, { until: 17 });
    expect(first.solution).toBeNull();
    const second = attempt(spot, { token: SECOND });
    expect(second.news).toEqual([
      expect.stringMatching(/^Resumed at iteration 17 of an earlier attempt, after [\d.]+ s$/),
    ]);
    expect(second.iterations[0]).toBe(18);
    expect(timeless(second.solution)).toEqual(timeless(whole.solution));
    expect(second.solution?.iterations).toBe(whole.solution?.iterations);
  });

  it("counts the seconds of earlier attempts towards its time limit", () => {
    const spot = spotOf({ iterations: undefined, target_exploitability: 1e-9, time_limit_seconds: 1 });
    const options = { everySeconds: 20 };
    attempt(spot, { until: 40, options });
    const second = attempt(spot, { token: SECOND, options });
    expect(second.solution?.stopped_by).toBe("time_limit");
    expect(second.solution?.convergence[0]?.iteration).toBe(10);
    expect(second.solution?.solve_time).toBeGreaterThan(0.9);
    expect(second.solution?.solve_time).toBeLessThan(1.2);
  });

  it("is planned as before on a machine of another speed and memory, and starts anew where that does not fit", () => {
    const spot = spotOf({ player_ranges: { 0: "2%", 1: "2%" }, iterations: undefined, time_limit_seconds: 0.6 });
    const slow = attempt(spot, { until: 3, speed: 0.05 });
    expect(slow.iterations.length).toBeGreaterThan(0);
    const fast = attempt(spot, { token: SECOND, maxBytes: 2 ** 27 });
    expect(fast.news).toEqual([expect.stringMatching(/^Resumed at iteration/)]);
    const [file = ""] = readdirSync(folder);
    expect(file).not.toBe("");
    const small = attempt(spot, { token: `${SECOND}9`, maxBytes: 2 ** 20 });
    expect(small.news).toEqual([expect.stringMatching(/is of another plan: the solve starts anew$/)]);
    expect(small.solution?.iterations).toBeGreaterThan(0);
  });

  it.each([
    ["cut off", (bytes: Buffer) => bytes.subarray(0, bytes.length - 5), /is no whole checkpoint: it is removed$/],
    ["changed in its tables", (bytes: Buffer) => bytes.fill(7, 100, 200), /is damaged: the solve starts anew$/],
    ["empty", () => Buffer.alloc(0), /is no whole checkpoint: it is removed$/],
    [
      "of another solver",
      (bytes: Buffer) => Buffer.from(bytes.toString("latin1").replace(/"version":\d\d/, '"version":98'), "latin1"),
      /is of another solver version or game: it is removed$/,
    ],
  ])("starts anew from a file that is %s", (_, spoil, told) => {
    const spot = spotOf();
    const whole = attempt(spot);
    for (const name of readdirSync(folder)) rmSync(join(folder, name));
    attempt(spot, { until: 5 });
    const [name = ""] = readdirSync(folder);
    writeFileSync(join(folder, name), spoil(readFileSync(join(folder, name))));
    const second = attempt(spot, { token: SECOND });
    expect(second.news[0]).toMatch(told);
    expect(second.iterations[0]).toBe(1);
    expect(timeless(second.solution)).toEqual(timeless(whole.solution));
  });

  it("takes no file of another game, of another job, or of a later attempt", () => {
    const spot = spotOf();
    attempt(spot, { until: 5 });
    expect(attempt(spotOf({ stack_sizes: [200, 300] }), { token: SECOND, until: 3 }).news[0]).toMatch(
      /or game: it is removed$/,
    );
    attempt(spot, { token: SECOND, until: 5 });
    const earlier = attempt(spot, { token: FIRST, until: 30 });
    // It has lost its job and was not told: it reads nothing and leaves the later one's file alone.
    expect(earlier.news).toEqual([]);
    expect(readdirSync(folder)).toEqual(["job-1.20260101100000000002.checkpoint"]);
    const other = checkpointOwner("job-2", SECOND);
    if (other === null) throw new Error("no owner");
    expect(attempt(spot, { options: { owner: other }, until: 3 }).news).toEqual([]);
  });

  it("replaces the files of earlier attempts by its own, and all go with the job", async () => {
    const spot = spotOf();
    attempt(spot, { until: 5 });
    attempt(spot, { token: SECOND, until: 9 });
    expect(readdirSync(folder)).toEqual(["job-1.20260101100000000002.checkpoint"]);
    const [first, second] = [checkpointOwner("job-1", FIRST), checkpointOwner("job-1", SECOND)];
    if (first === null || second === null) throw new Error("no owner");
    // An earlier attempt that ends takes nothing of a later one.
    await removeCheckpoints(folder, first);
    expect(readdirSync(folder)).toHaveLength(1);
    await removeCheckpoints(folder, second);
    expect(readdirSync(folder)).toEqual([]);
    await removeCheckpoints(join(folder, "none"), second);
  });

  it("writes nothing once it is told to stop", () => {
    const { iterations } = attempt(spotOf(), { mayWrite: () => false });
    expect(iterations.length).toBeGreaterThan(0);
    expect(readdirSync(folder)).toEqual([]);
    // Told while it writes: what is on the disk by then goes too.
    let asked = 0;
    attempt(spotOf(), { mayWrite: () => asked++ % 2 === 0 });
    expect(asked).toBeGreaterThan(3);
    expect(readdirSync(folder)).toEqual([]);
  });

  it("goes on without checkpoints where there is no room for them, or no folder, and says so", () => {
    const spot = spotOf({ player_ranges: { 0: "4%", 1: "4%" }, iterations: 12 });
    const full = attempt(spot, { options: { maxMebibytes: 1 } });
    expect(full.news[0]).toMatch(/^no checkpoint was kept: the folder would hold \d+ MiB of at most 1$/);
    expect(full.solution?.iterations).toBe(12);
    expect(readdirSync(folder)).toEqual([]);
    // A file stands where the folder should be.
    const file = join(folder, "file");
    writeFileSync(file, "");
    const none = attempt(spot, { options: { folder: join(file, "in") } });
    expect(none.news[0]).toMatch(/^no checkpoint can be read: ENOTDIR/);
    expect(none.solution?.iterations).toBe(12);
  });

  it.skipIf(!canMount())(
    "goes on where the disk is full, leaves nothing there, and keeps it again once there is room",
    () => {
      const disk = mkdtempSync(join(tmpdir(), "small-disk-"));
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", disk]);
      try {
        const spot = spotOf({ player_ranges: { 0: "2%", 1: "2%" }, iterations: 12 });
        const full = attempt(spot, { options: { folder: disk } });
        expect(full.news[0]).toMatch(/^no checkpoint was kept, the solve goes on without: ENOSPC/);
        expect(full.solution?.iterations).toBe(12);
        expect(readdirSync(disk)).toEqual([]);
        // After a failure it is tried again, more rarely than after a checkpoint.
        expect(full.news.length).toBeGreaterThan(1);
        expect(full.news.length).toBeLessThan(6);
        execFileSync("mount", ["-o", "remount,size=64m", disk]);
        expect(attempt(spot, { options: { folder: disk }, until: 3 }).news).toEqual([]);
        expect(readdirSync(disk)).toEqual(["job-1.20260101100000000001.checkpoint"]);
      } finally {
        execFileSync("umount", ["-l", disk]);
        rmSync(disk, { recursive: true });
      }
    },
  );

  it("clears up what was left behind, and nothing else", () => {
    const long = new Date(Date.now() - 25 * 3_600_000);
    const names = ["old-job.1.checkpoint", "new-job.1.checkpoint", "cut-off.1.checkpoint.part", "readme.txt"];
    for (const name of names) writeFileSync(join(folder, name), "");
    for (const name of names.filter((each) => !each.startsWith("new"))) utimesSync(join(folder, name), long, long);
    attempt(spotOf(), { until: 3 });
    expect(names.map((name) => existsSync(join(folder, name)))).toEqual([false, true, false, true]);
  });
});
