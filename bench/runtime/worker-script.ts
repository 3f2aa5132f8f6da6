import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { TASK } from "./queues.js";
import { type Child, DIST, type Setting, startProcess } from "./setting.js";

/** How a worker of its own process is started. */
export interface WorkerChoice {
  readonly queue: string;
  readonly concurrency: number;
  readonly withResults: boolean;
  /** Keeps so many threads busy from the start. */
  readonly burning?: number;
}

const BURN = "data:text/javascript,export const run = (_input, context) => { while (!context.cancelled()); }";

/** This worker in a process of its own; resolves once it is ready. */
export async function startWorker({ url, scratch }: Setting, choice: WorkerChoice): Promise<Child> {
  const { queue, concurrency, withResults, burning = 0 } = choice;
  const script = join(scratch, `worker-${queue}.mjs`);
  writeFileSync(
    script,
    `import { Celery, kernel } from ${JSON.stringify(pathToFileURL(join(DIST, "celery/index.js")).href)};
const app = new Celery("bench", {
  broker: ${JSON.stringify(url)}, backend: ${withResults ? '"rpc://"' : '"disabled://"'}, taskAcksLate: true,
  workerSendTaskEvents: ${withResults},
});
app.log.level = "silent";
app.task(${JSON.stringify(TASK)}, { ignoreResult: ${!withResults} }, (_ctx, x) => x);
const worker = app.worker({ queues: [${JSON.stringify(queue)}], concurrency: ${concurrency}, prefetchMultiplier: 1, hostname: \`bench\${process.pid}@%h\` });
process.on("SIGTERM", () => void worker.stop(5).then(() => app.close()));
await worker.start();
const ending = new AbortController();
for (let thread = 0; thread < ${burning}; thread++)
  worker.compute(kernel(new URL(${JSON.stringify(BURN)})), null, { signal: ending.signal }).catch(() => undefined);
process.on("SIGTERM", () => ending.abort());
console.log("ready", worker.nodename);
`,
  );
  const child = startProcess(process.execPath, [script]);
  await child.line(/^ready/);
  return child;
}
