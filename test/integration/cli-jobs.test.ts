import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadConfig } from "../../src/plosolver/config/config.js";
import { parseCards } from "../../src/poker/cards.js";
import { flopText } from "../../src/tasks/flop-report/report-input.js";
import { reportResultSchema } from "../../src/tasks/flop-report/report-schema.js";
import { RunningCelery, runBuiltCelery } from "../support/celery-command.js";
import { useBareClient } from "../support/celery-worker.js";
import { USER_ID, useJobs } from "../support/jobs.js";
import { useVhost } from "../support/services.js";
import { waitUntil } from "../support/wait-until.js";
import { WorkerProcess } from "../support/worker-process.js";

const DIES_BEFORE_ACK = fileURLToPath(new URL("../fixtures/die-before-ack.mjs", import.meta.url));
const QUEUE = "spot_simulation";
const SPOT = {
  players: [{ cards: ["As", "Ks", "Qh", "Jh"] }, { cards: ["8c", "8d", "7c", "6d"] }],
  top_board: ["2c", "3d", "4h", "Ts", "Td"],
  bottom_board: ["9c", "9d", "5h", "6s", "Kd"],
  simulation_runs: 1000,
};
/** Minutes of work. */
const LONG_SPOT = { ...SPOT, top_board: [], bottom_board: [], simulation_runs: 900_000_000, random_opponents: 2 };
/** Refused for good: the same card twice. */
const BAD_SPOT = { ...SPOT, players: [{ cards: ["As", "As", "Qh", "Jh"] }] };

const vhost = useVhost();
const jobs = useJobs();
const bare = useBareClient(() => vhost.url);
const folder = mkdtempSync(join(tmpdir(), "cli-jobs-"));
const environment = () => ({ CELERY_BROKER_URL: vhost.url, DATABASE_URL: jobs.url });
let worker: WorkerProcess;

beforeAll(async () => {
  worker = WorkerProcess.start({ ...environment(), LOG_LEVEL: "info" }, ["-c", "2"]);
  await waitUntil(() => worker.output.includes("ready."), "the worker");
});
afterAll(async () => {
  await worker.kill();
  rmSync(folder, { recursive: true });
});

/** As reports write a flop: high cards first. */
const flopOf = (text: string) => flopText([parseCards(text)]);
const celery = (...args: string[]) => runBuiltCelery(args, environment());

/** Inserts a job and sends its task by the command. @returns the job's id */
async function submit(input: object, ...flags: string[]): Promise<string> {
  const submitted = await runBuiltCelery(
    ["jobs", "submit", "spot", "--user", USER_ID, "--input", "-", ...flags],
    environment(),
    JSON.stringify(input),
  );
  expect(submitted).toMatchObject({ code: 0, stderr: "" });
  return submitted.stdout.trim();
}

function deadLetterQueue(): string {
  const queue = loadConfig().topology.queues.find(({ name }) => name === QUEUE);
  if (queue === undefined) throw new Error(`no queue ${QUEUE}`);
  return queue.deadLetterQueue;
}

/** A job whose message has become a dead letter. */
async function deadJob(): Promise<string> {
  const id = await submit(BAD_SPOT, "--unchecked");
  await waitUntil(async () => (await jobs.row(id)).status === "FAILED", `the failure of ${id}: ${worker.output}`);
  const { channel } = bare.current;
  const { queue } = await channel.assertQueue(deadLetterQueue(), { durable: true });
  await waitUntil(async () => (await bare.current.depth(queue)) > 0, "the dead letter");
  return id;
}

async function deadLetters(): Promise<{ id: string; jobId: string; queue: string; deadLetterQueue: string }[]> {
  const { code, stdout } = await celery("dlq", "list", "--json");
  expect(code).toBe(0);
  return JSON.parse(stdout);
}

const completed = (id: string) =>
  waitUntil(async () => (await jobs.row(id)).status === "COMPLETED", `the completion of ${id}: ${worker.output}`);

describe("celery jobs", () => {
  it("submit says when there is no such user, and leaves no job", async () => {
    const refused = await runBuiltCelery(
      ["jobs", "submit", "spot", "--user", "nobody", "--input", "-"],
      environment(),
      JSON.stringify(SPOT),
    );
    expect(refused).toEqual({
      code: 2,
      stdout: "",
      stderr: "Error: there is no user nobody: --user takes an id of the table users\n",
    });
    expect((await celery("jobs", "list", "--user", "nobody")).stdout).not.toContain("nobody");
  });

  it("check tries the deployment, from the database to the answer of a job", async () => {
    const { code, stdout, stderr } = await celery("check", "--user", USER_ID);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout.split("\n").slice(0, -1)).toEqual([
      expect.stringMatching(/^ok {6}database: the tables were made by this worker and are complete/),
      expect.stringMatching(/^ok {6}broker: amqp:\/\//),
      expect.stringMatching(/^ok {6}workers: 1 worker: celery@/),
      expect.stringMatching(/^ok {6}queues: spot_simulation, .* are consumed$/),
      expect.stringMatching(/^ok {6}job: \S{36} was completed in [\d.]+ s$/),
    ]);
  });

  it("check says what fails, and goes on", async () => {
    const env = { ...environment(), DATABASE_URL: "postgresql://nobody@127.0.0.1:1/none" };
    const { code, stdout, stderr } = await runBuiltCelery(["check", "--user", "nobody"], env);
    expect({ code, stderr }).toEqual({ code: 1, stderr: "Error: 2 checks failed\n" });
    expect(stdout).toMatch(/^failed {2}database: the database .* cannot be used/m);
    expect(stdout).toMatch(/^ok {6}workers: 1 worker/m);
    expect(stdout).toMatch(/^failed {2}job: /m);
  });

  it("a submission that no broker takes is cancelled, and says why", async () => {
    const env = { ...environment(), CELERY_BROKER_URL: "amqp://user:s3cret@127.0.0.1:1//" };
    const flags = ["--user", USER_ID, "--input", "-"];
    const refused = await runBuiltCelery(["jobs", "submit", "spot", ...flags], env, JSON.stringify(SPOT));
    expect(refused.code).toBe(69);
    const [listed] = JSON.parse((await celery("jobs", "list", "--status", "cancelled", "--json")).stdout);
    expect(listed.progress_message).toMatch(/^Cancelled: its task could not be sent: .*ECONNREFUSED/);
    expect(listed.error_message).not.toContain("s3cret");
  });

  it("submit checks the input before it writes a row, and takes the backend's envelope", async () => {
    const refused = async (input: unknown, type = "spot") => {
      const args = ["jobs", "submit", type, "--user", USER_ID, "--input", "-"];
      const { code, stderr } = await runBuiltCelery(args, environment(), JSON.stringify(input));
      return { code, stderr };
    };
    const before = (await celery("jobs", "list", "--json")).stdout;
    expect(await refused({ ...SPOT, rakes: 5 })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("Error: --input: rakes is no key of this input: did you mean rake?"),
    });
    expect(await refused({ players: [{ cards: "15%,!AA" }] })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("write 15%!AA"),
    });
    const river = { board: ["Ks", "Qd", "7h", "4c", "2d"], pot_size: 100, stack_sizes: [100, 100] };
    expect(await refused({ ...river, player_ranges: { "0": "25" } }, "solver")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("player_ranges.0: range"),
    });
    expect(await refused({ job_type: "SOLVER_ANALYSIS", input_data: SPOT })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("SOLVER_ANALYSIS: submit it as such"),
    });
    expect((await celery("jobs", "list", "--json")).stdout).toBe(before);
    await completed(await submit({ job_type: "SPOT_SIMULATION", input_data: SPOT }));
  });

  it("submit --watch follows a job to its result as a table; show and list have it", async () => {
    const file = join(folder, "spot.json");
    writeFileSync(file, JSON.stringify(SPOT));
    const watched = await celery("jobs", "submit", "spot", "--user", USER_ID, "--input", file, "--watch");
    expect(watched).toMatchObject({ code: 0, stderr: "" });
    expect(watched.stdout).toMatch(/^COMPLETED +█{30} 100%/m);
    expect(watched.stdout).toMatch(/^Player +Cards +Top +vs random/m);
    expect(watched.stdout).toMatch(/^1 +As Ks Qh Jh +[\d.]+ %/m);
    const [listed] = JSON.parse((await celery("jobs", "list", "--status", "completed", "--json")).stdout);
    expect(listed).toMatchObject({ status: "COMPLETED", job_type: "SPOT_SIMULATION", user_id: USER_ID });
    const shown = await celery("jobs", "show", listed.id);
    expect(shown.stdout).toMatch(/^status +COMPLETED$/m);
    expect(shown.stdout).toMatch(/^Player +Cards/m);
    expect((await celery("jobs", "list", "--type", "spot")).stdout).toMatch(
      new RegExp(`^${listed.id} +spot +COMPLETED`, "m"),
    );
  });

  it("cancel ends a job that runs; watch says so and ends with an exit code", async () => {
    const id = await submit(LONG_SPOT);
    await waitUntil(async () => (await jobs.row(id)).status === "PROCESSING", "the start of the job");
    const watch = new RunningCelery(["jobs", "watch", id], environment());
    await waitUntil(() => watch.output.includes("PROCESSING"));
    expect(await celery("jobs", "cancel", id)).toEqual({ code: 0, stdout: `job ${id} is cancelled\n`, stderr: "" });
    expect(await watch.ended()).toBe(1);
    expect(watch.output).toContain(`Error: job ${id} is CANCELLED`);
    expect(await celery("jobs", "cancel", id)).toMatchObject({
      code: 1,
      stderr: `Error: job ${id} is CANCELLED already: nothing to cancel\n`,
    });
    // Its slots are free again: another job completes.
    await completed(await submit(SPOT));
  });

  it.each([
    [["jobs", "show", "00000000-0000-4000-8000-000000000000"], /there is no job 00000000/],
    [["jobs", "submit", "spot", "--user", USER_ID, "--input", "/no/such/file"], /--input \/no\/such\/file/],
    [["jobs", "list", "--status", "nope"], /must be one of|choices/i],
    [["dlq", "show", "nope"], /no dead letter has the task or job id nope/],
    [["dlq", "retry"], /give the id of a dead letter, or --all/],
  ])("celery %j ends with one sentence", async (args, sentence) => {
    const { code, stderr } = await celery(...args);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/^Error: [^\n]+\n$/);
    expect(stderr).toMatch(sentence);
  });
});

describe("celery dlq", () => {
  it("retry sends the task again and resets the row; the job, now right, completes", async () => {
    const id = await deadJob();
    const [letter] = (await deadLetters()).filter(({ jobId }) => jobId === id);
    expect(letter).toMatchObject({ queue: QUEUE, jobId: id });
    const shown = await celery("dlq", "show", id);
    expect(JSON.parse(shown.stdout)).toMatchObject({
      id: letter?.id,
      args: [id],
      deadLetterQueue: letter?.deadLetterQueue,
    });
    expect((await celery("dlq", "list")).stdout).toMatch(
      new RegExp(`^${letter?.id} +\\S*process_spot_simulation`, "m"),
    );
    await jobs.set(id, `input_data = '${JSON.stringify(SPOT)}'`);
    const retried = await celery("dlq", "retry", id);
    expect(retried).toMatchObject({ code: 0, stderr: "" });
    expect(retried.stdout).toContain(`${letter?.id} → ${QUEUE}`);
    await completed(id);
    expect(await deadLetters()).toEqual([]);
  });

  it("retry that is killed between its publish and its ack has lost nothing, and can be repeated", async () => {
    const id = await deadJob();
    await jobs.set(id, `input_data = '${JSON.stringify(SPOT)}'`);
    const env = { ...environment(), NODE_OPTIONS: `--import ${DIES_BEFORE_ACK}` };
    const killed = new RunningCelery(["dlq", "retry", id], env);
    expect(await killed.ended()).toBeNull();
    await completed(id);
    await waitUntil(async () => (await deadLetters()).some(({ jobId }) => jobId === id), "the dead letter, put back");
    const { updated_at } = await jobs.row(id);
    expect(await celery("dlq", "retry", "--all")).toMatchObject({ code: 0 });
    await waitUntil(async () => (await bare.current.depth(QUEUE)) === 0);
    // The second message of a job that is done changes nothing.
    await completed(await submit(SPOT));
    expect(await jobs.row(id)).toMatchObject({ status: "COMPLETED", updated_at });
    expect(await deadLetters()).toEqual([]);
  });

  it("retry into a queue that is gone keeps the dead letter", async () => {
    const { channel } = bare.current;
    const [first] = [await deadJob()];
    const letter = (await deadLetters()).find(({ jobId }) => jobId === first);
    const taken = await channel.get(letter?.deadLetterQueue ?? "", { noAck: true });
    if (taken === false) throw new Error("no dead letter");
    const headers = { ...taken.properties.headers, "x-dead-letter-queue": "gone" };
    await bare.current.publish(letter?.deadLetterQueue ?? "", taken.content, { ...taken.properties, headers });
    const { code, stderr } = await celery("dlq", "retry", first);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^Error: 1 dead letter stayed where they are: .*there is no queue gone/);
    expect((await deadLetters()).map(({ jobId }) => jobId)).toEqual([first]);
    expect(await jobs.row(first)).toMatchObject({ status: "FAILED", error_message: expect.stringContaining("As") });
  });

  it("purge -f erases what is left", async () => {
    const { code, stdout } = await celery("dlq", "purge", "-f");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Purged 1 message from/);
    expect(await deadLetters()).toEqual([]);
  });
});

describe("celery report-spot", () => {
  const REPORT_SPOT = {
    pot_size: 10,
    stack_sizes: [20, 20],
    player_ranges: { "0": ["AsAhKsQh", "KdKcJd9c"], "1": ["QsQdJs8d", "AcKhTc5h"] },
    bet_sizes: [1],
    max_raises: 0,
    iterations: 20,
  };
  const report = (input: unknown, ...flags: string[]) =>
    runBuiltCelery(["report-spot", "-", "--user", USER_ID, ...flags], environment(), JSON.stringify(input));
  let id = "";

  it("submits, follows and prints a report", async () => {
    const { code, stdout } = await report(REPORT_SPOT, "--flops", "6s5s4d, 2h2d2c");
    expect(code).toBe(0);
    expect(stdout).toContain("Report over listed flops: 2 flops solved, pot 10");
    expect(stdout).toMatch(/^ {2}player 1: EV .* equity .* %/m);
    expect(stdout).toMatch(/^ *6s5s4d +1 /m);
    const [row] = await jobs.repository.list({ limit: 1 });
    expect(row).toMatchObject({ job_type: "SOLVER_ANALYSIS", status: "COMPLETED" });
    id = row?.id ?? "";
  });

  it("prints one that was made before, as JSON by its schema and as CSV", async () => {
    const { stdout: json } = await celery("report-spot", id, "--json");
    const { report: found } = reportResultSchema.parse({ report: JSON.parse(json) });
    expect(found.rows.map(({ flop }) => flop)).toEqual(["6s5s4d", "2h2d2c"].map(flopOf));
    const { stdout: csv } = await celery("report-spot", id, "--csv");
    const [headings = [], ...lines] = csv
      .trim()
      .split(/\r?\n/)
      .map((line) => line.split(","));
    expect(headings.slice(0, 2)).toEqual(["flop", "weight"]);
    expect(lines.map((cells) => cells.length)).toEqual([headings.length, headings.length]);
    const equity = headings.indexOf("equity 0");
    expect(lines.map((cells) => Number(cells[equity]))).toEqual(found.rows.map(({ equities }) => equities["0"]?.value));
  });

  it("prints the id alone and ends where nobody is to wait", async () => {
    const { code, stdout } = await report(REPORT_SPOT, "--flops", "sample:2", "--no-watch");
    expect(code).toBe(0);
    const { input_data: input } = await jobs.row(stdout.trim());
    expect(input).toMatchObject({ flops: { sample: 2 } });
    await waitUntil(async () => (await jobs.row(stdout.trim())).status === "COMPLETED", "the report", 60_000);
  });

  it.each([
    ["no flops", REPORT_SPOT, [], /which flops\? --flops all, sample:25, or/],
    ["no spot", [1], ["--flops", "all"], /holds no spot: an object is expected/],
    ["what is no flop", REPORT_SPOT, ["--flops", "Ks8h"], /"Ks8h" is no flop: three cards/],
    ["a board beside", { ...REPORT_SPOT, board: "KsQs2d" }, ["--flops", "all"], /has flops and no board/],
  ] as const)("refuses %s, and writes no row", async (_, input, flags, message) => {
    const before = (await jobs.repository.list({ limit: 1000 })).length;
    const { code, stdout, stderr } = await report(input, ...flags);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(message);
    expect((await jobs.repository.list({ limit: 1000 })).length).toBe(before);
  });

  it("says that a job is none", async () => {
    const spot = await submit(SPOT);
    await completed(spot);
    const { code, stderr } = await celery("report-spot", spot, "--json");
    expect(code).toBe(1);
    expect(stderr).toContain(`job ${spot} is no report over flops`);
  });
});

describe("celery health", () => {
  it("is 0 while the worker is healthy, and 1 once nobody answers", async () => {
    const url = /"url":"(http:[^"]+)"/.exec(worker.output)?.[1] ?? /(http:\/\/[\d.:]+)/.exec(worker.output)?.[1];
    const page = `${url}/health`.replace("0.0.0.0", "127.0.0.1");
    expect(await celery("health", "--url", page)).toEqual({ code: 0, stdout: "healthy\n", stderr: "" });
    expect(await worker.kill("SIGTERM")).toBe(0);
    const { code, stderr } = await celery("health", "--url", page);
    expect({ code, stderr }).toEqual({ code: 1, stderr: `Error: no worker answers at ${page}: is it running?\n` });
  });
});
