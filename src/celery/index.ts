/**
 * The runtime's one door: everything that its functions take, return or throw. What programs around a worker need besides is in
 * `tooling.ts`, what a module in a worker thread needs in `kernel.ts`.
 */
export type { DatabaseProblem } from "../postgres/errors.js";
export type { Trouble } from "../postgres/outage.js";
export type { QueueDefinition } from "./amqp/topology.js";
export { type AppOptions, Celery, type WorkerOptions } from "./app.js";
export type { Frame } from "./canvas/freeze.js";
export type { SignatureNode, SignatureOptions } from "./canvas/node.js";
export type { RetryPolicy, SendOptions, SignatureLike } from "./canvas/options.js";
export type { StampingVisitor, Stamps } from "./canvas/stamp.js";
export { AsyncResult } from "./client/async-result.js";
export { GroupResult, ResultSet } from "./client/group-result.js";
export type { AnyResult, GetOptions, ResultReader, RevokeOptions } from "./client/result-reader.js";
export type { FreezeOptions, SignatureSender } from "./client/signature.js";
export { chain, chord, chunks, group, map, Signature, signature, starmap } from "./client/signature.js";
export type { Task } from "./client/task.js";
export type { LamportClock } from "./clock.js";
export {
  type CommandArguments,
  type CommandKind,
  type ControlCommand,
  NO_REPLY,
  type Parameter,
  type ParameterType,
  PythonError,
} from "./control/command.js";
export type {
  BroadcastOptions,
  ByNode,
  ConsumerTarget,
  Control,
  ControlOptions,
  Inspect,
  TerminateFlags,
} from "./control/control.js";
export type {
  AutoscaleBounds,
  ControlledWorker,
  FoundRequest,
  QueriedRequest,
  RequestInfo,
  ScheduledInfo,
  TerminateOptions,
} from "./control/controlled-worker.js";
export type { Cut } from "./control/listing.js";
export type { Addressees, ControlReply } from "./control/mailbox-client.js";
export type { ControlRegistry } from "./control/registry.js";
export type { TaskDefinition } from "./definition.js";
export {
  BrokerError,
  CeleryError,
  ChordError,
  HeadersTooLarge,
  Ignore,
  ImproperlyConfigured,
  IncompleteStream,
  InvalidSignature,
  MaxRetriesExceededError,
  NotRegistered,
  NotSupported,
  PublishError,
  type PublishErrorOptions,
  type PythonException,
  Reject,
  Retry,
  SharedError,
  SoftTimeLimitExceeded,
  TaskControl,
  TaskRevokedError,
  TimeLimitExceeded,
  TimeoutError,
  WorkerLostError,
  WorkerShutdown,
} from "./errors.js";
export type { WorkerEventMap, WorkerEventName } from "./event-map.js";
export { type Kernel, type KernelContext, type KernelOptions, type KernelRun, kernel } from "./kernel.js";
export {
  BodyTooLarge,
  ContentDisallowed,
  DecodeError,
  type Disposition,
  EncodeError,
  MessageError,
  type MessageErrorKind,
  ProtocolError,
} from "./protocol/errors.js";
export { RemoteTaskError } from "./protocol/exception.js";
export type { Serializer } from "./protocol/serializers.js";
export type { ResultDetails, ResultRecord, ResultTuple, State, StoredResult } from "./results/backend.js";
export type { WaitOptions } from "./results/stored.js";
export type { Settings, SettingsInput } from "./settings.js";
export type {
  ComputeOptions,
  DeliveryInfo,
  ErrorClass,
  ModuleInput,
  RetryOptions,
  ReturnInfo,
  SendingOptions,
  TaskContext,
  TaskHandler,
  TaskOptions,
  TaskRequest,
  Typing,
} from "./task.js";
export type { Tracing } from "./tracing.js";
export type { RefusedHook, RefusedMessage } from "./worker/core.js";
export type { RequestState } from "./worker/request.js";
export type { ConsumerStatus, WorkerPhase, WorkerRequest, WorkerSlots, WorkerThreads } from "./worker/status.js";
export { UNSETTLED_STEPS, type UnsettledStep } from "./worker/wait/lane.js";
export type { UnsettledGroup } from "./worker/wait/unsettled.js";
export type { Worker } from "./worker/worker.js";
export type { WorkerEvents, WorkerListener } from "./worker/worker-events.js";
