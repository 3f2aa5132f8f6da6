import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePorts } from "../../scripts/local/processes.js";
import { median } from "./paired.js";
import { readyIn, withFilledQueue } from "./queues.js";
import { cpuSeconds, DIST, type Measured, residentMegabytes, type Setting, startProcess } from "./setting.js";
import { startWorker } from "./worker-script.js";

const STARTS = 5;
const MAIN = join(DIST, "cli/main.js");
/** Tables are read and threads are warm by then. */
const WARM_AFTER_MS = 20_000;

/** From the start of the process to the line that says ready; and what the worker takes when it has nothing to do. */
export async function starts(setting: Setting): Promise<Measured[]> {
  const empty = median(Array.from({ length: STARTS }, () => runMs(["-e", "0"])));
  const help = median(Array.from({ length: STARTS }, () => runMs([MAIN, "--help"])));
  const ready: number[] = [];
  let idle = 0;
  for (let start = 0; start < STARTS; start++) {
    const before = performance.now();
    const worker = startProcess(process.execPath, [MAIN, "worker", "-l", "info", "-n", `bench${start}@%h`], {
      CELERY_BROKER_URL: setting.url,
      DATABASE_URL: setting.services.databaseUrl,
      CELERY_WORKER_CONCURRENCY: "2",
      CELERY_HEALTH_PORT: String((await freePorts(1))[0]),
      LOG_FORMAT: "json",
    });
    await worker.line(/ready\./);
    ready.push(performance.now() - before);
    if (start === STARTS - 1) {
      await sleep(WARM_AFTER_MS);
      idle = residentMegabytes(worker.pid);
    }
    await worker.stop();
  }
  const beside = `node -e 0: ${empty.toFixed(0)} ms`;
  return [
    { what: "celery --help", target: "< 120 ms", measured: `${help.toFixed(0)} ms`, beside },
    { what: "worker, start to ready", target: "< 500 ms", measured: `${median(ready).toFixed(0)} ms`, beside },
    {
      what: "memory of an idle worker, two warm threads",
      target: "< 90 MB",
      measured: `${idle.toFixed(0)} MB`,
      beside: "",
    },
  ];
}

function runMs(args: readonly string[]): number {
  const before = performance.now();
  spawnSync(process.execPath, args, { stdio: "ignore" });
  return performance.now() - before;
}

/** Processor time of workers that share one queue. */
export async function cluster(setting: Setting): Promise<Measured[]> {
  const rows: Measured[] = [];
  for (const withResults of [false, true]) {
    const costs: string[] = [];
    for (const workers of [1, 2, 4]) {
      const seconds = await clusterSeconds(setting, workers, withResults);
      costs.push(`${workers}: ${seconds.toFixed(3)} s`);
    }
    rows.push({
      what: `processor time of 1,000 tasks at 1, 2, 4 workers, ${withResults ? "rpc results and events" : "results ignored"}`,
      target: "",
      measured: costs.join(", "),
      beside: "",
    });
  }
  return rows;
}

const TASKS = 20_000;

/** @returns seconds for 1,000 tasks, without starts */
async function clusterSeconds(setting: Setting, count: number, withResults: boolean): Promise<number> {
  return await withFilledQueue(setting, { tasks: TASKS, bytes: 0, withResults }, async (queue) => {
    const choice = { queue, concurrency: 64, withResults };
    const workers = await Promise.all(Array.from({ length: count }, () => startWorker(setting, choice)));
    const used = () => workers.reduce((sum, { pid }) => sum + cpuSeconds(pid), 0);
    const before = { ready: await readyIn(setting, queue), cpu: used() };
    while ((await readyIn(setting, queue)) > 0) await sleep(5);
    const cpu = used() - before.cpu;
    await Promise.all(workers.map((worker) => worker.stop()));
    return (cpu / before.ready) * 1000;
  });
}
