import type { QueriedRequest, RequestInfo, ScheduledInfo } from "./controlled-worker.js";
import type { Addressees, CallOptions, ControlReply, MailboxClient } from "./mailbox-client.js";

/** Whom a command is for, and how long its replies are waited for. */
export interface BroadcastOptions extends Addressees {
  /** Seconds to wait for the next reply. Default 1. */
  readonly timeout?: number;
  /** Stop after so many replies. Default: the number of destinations. */
  readonly limit?: number;
  /** Called with each reply as it comes. */
  readonly onReply?: (reply: ControlReply) => void;
}

/** Answers by node name; null when nobody answered. */
export type ByNode<Value> = Readonly<Record<string, Value>> | null;

/** Asks workers how they are: Celery's `app.control.inspect`. Each method resolves once no reply comes any more. */
export class Inspect {
  readonly #mailbox: () => Promise<Pick<MailboxClient, "call">>;
  readonly #options: CallOptions;

  constructor(mailbox: () => Promise<Pick<MailboxClient, "call">>, options: BroadcastOptions = {}) {
    this.#mailbox = mailbox;
    this.#options = callOptions(options);
  }

  /** Tasks that run. @param safe show arguments as the text that their sender wrote */
  active(safe = false): Promise<ByNode<RequestInfo[]>> {
    return this.request("active", { safe });
  }

  /** Tasks that wait for their time. */
  scheduled(safe = false): Promise<ByNode<ScheduledInfo[]>> {
    return this.request("scheduled", { safe });
  }

  /** Tasks that wait for a slot. */
  reserved(safe = false): Promise<ByNode<RequestInfo[]>> {
    return this.request("reserved", { safe });
  }

  stats(): Promise<ByNode<Readonly<Record<string, unknown>>>> {
    return this.request("stats");
  }

  /** Ids of revoked tasks. */
  revoked(): Promise<ByNode<string[]>> {
    return this.request("revoked");
  }

  /** Task names, each with those of the given options that it has. */
  registered(...taskinfoitems: string[]): Promise<ByNode<string[]>> {
    return this.request("registered", { taskinfoitems });
  }

  ping(): Promise<ByNode<{ readonly ok: "pong" }>> {
    return this.request("ping");
  }

  activeQueues(): Promise<ByNode<Readonly<Record<string, unknown>>[]>> {
    return this.request("active_queues");
  }

  /** State and request of each task that a worker has in memory, by id. */
  queryTask(...ids: string[]): Promise<ByNode<Readonly<Record<string, readonly [state: string, QueriedRequest]>>>> {
    return this.request("query_task", { ids });
  }

  /** Settings that differ from the default, or all. */
  conf(withDefaults = false): Promise<ByNode<Readonly<Record<string, unknown>>>> {
    return this.request("conf", { with_defaults: withDefaults });
  }

  clock(): Promise<ByNode<{ readonly clock: number }>> {
    return this.request("clock");
  }

  report(): Promise<ByNode<{ readonly ok: string }>> {
    return this.request("report");
  }

  memsample(): Promise<ByNode<string | null>> {
    return this.request("memsample");
  }

  memdump(samples = 10): Promise<ByNode<unknown>> {
    return this.request("memdump", { samples });
  }

  /** Any inspect command, also one of the user's own. */
  async request<Value>(command: string, args: Readonly<Record<string, unknown>> = {}): Promise<ByNode<Value>> {
    const replies = await (await this.#mailbox()).call(command, args, this.#options);
    return replies.length === 0 ? null : (byNode(replies) as ByNode<Value>);
  }
}

/** Replies as one object; of two workers of one name the later counts. */
export function byNode(replies: readonly ControlReply[]): Record<string, unknown> {
  return Object.fromEntries(replies.map(({ nodename, value }) => [nodename, value]));
}

/** The same options as the mailbox takes them. */
function callOptions({ timeout, ...options }: BroadcastOptions): CallOptions {
  const matcher = options.pattern ? { matcher: options.matcher ?? ("glob" as const) } : {};
  return { ...options, ...matcher, ...(timeout === undefined ? {} : { timeoutMs: timeout * 1000 }) };
}

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
