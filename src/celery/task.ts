import type { Logger } from "pino";
import type { SendOptions, SignatureLike } from "./canvas/options.js";
import type { AsyncResult } from "./client/async-result.js";
import type { AnyResult } from "./client/result-reader.js";
import type { Signature } from "./client/signature.js";
import type { Retry } from "./errors.js";
import type { Kernel } from "./kernel.js";

/** How the message reached this worker: `delivery_info` of a Celery request. */
export interface DeliveryInfo {
  readonly exchange: string;
  readonly routingKey: string;
  readonly priority: number | null;
  readonly redelivered: boolean;
}

/** One task message as its handler sees it: Celery's request `Context` under camelCase names. */
export interface TaskRequest {
  readonly id: string;
  /** Registered task name. */
  readonly task: string;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  /** 0-based: 0 on the first attempt. */
  readonly retries: number;
  readonly eta: Date | null;
  readonly expires: Date | null;
  /** `[hard, soft]` seconds that travelled with the message; null where the sender set none. */
  readonly timelimit: readonly [number | null, number | null];
  /** Name shown in logs and events instead of `task`. */
  readonly shadow: string | null;
  readonly rootId: string;
  readonly parentId: string | null;
  readonly group: string | null;
  readonly groupIndex: number | null;
  readonly correlationId: string | null;
  readonly replyTo: string | null;
  /** `gen<pid>@<host>` of the publisher. */
  readonly origin: string | null;
  readonly ignoreResult: boolean;
  readonly argsrepr: string;
  readonly kwargsrepr: string;
  /** Node name of the worker that runs this request. */
  readonly hostname: string;
  /** Every message header, as it arrived. */
  readonly headers: Readonly<Record<string, unknown>>;
  readonly deliveryInfo: DeliveryInfo;
  /** AMQP properties that the message came with, under their AMQP names such as `app_id`; without the headers. */
  readonly properties: Readonly<Record<string, unknown>>;
  /** Name of the queue this worker consumed the message from. */
  readonly queue: string;
}

/**
 * Options of {@link TaskContext.retry}. Beside its own, those of `applyAsync` that the next attempt shall have instead of
 * this one's: `queue`, `priority`, `expires`, `serializer` and so on.
 */
export interface RetryOptions extends Omit<SendOptions, "taskId" | "countdown" | "eta" | "retries"> {
  /** Seconds until the next attempt. Default: the task's `defaultRetryDelay`. */
  readonly countdown?: number;
  /** Absolute time of the next attempt; excludes `countdown`. */
  readonly eta?: Date;
  /** Why: stored in the RETRY state, and raised when no attempt is left. Default `MaxRetriesExceededError`. */
  readonly error?: unknown;
  /** Overrides the task's `maxRetries` for this attempt; null means without limit. */
  readonly maxRetries?: number | null;
  readonly args?: readonly unknown[];
  readonly kwargs?: Readonly<Record<string, unknown>>;
}

/** Options of {@link TaskContext.compute}. */
export interface ComputeOptions<Progress = unknown> {
  /** Called on the main thread with every value the kernel reports. */
  readonly onProgress?: (value: Progress) => void;
  /** Aborts this call only; `ctx.signal` always does too. */
  readonly signal?: AbortSignal;
}

/** First argument of every handler. */
export interface TaskContext {
  readonly request: TaskRequest;
  readonly kwargs: Readonly<Record<string, unknown>>;
  /**
   * Aborted when the task should end: `signal.reason` is a `SoftTimeLimitExceeded`, `TimeLimitExceeded`,
   * `TaskRevokedError` or `WorkerShutdown`.
   */
  readonly signal: AbortSignal;
  /** Child logger that carries task name, task id, queue and attempt. */
  readonly log: Logger;
  /** Ends this attempt and publishes the next one. Always throws: write `return ctx.retry(…)`. */
  retry(options?: RetryOptions & { readonly throw?: true }): never;
  /**
   * Publishes the next attempt and lets this one go on: its own result or error is then stored, too. Await it.
   * @returns what would have been thrown, once the broker has confirmed the message
   * @throws the given error or MaxRetriesExceededError when no attempt is left; Reject when it cannot be published
   */
  retry(options: RetryOptions & { readonly throw: false }): Promise<Retry>;
  /** Stores a custom state with its meta in the result backend. */
  updateState(state: string, meta: unknown): Promise<void>;
  /**
   * Sends an event of the task's own to monitors, where task events are on.
   * @param type begins with `task-`
   * @throws ImproperlyConfigured for another type
   */
  sendEvent(type: string, fields?: Readonly<Record<string, unknown>>): void;
  /**
   * Sends a task as a child of this one: with this task as its parent, the same root, and a place among the children
   * that this task's result names. Resolves when the broker has confirmed the message.
   */
  sendTask(
    name: string,
    args?: readonly unknown[],
    kwargs?: Readonly<Record<string, unknown>>,
    options?: SendOptions,
  ): Promise<AsyncResult>;
  /** Sends a signature of any kind as a child of this task, as {@link sendTask} does. */
  apply(signature: SignatureLike, args?: readonly unknown[], options?: SendOptions): Promise<AnyResult>;
  /**
   * Ends this task and sends the signature in its place: under the same id, with its callbacks, errbacks, group, chord
   * and the rest of its chain. Always throws once that is confirmed: write `return await ctx.replace(…)`.
   *
   * @throws ImproperlyConfigured for a signature in a chord, or an empty chain; NotSupported for a group or chord on a
   * result backend that cannot join
   */
  replace(signature: SignatureLike): Promise<never>;
  /**
   * Adds a signature to the chord whose header this task is in, and sends it: the body waits for it, too.
   * @throws NotSupported when the task is in no chord, or the result backend does not count (only redis:// does)
   */
  addToChord(signature: SignatureLike): Promise<AnyResult>;
  /**
   * Runs a kernel in the pool of worker threads. Calls of one request are served in turn with those of other requests.
   *
   * When `ctx.signal` aborts, the kernel is first asked to end (`kernelContext.cancelled()`); what it then returns is
   * still the result. A kernel that does not end is killed with its thread at the hard limit, or 1 s after a revoke.
   *
   * @throws WorkerLostError when the thread dies; the signal's reason when the call is aborted; else the kernel's error.
   */
  compute<Input, Output, Progress = unknown>(
    kernel: Kernel<Input, Output, Progress>,
    input: Input,
    options?: ComputeOptions<Progress>,
  ): Promise<Output>;
}

export type TaskHandler<Args extends unknown[] = unknown[], Result = unknown> = (
  ctx: TaskContext,
  ...args: Args
) => Promise<Result> | Result;

/**
 * What checks a task's positional arguments: a schema such as `z.tuple([z.number()])`, or anything with its `parse`.
 * `Args` is what the handler gets, `Sent` what a sender gives, where a schema converts or has defaults.
 */
export interface Typing<Args extends unknown[] = unknown[], Sent extends unknown[] = Args> {
  /** @throws whatever becomes the task's error */
  parse(args: unknown): Args;
  /** Never read: carries the types of a schema that follows https://standardschema.dev. */
  readonly "~standard"?: { readonly types?: { readonly input: Sent } | undefined };
}

/** What a task given as a module gets as the first argument of its `run` (see {@link TaskOptions.module}). */
export interface ModuleInput<Args extends unknown[] = unknown[]> {
  readonly args: Args;
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly request: Pick<TaskRequest, "id" | "task" | "retries" | "hostname" | "rootId" | "parentId" | "queue">;
}

/** A class of errors, for `instanceof`. */
export type ErrorClass = abstract new (...args: never[]) => Error;

/** What a task gives to its messages, unless the call says otherwise; it comes before `taskRoutes`. */
export type SendingOptions = Pick<
  SendOptions,
  | "queue"
  | "exchange"
  | "routingKey"
  | "priority"
  | "expires"
  | "serializer"
  | "compression"
  | "deliveryMode"
  | "timeLimit"
  | "softTimeLimit"
>;

/** What {@link TaskOptions.afterReturn} is told. */
export type ReturnInfo =
  | { readonly status: "SUCCESS"; readonly result: unknown }
  | { readonly status: "FAILURE"; readonly error: Error };

/** Per-task options: Celery's names in camelCase. */
export interface TaskOptions extends SendingOptions {
  /**
   * The whole task is a module that runs in a worker thread, instead of a handler: its export
   * `run(input: ModuleInput, context: KernelContext)` returns the result, or throws.
   */
  readonly module?: URL;
  /** Attempts after the first; null means without limit. Default 3. */
  readonly maxRetries?: number | null;
  /** Seconds between attempts. Default 180. */
  readonly defaultRetryDelay?: number;
  /** Acknowledge after the outcome is stored rather than at the start. Default: the app's `taskAcksLate`. */
  readonly acksLate?: boolean;
  /** Acknowledge late tasks that failed or timed out; false rejects them. Default true. */
  readonly acksOnFailureOrTimeout?: boolean;
  /** Requeue a late task whose thread died. Default: the app's `taskRejectOnWorkerLost`. */
  readonly rejectOnWorkerLost?: boolean;
  /** Retries by itself after these error classes, as if the handler had called `ctx.retry`. */
  readonly autoretryFor?: readonly ErrorClass[];
  /** Exceptions to `autoretryFor`. */
  readonly dontAutoretryFor?: readonly ErrorClass[];
  /** Delay of the n-th autoretry: `factor × 2^n` seconds; true is a factor of 1. Default false: `defaultRetryDelay`. */
  readonly retryBackoff?: boolean | number;
  /** Longest backoff in seconds. Default 600. */
  readonly retryBackoffMax?: number;
  /** Draws the delay evenly between 0 and the backoff. Default true. */
  readonly retryJitter?: boolean;
  /** `10/s`, `5/m`, `1/h`, or a number per second; for this worker. Default: `taskDefaultRateLimit`. */
  readonly rateLimit?: string | number | null;
  /** Takes slots of `workerInlineConcurrency`, for handlers that only wait for I/O. Default false. */
  readonly inline?: boolean;
  /** Group of `workerSlotGroups` whose share of the slots the task takes from. Default none: it may take every slot. */
  readonly slotGroup?: string;
  /** Checks the positional arguments before the handler runs; what it returns replaces them. */
  readonly typing?: Typing;
  /** Store STARTED. Default: the app's `taskTrackStarted`. */
  readonly trackStarted?: boolean;
  /**
   * Do not store results: for what this app sends, and for messages that do not say. Most do: those of `send_task` in
   * an app without the task say false. Default: the app's `taskIgnoreResult`.
   */
  readonly ignoreResult?: boolean;
  /** Store errors of ignored results. Default: the app's `taskStoreErrorsEvenIfIgnored`. */
  readonly storeErrorsEvenIfIgnored?: boolean;
  /** Fields added to every log line of a request. */
  readonly logFields?: (request: TaskRequest) => Readonly<Record<string, unknown>>;
  /** Hard limit in seconds, sent with its messages too. Default: the worker's. */
  readonly timeLimit?: number;
  /** Soft limit in seconds, sent with its messages too. Default: the worker's. */
  readonly softTimeLimit?: number;
  /** Events of this task for monitors, where task events are on. Default true. */
  readonly sendEvents?: boolean;
  /** Keep what the task and its message send as children of its result. Default true. */
  readonly trail?: boolean;
  /** Characters of its result in events and logs. Default 1024. */
  readonly resultreprMaxsize?: number;
  /** Error classes that are expected: logged at info level without a stack. */
  readonly throws?: readonly ErrorClass[];
  /** Awaited in the task's own time right before its handler; an error it throws is the task's. */
  readonly beforeStart?: (request: TaskRequest) => Promise<void> | void;
  /** Awaited once callbacks are sent and the result is stored; an error it throws makes the task a failure. */
  readonly onSuccess?: (request: TaskRequest, result: unknown) => Promise<void> | void;
  /** Awaited once the next attempt is published and RETRY is stored. `error` is null when none was given. */
  readonly onRetry?: (request: TaskRequest, error: Error | null) => Promise<void> | void;
  /**
   * Awaited right before what {@link TaskContext.replace} was given is sent. `signature` is complete, has the task's id,
   * and may still be changed, e.g. stamped; an error thrown is the task's, and nothing is sent.
   */
  readonly onReplace?: (request: TaskRequest, signature: Signature) => Promise<void> | void;
  /** Awaited last, after a success or a final failure: not after a retry, `Ignore`, `Reject` or a revocation. */
  readonly afterReturn?: (request: TaskRequest, info: ReturnInfo) => Promise<void> | void;
  /** Awaited after a final failure (error, time limit, lost thread) and before the delivery is settled. */
  readonly onFailure?: (request: TaskRequest, error: Error) => Promise<void> | void;
  /** Awaited when a revoked or expired task is discarded or stopped, before the delivery is settled. */
  readonly onRevoked?: (
    request: TaskRequest,
    info: { readonly terminated: boolean; readonly expired: boolean },
  ) => Promise<void> | void;
}
