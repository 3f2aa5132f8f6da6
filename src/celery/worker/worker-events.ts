import type { Logger } from "pino";
import { resultRepr, type TaskDefinition } from "../definition.js";
import type { WorkerEventMap, WorkerEventName } from "../event-map.js";
import { exceptionRepr, tracebackOf } from "../protocol/exception.js";
import type { TaskRequest } from "../task.js";

export type WorkerListener<Name extends WorkerEventName> = (...args: WorkerEventMap[Name]) => void;

/** Emits worker events; an error in a listener is logged and goes no further. */
export class WorkerEvents {
  readonly #listeners = new Map<WorkerEventName, WorkerListener<never>[]>();

  constructor(private readonly log: Logger) {}

  on<Name extends WorkerEventName>(name: Name, listener: WorkerListener<Name>): this {
    const listeners = this.#listeners.get(name);
    if (listeners === undefined) this.#listeners.set(name, [listener as WorkerListener<never>]);
    else listeners.push(listener as WorkerListener<never>);
    return this;
  }

  off<Name extends WorkerEventName>(name: Name, listener: WorkerListener<Name>): this {
    const listeners = this.#listeners.get(name) ?? [];
    this.#listeners.set(
      name,
      listeners.filter((other) => other !== listener),
    );
    return this;
  }

  emit<Name extends WorkerEventName>(name: Name, ...args: WorkerEventMap[Name]): void {
    const listeners = this.#listeners.get(name);
    if (listeners === undefined) return;
    for (const listener of listeners) {
      try {
        (listener as WorkerListener<Name>)(...args);
      } catch (error) {
        this.log.error({ err: error, event: name }, "error in a worker event listener");
      }
    }
  }
}

/** A log line shows so many characters of what an error says: it may say all that it was given. */
const MAX_MESSAGE = 10_000;

type Fields = (request: TaskRequest) => Record<string, unknown>;

/** Writes one line for each step of a task, in the words that people who run Celery search their logs for. */
export function logTaskEvents(
  events: WorkerEvents,
  log: Logger,
  tasks: ReadonlyMap<string, TaskDefinition>,
  fields: Fields,
): void {
  const label = (request: TaskRequest) => `Task ${request.shadow ?? request.task}[${request.id}]`;
  const info = () => log.isLevelEnabled("info");
  events.on("taskReceived", (request) => {
    if (info()) log.info(fields(request), `${label(request)} received`);
  });
  events.on("taskSucceeded", (request, { result, runtimeSeconds }) => {
    if (info())
      log.info(
        { ...fields(request), durationSeconds: runtimeSeconds },
        `${label(request)} succeeded in ${runtimeSeconds}s: ${resultRepr(result, tasks.get(request.task))}`,
      );
  });
  events.on("taskFailed", (request, { error, runtimeSeconds, expected }) => {
    const line = { ...fields(request), durationSeconds: runtimeSeconds };
    if (expected) log.info(line, `${label(request)} raised expected: ${exceptionRepr(error)}`);
    else log.error({ ...line, err: forLog(error) }, `${label(request)} raised unexpected: ${exceptionRepr(error)}`);
  });
  events.on("taskRetried", (request, { error, countdownSeconds, runtimeSeconds }) => {
    const why = error === null ? "" : `: ${exceptionRepr(error)}`;
    log.info(
      { ...fields(request), durationSeconds: runtimeSeconds },
      `${label(request)} retry: Retry in ${countdownSeconds}s${why}`,
    );
  });
  events.on("taskRejected", (request, { requeue, reason }) => {
    log.warn(fields(request), `${label(request)} reject requeue=${requeue ? "True" : "False"}: ${reason}`);
  });
  events.on("taskIgnored", (request) => log.info(fields(request), `${label(request)} ignored`));
  events.on("taskRevoked", (request, { terminated, expired }) => {
    log.info(
      { ...fields(request), terminated, expired },
      `${label(request)} ${expired ? "expired" : terminated ? "terminated" : "revoked"}`,
    );
  });
  events.on("taskAbandoned", (request, { reason }) =>
    log.warn(fields(request), `${label(request)} returned to its queue: ${reason}`),
  );
  events.on("deliveryInvalid", ({ queue, kind, reason, deadLettered }) => {
    log.error({ queue, kind, deadLettered }, `Received invalid task message: ${reason}`);
  });
}

function forLog(error: Error): Error {
  if (error.message.length <= MAX_MESSAGE) return error;
  const shortened = new Error(`${error.message.slice(0, MAX_MESSAGE)}…`);
  shortened.name = error.name;
  shortened.stack = tracebackOf(error).slice(0, MAX_MESSAGE);
  return shortened;
}
