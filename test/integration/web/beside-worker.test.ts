import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, it } from "vitest";
import type { ClusterView } from "../../../src/web/api.js";
import { RunningCelery } from "../../support/celery-command.js";
import { useJobs } from "../../support/jobs.js";
import { usePythonWorker } from "../../support/python-control.js";
import { useVhost } from "../../support/services.js";
import { waitUntil } from "../../support/wait-until.js";

const vhost = useVhost();
const jobs = useJobs();
const python = usePythonWorker(() => vhost.url, "py@test", "python-tasks");

const started: RunningCelery[] = [];
afterEach(async () => {
  for (const one of started.splice(0)) await one.kill("SIGKILL");
});

function start(env: Record<string, string>): RunningCelery {
  const worker = new RunningCelery(["worker", "-n", "node@test"], {
    CELERY_BROKER_URL: vhost.url,
    DATABASE_URL: jobs.url,
    CELERY_HEALTH_PORT: "0",
    LOG_FORMAT: "json",
    CELERY_WEB: "1",
    ...env,
  });
  started.push(worker);
  return worker;
}

it("CELERY_WEB=1 serves it beside a worker; Python workers are shown too; both end together", async () => {
  const worker = start({ CELERY_WEB_PORT: "0" });
  const found = () => /"url":"([^"]+)"[^\n]*the web view is open/.exec(worker.output)?.[1];
  const url = await waitUntil(found, "the web view", 60_000);
  const cluster = await waitUntil(async () => {
    const view = (await (await fetch(`${url}/api/cluster`)).json()) as ClusterView;
    return view.workers.length === 2 && view.workers.every(({ concurrency }) => concurrency !== null) ? view : null;
  }, "both workers");
  const [node, py] = cluster.workers;
  expect(node).toMatchObject({ name: "node@test", alive: true, pool: "node:worker_threads" });
  expect(node?.queues).toContain("spot_simulation");
  expect(py).toMatchObject({ name: python.name, alive: true, concurrency: 2, queues: ["python-tasks"] });
  expect(await worker.kill("SIGTERM")).toBe(0);
  await expect(fetch(`${url}/api/session`)).rejects.toThrow();
});

it("a port that is taken ends the worker before it takes a task", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  try {
    const { port } = other.address() as AddressInfo;
    const worker = start({ CELERY_WEB_PORT: String(port) });
    expect(await worker.ended()).toBe(1);
    expect(worker.output).toMatch(/the web view cannot be opened on 127\.0\.0\.1:\d+ \(CELERY_WEB_PORT\)/);
    expect(worker.output).not.toContain(" ready.");
  } finally {
    other.close();
  }
});
