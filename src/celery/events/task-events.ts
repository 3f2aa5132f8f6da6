import { resultRepr, type TaskDefinition } from "../definition.js";
import type { WorkerEventMap, WorkerEventName } from "../event-map.js";
import { exceptionRepr, tracebackOf } from "../protocol/exception.js";
import { pythonRepr } from "../protocol/repr.js";
import { formatIso } from "../protocol/time.js";
import type { TaskRequest } from "../task.js";
import type { EventDispatcher } from "./dispatcher.js";
import type { EventFields } from "./event.js";

/** Where worker events are listened to: worker/emitter.ts. */
export interface WorkerEventSource {
  on<Name extends WorkerEventName>(name: Name, listener: (...args: WorkerEventMap[Name]) => void): unknown;
  off<Name extends WorkerEventName>(name: Name, listener: (...args: WorkerEventMap[Name]) => void): unknown;
}

/** Sends an event for each step of a task while the task group is on; nothing listens while it is off. */
export class TaskEvents {
  readonly #send: (type: string, fields: EventFields) => void;
  readonly #source: WorkerEventSource;
  readonly #listeners: { [Name in WorkerEventName]?: (...args: WorkerEventMap[Name]) => void };
  readonly #tasks: ReadonlyMap<string, TaskDefinition>;
  #attached = false;

  /** @param tasks whose options say what is sent: `sendEvents`, `resultreprMaxsize` */
  constructor(source: WorkerEventSource, dispatcher: EventDispatcher, tasks: ReadonlyMap<string, TaskDefinition>) {
    this.#source = source;
    this.#tasks = tasks;
    this.#send = (type, fields) => dispatcher.send(type, fields);
    this.#listeners = this.#makeListeners();
  }

  attach(): void {
    if (this.#attached) return;
    this.#attached = true;
    for (const name of this.#names()) this.#source.on(name, this.#listener(name));
  }

  detach(): void {
    if (!this.#attached) return;
    this.#attached = false;
    for (const name of this.#names()) this.#source.off(name, this.#listener(name));
  }

  #names(): WorkerEventName[] {
    return Object.keys(this.#listeners) as WorkerEventName[];
  }

  #listener(name: WorkerEventName): () => void {
    return this.#listeners[name] as () => void;
  }

  /** What a step of a task sends, unless the task wants no events. */
  #step<Info>(listener: (request: TaskRequest, info: Info) => void) {
    return (request: TaskRequest, info?: Info): void => {
      if (this.#tasks.get(request.task)?.sendEvents !== false) listener(request, info as Info);
    };
  }

  #makeListeners(): { [Name in WorkerEventName]?: (...args: WorkerEventMap[Name]) => void } {
    const send = this.#send;
    return {
      taskReceived: this.#step((request) => send("task-received", receivedFields(request))),
      taskStarted: this.#step(({ id }) => send("task-started", { uuid: id })),
      taskSucceeded: this.#step(({ id, task }, { result, runtimeSeconds }) =>
        send("task-succeeded", {
          uuid: id,
          result: resultRepr(result, this.#tasks.get(task)),
          runtime: runtimeSeconds,
        }),
      ),
      taskFailed: this.#step(({ id }, { error, rejected }) => {
        if (rejected) send("task-rejected", { uuid: id, requeue: rejected.requeue });
        // What goes back to the queue has not failed for good.
        if (rejected?.requeue) return;
        send("task-failed", { uuid: id, exception: exceptionRepr(error), traceback: tracebackOf(error) });
      }),
      taskRetried: this.#step(({ id }, { error }) =>
        send("task-retried", {
          uuid: id,
          exception: error === null ? "None" : exceptionRepr(error),
          traceback: error === null ? "" : tracebackOf(error),
        }),
      ),
      taskRevoked: this.#step(({ id }, { terminated, signum, expired }) =>
        send("task-revoked", { uuid: id, terminated, signum, expired }),
      ),
      taskRejected: this.#step(({ id }, { requeue }) => send("task-rejected", { uuid: id, requeue })),
      taskAbandoned: this.#step(({ id }) => send("task-cancelled", { uuid: id })),
      taskUnregistered: ({ id, name }) =>
        send("task-failed", { uuid: id, exception: `NotRegistered(${pythonRepr(name, { escape: true })})` }),
      taskEvent: ({ id }, { type, fields }) => send(type, { uuid: id, ...fields }),
    };
  }
}

function receivedFields(request: TaskRequest): EventFields {
  return {
    uuid: request.id,
    name: request.shadow ?? request.task,
    args: request.argsrepr,
    kwargs: request.kwargsrepr,
    root_id: request.rootId,
    parent_id: request.parentId,
    retries: request.retries,
    eta: request.eta === null ? null : formatIso(request.eta),
    expires: request.expires === null ? null : formatIso(request.expires),
  };
}
