import { pino } from "pino";
import { expect, test } from "vitest";
import type { RefusedMessage } from "../../../src/celery/worker/core.js";
import type { JobDefinition } from "../../../src/tasks/job-definition.js";
import { type JobTask, jobTask } from "../../../src/tasks/job-task.js";
import { refusedJobs } from "../../../src/tasks/refused-job.js";
import { useJobs } from "../../support/jobs.js";
import { deliver, TestContext, taskRequest } from "../../support/task-context.js";
import { waitUntil } from "../../support/wait-until.js";

const jobs = useJobs();

const settings = () => ({
  repository: jobs.repository,
  log: pino({ level: "silent" }),
  heartbeatMs: 50,
  staleAfterSeconds: 60,
});

/** The job's task in a worker of its own, whose runs end when they are released. */
function heldWorker(): { readonly task: JobTask; readonly release: () => void } {
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const definition: JobDefinition<unknown, unknown> = {
    jobType: "SPOT_SIMULATION",
    parse: (input) => input,
    work: async () => {
      await released;
      return ["done"];
    },
    answer: (result) => ({ result }),
  };
  return { task: jobTask(definition, settings()), release };
}

const refused = (id: string, fields: Partial<RefusedMessage> = {}): RefusedMessage => ({
  queue: "spot_simulation",
  kind: "undecodable",
  reason: "Can't decode message body",
  redelivered: true,
  headers: { id: crypto.randomUUID(), argsrepr: `('${id}',)` },
  body: Buffer.from("{"),
  task: null,
  ...fields,
});
const unknownTask = (id: string, retries: number) => ({
  kind: "unregistered",
  redelivered: false,
  task: { id: crypto.randomUUID(), args: [id], kwargs: {}, retries },
});

const processing = async (id: string) =>
  await waitUntil(async () => (await jobs.row(id)).status === "PROCESSING", "the row to be taken");

test.each([
  ["a redelivered message that cannot be read", (id: string) => refused(id)],
  ["a later attempt of an unknown task", (id: string) => refused(id, unknownTask(id, 1))],
])("%s leaves a job alone that another message computes", async (_what, message) => {
  const id = await jobs.queue();
  const { task, release } = heldWorker();
  const run = deliver(task, new TestContext(taskRequest({ args: [id] })));
  await processing(id);
  await refusedJobs(settings())(message(id));
  expect((await jobs.row(id)).status).toBe("PROCESSING");
  release();
  expect(await run).toMatchObject({ result: { status: "completed" } });
  expect(await jobs.row(id)).toMatchObject({ status: "COMPLETED", result_data: ["done"] });
});

test("a redelivered message that expires, is revoked or runs out of time leaves the run of another worker alone", async () => {
  const id = await jobs.queue();
  const { task, release } = heldWorker();
  const run = deliver(task, new TestContext(taskRequest({ args: [id] })));
  await processing(id);
  const second = taskRequest({ args: [id], redelivered: true });
  const { options } = heldWorker().task;
  await options.onRevoked?.(second, { terminated: false, expired: true });
  await options.onRevoked?.(second, { terminated: false, expired: false });
  await options.onFailure?.(second, new Error("too late"));
  release();
  expect(await run).toMatchObject({ result: { status: "completed" } });
  expect((await jobs.row(id)).status).toBe("COMPLETED");
});

test("a refused message fails the row that its own earlier delivery left behind, once that is quiet", async () => {
  const id = await jobs.queue();
  await jobs.repository.claim(id, "SPOT_SIMULATION", { takesOver: false, staleAfterSeconds: 60 });
  await refusedJobs(settings())(refused(id));
  expect(await jobs.row(id)).toMatchObject({
    status: "FAILED",
    error_message: "the task's message was refused: Can't decode message body",
  });
});

test("a row that names another message is left to it", async () => {
  const id = await jobs.repository.insert({
    userId: "11111111-1111-4111-8111-111111111111",
    jobType: "SPOT_SIMULATION",
    inputData: {},
    queueMessageId: crypto.randomUUID(),
  });
  await refusedJobs(settings())(refused(id));
  expect((await jobs.row(id)).status).toBe("QUEUED");
  await jobs.repository.claim(id, "SPOT_SIMULATION", { takesOver: false, staleAfterSeconds: 60 });
  await refusedJobs(settings())(refused(id));
  expect((await jobs.row(id)).status).toBe("PROCESSING");
});
