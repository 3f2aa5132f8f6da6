import { ProtocolError } from "./protocol/errors.js";

/** How an error crosses to Python: class name, module and constructor arguments. */
export interface PythonException {
  readonly excType: string;
  readonly excModule: string;
  readonly excArgs: readonly unknown[];
}

const CELERY = "celery.exceptions";
const BILLIARD = "billiard.exceptions";

/** Base of every error of the runtime. `code` is stable and listed in docs/errors.md. */
export abstract class CeleryError extends Error {
  abstract readonly code: string;
  override get name(): string {
    return this.constructor.name;
  }
}

/** A part of Celery that this worker refuses rather than half does. */
export class NotSupported extends CeleryError implements PythonException {
  readonly code = "CELERY_NOT_SUPPORTED";
  readonly excType = "NotImplementedError";
  readonly excModule = "builtins";
  get excArgs(): readonly unknown[] {
    return [this.message];
  }
}

/** Base of errors that Python's Celery knows under the same name. */
export abstract class SharedError extends CeleryError implements PythonException {
  readonly excModule: string = CELERY;
  get excType(): string {
    return this.constructor.name;
  }
  get excArgs(): readonly unknown[] {
    return [this.message];
  }
}

/** An option or setting that cannot be used. */
export class ImproperlyConfigured extends SharedError {
  readonly code = "CELERY_IMPROPERLY_CONFIGURED";
}

/** The message names a task that this worker does not have. */
export class NotRegistered extends SharedError {
  readonly code = "CELERY_NOT_REGISTERED";
}

/** The task was revoked, expired or terminated: `reason` is Celery's own word. */
export class TaskRevokedError extends SharedError {
  readonly code = "CELERY_TASK_REVOKED";
  constructor(readonly reason: "revoked" | "expired" | "terminated") {
    super(reason);
  }
}

/** The hard time limit passed. */
export class TimeLimitExceeded extends SharedError {
  readonly code = "CELERY_TIME_LIMIT_EXCEEDED";
  override readonly excModule = BILLIARD;
  constructor(readonly limitSeconds: number) {
    super(`TimeLimitExceeded(${limitSeconds},)`);
  }
  override get excArgs(): readonly unknown[] {
    return [this.limitSeconds];
  }
}

/** The soft time limit passed: the task may still end by itself. */
export class SoftTimeLimitExceeded extends SharedError {
  readonly code = "CELERY_SOFT_TIME_LIMIT_EXCEEDED";
  override readonly excModule = BILLIARD;
  constructor(readonly limitSeconds: number) {
    super(`SoftTimeLimitExceeded(${limitSeconds},)`);
  }
  override get excArgs(): readonly unknown[] {
    return [this.message];
  }
}

/** The thread that computed the task died. */
export class WorkerLostError extends SharedError {
  readonly code = "CELERY_WORKER_LOST";
  override readonly excModule = BILLIARD;
}

/** No attempt is left. */
export class MaxRetriesExceededError extends SharedError {
  readonly code = "CELERY_MAX_RETRIES_EXCEEDED";
}

/** The worker stops and will not wait for this task: its message goes back to the queue. */
export class WorkerShutdown extends CeleryError {
  readonly code = "CELERY_WORKER_SHUTDOWN";
}

/** A signature, in a message or given by a caller, that cannot be sent. */
export class InvalidSignature extends CeleryError implements PythonException {
  readonly code = "CELERY_INVALID_SIGNATURE";
  readonly excType = "ValueError";
  readonly excModule = "builtins";
  get excArgs(): readonly unknown[] {
    return [this.message];
  }
}

/** A member of a chord's header failed. */
export class ChordError extends SharedError {
  readonly code = "CELERY_CHORD_ERROR";
}

/** `AsyncResult.get` waited in vain. */
export class TimeoutError extends SharedError {
  readonly code = "CELERY_TIMEOUT";
}

/** A tree of results is walked that is not complete. */
export class IncompleteStream extends SharedError {
  readonly code = "CELERY_INCOMPLETE_STREAM";
}

/** Options of {@link PublishError}. */
export interface PublishErrorOptions extends ErrorOptions {
  readonly isRefusal?: boolean;
  readonly replyCode?: number | null;
}

/** The broker did not take a message. */
export class PublishError extends CeleryError {
  readonly code = "CELERY_PUBLISH_FAILED";
  /** The message is refused for what it is (no such exchange, no permission, no form): it would be again. */
  readonly isRefusal: boolean;
  /** AMQP's number of the broker's refusal, such as 403, 404 or 312 (no queue); null where it gave none. */
  readonly replyCode: number | null;
  constructor(message: string, options: PublishErrorOptions = {}) {
    super(message, options);
    this.isRefusal = options.isRefusal ?? false;
    this.replyCode = options.replyCode ?? null;
  }
}

/** A message's properties and headers do not fit into one frame, in which AMQP sends them. */
export class HeadersTooLarge extends CeleryError {
  readonly code = "CELERY_HEADERS_TOO_LARGE";
  constructor(
    readonly frameBytes: number,
    /** The broker's `frame_max`. */
    readonly limitBytes: number,
  ) {
    super(`its headers and properties take ${frameBytes} bytes, and the broker takes ${limitBytes} (frame_max)`);
  }
}

/** The broker cannot be reached or refused what was asked. */
export class BrokerError extends CeleryError {
  readonly code = "CELERY_BROKER";
}

/** Base of what a handler throws to choose its outcome. */
export abstract class TaskControl extends CeleryError {}

/** Throw to drop the task without storing a result. */
export class Ignore extends TaskControl {
  readonly code = "CELERY_IGNORE";
}

/** Throw to reject the message (late acks only): back to the queue, or to where the queue sends its dead letters. */
export class Reject extends TaskControl {
  readonly code = "CELERY_REJECT";
  constructor(
    reason = "rejected by the task",
    readonly requeue = false,
  ) {
    super(reason);
  }
}

/** What `ctx.retry` throws: the next attempt, not yet published. */
export class Retry extends TaskControl {
  readonly code = "CELERY_RETRY";
  constructor(
    /** Why the attempt ended; null when no error was given. */
    readonly error: Error | null,
    readonly eta: Date,
    readonly countdownSeconds: number,
    readonly args: readonly unknown[] | null,
    readonly kwargs: Readonly<Record<string, unknown>> | null,
    /** Options of `apply_async`, under Celery's names, that the next attempt has instead of this one's; null for none. */
    readonly options: Readonly<Record<string, unknown>> | null = null,
  ) {
    super(`Retry in ${countdownSeconds}s${error === null ? "" : `: ${error.message}`}`);
  }
}

/** Whether another attempt would fail the same way, as against troubles of broker and result backend that pass. */
export function isLasting(error: unknown): boolean {
  if (error instanceof PublishError) return error.isRefusal;
  if (error instanceof BrokerError || error instanceof WorkerShutdown) return false;
  return [CeleryError, ProtocolError, TypeError, RangeError].some((type) => error instanceof type);
}

/** Makes an Error of anything that was thrown. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
