import { compress, type PackedBody } from "./compression.js";
import { argsRepr, kwargsRepr } from "./repr.js";
import { type EncodedBody, encodeBody, type Serializer } from "./serializers.js";
import { formatIso } from "./time.js";
import type { Embed, SignatureDict, Table } from "./types.js";

/** A task to publish. Everything but id, task, args and kwargs has Celery's default. */
export interface OutgoingTask {
  readonly id: string;
  readonly task: string;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly embed?: Partial<Embed>;
  readonly shadow?: string | null;
  readonly eta?: Date | null;
  readonly expires?: Date | null;
  readonly group?: string | null;
  readonly groupIndex?: number | null;
  readonly retries?: number;
  /** `[hard, soft]` seconds. */
  readonly timelimit?: readonly [number | null, number | null];
  /** Default: the task's own id. */
  readonly rootId?: string | null;
  readonly parentId?: string | null;
  /** Default: the arguments as a Python tuple. */
  readonly argsrepr?: string;
  readonly kwargsrepr?: string;
  readonly origin?: string | null;
  readonly ignoreResult?: boolean | null;
  readonly replacedTaskNesting?: number;
  readonly stampedHeaders?: readonly string[] | null;
  readonly stamps?: Readonly<Record<string, unknown>>;
  /** Merged into the headers at top level; cannot replace those of the protocol. */
  readonly customHeaders?: Table;
  readonly correlationId?: string;
  readonly replyTo?: string;
  /** Default 0. */
  readonly priority?: number;
  /** 2 (persistent, the default) or 1. */
  readonly deliveryMode?: 1 | 2;
}

export interface EncodeOptions {
  readonly protocol: 1 | 2;
  readonly serializer: Serializer;
  /** Name of a compression method: `gzip`, `brotli`, … */
  readonly compression?: string;
  /** False for consumers older than kombu 5.3; see `stringifyJson`. Default true. */
  readonly typedValues?: boolean;
  /** Clock for the `expiration` property, in epoch milliseconds. Default: now. */
  readonly nowMs?: number;
}

/** AMQP properties of a task message. */
export interface TaskMessageProperties {
  readonly contentType: string;
  readonly contentEncoding: string;
  readonly correlationId: string;
  readonly replyTo?: string;
  readonly deliveryMode: 1 | 2;
  readonly priority: number;
  /** Decimal text in milliseconds, when the task expires; `"0"` when it already has. */
  readonly expiration?: string;
}

export interface EncodedTaskMessage {
  readonly body: Buffer;
  readonly headers: Record<string, unknown>;
  readonly properties: TaskMessageProperties;
}

/**
 * Writes a task message as Celery publishes it. Integers in headers are plain numbers: the AMQP layer must send them as
 * 32-bit integers.
 *
 * @throws EncodeError when arguments cannot be serialized.
 */
export function encodeTaskMessage(message: OutgoingTask, options: EncodeOptions): EncodedTaskMessage {
  const { typedValues = true, compression } = options;
  const encoded = encodeBody(taskBody(message, options.protocol), options.serializer, { typedValues });
  const packed = compression === undefined ? null : compress(encoded.body, compression);
  return assembleTask(message, options, encoded, packed);
}

/** The value that a task message has as its body. */
export function taskBody(message: OutgoingTask, protocol: 1 | 2): unknown {
  return protocol === 2 ? bodyV2(message) : bodyV1(message);
}

/** Puts a body that is encoded, and packed unless null, into its message. */
export function assembleTask(
  message: OutgoingTask,
  { protocol, nowMs = Date.now() }: Pick<EncodeOptions, "protocol" | "nowMs">,
  encoded: EncodedBody,
  packed: PackedBody | null,
): EncodedTaskMessage {
  const headers = protocol === 2 ? headersV2(message) : { ...message.customHeaders };
  if (packed !== null) headers.compression = packed.header;
  return { body: packed?.body ?? encoded.body, headers, properties: properties(message, encoded, nowMs) };
}

function headersV2(message: OutgoingTask): Record<string, unknown> {
  return {
    ...message.customHeaders,
    lang: "js",
    task: message.task,
    id: message.id,
    shadow: message.shadow ?? null,
    eta: isoOrNull(message.eta),
    expires: isoOrNull(message.expires),
    group: message.group ?? null,
    group_index: message.groupIndex ?? null,
    retries: message.retries ?? 0,
    timelimit: message.timelimit ?? [null, null],
    root_id: message.rootId ?? message.id,
    parent_id: message.parentId ?? null,
    argsrepr: message.argsrepr ?? argsRepr(message.args),
    kwargsrepr: message.kwargsrepr ?? kwargsRepr(message.kwargs),
    origin: message.origin ?? null,
    ignore_result: message.ignoreResult ?? false,
    replaced_task_nesting: message.replacedTaskNesting ?? 0,
    stamped_headers: message.stampedHeaders ?? null,
    stamps: message.stamps ?? {},
  };
}

function bodyV2(message: OutgoingTask): unknown {
  const embed = message.embed;
  return [
    message.args,
    message.kwargs,
    {
      callbacks: embed?.callbacks ?? null,
      errbacks: embed?.errbacks ?? null,
      chain: embed?.chain ?? null,
      chord: embed?.chord ?? null,
    },
  ];
}

function bodyV1(message: OutgoingTask): unknown {
  return {
    task: message.task,
    id: message.id,
    args: message.args,
    kwargs: message.kwargs,
    group: message.group ?? null,
    group_index: message.groupIndex ?? null,
    retries: message.retries ?? 0,
    eta: isoOrNull(message.eta),
    expires: isoOrNull(message.expires),
    utc: true,
    callbacks: callbacksV1(message.embed),
    errbacks: message.embed?.errbacks ?? null,
    timelimit: message.timelimit ?? [null, null],
    taskset: message.group ?? null,
    chord: message.embed?.chord ?? null,
  };
}

/** v1 has no chain: each step is a callback of the step before it. */
function callbacksV1(embed: Partial<Embed> | undefined): readonly SignatureDict[] | null {
  const callbacks = embed?.callbacks ?? null;
  let next: SignatureDict | null = null;
  for (const step of embed?.chain ?? []) {
    const links: unknown = step.options.link;
    const own: readonly unknown[] = Array.isArray(links) ? links : [];
    next = next === null ? step : { ...step, options: { ...step.options, link: [...own, next] } };
  }
  return next === null ? callbacks : [...(callbacks ?? []), next];
}

function properties(
  message: OutgoingTask,
  encoded: { readonly contentType: string; readonly contentEncoding: string },
  nowMs: number,
): TaskMessageProperties {
  return {
    contentType: encoded.contentType,
    contentEncoding: encoded.contentEncoding,
    correlationId: message.correlationId ?? message.id,
    ...(message.replyTo === undefined ? {} : { replyTo: message.replyTo }),
    deliveryMode: message.deliveryMode ?? 2,
    priority: message.priority ?? 0,
    ...(message.expires ? { expiration: String(Math.max(0, Math.trunc(message.expires.getTime() - nowMs))) } : {}),
  };
}

function isoOrNull(date: Date | null | undefined): string | null {
  return date ? formatIso(date) : null;
}
