import { fileURLToPath } from "node:url";
import { afterAll, expect, it } from "vitest";
import { useBareClient } from "../support/celery-worker.js";
import { useVhost } from "../support/services.js";
import { waitUntil } from "../support/wait-until.js";
import { WorkerProcess } from "../support/worker-process.js";

const vhost = useVhost();
const client = useBareClient(() => vhost.url);
const APP = fileURLToPath(new URL("../../examples/app.mjs", import.meta.url));
const workers: WorkerProcess[] = [];
afterAll(async () => {
  await Promise.all(workers.map((worker) => worker.kill()));
});

it.each([APP, `${APP}:app`])("celery -A %s worker runs an app of the user's own", async (app) => {
  const worker = WorkerProcess.start({ CELERY_BROKER_URL: vhost.url }, ["-Q", "own", "-c", "2", "-n", "own@%h"], app);
  workers.push(worker);
  await client.current.channel.assertQueue("own", { durable: true });
  const id = await client.current.send("own", "tasks.add", [2, 3]);
  expect(await client.current.result(id, 30_000)).toMatchObject({ status: "SUCCESS", result: 5 });
  expect(await worker.kill("SIGTERM")).toBe(0);
});

it.each<[string, RegExp]>([
  ["./no-such-app.mjs", /cannot load the app module .*no-such-app/],
  [`${APP}:nothing`, /exports no Celery app named nothing/],
  ["not an app", /give a module such as/],
])("celery -A '%s' worker ends with one sentence", async (app, message) => {
  const worker = WorkerProcess.start({ CELERY_BROKER_URL: vhost.url }, [], app);
  expect(await worker.ended()).not.toBe(0);
  await waitUntil(() => message.test(worker.output), `${message} in ${worker.output}`, 2000);
});

it("REMAP_SIGTERM=SIGQUIT makes SIGTERM a cold shutdown, which waits as long as workerSoftShutdownTimeout says", async () => {
  const app = fileURLToPath(new URL("../fixtures/slow-app.mjs", import.meta.url));
  const env = { CELERY_BROKER_URL: vhost.url, CELERY_RESULT_BACKEND: "rpc://", REMAP_SIGTERM: "SIGQUIT" };
  const worker = WorkerProcess.start(env, ["-c", "2", "--result-backend", "rpc://", "-b", vhost.url], app);
  workers.push(worker);
  await worker.wrote(" ready.");
  const forever = await client.current.send("slow", "forever");
  await waitUntil(() => worker.output.includes(forever), "the endless task");
  const nap = await client.current.send("slow", "nap");
  await waitUntil(() => worker.output.includes(nap), "the short task");
  expect(await worker.kill("SIGTERM")).toBe(0);
  expect(await client.current.result(nap)).toMatchObject({ status: "SUCCESS", result: "rested" });
  expect(client.current.statesOf(forever)).toEqual([]);
  expect(await client.current.depth("slow")).toBe(1);
});
