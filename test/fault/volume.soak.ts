import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { runBuiltCelery } from "../support/celery-command.js";
import { useBareClient } from "../support/celery-worker.js";
import { useVhost } from "../support/services.js";
import { waitUntil } from "../support/wait-until.js";
import { WorkerProcess } from "../support/worker-process.js";

const APP = fileURLToPath(new URL("../../examples/app.mjs", import.meta.url));
const NAME = "volume@test";
const vhost = useVhost();
const client = useBareClient(() => vhost.url);
let worker: WorkerProcess;

beforeAll(async () => {
  // What it would log of a million tasks is kept by no one.
  worker = WorkerProcess.start({ CELERY_BROKER_URL: vhost.url }, ["-c", "64", "-n", NAME, "-l", "error"], APP);
  const ping = ["-b", vhost.url, "inspect", "ping"];
  await waitUntil(async () => (await runBuiltCelery(ping)).code === 0, "an answer of the worker");
});
afterEach(async () => {
  await client.current.channel.purgeQueue("celery");
});
afterAll(() => worker.kill("SIGTERM"));

const residentMegabytes = (): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${worker.child.pid}/status`, "utf8"))?.[1]) / 1024;

/** Tasks that the worker has started. */
async function started(): Promise<number> {
  const { stdout } = await runBuiltCelery(["-b", vhost.url, "inspect", "stats", "-t", "10", "--json"]);
  return JSON.parse(stdout)[NAME].total["tasks.add"] ?? 0;
}

async function send(count: number, headers: Record<string, unknown> = {}): Promise<void> {
  const batch = 1000;
  for (let sent = 0; sent < count; sent += batch) {
    const sends = Array.from({ length: Math.min(batch, count - sent) }, () =>
      client.current.send("celery", "tasks.add", [1, 2], { ignore_result: true, ...headers }),
    );
    await Promise.all(sends);
  }
}

async function startedAll(count: number, deadlineMs: number): Promise<void> {
  await waitUntil(async () => (await client.current.depth("celery")) === 0, "an empty queue", deadlineMs);
  await waitUntil(async () => (await started()) >= count, `${count} tasks started`, deadlineMs);
}

it("memory is the same after a million tasks as after a quarter of them", async () => {
  const megabytes: number[] = [];
  for (let quarter = 1; quarter <= 4; quarter++) {
    await send(250_000);
    await startedAll(quarter * 250_000, 600_000);
    megabytes.push(residentMegabytes());
  }
  const [first = 0, ...later] = megabytes;
  process.stdout.write(`RSS after each 250,000 tasks: ${megabytes.map((each) => each.toFixed(0)).join(", ")} MB\n`);
  // Room for the garbage collector's mood; a kilobyte kept for each task would be 750 MB.
  expect(Math.max(...later)).toBeLessThan(first * 1.25 + 20);
});

it("a hundred thousand tasks wait for their time in little memory, ready ones pass them, then all run", async () => {
  const before = { tasks: await started(), megabytes: residentMegabytes() };
  const etaMs = Date.now() + 90_000;
  await send(100_000, { eta: new Date(etaMs).toISOString() });
  await waitUntil(async () => (await client.current.depth("celery")) === 0, "the worker to hold them all", 80_000);
  const perTask = ((residentMegabytes() - before.megabytes) * 1024 * 1024) / 100_000;
  process.stdout.write(`memory for each waiting task: ${perTask.toFixed(0)} bytes\n`);
  const ready = await client.current.send("celery", "tasks.add", [20, 22]);
  expect((await client.current.result(ready)).result).toBe(42);
  expect(Date.now(), "the tasks still wait").toBeLessThan(etaMs);
  expect(perTask).toBeLessThan(10_000);
  await startedAll(before.tasks + 100_001, 180_000);
  expect(Date.now()).toBeGreaterThan(etaMs);
  expect(await started()).toBe(before.tasks + 100_001);
});
