import type { Logger } from "pino";
import { asError, MaxRetriesExceededError, Retry, SoftTimeLimitExceeded } from "../errors.js";
import type { Kernel } from "../executor/kernel.js";
import type { ComputeOptions, RetryOptions, TaskContext, TaskRequest } from "../task.js";
import type { WorkerCore } from "./core.js";
import { storeState } from "./finish.js";
import type { Request } from "./request.js";

/** How long a kernel may go on after its task was told to end. */
const ABORT_GRACE_MS = 1000;

/** What a handler gets as its first argument. */
export class Context implements TaskContext {
  readonly #core: WorkerCore;
  readonly #request: Request;
  #log: Logger | null = null;

  constructor(core: WorkerCore, request: Request) {
    this.#core = core;
    this.#request = request;
  }

  get request(): TaskRequest {
    return this.#request;
  }

  get kwargs(): Readonly<Record<string, unknown>> {
    return this.#request.kwargs;
  }

  get signal(): AbortSignal {
    return this.#request.signal;
  }

  get log(): Logger {
    this.#log ??= this.#core.log.child(logFields(this.#request));
    return this.#log;
  }

  retry(options: RetryOptions = {}): never {
    const { definition, retries } = this.#request;
    const maxRetries = options.maxRetries === undefined ? definition.maxRetries : options.maxRetries;
    const error = options.error === undefined ? null : asError(options.error);
    if (maxRetries !== null && retries + 1 > maxRetries) {
      const { task, id, argsrepr, kwargsrepr } = this.#request;
      throw error ?? new MaxRetriesExceededError(`Can't retry ${task}[${id}] args:${argsrepr} kwargs:${kwargsrepr}`);
    }
    const countdownSeconds = options.countdown ?? definition.defaultRetryDelay;
    const eta = options.eta ?? new Date(Date.now() + countdownSeconds * 1000);
    const seconds = options.eta === undefined ? countdownSeconds : Math.max(0, (eta.getTime() - Date.now()) / 1000);
    throw new Retry(error, eta, seconds, options.args ?? null, options.kwargs ?? null);
  }

  async updateState(state: string, meta: unknown): Promise<void> {
    await storeState(this.#core, this.#request, state, meta);
  }

  compute<Input, Output, Progress = unknown>(
    kernel: Kernel<Input, Output, Progress>,
    input: Input,
    options: ComputeOptions<Progress> = {},
  ): Promise<Output> {
    const { signal, killSignal, id, retries } = this.#request;
    return this.#core.pool.run(`${id}:${retries}`, kernel, input, {
      onProgress: options.onProgress as ((value: unknown) => void) | undefined,
      signal: options.signal === undefined ? signal : AbortSignal.any([signal, options.signal]),
      killSignal,
      // After a soft limit the kernel may finish its answer; the hard limit ends it.
      graceMs: (reason) => (reason instanceof SoftTimeLimitExceeded ? Number.POSITIVE_INFINITY : ABORT_GRACE_MS),
    });
  }
}

/** Fields of every log line about a request. */
export function logFields(request: Request): Record<string, unknown> {
  return {
    task: request.task,
    taskId: request.id,
    queue: request.queue,
    attempt: request.retries + 1,
    ...request.definition.logFields?.(request),
  };
}
