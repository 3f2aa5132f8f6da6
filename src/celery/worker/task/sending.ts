import type { Logger } from "pino";
import type { BrokerConnection } from "../../amqp/connection.js";
import type { Publisher } from "../../amqp/publisher.js";
import type { CanvasHost } from "../../canvas/apply.js";
import { ProducerHost } from "../../client/canvas-host.js";
import { originName, Producer } from "../../client/producer.js";
import { BackendReader } from "../../client/reader.js";
import type { ResultReader } from "../../client/result-reader.js";
import type { Router } from "../../client/routing.js";
import { LamportClock } from "../../clock.js";
import { MailboxClient } from "../../control/mailbox-client.js";
import type { TaskDefinition } from "../../definition.js";
import { EventDispatcher } from "../../events/dispatcher.js";
import type { ResultBackend } from "../../results/backend.js";
import type { Settings } from "../../settings.js";
import type { Tracing } from "../../tracing.js";

/** What {@link createSending} needs of a worker. */
export interface SendingParts {
  readonly connection: BrokerConnection;
  readonly publisher: Publisher;
  readonly settings: Settings;
  readonly log: Logger;
  readonly tasks: ReadonlyMap<string, TaskDefinition>;
  readonly results: ResultBackend;
  readonly tracing: Tracing | null;
  /** Reply address of tasks that the worker sends for itself. */
  readonly replyTo: string;
}

/** What a worker sends with. */
export interface Sending {
  /** Sends tasks: follow-ups of those that ended, and those of handlers. */
  readonly canvas: CanvasHost;
  readonly router: Router;
  /** Sends `task-sent`; null when the setting is off. */
  readonly sentEvents: EventDispatcher | null;
  /** Reads the results of tasks that handlers sent. */
  readonly reader: ResultReader;
}

/** The part of a worker that sends tasks: follow-ups, and those of its handlers. It waits for a broker that is away. */
export function createSending(parts: SendingParts): Sending {
  const { connection, settings, log, results, replyTo } = parts;
  const clock = new LamportClock();
  const groups = ["task"];
  const events = settings.taskSendSentEvent
    ? new EventDispatcher({ connection, nodename: originName(), clock, settings, log, groups })
    : null;
  const producer = new Producer({ ...parts, events, isImpatient: false });
  const mailbox = new MailboxClient(connection, settings, clock);
  return {
    canvas: new ProducerHost(producer, results, replyTo, settings),
    router: producer.router,
    sentEvents: events,
    // A worker's backend is started before it consumes.
    reader: new BackendReader({
      backend: results,
      ready: () => Promise.resolve(),
      rpc: null,
      cast: (method, args) => mailbox.cast(method, args),
    }),
  };
}
