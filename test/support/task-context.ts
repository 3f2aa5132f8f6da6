import { pino } from "pino";
import { MaxRetriesExceededError, Retry } from "../../src/celery/errors.js";
import type { RetryOptions, TaskContext, TaskOptions, TaskRequest } from "../../src/celery/task.js";

export interface RequestFields {
  readonly args?: readonly unknown[];
  readonly kwargs?: Readonly<Record<string, unknown>>;
  readonly retries?: number;
  readonly redelivered?: boolean;
  readonly headers?: Readonly<Record<string, unknown>>;
}

/** A request as the runtime would hand it to a handler, without a broker. */
export function taskRequest(fields: RequestFields = {}): TaskRequest {
  const { args = [], kwargs = {}, retries = 0, redelivered = false, headers = {} } = fields;
  return {
    id: crypto.randomUUID(),
    task: "tasks.process_spot_simulation",
    args,
    kwargs,
    retries,
    eta: null,
    expires: null,
    timelimit: [null, null],
    shadow: null,
    rootId: "root",
    parentId: null,
    group: null,
    groupIndex: null,
    correlationId: null,
    replyTo: null,
    origin: null,
    ignoreResult: false,
    argsrepr: "",
    kwargsrepr: "",
    hostname: "celery@test",
    headers,
    deliveryInfo: { exchange: "", routingKey: "spot_simulation", priority: null, redelivered },
    properties: {},
    queue: "spot_simulation",
  };
}

/** A context outside a worker: retries as the runtime does, computes nothing in threads, is aborted by the test. */
export class TestContext implements TaskContext {
  readonly #abort = new AbortController();
  readonly signal = this.#abort.signal;
  readonly log = pino({ level: "silent" });
  readonly kwargs: Readonly<Record<string, unknown>>;

  constructor(readonly request: TaskRequest) {
    this.kwargs = request.kwargs;
  }

  abort(reason: Error): void {
    this.#abort.abort(reason);
  }

  retry({ countdown = 180, error, maxRetries = 3 }: RetryOptions = {}): never {
    const cause = error instanceof Error ? error : null;
    if (maxRetries !== null && this.request.retries >= maxRetries)
      throw cause ?? new MaxRetriesExceededError("none left");
    throw new Retry(cause, new Date(), countdown, null, null);
  }

  async updateState(): Promise<void> {}

  sendEvent(): void {}

  sendTask(): Promise<never> {
    return Promise.reject(new Error("this context has no broker"));
  }

  apply(): Promise<never> {
    return this.sendTask();
  }

  replace(): Promise<never> {
    return this.sendTask();
  }

  addToChord(): Promise<never> {
    return this.sendTask();
  }

  compute(): Promise<never> {
    return Promise.reject(new Error("this context has no threads"));
  }
}

/** What the runtime does with one delivery, as far as a task sees it: the handler, then the hook of a final failure. */
export async function deliver(
  task: {
    readonly handler: (context: TaskContext, ...args: unknown[]) => unknown;
    readonly options: TaskOptions;
  },
  context: TestContext,
): Promise<{ readonly result: unknown } | { readonly retry: Retry } | { readonly error: Error }> {
  try {
    return { result: await task.handler(context, ...context.request.args) };
  } catch (error) {
    if (error instanceof Retry) return { retry: error };
    if (!(error instanceof Error)) throw error;
    if (error.name !== "Ignore") await task.options.onFailure?.(context.request, error);
    return { error };
  }
}
