import type { Logger } from "pino";
import type { Publisher } from "../amqp/publisher.js";
import type { CanvasHost } from "../canvas/apply.js";
import type { ResultReader } from "../client/result-reader.js";
import type { Router } from "../client/routing.js";
import type { TaskDefinition } from "../definition.js";
import type { EventDispatcher } from "../events/dispatcher.js";
import type { ThreadPool } from "../executor/thread-pool.js";
import type { ResultBackend } from "../results/backend.js";
import type { Settings } from "../settings.js";
import type { Bodies } from "./broker/bodies.js";
import type { DeadLetters } from "./broker/dead-letter.js";
import type { Delivery } from "./broker/delivery.js";
import type { Returns } from "./broker/returns.js";
import type { WorkerEvents } from "./emitter.js";
import type { RefusedHook } from "./parts.js";
import type { Requests } from "./requests.js";
import type { RateLimits } from "./wait/rate-limits.js";
import type { RecentSet } from "./wait/recent-set.js";
import type { Refusals } from "./wait/refusals.js";
import type { Requeues } from "./wait/requeues.js";
import type { RevokedStamps } from "./wait/revoked-stamps.js";
import type { Schedule } from "./wait/schedule.js";
import type { SlotGroup, Slots } from "./wait/slots.js";
import type { Unsettled } from "./wait/unsettled.js";
import type { Windows } from "./wait/windows.js";

/** What the steps of a delivery's life share: one record per worker. */
export interface WorkerCore {
  readonly nodename: string;
  readonly settings: Settings;
  readonly log: Logger;
  readonly events: WorkerEvents;
  readonly tasks: ReadonlyMap<string, TaskDefinition>;
  readonly acceptedContentTypes: ReadonlySet<string>;
  /** Reads task messages. */
  readonly bodies: Bodies;
  readonly pool: ThreadPool;
  /** Slots of all but `inline` tasks, which have their own when `workerInlineConcurrency` is set. */
  readonly slots: Slots;
  /** Where a task takes its slot. */
  readonly slotsOf: (definition: TaskDefinition) => SlotGroup;
  /** What is taken ahead of each queue. */
  readonly windows: Windows;
  readonly rateLimits: RateLimits;
  readonly schedule: Schedule;
  /** Ids of revoked tasks. */
  readonly revoked: RecentSet;
  readonly revokedStamps: RevokedStamps;
  /** What comes again after a lost channel. */
  readonly returns: Returns;
  /** Every request in memory. */
  readonly requests: Requests;
  readonly results: ResultBackend;
  readonly publisher: Publisher;
  /** Sends tasks: follow-ups of those that ended, and those of handlers. */
  readonly canvas: CanvasHost;
  readonly router: Router;
  /** Sends `task-sent`; null when the setting is off. */
  readonly sentEvents: EventDispatcher | null;
  /** Reads the results of tasks that handlers sent. */
  readonly reader: ResultReader;
  readonly deadLetters: DeadLetters;
  readonly onRefused: RefusedHook | null;
  /** Messages that are refused and not settled yet. */
  readonly refusals: Refusals;
  /** Messages that their tasks send back. */
  readonly requeues: Requeues;
  /** Deliveries that cannot be settled as planned. */
  readonly unsettled: Unsettled;
  /** A delivery is held for later and should not stand in the way of ready ones. */
  readonly onHeld: (delivery: Delivery) => void;
  readonly onReady: (delivery: Delivery) => void;
  readonly isStopping: () => boolean;
}
