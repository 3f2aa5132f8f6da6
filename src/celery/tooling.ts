/**
 * For the programs around a worker: the command line, the web view, what operators do to queues. They speak with brokers and
 * workers themselves, which users of the runtime never do.
 */
export { headersOfNextAttempt } from "./amqp/broker-headers.js";
export { BrokerConnection } from "./amqp/connection.js";
export { MessageQueue, type MovedMessage, type TakenMessage } from "./amqp/message-queue.js";
export { Publisher } from "./amqp/publisher.js";
export { purgeQueue, queueSizes } from "./amqp/topology.js";
export { LamportClock } from "./clock.js";
export { describeInstallation, describeSettings } from "./control/configuration.js";
export { byNode } from "./control/inspect.js";
export { MailboxClient } from "./control/mailbox-client.js";
export { ClusterState, type TaskState, type WorkerState } from "./events/cluster-state.js";
export { EventReceiver, type ReceivedEvent } from "./events/receiver.js";
export { ThreadPool } from "./executor/thread-pool.js";
export { compressionOf, prepare } from "./protocol/compression.js";
export { decodeException } from "./protocol/exception.js";
export { decodeTaskMessage } from "./protocol/message.js";
export type { TaskMessage } from "./protocol/types.js";
export { createBackend } from "./results/create.js";
export { isStored } from "./results/stored.js";
export { compileSettings } from "./settings.js";
export { DEAD_LETTER_HEADERS } from "./worker/broker/dead-letter.js";
