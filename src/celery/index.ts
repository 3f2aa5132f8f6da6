export type { QueueDefinition } from "./amqp/topology.js";
export { type AppOptions, Celery, type Task, type WorkerOptions } from "./app.js";
export type { SendOptions } from "./client/producer.js";
export * from "./errors.js";
export type { WorkerEventMap, WorkerEventName } from "./event-map.js";
export { type Kernel, type KernelContext, type KernelRun, kernel } from "./executor/kernel.js";
export type { Settings, SettingsInput } from "./settings.js";
export type {
  ComputeOptions,
  DeliveryInfo,
  RetryOptions,
  TaskContext,
  TaskHandler,
  TaskOptions,
  TaskRequest,
} from "./task.js";
export type { ConsumerStatus, Worker } from "./worker/worker.js";
