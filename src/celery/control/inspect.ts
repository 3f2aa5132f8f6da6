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
export function callOptions({ timeout, ...options }: BroadcastOptions): CallOptions {
  const matcher = options.pattern ? { matcher: options.matcher ?? ("glob" as const) } : {};
  return { ...options, ...matcher, ...(timeout === undefined ? {} : { timeoutMs: timeout * 1000 }) };
}
