import { closeSync } from "node:fs";
import type { Logger } from "pino";
import type { Worker } from "../../../celery/index.js";
import { describeWork } from "./work-report.js";

/** A program that runs until it is stopped. */
export interface StoppableProgram {
  readonly worker: Worker;
  stop(deadlineSeconds?: number | null): Promise<void>;
}

/** `process.execve` of Node 22.15: the same process goes on with another program. */
type Execve = (file: string, args: readonly string[], env: NodeJS.ProcessEnv) => never;

/**
 * The signals of a worker process, as Celery takes them, from its first moment on (as PID 1 of a container a process gets
 * no signal that it does not listen to):
 *
 * - SIGTERM, SIGINT: warm shutdown, a second one does not wait; SIGQUIT does not wait at all
 * - SIGHUP: warm shutdown, then a new start of the same command in the same process where Node.js can do that; from a
 *   terminal, which sends it when it is closed, the shutdown alone
 * - SIGUSR1: writes what runs into the log
 * - SIGUSR2: Celery's remote debugger, which is not here: nothing happens
 */
export class WorkerSignals {
  #program: StoppableProgram | null = null;
  #stopping = false;
  #hungUp = false;
  #restarts = false;

  constructor() {
    process.on("SIGTERM", process.env.REMAP_SIGTERM === "SIGQUIT" ? this.#cold : this.#warm);
    process.on("SIGINT", this.#warm);
    process.on("SIGQUIT", this.#cold);
    process.on("SIGHUP", this.#hangUp);
    process.on("SIGUSR1", () => this.#report());
    process.on("SIGUSR2", () =>
      this.#log?.warn({ signal: "SIGUSR2" }, "there is no remote debugger here: SIGUSR1 writes what runs into the log"),
    );
  }

  /** From now on signals concern this program; a remote shutdown ends it too. */
  attach(program: StoppableProgram): void {
    this.#program = program;
    program.worker.events.on("draining", () => {
      if (!this.#stopping) this.#stop();
    });
  }

  get #log(): Logger | undefined {
    return this.#program?.worker.log;
  }

  readonly #warm = (signal: NodeJS.Signals): void => {
    if (this.#stopping) {
      this.#cold(signal);
      return;
    }
    this.#log?.info({ signal }, "stopping: running tasks may end (a second signal does not wait)");
    this.#stop();
  };

  readonly #cold = (signal: NodeJS.Signals): void => {
    const seconds = this.#program?.worker.settings.workerSoftShutdownTimeout ?? 0;
    this.#log?.warn(
      { signal, seconds },
      "stopping without waiting longer: tasks that still run go back to their queue",
    );
    this.#stop(seconds);
  };

  /** A terminal that closes may send it more than once: a second one is no wish to hurry. */
  readonly #hangUp = (signal: NodeJS.Signals): void => {
    if (this.#stopping) return;
    this.#hungUp = true;
    this.#restarts = process.stdout.isTTY !== true && execve() !== undefined;
    const then = this.#restarts ? "then the worker starts anew" : "then the worker ends";
    this.#log?.info({ signal }, `stopping: running tasks may end, ${then}`);
    this.#stop();
  };

  #report(): void {
    if (this.#program === null || this.#log === undefined) return;
    const { summary, tasks } = describeWork(this.#program.worker);
    this.#log.warn({ signal: "SIGUSR1", ...summary }, "what this worker does now");
    for (const task of tasks) this.#log.warn(task, "running");
  }

  #stop(deadlineSeconds?: number): void {
    this.#stopping = true;
    // Nothing was taken from a queue yet.
    if (this.#program === null) process.exit(0);
    void this.#program.stop(deadlineSeconds).then(
      () => this.#end(),
      (error: unknown) => {
        this.#log?.error({ err: error }, "the worker could not stop as it should");
        process.exit(1);
      },
    );
  }

  #end(): void {
    // Node.js 20 restores the settings of a terminal when it ends, and crashes where the terminal is gone.
    if (this.#hungUp && !this.#restarts) for (const file of [0, 1, 2]) closeQuietly(file);
    if (this.#restarts)
      execve()?.(process.execPath, [process.execPath, ...process.execArgv, ...process.argv.slice(1)], process.env);
    process.exit(0);
  }
}

function closeQuietly(file: number): void {
  try {
    closeSync(file);
  } catch {
    // It is closed.
  }
}

function execve(): Execve | undefined {
  return (process as { readonly execve?: Execve }).execve?.bind(process);
}
