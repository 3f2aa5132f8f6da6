import { compressionOf, decompress } from "./compression.js";
import { BodyTooLarge, ContentDisallowed, DecodeError, MessageError } from "./errors.js";
import { isRecord } from "./json.js";
import { checkSize, DEFAULT_MAX_BODY_BYTES, limitOf } from "./limits.js";
import { argsRepr, kwargsRepr, pythonRepr } from "./repr.js";
import { decodeFormat, formatOf } from "./serializers.js";
import { parseIso } from "./time.js";
import type { Embed, RawMessage, SignatureDict, Table, TaskMessage } from "./types.js";
import { fieldsAsSent, noteFieldsAsSent } from "./wire-values.js";

export interface DecodeOptions {
  /** Serializer names or content types, as for `decodeBody`. */
  readonly accept: ReadonlySet<string>;
  /** IANA zone of v1 times whose message says `utc: false`. Default UTC. */
  readonly timezone?: string;
  /** Largest body of JSON in bytes, unpacked: see `checkSize`. Default 16 MiB. */
  readonly maxBytes?: number;
}

type Fields = Readonly<Record<string, unknown>>;

const PROTOCOL_HEADERS: ReadonlySet<string> = new Set([
  "lang",
  "task",
  "id",
  "shadow",
  "eta",
  "expires",
  "group",
  "group_index",
  "retries",
  "timelimit",
  "root_id",
  "parent_id",
  "argsrepr",
  "kwargsrepr",
  "origin",
  "ignore_result",
  "compression",
  "replaced_task_nesting",
  "stamped_headers",
  "stamps",
  "meth",
]);

/** Nothing follows the task. */
export const NO_EMBED: Embed = Object.freeze({ callbacks: null, errbacks: null, chain: null, chord: null });

/**
 * Reads a task message of protocol 2, protocol 1, or the hybrid of both.
 *
 * @throws MessageError with what a Celery worker does about it. Where Celery's own worker would die, the message is
 * `invalid` and to be rejected.
 */
export function decodeTaskMessage(raw: RawMessage, options: DecodeOptions): TaskMessage {
  let payload: unknown;
  try {
    payload = decodePayload(raw, options);
  } catch (cause) {
    throw unreadable(cause, raw);
  }
  return readTaskMessage(raw, payload, options);
}

function decodePayload(raw: RawMessage, options: DecodeOptions): unknown {
  checkBody(raw);
  const { body, contentType, contentEncoding, headers } = raw;
  const { accept, maxBytes = DEFAULT_MAX_BODY_BYTES } = options;
  const format = formatOf(contentType, accept);
  const compression = compressionOf(headers.compression);
  checkSize(body.length, compression === null ? format : "raw", maxBytes);
  const plain = compression === null ? body : decompress(body, compression, limitOf(format, maxBytes));
  return decodeFormat(plain, format, contentEncoding);
}

/** What the message lacks whatever its body says. @throws MessageError */
export function checkBody({ body, contentType, headers }: RawMessage): void {
  const hasType = contentType !== undefined && contentType !== "";
  if (headers.task !== undefined && !hasType) throw invalid("the message has no content type");
  if (body.length === 0) throw invalid("the message has an empty body");
}

/**
 * What the headers alone say of a message of protocol 2, for one whose body is read later: it has no arguments, and
 * nothing that follows. Null for protocol 1, which has all in its body.
 *
 * @throws MessageError as {@link decodeTaskMessage}
 */
export function readTaskHeaders(raw: RawMessage): TaskMessage | null {
  const { headers } = raw;
  if (headers.task === undefined) return null;
  return assemble(
    {
      ...headers,
      argsrepr: textOr(headers.argsrepr, "...") || "...",
      kwargsrepr: textOr(headers.kwargsrepr, "...") || "...",
    },
    {
      protocol: 2,
      id: requiredId(headers),
      args: [],
      kwargs: {},
      embed: NO_EMBED,
      customHeaders: customHeaders(headers),
    },
  );
}

/** Makes a task message from headers and the decoded body. @throws MessageError as {@link decodeTaskMessage} */
export function readTaskMessage(
  raw: RawMessage,
  payload: unknown,
  options: Pick<DecodeOptions, "timezone">,
): TaskMessage {
  if (raw.headers.task !== undefined) {
    return isTable(payload) && "args" in payload ? hybrid(raw, payload, options) : messageV2(raw, payload);
  }
  if (!isTable(payload) || !("task" in payload)) {
    throw new MessageError("unknown-message", "reject", "Received and deleted unknown message.  Wrong destination?!?");
  }
  return messageV1(raw, payload, options);
}

/** What a Celery worker does about a body that cannot be read; an error of another kind is given back as it is. */
export function unreadable(cause: unknown, raw: RawMessage): unknown {
  if (cause instanceof ContentDisallowed) {
    return raw.headers.task === undefined
      ? new MessageError("disallowed", "ack", undecodableText(cause, raw), { cause })
      : new MessageError("disallowed", "reject", `Received invalid task message: ${cause.message}`, { cause });
  }
  if (cause instanceof BodyTooLarge)
    return new MessageError("too-large", "reject", undecodableText(cause, raw), { cause });
  if (cause instanceof DecodeError)
    return new MessageError("undecodable", "ack", undecodableText(cause, raw), { cause });
  return cause;
}

function messageV2(raw: RawMessage, payload: unknown): TaskMessage {
  if (!Array.isArray(payload) || payload.length !== 3) {
    throw invalid("the body is not a list of three: arguments, keyword arguments, embed");
  }
  const [args, kwargs, embed] = payload as [unknown, unknown, unknown];
  if (!isTable(kwargs)) {
    // Celery runs nothing and acknowledges.
    throw new MessageError("invalid", "ack", "Received invalid task message: Task keyword arguments is not a mapping");
  }
  return assemble(raw.headers, {
    protocol: 2,
    id: requiredId(raw.headers),
    args: positional(args),
    kwargs,
    embed: readEmbed(embed),
    customHeaders: customHeaders(raw.headers),
  });
}

/** Protocol 2 headers over a protocol 1 body: the headers win. */
function hybrid(raw: RawMessage, payload: Fields, options: Pick<DecodeOptions, "timezone">): TaskMessage {
  const fields = { ...payload, ...raw.headers };
  return assemble(
    fields,
    {
      protocol: 2,
      id: requiredId(fields),
      args: positional(payload.args),
      kwargs: mapping(payload.kwargs),
      embed: embedV1(payload),
      customHeaders: customHeaders(raw.headers),
    },
    zoneOf(payload, options),
  );
}

function messageV1(raw: RawMessage, payload: Fields, options: Pick<DecodeOptions, "timezone">): TaskMessage {
  const fields = payload.taskset === undefined ? payload : { ...payload, group: payload.taskset };
  const args = positional(payload.args);
  const kwargs = mapping(payload.kwargs);
  return assemble(
    { ...fields, argsrepr: pythonRepr(args), kwargsrepr: kwargsRepr(kwargs), origin: null, shadow: null },
    {
      protocol: 1,
      id: idOf(payload) ?? raw.correlationId ?? "None",
      args,
      kwargs,
      embed: embedV1(payload),
      customHeaders: raw.headers,
    },
    zoneOf(payload, options),
  );
}

type Decoded = Pick<TaskMessage, "protocol" | "id" | "args" | "kwargs" | "embed" | "customHeaders">;

function assemble(fields: Fields, decoded: Decoded, timezone?: string): TaskMessage {
  const { protocol, id, args, kwargs, embed, customHeaders: custom } = decoded;
  return {
    protocol,
    id,
    task: textOr(fields.task, ""),
    args,
    kwargs,
    embed,
    shadow: textOrNull(fields.shadow),
    eta: time(fields.eta, "ETA", timezone),
    expires: time(fields.expires, "expires", timezone),
    group: textOrNull(fields.group),
    groupIndex: numberOrNull(fields.group_index),
    retries: numberOrNull(fields.retries) ?? 0,
    timelimit: timelimit(fields.timelimit),
    rootId: textOrNull(fields.root_id),
    parentId: textOrNull(fields.parent_id),
    argsrepr: textOr(fields.argsrepr, "") || argsRepr(args),
    kwargsrepr: textOr(fields.kwargsrepr, "") || kwargsRepr(kwargs),
    origin: textOrNull(fields.origin),
    ignoreResult: truthOrNull(fields.ignore_result),
    replacedTaskNesting: numberOrNull(fields.replaced_task_nesting) ?? 0,
    stampedHeaders: textsOrNull(fields.stamped_headers),
    stamps: isTable(fields.stamps) ? fields.stamps : {},
    customHeaders: custom,
  };
}

function requiredId(fields: Fields): string {
  const id = idOf(fields);
  if (id === null || id === "") throw invalid("the message has no task id");
  return id;
}

function idOf({ id }: Fields): string | null {
  if (typeof id === "string") return id;
  return typeof id === "number" || typeof id === "bigint" ? String(id) : null;
}

/** Python iterates whatever it gets: an object gives its keys. */
function positional(args: unknown): readonly unknown[] {
  if (Array.isArray(args)) return args;
  if (args === undefined || args === null) return [];
  if (isTable(args)) return Object.keys(args);
  throw invalid("Task positional arguments must be a list");
}

function mapping(kwargs: unknown): Fields {
  if (kwargs === undefined) return {};
  if (isTable(kwargs)) return kwargs;
  throw invalid("Task keyword arguments must be a mapping");
}

function readEmbed(embed: unknown): Embed {
  if (isEmpty(embed)) return NO_EMBED;
  if (!isTable(embed)) throw invalid("the third element of the body is not a mapping");
  return {
    callbacks: signatures(embed.callbacks),
    errbacks: signatures(embed.errbacks),
    chain: signatures(embed.chain),
    chord: signature(embed.chord),
  };
}

function embedV1(payload: Fields): Embed {
  return {
    callbacks: signatures(payload.callbacks),
    errbacks: signatures(payload.errbacks),
    chain: null,
    chord: signature(payload.chord),
  };
}

// Malformed signatures fail the task when they are published, not here: Celery runs its body first.
function signatures(value: unknown): readonly SignatureDict[] | null {
  if (isEmpty(value) && !Array.isArray(value)) return null;
  return (Array.isArray(value) ? value : [value]) as readonly SignatureDict[];
}

function signature(value: unknown): SignatureDict | null {
  return isEmpty(value) ? null : (value as SignatureDict);
}

/** What Python takes for nothing: PHP, say, writes an empty mapping as an empty list. */
function isEmpty(value: unknown): boolean {
  if (!value) return true;
  return Array.isArray(value) ? value.length === 0 : isTable(value) && Object.keys(value).length === 0;
}

function customHeaders(headers: Table): Table {
  let custom: Record<string, unknown> | null = null;
  for (const key of Object.keys(headers)) {
    if (PROTOCOL_HEADERS.has(key)) continue;
    custom ??= Object.create(null) as Record<string, unknown>;
    custom[key] = headers[key];
  }
  const sent = fieldsAsSent(headers);
  if (sent === undefined) return custom ?? {};
  custom ??= {};
  noteFieldsAsSent(custom, sent);
  return custom;
}

function time(value: unknown, name: string, timezone: string | undefined): Date | null {
  if (value === null || value === undefined || value === "" || value === 0 || value === false) return null;
  if (value instanceof Date) return value;
  if (typeof value !== "string") {
    throw invalid(`invalid ${name} value ${pythonRepr(value)}: expected an ISO 8601 text`);
  }
  try {
    return parseIso(value, timezone);
  } catch (cause) {
    if (cause instanceof DecodeError) throw invalid(`invalid ${name} value ${pythonRepr(value)}: ${cause.message}`);
    throw cause;
  }
}

function zoneOf(payload: Fields, options: Pick<DecodeOptions, "timezone">): string | undefined {
  return payload.utc === false ? options.timezone : undefined;
}

function timelimit(value: unknown): readonly [number | null, number | null] {
  if (!Array.isArray(value)) return [null, null];
  const limits = [numberOrNull(value[0]), numberOrNull(value[1])] as const;
  const sent = fieldsAsSent(value);
  if (sent !== undefined) noteFieldsAsSent(limits, sent);
  return limits;
}

function textOr(value: unknown, fallback: string): string {
  return typeof value === "string" ? value : fallback;
}

function textOrNull(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function truthOrNull(value: unknown): boolean | null {
  return value === undefined || value === null ? null : Boolean(value);
}

function textsOrNull(value: unknown): readonly string[] | null {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : null;
}

/** Celery takes a number written as text, too. */
function numberOrNull(value: unknown): number | null {
  if (typeof value === "number") return value;
  if (typeof value === "bigint") return Number(value);
  if (typeof value !== "string" || value.trim() === "") return null;
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
}

/** A table of headers or of JSON; bytes are an object too. */
function isTable(value: unknown): value is Record<string, unknown> {
  return isRecord(value) && !Buffer.isBuffer(value);
}

function invalid(problem: string): MessageError {
  return new MessageError("invalid", "reject", `Received invalid task message: ${problem}`);
}

function undecodableText(cause: Error, raw: RawMessage): string {
  const about = `type:${pythonRepr(raw.contentType)} encoding:${pythonRepr(raw.contentEncoding)}`;
  return `Can't decode message body: ${cause.name}(${pythonRepr(cause.message, { escape: true })}) [${about} headers:${pythonRepr(raw.headers)}]`;
}
