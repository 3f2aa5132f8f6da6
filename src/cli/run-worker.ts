import type { Worker } from "../celery/worker/worker.js";
import { loadConfig } from "../config.js";
import { createPloSolver } from "../main.js";
import { loadApp, parseAppReference } from "./app-loader.js";
import type { WorkerFlags } from "./worker-flags.js";

/** A program that runs until it is stopped. */
interface Program {
  readonly worker: Worker;
  start(): Promise<void>;
  stop(deadlineSeconds?: number | null): Promise<void>;
}

/** Builds the program that `-A` names and runs it until SIGTERM or SIGINT; a second signal does not wait for tasks. */
export async function runWorker(flags: WorkerFlags): Promise<void> {
  const program = await build(flags);
  let signals = 0;
  const onSignal = (signal: NodeJS.Signals) => {
    signals += 1;
    program.worker.core.log.info(
      { signal },
      signals === 1 ? "stopping: running tasks may end (a second signal does not wait)" : "stopping at once",
    );
    void program.stop(signals === 1 ? undefined : 0).then(() => process.exit(0));
  };
  process.on("SIGTERM", onSignal);
  process.on("SIGINT", onSignal);
  process.on("unhandledRejection", (error) =>
    program.worker.core.log.error({ err: error }, "a promise was rejected and nobody handled it"),
  );
  await program.start();
}

async function build(flags: WorkerFlags): Promise<Program> {
  const reference = parseAppReference(flags.app);
  const options = {
    ...(flags.queues === undefined ? {} : { queues: flags.queues }),
    ...(flags.concurrency === undefined ? {} : { concurrency: flags.concurrency }),
    ...(flags.prefetchMultiplier === undefined ? {} : { prefetchMultiplier: flags.prefetchMultiplier }),
    ...(flags.hostname === undefined ? {} : { hostname: flags.hostname }),
  };
  if (reference.kind === "built-in")
    return createPloSolver(loadConfig(), {
      ...options,
      ...(flags.loglevel === undefined ? {} : { logLevel: flags.loglevel }),
    });
  const app = await loadApp(reference.path, reference.attribute);
  if (flags.loglevel !== undefined) app.log.level = flags.loglevel;
  const worker = app.worker(options);
  return {
    worker,
    start: () => worker.start(),
    stop: async (deadline) => {
      await worker.stop(deadline);
      await app.close();
    },
  };
}
