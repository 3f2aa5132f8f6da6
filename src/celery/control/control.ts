import { type BroadcastOptions, callOptions, Inspect } from "./inspect.js";
import type { ControlReply, MailboxClient } from "./mailbox-client.js";

/** Options of a control command. */
export interface ControlOptions extends BroadcastOptions {
  /** Wait for replies; else the command resolves once it is sent. Default false. */
  readonly reply?: boolean;
}

/** How running tasks are ended. */
export interface TerminateFlags {
  /** End the task even when it runs. Default false. */
  readonly terminate?: boolean;
  /** For a Python worker's process. Default `SIGTERM`. */
  readonly signal?: string;
}

/** What {@link Control.addConsumer} may say of a queue. */
export interface ConsumerTarget {
  readonly exchange?: string;
  readonly exchangeType?: string;
  readonly routingKey?: string;
}

/** What {@link Control} needs of an app. */
export interface ControlParts {
  readonly mailbox: () => Promise<Pick<MailboxClient, "call" | "cast">>;
  /** Empties the app's queues. */
  readonly purge: () => Promise<number>;
}

/**
 * Commands workers, of Node or Python: Celery's `app.control`. Without destination or pattern a command is for all.
 * Commands give the replies that came with `reply`, else an empty list.
 */
export class Control {
  readonly #parts: ControlParts;

  constructor(parts: ControlParts) {
    this.#parts = parts;
  }

  /** Questions to workers; nothing is sent before one is asked. */
  inspect(options: BroadcastOptions = {}): Inspect {
    return new Inspect(this.#parts.mailbox, options);
  }

  /** Any command, also one of the user's own; arguments under the names that travel. */
  async broadcast(
    command: string,
    args: Readonly<Record<string, unknown>> = {},
    options: ControlOptions = {},
  ): Promise<ControlReply[]> {
    const { reply = false, ...rest } = options;
    const mailbox = await this.#parts.mailbox();
    if (reply) return await mailbox.call(command, args, callOptions(rest));
    await mailbox.cast(command, args, callOptions(rest));
    return [];
  }

  /** The workers that answer. */
  ping(options: BroadcastOptions = {}): Promise<ControlReply[]> {
    return this.broadcast("ping", {}, { ...options, reply: true });
  }

  /** Throws away the messages that are ready in the queues that the app consumes. @returns how many */
  purge(): Promise<number> {
    return this.#parts.purge();
  }

  /** The tasks are not to be run, or with `terminate` to be ended. */
  revoke(taskId: string | readonly string[], options: ControlOptions & TerminateFlags = {}): Promise<ControlReply[]> {
    const { terminate = false, signal = "SIGTERM", ...rest } = options;
    return this.broadcast("revoke", { task_id: taskId, terminate, signal }, rest);
  }

  /** Every task with one of these stamps: each value is a stamp or a list of them. */
  revokeByStampedHeaders(
    headers: Readonly<Record<string, unknown>>,
    options: ControlOptions & TerminateFlags = {},
  ): Promise<ControlReply[]> {
    const { terminate = false, signal = "SIGTERM", ...rest } = options;
    return this.broadcast("revoke_by_stamped_headers", { headers, terminate, signal }, rest);
  }

  terminate(
    taskId: string | readonly string[],
    options: ControlOptions & { readonly signal?: string } = {},
  ): Promise<ControlReply[]> {
    return this.revoke(taskId, { ...options, terminate: true });
  }

  /** @param rateLimit `10/s`, `5/m`, `1/h`, a number per second, 0 for none */
  rateLimit(task: string, rateLimit: string | number, options?: ControlOptions): Promise<ControlReply[]> {
    return this.broadcast("rate_limit", { task_name: task, rate_limit: rateLimit }, options);
  }

  /** @param limits seconds; what is not given becomes the worker's own */
  timeLimit(
    task: string,
    limits: { readonly soft?: number | null; readonly hard?: number | null },
    options?: ControlOptions,
  ): Promise<ControlReply[]> {
    const { soft = null, hard = null } = limits;
    return this.broadcast("time_limit", { task_name: task, soft, hard }, options);
  }

  addConsumer(queue: string, target: ConsumerTarget = {}, options?: ControlOptions): Promise<ControlReply[]> {
    const { exchange = null, exchangeType = "direct", routingKey = null } = target;
    const args = { queue, exchange, exchange_type: exchangeType, routing_key: routingKey };
    return this.broadcast("add_consumer", args, options);
  }

  cancelConsumer(queue: string, options?: ControlOptions): Promise<ControlReply[]> {
    return this.broadcast("cancel_consumer", { queue }, options);
  }

  enableEvents(options?: ControlOptions): Promise<ControlReply[]> {
    return this.broadcast("enable_events", {}, options);
  }

  disableEvents(options?: ControlOptions): Promise<ControlReply[]> {
    return this.broadcast("disable_events", {}, options);
  }

  poolGrow(n = 1, options?: ControlOptions): Promise<ControlReply[]> {
    return this.broadcast("pool_grow", { n }, options);
  }

  poolShrink(n = 1, options?: ControlOptions): Promise<ControlReply[]> {
    return this.broadcast("pool_shrink", { n }, options);
  }

  poolRestart(options?: ControlOptions): Promise<ControlReply[]> {
    return this.broadcast("pool_restart", {}, options);
  }

  autoscale(max: number, min: number, options?: ControlOptions): Promise<ControlReply[]> {
    return this.broadcast("autoscale", { max, min }, options);
  }

  heartbeat(options?: ControlOptions): Promise<ControlReply[]> {
    return this.broadcast("heartbeat", {}, options);
  }

  shutdown(options?: ControlOptions): Promise<ControlReply[]> {
    return this.broadcast("shutdown", {}, options);
  }

  /** Workers elect one of them, which carries out the action: with the topic `task` it sends the signature. */
  async election(id: string, topic: string, action: unknown = null): Promise<void> {
    await this.broadcast("election", { id, topic, action });
  }
}
