import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { parseJson } from "../../src/celery/protocol/json.js";
import { type CommandResult, RunningCelery, runBuiltCelery } from "../support/celery-command.js";
import { useBareClient } from "../support/celery-worker.js";
import { runPythonCelery, usePythonWorker } from "../support/python-control.js";
import { redisUrl, useVhost } from "../support/services.js";
import { shapeDifferences } from "../support/shape.js";
import { waitUntil } from "../support/wait-until.js";

const APP = fileURLToPath(new URL("../fixtures/cli-app.mjs", import.meta.url));
const NODE = "node@test";
const PYTHON = "python@test";
const BOTH = [NODE, PYTHON];
/** With both named, a command need not wait for others. */
const TO_BOTH = ["-d", BOTH.join(",")];
const vhost = useVhost();
const bare = useBareClient(() => vhost.url);
let worker: RunningCelery;

/** `celery -A cli-app.mjs …` as built; global options may come after the sub-command. */
const celery = (...args: string[]) =>
  runBuiltCelery(["-A", APP, ...args, "-b", vhost.url, "--result-backend", redisUrl()]);

beforeAll(async () => {
  process.env.RESULT_BACKEND = redisUrl();
  const flags = ["-n", NODE, "-c", "2", "-E", "-l", "info"];
  worker = new RunningCelery(["-A", APP, "-b", vhost.url, "--result-backend", redisUrl(), "worker", ...flags]);
});
afterAll(() => worker.end("SIGKILL"));
const python = usePythonWorker(() => vhost.url, PYTHON, "python", ["-E"]);

/** What `--json` printed. Python's numbers may be Infinity. */
function jsonOf({ code, stdout, stderr }: CommandResult): Record<string, unknown> {
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return parseJson(stdout) as Record<string, unknown>;
}

/** Lines in any order: workers answer as they like. */
const linesOf = (text: string) =>
  text
    .split("\n")
    .map((line) => line.trimEnd())
    .filter((line) => line !== "")
    .sort();

beforeAll(async () => {
  await waitUntil(
    async () => (await celery("status", "-t", "0.5")).stdout.includes(NODE),
    `the worker: ${worker.output}`,
  );
  expect(python.output).toContain("ready.");
});

describe("with a task that runs on each", () => {
  const ids: string[] = [];
  beforeAll(async () => {
    for (const queue of ["node", "python"])
      ids.push(await bare.current.send(queue, "t.sleep", [600], { argsrepr: "(600,)", kwargsrepr: "{}" }));
    await waitUntil(async () => {
      const active = jsonOf(await celery("inspect", "active", "-j", ...TO_BOTH));
      return BOTH.every((name) => (active[name] as unknown[] | undefined)?.length === 1);
    });
  });

  it("status and inspect ping name both", async () => {
    const status = await celery("status");
    expect(status).toMatchObject({ code: 0, stderr: "" });
    expect(linesOf(status.stdout)).toEqual([`->  ${NODE}: OK`, `->  ${PYTHON}: OK`, "2 nodes online."].sort());
    expect(jsonOf(await celery("inspect", "ping", "-j", ...TO_BOTH))).toEqual({
      [NODE]: { ok: "pong" },
      [PYTHON]: { ok: "pong" },
    });
  });

  it.each(["active", "stats"])(
    "inspect %s -j has the answers of both; ours has the shape of Python's",
    async (command) => {
      const replies = jsonOf(await celery("inspect", command, "-j", ...TO_BOTH));
      expect(Object.keys(replies).sort()).toEqual(BOTH);
      expect(shapeDifferences(replies[PYTHON], replies[NODE])).toEqual([]);
    },
  );

  it("inspect registered and query_task are told with their arguments", async () => {
    const registered = jsonOf(await celery("inspect", "registered", "-d", NODE, "-j"));
    expect(registered).toEqual({ [NODE]: ["t.add", "t.fail", "t.sleep"] });
    const found = jsonOf(await celery("inspect", "query_task", ...ids, "-j", ...TO_BOTH)) as Record<string, object>;
    expect(BOTH.map((name) => Object.keys(found[name] ?? {}))).toEqual(ids.map((id) => [id]));
  });

  it("control rate_limit is obeyed by both, as the text of each says", async () => {
    const { code, stdout } = await celery("control", "rate_limit", "t.add", "100/s", ...TO_BOTH);
    expect(code).toBe(0);
    expect(linesOf(stdout)).toEqual(
      BOTH.flatMap((name) => [`->  ${name}: OK`, "        new rate limit set successfully"]).sort(),
    );
    const limited = jsonOf(await celery("inspect", "registered", "-j", ...TO_BOTH)) as Record<string, string[]>;
    for (const name of BOTH) expect(limited[name]).toContain("t.add [rate_limit=100/s]");
  });

  it.each([[["status"]], [["inspect", "registered"]]])("celery %j prints what Python's prints", async (args) => {
    const [ours, theirs] = await Promise.all([celery(...args), runPythonCelery(vhost.url, args)]);
    expect(ours.code).toBe(theirs.code);
    expect(linesOf(ours.stdout)).toEqual(linesOf(theirs.stdout));
  });

  it("Python's own inspect --json reads our worker", async () => {
    const { code, stdout } = await runPythonCelery(vhost.url, ["inspect", "active", "--json", "-d", NODE]);
    expect(code).toBe(0);
    const replies = parseJson(stdout) as Record<string, { id: string }[]>;
    expect(replies[NODE]?.map(({ id }) => id)).toEqual([ids[0]]);
  });

  it("control terminate ends them", async () => {
    const { code } = await celery("control", "terminate", "SIGTERM", ...ids, ...TO_BOTH);
    expect(code).toBe(0);
    await waitUntil(async () => {
      const active = jsonOf(await celery("inspect", "active", "-j", ...TO_BOTH));
      return BOTH.every((name) => (active[name] as unknown[]).length === 0);
    });
  });
});

it.concurrent.each([
  ["status", []],
  ["inspect", ["ping"]],
  ["control", ["heartbeat"]],
])("%s of a node that is not there ends with Celery's sentence and exit code", async (command, args) => {
  const { code, stderr } = await celery(command, ...args, "-d", "nobody@nowhere", "-t", "0.3");
  expect({ code, stderr }).toEqual({ code: 69, stderr: "Error: No nodes replied within time constraint\n" });
});

describe.concurrent.each(["node", "python"])("a task of the worker that takes %s", (queue) => {
  it("is called, and its result printed", async () => {
    const called = await celery("call", "t.add", "--args", "[2, 3]", "--queue", queue);
    expect(called).toMatchObject({ code: 0, stderr: "" });
    const id = called.stdout.trim();
    expect(await celery("result", id, "--timeout", "10")).toEqual({ code: 0, stdout: "5\n", stderr: "" });
  });

  it("that fails is shown with its traceback", async () => {
    const { task_id: id } = jsonOf(await celery("call", "t.fail", "--queue", queue, "-j"));
    const result = await celery("result", String(id), "--timeout", "10");
    expect(result).toEqual({ code: 1, stdout: "", stderr: `Error: task ${id} ended as FAILURE: ValueError: boom\n` });
    expect((await celery("result", String(id), "--traceback")).stdout).toMatch(/boom/);
  });
});

it("a result that does not come is not waited for beyond the limit", async () => {
  const { code, stderr } = await celery("result", "no-such-task", "--timeout", "0.3");
  expect({ code, stderr }).toEqual({ code: 1, stderr: "Error: task no-such-task has no result yet\n" });
});

it("events --dump prints a line for each event of both, until it is interrupted", async () => {
  const dump = new RunningCelery(["-A", APP, "-b", vhost.url, "events", "--dump"]);
  await waitUntil(() => BOTH.every((name) => dump.output.includes(`${name} [`)), "heartbeats of both");
  const ids = await Promise.all(["node", "python"].map((queue) => bare.current.send(queue, "t.add", [1, 2])));
  await waitUntil(() => ids.every((id) => new RegExp(`task succeeded:.*${id}`).test(dump.output)), "both tasks");
  expect(await dump.end("SIGINT")).toBe(0);
  expect(dump.output).toMatch(/^-> evdump: starting capture\.\.\.$/m);
  for (const id of ids) expect(dump.output).toMatch(new RegExp(`\\] task received: t\\.add\\(${id}\\) args=`));
});

it("events --json prints lines of JSON", async () => {
  const dump = new RunningCelery(["-A", APP, "-b", vhost.url, "events", "--json"]);
  await waitUntil(() => dump.output.split("\n").length > 3);
  await dump.end("SIGTERM");
  const lines = dump.output.split("\n").slice(0, -1);
  for (const line of lines) expect(parseJson(line)).toMatchObject({ type: expect.any(String) });
});

describe("purge", () => {
  it("empties the queues it is told, and says how many messages there were", async () => {
    await bare.current.channel.assertQueue("stale", { durable: true });
    for (let index = 0; index < 3; index++) await bare.current.send("stale", "t.add", [1, 2]);
    const { code, stdout } = await celery("purge", "-f", "-Q", "stale,not-there");
    expect({ code, stdout }).toEqual({ code: 0, stdout: "Purged 3 messages from 2 known task queues.\n" });
    expect(await bare.current.depth("stale")).toBe(0);
  });

  it("asks first, and does nothing without a yes", async () => {
    await bare.current.send("stale", "t.add", [1, 2]);
    const flags = ["-A", APP, "-b", vhost.url, "purge", "-Q", "stale"];
    const refused = await runBuiltCelery(flags, {}, "n\n");
    expect(refused).toMatchObject({ code: 1, stderr: "Error: Aborted!\n" });
    expect(refused.stdout).toContain("There is no undo");
    expect(await bare.current.depth("stale")).toBe(1);
    expect(await runBuiltCelery(flags, {}, "y\n")).toMatchObject({ code: 0 });
    expect(await bare.current.depth("stale")).toBe(0);
  });
});

it("list bindings asks RabbitMQ's management plugin", async () => {
  const env = { RABBITMQ_MANAGEMENT_URL: inject("services").managementUrl ?? "" };
  const { code, stdout } = await runBuiltCelery(["list", "bindings", "-b", vhost.url], env);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^Queue +Exchange +Routing Key$/m);
  expect(stdout).toMatch(/^node +node +node$/m);
  const away = { RABBITMQ_MANAGEMENT_URL: "http://127.0.0.1:1" };
  const failed = await runBuiltCelery(["list", "bindings", "-b", vhost.url], away);
  expect(failed).toMatchObject({ code: 69, stderr: expect.stringMatching(/^Error: .*did not answer.*\n$/) });
});

it.concurrent.each([
  [["multi", "start", "w1", "-c", "3"], /celery multi is not available/],
  [["beat", "-l", "info"], /celery beat is not available/],
  [["shell"], /celery shell is not available/],
  [["graph", "workers"], /celery graph is not available/],
  [["events", "--camera", "a.B"], /--camera is not available/],
  [["inspect", "pingg"], /Command pingg not recognized. Did you mean ping\?/],
  [["control", "rate_limit"], /rate_limit/],
  [["call", "t.add", "--args", "{}"], /was not an array/],
  [["health", "--url", "zzz"], /zzz is not an address of a health page/],
  [["status", "-b", "amqp://guest:secret@127.0.0.1:1//"], /Could not connect to the message broker/],
])("celery %j ends with one sentence", async (args, sentence) => {
  const { code, stdout, stderr } = await runBuiltCelery(args);
  expect(code).not.toBe(0);
  expect(stdout).toBe("");
  expect(stderr).toMatch(/^Error: [^\n]+\n$/);
  expect(stderr).toMatch(sentence);
  expect(stderr).not.toMatch(/secret|node_modules/);
});

it("control shutdown ends our worker with exit code 0", async () => {
  await celery("control", "shutdown", "-t", "0.5");
  expect(await worker.ended()).toBe(0);
});
