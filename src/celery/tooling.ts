/**
 * For the programs around a worker: the command line, the web view, what operators do to queues. They speak with brokers and
 * workers themselves, which users of the runtime never do.
 */
export { headersOfNextAttempt } from "./amqp/broker-headers.js";
export { BrokerConnection } from "./amqp/connection.js";
export { MessageQueue, type MovedMessage, type TakenMessage } from "./amqp/message-queue.js";
export { purgeQueue, queueSizes } from "./amqp/topology.js";
export { connect } from "./client/connect.js";
export { LamportClock } from "./clock.js";
export { describeInstallation, describeSettings } from "./control/configuration.js";
export { byNode } from "./control/control.js";
export { ClusterState, type TaskState, type WorkerState } from "./events/cluster-state.js";
export { EventReceiver, type ReceivedEvent } from "./events/receiver.js";
export { ThreadPool } from "./executor/thread-pool.js";
export { compressionOf, prepare } from "./protocol/compression.js";
export { decodeTaskMessage } from "./protocol/message-decode.js";
export type { TaskMessage } from "./protocol/types.js";
export { compileSettings } from "./settings.js";
export { DEAD_LETTER_HEADERS } from "./worker/broker/dead-letter.js";
