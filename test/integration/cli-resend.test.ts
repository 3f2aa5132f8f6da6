import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import { sql } from "kysely";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { RunningCelery, runBuiltCelery } from "../support/celery-command.js";
import { useBareClient } from "../support/celery-worker.js";
import { useJobs } from "../support/jobs.js";
import { useVhost } from "../support/services.js";
import { waitUntil } from "../support/wait-until.js";
import { WorkerProcess } from "../support/worker-process.js";

const DIES_BEFORE_ACK = fileURLToPath(new URL("../fixtures/die-before-ack.mjs", import.meta.url));
const QUEUE = "spot_simulation";
const DEAD = `${QUEUE}-dlq`;
const TASK = "tasks.process_spot_simulation";
const SPOT = {
  players: [{ cards: ["As", "Ks", "Qh", "Jh"] }, { cards: ["8c", "8d", "7c", "6d"] }],
  top_board: ["2c", "3d", "4h", "Ts", "Td"],
  bottom_board: ["9c", "9d", "5h", "6s", "Kd"],
  simulation_runs: 1000,
};
/** Refused for good: the same card twice. */
const BAD_SPOT = { ...SPOT, players: [{ cards: ["As", "As", "Qh", "Jh"] }] };

const vhost = useVhost();
const jobs = useJobs();
const bare = useBareClient(() => vhost.url);
const environment = () => ({ CELERY_BROKER_URL: vhost.url, DATABASE_URL: jobs.url });
let worker: WorkerProcess | null = null;

beforeAll(async () => {
  const { channel } = bare.current;
  await channel.assertExchange(QUEUE, "direct", { durable: true });
  for (const queue of [QUEUE, DEAD]) await channel.assertQueue(queue, { durable: true });
  // Counts how often each row became COMPLETED, whoever wrote it.
  await sql
    .raw(`create table completions (id varchar(36));
    create function note_completion() returns trigger language plpgsql as $$ begin
      if new.status = 'COMPLETED' then insert into completions values (new.id); end if; return new; end $$;
    create trigger note_completion after update on jobs for each row execute function note_completion()`)
    .execute(jobs.database);
});
afterEach(async () => {
  await sql`delete from jobs`.execute(jobs.database);
  for (const queue of [QUEUE, DEAD]) await bare.current.channel.purgeQueue(queue);
});
afterAll(() => worker?.kill());

const celery = (...args: string[]) => runBuiltCelery(args, environment());
const resend = (...args: string[]) => celery("jobs", "resend", ...args);

async function startWorker(): Promise<void> {
  if (worker?.isRunning) return;
  worker = WorkerProcess.start({ ...environment(), LOG_LEVEL: "info" }, ["-c", "2"]);
  await worker.wrote("ready.");
}

async function stopWorker(): Promise<void> {
  await worker?.kill("SIGTERM");
}

const queued = (input: object = SPOT) => jobs.queue(input);
const status = async (id: string) => (await jobs.row(id)).status;
const ended = (id: string, wanted: string) =>
  waitUntil(async () => (await status(id)) === wanted, `${id} to be ${wanted}: ${worker?.output.slice(-2000)}`);

async function completions(id: string): Promise<number> {
  const { rows } = await sql<{ n: number }>`select count(*)::int as n from completions where id = ${id}`.execute(
    jobs.database,
  );
  return rows[0]?.n ?? 0;
}

/** All messages of the job have been dealt with, and it was completed once. */
async function completedOnce(id: string): Promise<void> {
  await ended(id, "COMPLETED");
  await waitUntil(async () => (await bare.current.depth(QUEUE)) === 0, "an empty queue");
  await stopWorker();
  expect([await bare.current.depth(QUEUE), await bare.current.depth(DEAD)]).toEqual([0, 0]);
  expect(await completions(id)).toBe(1);
}

/** A message of the job that no worker can read, or that names no task it has. */
const UNUSABLE: readonly (readonly [string, (id: string) => Promise<unknown>])[] = [
  ["an unknown task", (id) => bare.current.send(QUEUE, "tasks.process_spot", [id])],
  [
    "a body that is cut short",
    (id) =>
      bare.current.publish(QUEUE, Buffer.from(`[["${id}"], {}`), {
        contentType: "application/json",
        contentEncoding: "utf-8",
        headers: { lang: "py", task: TASK, id: randomUUID(), argsrepr: `('${id}',)` },
      }),
  ],
  [
    "a content type that is not accepted",
    (id) =>
      bare.current.publish(QUEUE, Buffer.from([0x80, 4]), {
        contentType: "application/x-python-serialize",
        contentEncoding: "binary",
        headers: { lang: "py", task: TASK, id: randomUUID(), argsrepr: `['${id}']` },
      }),
  ],
  [
    "protocol 1 with a body that is cut short",
    (id) =>
      bare.current.publish(QUEUE, Buffer.from(`{"task": "${TASK}", "id": "${randomUUID()}", "args": ["${id}"]`), {
        contentType: "application/json",
        contentEncoding: "utf-8",
      }),
  ],
];

describe("a job whose message is refused", () => {
  it.each(UNUSABLE)(
    "for %s is FAILED; its dead letter is found by the job and goes when it is sent again",
    async (_why, send) => {
      await startWorker();
      const [id, other] = [await queued(), await queued()];
      await send(id);
      await ended(id, "FAILED");
      expect((await jobs.row(id)).error_message).toMatch(/^the task's message was refused: /);
      await waitUntil(async () => (await bare.current.depth(DEAD)) === 1, "the dead letter");
      expect(await status(other)).toBe("QUEUED");
      const dry = await resend(id, "--dry-run", "--json");
      expect(JSON.parse(dry.stdout)).toMatchObject({
        would_send: [{ id, status: "FAILED", dead_letters: [{ queue: DEAD }] }],
        skipped: [],
      });
      expect(await bare.current.depth(DEAD)).toBe(1);
      expect(await resend(id)).toEqual({
        code: 0,
        stdout: `${id} (FAILED) → ${QUEUE}\n1 job sent again.\n`,
        stderr: "",
      });
      await completedOnce(id);
    },
  );

  it("is left alone where the row names another message, and where another delivery computes it", async () => {
    await startWorker();
    const [named, running] = [await queued(), await queued()];
    await jobs.set(named, `queue_message_id = '${randomUUID()}'`);
    await jobs.repository.claim(running, "SPOT_SIMULATION", { takesOver: false, staleAfterSeconds: 60 });
    for (const id of [named, running]) await bare.current.send(QUEUE, "tasks.process_spot", [id]);
    await waitUntil(async () => (await bare.current.depth(DEAD)) === 2, "the dead letters");
    expect([await status(named), await status(running)]).toEqual(["QUEUED", "PROCESSING"]);
  });
});

describe("celery jobs resend", () => {
  it("sends what was never sent, and the row names the message", async () => {
    await startWorker();
    const id = await queued();
    const { code, stdout } = await resend(id, "--json");
    const { sent } = JSON.parse(stdout);
    expect({ code, sent }).toEqual({
      code: 0,
      sent: [{ id, task_id: expect.any(String), queue: QUEUE, was: "QUEUED", dead_letters: 0 }],
    });
    expect((await jobs.row(id)).queue_message_id).toBe(sent[0].task_id);
    await completedOnce(id);
  });

  it("sends a job that failed for good, now that its input is right", async () => {
    await startWorker();
    const id = await queued(BAD_SPOT);
    await bare.current.send(QUEUE, TASK, [id]);
    await ended(id, "FAILED");
    await waitUntil(async () => (await bare.current.depth(DEAD)) === 1, "the dead letter");
    await jobs.set(id, `input_data = '${JSON.stringify(SPOT)}'`);
    expect((await resend(id)).code).toBe(0);
    await completedOnce(id);
    expect(await jobs.row(id)).toMatchObject({ error_message: null, progress_percentage: 100 });
  });

  it("by many at once, while the original message still waits, computes and completes once", async () => {
    await stopWorker();
    const ids = await Promise.all(Array.from({ length: 5 }, () => queued()));
    const [failed] = ids;
    if (failed === undefined) throw new Error("no job");
    await jobs.set(failed, "status = 'FAILED', error_message = 'boom'");
    for (const id of ids) await bare.current.send(QUEUE, TASK, [id]);
    const outcomes = await Promise.all([resend(...ids, "--json"), resend(...ids, "--json"), resend(...ids, "--json")]);
    const sent = outcomes.flatMap(({ stdout }) => JSON.parse(stdout).sent.map((one: { id: string }) => one.id));
    for (const id of ids) expect(sent.filter((one) => one === id).length).toBeGreaterThan(0);
    await startWorker();
    await Promise.all(ids.map((id) => ended(id, "COMPLETED")));
    await waitUntil(async () => (await bare.current.depth(QUEUE)) === 0, "an empty queue");
    await stopWorker();
    for (const id of ids) expect(await completions(id)).toBe(1);
    expect([await bare.current.depth(QUEUE), await bare.current.depth(DEAD)]).toEqual([0, 0]);
  });

  it("takes up a job that was left PROCESSING without a sign of life, and none that is being computed", async () => {
    await startWorker();
    const [left, alive] = [await queued(), await queued()];
    for (const id of [left, alive])
      await jobs.repository.claim(id, "SPOT_SIMULATION", { takesOver: false, staleAfterSeconds: 60 });
    await jobs.set(left, "started_at = started_at - interval '1 hour', updated_at = updated_at - interval '1 hour'");
    const { code, stdout, stderr } = await resend(left, alive);
    expect({ code, stdout }).toEqual({ code: 1, stdout: `${left} (PROCESSING) → ${QUEUE}\n` });
    expect(stderr).toMatch(new RegExp(`^Error: 1 job not sent: ${alive}: it is being computed`));
    await completedOnce(left);
    expect(await status(alive)).toBe("PROCESSING");
  });

  it("chooses many by state, kind and age; asks first; and shows what it would do", async () => {
    await stopWorker();
    const [old, young, lost] = [await queued(), await queued(), await queued()];
    const solver = await jobs.queue(SPOT, "SOLVER_ANALYSIS");
    const [done, cancelled] = [await queued(), await queued()];
    for (const id of [old, young, solver]) await jobs.set(id, "status = 'FAILED', error_message = 'boom'");
    await jobs.set(done, "status = 'COMPLETED', result_data = '[]'");
    await jobs.set(cancelled, "status = 'CANCELLED'");
    for (const id of [old, lost]) await jobs.set(id, "updated_at = updated_at - interval '2 hours'");
    const would = async (...flags: string[]): Promise<string[]> => {
      const { stdout } = await resend("--dry-run", "--json", ...flags);
      return JSON.parse(stdout)
        .would_send.map((one: { id: string }) => one.id)
        .sort();
    };
    expect(await would("--all")).toEqual([old, young, lost, solver].sort());
    expect(await would("--older-than", "1h")).toEqual([old, lost].sort());
    expect(await would("--older-than", "90m", "--status", "failed")).toEqual([old]);
    expect(await would("--kind", "solver")).toEqual([solver]);
    expect(await would("--status", "cancelled")).toEqual([cancelled]);
    expect(await would("--all", "--limit", "1")).toHaveLength(1);
    const asked = await resend("--status", "failed", "--kind", "spot");
    expect(asked).toMatchObject({ code: 1, stderr: "Error: Aborted!\n" });
    expect(asked.stdout).toContain("Send 2 jobs again? [y/N]: ");
    expect(await bare.current.depth(QUEUE)).toBe(0);
    const forced = await resend("--status", "failed", "--kind", "spot", "-f");
    expect(forced).toMatchObject({ code: 0, stdout: expect.stringContaining("2 jobs sent again.") });
    expect([await status(old), await status(young), await status(solver)]).toEqual(["QUEUED", "QUEUED", "FAILED"]);
    const yes = await runBuiltCelery(
      ["jobs", "resend", "--status", "queued", "--older-than", "1h"],
      environment(),
      "y\n",
    );
    expect(yes).toMatchObject({ code: 0, stdout: expect.stringContaining(`${lost} (QUEUED) → ${QUEUE}`) });
    expect(await bare.current.depth(QUEUE)).toBe(3);
  });

  it("that the broker refuses leaves the row as it was", async () => {
    const id = await queued();
    await jobs.set(id, "status = 'FAILED', error_message = 'boom', queue_message_id = 'before'");
    const { code, stderr } = await resend(id, "--queue", "amq.forbidden");
    expect(code).toBe(1);
    expect(stderr).toMatch(new RegExp(`^Error: 1 job not sent: ${id}: .+\\n$`));
    expect(await jobs.row(id)).toMatchObject({ status: "FAILED", error_message: "boom", queue_message_id: "before" });
  });

  it("that is killed between its message and the dead letter's end has lost nothing, and can be repeated", async () => {
    await stopWorker();
    const id = await queued(BAD_SPOT);
    await bare.current.send(DEAD, TASK, [id], { "x-dead-letter-queue": QUEUE, "x-dead-letter-reason": "boom" });
    await jobs.set(id, `status = 'FAILED', input_data = '${JSON.stringify(SPOT)}'`);
    const killed = new RunningCelery(["jobs", "resend", id], {
      ...environment(),
      NODE_OPTIONS: `--import ${DIES_BEFORE_ACK}`,
    });
    expect(await killed.ended()).toBeNull();
    await waitUntil(async () => (await bare.current.depth(DEAD)) === 1, "the dead letter, put back");
    expect(await resend(id)).toMatchObject({ code: 0, stderr: "" });
    expect(await bare.current.depth(DEAD)).toBe(0);
    await startWorker();
    await completedOnce(id);
    expect(await resend(id)).toMatchObject({
      code: 1,
      stderr: `Error: 1 job not sent: ${id}: it is COMPLETED already: see celery jobs show\n`,
    });
  });

  it.each([
    [[], /give the ids of jobs, or say which/],
    [["x", "--all"], /give the ids of jobs, or say which/],
    [["nobody"], /nobody: there is no such job/],
    [["--status", "completed"], /a COMPLETED job has its result/],
    [["--status", "nope"], /must be one of/],
    [["--older-than", "soon"], /90 \(seconds\), 10m, 2h or 1d/],
    [["--kind", "x"], /spot or solver/],
  ])("%j ends with one sentence", async (args, sentence) => {
    const { code, stderr } = await resend(...args);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/^Error: [^\n]+\n$/);
    expect(stderr).toMatch(sentence);
  });
});
