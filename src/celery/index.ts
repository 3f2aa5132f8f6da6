export type { QueueDefinition } from "./amqp/topology.js";
export { type AppOptions, Celery, type WorkerOptions } from "./app.js";
export type { RetryPolicy, SendOptions, SignatureLike } from "./canvas/options.js";
export type { FreezeOptions } from "./canvas/signature.js";
export { chain, chord, chunks, group, map, Signature, signature, starmap } from "./canvas/signature.js";
export type { StampingVisitor, Stamps } from "./canvas/stamp.js";
export { AsyncResult } from "./client/async-result.js";
export { GroupResult, ResultSet } from "./client/group-result.js";
export type { AnyResult, GetOptions, RevokeOptions } from "./client/result-reader.js";
export type { Task } from "./client/task.js";
export { type ConsumerTarget, Control, type ControlOptions, type TerminateFlags } from "./control/control.js";
export type { BroadcastOptions, ByNode, Inspect } from "./control/inspect.js";
export type { ControlReply } from "./control/mailbox-client.js";
export * from "./errors.js";
export type { WorkerEventMap, WorkerEventName } from "./event-map.js";
export { type Kernel, type KernelContext, type KernelRun, kernel } from "./executor/kernel.js";
export type { Settings, SettingsInput } from "./settings.js";
export type {
  ComputeOptions,
  DeliveryInfo,
  RetryOptions,
  ReturnInfo,
  TaskContext,
  TaskHandler,
  TaskOptions,
  TaskRequest,
} from "./task.js";
export type { RefusedHook, RefusedMessage } from "./worker/parts.js";
export type { ConsumerStatus, Worker } from "./worker/worker.js";
