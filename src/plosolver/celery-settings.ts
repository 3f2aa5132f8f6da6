import { solverAnalysis } from "../tasks/solver-analysis/kind.js";
import type { Config } from "./config/config.js";

/** How long a message may wait in a worker that cannot start it. */
const RESERVED_TIMEOUT_SECONDS = 0.25;

/** The configuration as settings of the app, for the worker and for commands. */
export function celerySettings({ broker, results, topology, worker }: Config) {
  const deadLetterQueues = new Map(topology.queues.map(({ name, deadLetterQueue }) => [name, deadLetterQueue]));
  return {
    brokerUrl: broker.url,
    brokerUseSsl: broker.useSsl,
    resultBackend: results.backend,
    brokerHeartbeat: broker.heartbeatSeconds ?? 0,
    resultExpires: results.expiresSeconds,
    resultSerializer: results.serializer,
    resultCompression: results.compression,
    acceptContent: [...worker.acceptContent],
    maxBodyBytes: worker.maxBodyBytes,
    topologyMode: topology.mode,
    deadLetter: topology.deadLetterMode,
    deadLetterQueue: (queue: string) => deadLetterQueues.get(queue) ?? `${queue}-dlq`,
    deadLetterExchange: topology.deadLetterExchange,
    workerConcurrency: worker.concurrency,
    // Solves take minutes: a simulation must not wait for one.
    workerSlotGroups: {
      [solverAnalysis.slotGroup]: worker.solverSlots === null ? { leaves: 1 } : { limit: worker.solverSlots },
    },
    workerPrefetchMultiplier: worker.prefetchMultiplier,
    // A worker without work may have what another cannot start.
    workerReservedTimeout: RESERVED_TIMEOUT_SECONDS,
    workerMaxTasksPerChild: worker.maxTasksPerChild,
    workerMaxMemoryPerChild: worker.maxMemoryPerChildKib,
    workerSendTaskEvents: worker.sendTaskEvents,
    workerEnableRemoteControl: worker.enableRemoteControl,
    workerEnableDebugCommands: worker.enableDebugCommands,
    workerShutdownTimeout: worker.shutdownTimeoutSeconds,
    taskAcksLate: worker.acksLate,
    taskRejectOnWorkerLost: worker.rejectOnWorkerLost,
    taskTrackStarted: worker.trackStarted,
    taskTimeLimit: worker.timeLimitSeconds,
    taskSoftTimeLimit: worker.softTimeLimitSeconds,
  };
}
