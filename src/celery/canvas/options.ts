import { ImproperlyConfigured } from "../errors.js";
import { nearest } from "../nearest.js";
import type { Serializer } from "../protocol/serializers.js";
import { formatIso } from "../protocol/time.js";
import { readNode, type SignatureNode, type SignatureOptions } from "./node.js";

/** Anything that is a signature: one made by this app, or its form in messages. */
export type SignatureLike = { toJSON(): SignatureNode } | SignatureNode;

/** How long a sender waits for a broker that is away: Celery's `task_publish_retry_policy`. */
export interface RetryPolicy {
  /** Attempts after the first; null waits for ever. Default 3. */
  readonly maxRetries?: number | null;
  /** Seconds before the first further attempt. Default 0. */
  readonly intervalStart?: number;
  /** Seconds added with each attempt. Default 0.2. */
  readonly intervalStep?: number;
  /** Longest pause in seconds. Default 1. */
  readonly intervalMax?: number;
}

/** Options of a sent task: those of Celery's `apply_async`. */
export interface SendOptions {
  /** Default: a new UUID. */
  readonly taskId?: string;
  /** Default: `taskRoutes`, then `taskDefaultQueue`. */
  readonly queue?: string;
  readonly exchange?: string;
  readonly routingKey?: string;
  /** Seconds from now. */
  readonly countdown?: number;
  readonly eta?: Date;
  /** Seconds from now, or a time. */
  readonly expires?: number | Date;
  readonly priority?: number;
  /** Seconds. */
  readonly timeLimit?: number;
  readonly softTimeLimit?: number;
  readonly serializer?: Serializer;
  readonly compression?: string;
  /** Default: the registered task's option. */
  readonly ignoreResult?: boolean;
  /** Queue that `rpc://` results go to. Default: this process's own. */
  readonly replyTo?: string;
  readonly headers?: Readonly<Record<string, unknown>>;
  /** Name shown in logs and events. */
  readonly shadow?: string;
  /** Sent with the result once the task succeeds. */
  readonly link?: SignatureLike | readonly SignatureLike[];
  /** Sent with the task's id when it fails. */
  readonly linkError?: SignatureLike | readonly SignatureLike[];
  /** Body of the chord whose header the task is in. */
  readonly chord?: SignatureLike;
  /** Steps that follow, the last one first. */
  readonly chain?: readonly SignatureLike[];
  readonly groupId?: string;
  readonly groupIndex?: number;
  /** Default: the caller's root, else the task's own id. */
  readonly rootId?: string;
  /** Default: the caller. */
  readonly parentId?: string;
  /** 0-based number of the attempt. */
  readonly retries?: number;
  /** Stamps by name. */
  readonly stamps?: Readonly<Record<string, unknown>>;
  /** 2 (persistent) or 1. Default: `taskDefaultDeliveryMode`. */
  readonly deliveryMode?: 1 | 2;
  /** Wait for a broker that is away. Default: `taskPublishRetry`. */
  readonly retry?: boolean;
  /** How long; default: `taskPublishRetryPolicy`. */
  readonly retryPolicy?: RetryPolicy;
}

const NAMES: Readonly<Record<Exclude<keyof SendOptions, "stamps">, string>> = {
  taskId: "task_id",
  queue: "queue",
  exchange: "exchange",
  routingKey: "routing_key",
  countdown: "countdown",
  eta: "eta",
  expires: "expires",
  priority: "priority",
  timeLimit: "time_limit",
  softTimeLimit: "soft_time_limit",
  serializer: "serializer",
  compression: "compression",
  ignoreResult: "ignore_result",
  replyTo: "reply_to",
  headers: "headers",
  shadow: "shadow",
  link: "link",
  linkError: "link_error",
  chord: "chord",
  chain: "chain",
  groupId: "group_id",
  groupIndex: "group_index",
  rootId: "root_id",
  parentId: "parent_id",
  retries: "retries",
  deliveryMode: "delivery_mode",
  retry: "retry",
  retryPolicy: "retry_policy",
};

/**
 * Options under Celery's own names, as signatures carry them.
 * @throws ImproperlyConfigured for an unknown option, with the nearest name
 */
export function toOptions(given: SendOptions): SignatureOptions {
  const options: SignatureOptions = {};
  for (const [key, value] of Object.entries(given)) {
    if (value === undefined) continue;
    if (key === "stamps") {
      Object.assign(options, value, { stamped_headers: Object.keys(value as object) });
      continue;
    }
    const name = (NAMES as Readonly<Record<string, string>>)[key];
    if (name === undefined) {
      const known = [...Object.keys(NAMES), "stamps"];
      throw new ImproperlyConfigured(`unknown option ${key}: did you mean ${nearest(key, known)}?`);
    }
    options[name] = optionValue(name, value);
  }
  return options;
}

function optionValue(name: string, value: unknown): unknown {
  switch (name) {
    case "link":
    case "link_error":
    case "chain":
      return (Array.isArray(value) ? value : [value]).map((item) => toNode(item as SignatureLike));
    case "chord":
      return toNode(value as SignatureLike);
    default:
      return value instanceof Date ? formatIso(value) : value;
  }
}

/** A copy of a signature in the form it travels in. @throws InvalidSignature */
export function toNode(signature: SignatureLike): SignatureNode {
  return readNode("toJSON" in signature && typeof signature.toJSON === "function" ? signature.toJSON() : signature);
}
