import { annotate } from "./annotations.js";
import type { SignatureOptions } from "./canvas/node.js";
import { toOptions } from "./canvas/options.js";
import { ImproperlyConfigured } from "./errors.js";
import { nearest } from "./nearest.js";
import { pythonRepr } from "./protocol/repr.js";
import type { Settings } from "./settings.js";
import type { ErrorClass, SendingOptions, TaskHandler, TaskOptions } from "./task.js";

/** A registered task with its options complete. */
export interface TaskDefinition {
  readonly name: string;
  readonly handler: TaskHandler;
  readonly maxRetries: number | null;
  readonly defaultRetryDelay: number;
  readonly acksLate: boolean;
  readonly acksOnFailureOrTimeout: boolean;
  readonly rejectOnWorkerLost: boolean;
  readonly autoretryFor: readonly ErrorClass[];
  readonly dontAutoretryFor: readonly ErrorClass[];
  /** Factor in seconds; null takes `defaultRetryDelay`. */
  readonly retryBackoff: number | null;
  readonly retryBackoffMax: number;
  readonly retryJitter: boolean;
  /** Changed by the remote-control command `rate_limit`. */
  rateLimit: string | number | null;
  readonly inline: boolean;
  readonly slotGroup: string | null;
  readonly typing: TaskOptions["typing"];
  readonly trackStarted: boolean;
  readonly ignoreResult: boolean;
  readonly storeErrorsEvenIfIgnored: boolean;
  readonly throws: readonly ErrorClass[];
  readonly sendEvents: boolean;
  readonly trail: boolean;
  readonly resultreprMaxsize: number;
  /** What the task gives to its messages, under Celery's own names; null for nothing. */
  readonly sending: Readonly<SignatureOptions> | null;
  readonly beforeStart: TaskOptions["beforeStart"];
  readonly onSuccess: TaskOptions["onSuccess"];
  readonly onRetry: TaskOptions["onRetry"];
  readonly afterReturn: TaskOptions["afterReturn"];
  readonly onReplace: TaskOptions["onReplace"];
  readonly onFailure: TaskOptions["onFailure"];
  readonly onRevoked: TaskOptions["onRevoked"];
  readonly logFields: TaskOptions["logFields"];
  /** Seconds; changed by the remote-control command `time_limit`. */
  timeLimit: number | null;
  softTimeLimit: number | null;
}

const SENDING_NAMES: readonly (keyof SendingOptions)[] = [
  "queue",
  "exchange",
  "routingKey",
  "priority",
  "expires",
  "serializer",
  "compression",
  "deliveryMode",
  "timeLimit",
  "softTimeLimit",
];

const OPTION_NAMES: readonly (keyof TaskOptions)[] = [
  ...SENDING_NAMES,
  "module",
  "maxRetries",
  "defaultRetryDelay",
  "acksLate",
  "acksOnFailureOrTimeout",
  "rejectOnWorkerLost",
  "autoretryFor",
  "dontAutoretryFor",
  "retryBackoff",
  "retryBackoffMax",
  "retryJitter",
  "rateLimit",
  "inline",
  "slotGroup",
  "typing",
  "trackStarted",
  "ignoreResult",
  "storeErrorsEvenIfIgnored",
  "sendEvents",
  "trail",
  "resultreprMaxsize",
  "throws",
  "beforeStart",
  "onSuccess",
  "onRetry",
  "afterReturn",
  "onReplace",
  "onFailure",
  "onRevoked",
  "logFields",
];

/**
 * Completes a task's options from the app's settings, and changes them as its annotations say.
 * @throws ImproperlyConfigured for an unknown option, with the nearest name, or a value that cannot be
 */
export function defineTask(name: string, given: TaskOptions, handler: TaskHandler, settings: Settings): TaskDefinition {
  const options = annotate(name, given, settings.taskAnnotations);
  checkNames(name, options);
  const definition: TaskDefinition = {
    name,
    handler,
    maxRetries: options.maxRetries === undefined ? 3 : options.maxRetries,
    defaultRetryDelay: options.defaultRetryDelay ?? 180,
    acksLate: options.acksLate ?? settings.taskAcksLate,
    acksOnFailureOrTimeout: options.acksOnFailureOrTimeout ?? settings.taskAcksOnFailureOrTimeout,
    rejectOnWorkerLost: options.rejectOnWorkerLost ?? settings.taskRejectOnWorkerLost,
    autoretryFor: options.autoretryFor ?? [],
    dontAutoretryFor: options.dontAutoretryFor ?? [],
    retryBackoff: backoffFactor(options.retryBackoff),
    retryBackoffMax: options.retryBackoffMax ?? 600,
    retryJitter: options.retryJitter ?? true,
    rateLimit: options.rateLimit === undefined ? settings.taskDefaultRateLimit : options.rateLimit,
    inline: options.inline ?? false,
    slotGroup: options.slotGroup ?? null,
    typing: options.typing,
    trackStarted: options.trackStarted ?? settings.taskTrackStarted,
    ignoreResult: options.ignoreResult ?? settings.taskIgnoreResult,
    storeErrorsEvenIfIgnored: options.storeErrorsEvenIfIgnored ?? settings.taskStoreErrorsEvenIfIgnored,
    timeLimit: options.timeLimit ?? settings.taskTimeLimit,
    softTimeLimit: options.softTimeLimit ?? settings.taskSoftTimeLimit,
    throws: options.throws ?? [],
    sendEvents: options.sendEvents ?? true,
    trail: options.trail ?? true,
    resultreprMaxsize: options.resultreprMaxsize ?? 1024,
    sending: sendingOptions(options),
    beforeStart: options.beforeStart,
    onSuccess: options.onSuccess,
    onRetry: options.onRetry,
    afterReturn: options.afterReturn,
    onReplace: options.onReplace,
    onFailure: options.onFailure,
    onRevoked: options.onRevoked,
    logFields: options.logFields,
  };
  if (definition.inline && definition.slotGroup !== null)
    throw new ImproperlyConfigured(`task ${name}: inline tasks have slots of their own, so they take no slotGroup`);
  checkNumber(name, "maxRetries", definition.maxRetries);
  checkNumber(name, "defaultRetryDelay", definition.defaultRetryDelay);
  checkNumber(name, "timeLimit", definition.timeLimit);
  checkNumber(name, "softTimeLimit", definition.softTimeLimit);
  checkNumber(name, "resultreprMaxsize", definition.resultreprMaxsize);
  return definition;
}

/** A result as events and logs show it. */
export function resultRepr(result: unknown, definition: TaskDefinition | undefined): string {
  return pythonRepr(result, definition && { maxLength: definition.resultreprMaxsize });
}

function checkNames(task: string, options: TaskOptions): void {
  const unknown = Object.keys(options).find((key) => !OPTION_NAMES.some((known) => known === key));
  if (unknown === undefined) return;
  const meant = nearest(unknown, OPTION_NAMES);
  throw new ImproperlyConfigured(`task ${task}: unknown option ${unknown}: did you mean ${meant}?`);
}

function sendingOptions(options: TaskOptions): SignatureOptions | null {
  const given = SENDING_NAMES.filter((name) => options[name] !== undefined).map((name) => [name, options[name]]);
  return given.length === 0 ? null : toOptions(Object.fromEntries(given));
}

/** Celery: `max(1, int(retry_backoff))`, and true is 1. */
function backoffFactor(backoff: boolean | number | undefined): number | null {
  if (backoff === undefined || backoff === false || backoff === 0) return null;
  return backoff === true ? 1 : Math.max(1, Math.trunc(backoff));
}

function checkNumber(task: string, option: string, value: number | null): void {
  if (value !== null && !(value >= 0))
    throw new ImproperlyConfigured(`task ${task}: ${option} is ${value}: it must be a number of at least 0`);
}
