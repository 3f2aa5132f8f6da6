import type { Logger } from "pino";
import type { Publisher } from "../amqp/publisher.js";
import type { QueueDefinition } from "../amqp/topology.js";
import type { ControlRegistry } from "../control/registry.js";
import type { TaskDefinition } from "../definition.js";
import type { ResultBackend } from "../results/backend.js";
import type { Settings } from "../settings.js";

/** What a worker is made from. */
export interface WorkerParts {
  readonly nodename: string;
  readonly queues: readonly QueueDefinition[];
  readonly settings: Settings;
  readonly tasks: ReadonlyMap<string, TaskDefinition>;
  readonly log: Logger;
  readonly createResults: (publisher: Publisher) => ResultBackend;
  /** Reply address of this process. */
  readonly oid: string;
  readonly controlCommands: ControlRegistry;
  /** Carries out the action of an election this worker won. */
  readonly onElected: (topic: string, action: unknown) => Promise<void> | void;
}
