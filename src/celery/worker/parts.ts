import type { Logger } from "pino";
import type { Publisher } from "../amqp/publisher.js";
import type { QueueDefinition } from "../amqp/topology.js";
import type { ControlRegistry } from "../control/registry.js";
import type { TaskDefinition } from "../definition.js";
import type { ResultBackend } from "../results/backend.js";
import type { Settings } from "../settings.js";
import type { TaskRequest } from "../task.js";

/** A message that never becomes a request: it cannot be read, or names a task that this worker does not have. */
export interface RefusedMessage {
  readonly queue: string;
  /** What kind of fault, and which, as in the event `deliveryInvalid`. */
  readonly kind: string;
  readonly reason: string;
  readonly redelivered: boolean;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
  /** What it says, where it can be read. */
  readonly task: Pick<TaskRequest, "id" | "args" | "kwargs" | "retries"> | null;
}

/** Called before a refused message is settled or becomes a dead letter, which waits for it. */
export type RefusedHook = (refused: RefusedMessage) => Promise<void>;

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
  readonly onRefused: RefusedHook | null;
  /** Carries out the action of an election this worker won. */
  readonly onElected: (topic: string, action: unknown) => Promise<void> | void;
}
