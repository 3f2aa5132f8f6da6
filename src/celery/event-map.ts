import type { TaskRequest } from "./task.js";

/**
 * What happens in a worker, for logs, metrics and health: one typed map. Listeners run synchronously; an error in one
 * is logged and does not reach the worker. Times are in seconds.
 */
export interface WorkerEventMap {
  /** A readable message of a known task arrived. */
  taskReceived: [request: TaskRequest];
  taskStarted: [request: TaskRequest];
  taskSucceeded: [request: TaskRequest, info: { readonly result: unknown; readonly runtimeSeconds: number }];
  /** Final: no attempt follows. */
  taskFailed: [
    request: TaskRequest,
    info: {
      readonly error: Error;
      readonly runtimeSeconds: number;
      readonly expected: boolean;
      /** The message was rejected or requeued (late acknowledgement only); null when it was acknowledged. */
      readonly rejected?: { readonly requeue: boolean } | null;
    },
  ];
  taskRetried: [
    request: TaskRequest,
    info: { readonly error: Error | null; readonly countdownSeconds: number; readonly runtimeSeconds: number },
  ];
  taskRevoked: [
    request: TaskRequest,
    info: { readonly terminated: boolean; readonly signum: number | null; readonly expired: boolean },
  ];
  taskRejected: [request: TaskRequest, info: { readonly requeue: boolean; readonly reason: string }];
  taskIgnored: [request: TaskRequest];
  /** The run was stopped here and its message returns to the queue. */
  taskAbandoned: [request: TaskRequest, info: { readonly reason: string }];
  /** A handler sent an event of its own, for monitors; `type` begins with `task-`. */
  taskEvent: [
    request: TaskRequest,
    info: { readonly type: string; readonly fields: Readonly<Record<string, unknown>> },
  ];
  /** The message names a task that this worker does not have; `deliveryInvalid` follows. */
  taskUnregistered: [info: { readonly id: string; readonly name: string }];
  /** The message could not be made a request: what kind of fault, and where the message went. */
  deliveryInvalid: [
    info: { readonly queue: string; readonly kind: string; readonly reason: string; readonly deadLettered: boolean },
  ];
  /** The broker says that it delivered this message before: to a worker that is gone, or that gave it back. */
  messageRedelivered: [info: { readonly queue: string }];
  /** The broker has confirmed the dead letter of a message; `target` is the queue that has it now. */
  messageDeadLettered: [info: { readonly queue: string; readonly target: string; readonly reason: string }];
  brokerConnected: [];
  brokerDisconnected: [error: Error];
  /** A consumer is confirmed by the broker. */
  consumerReady: [queue: string];
  consumerLost: [queue: string];
  ready: [];
  draining: [];
  stopped: [];
}

export type WorkerEventName = keyof WorkerEventMap;
