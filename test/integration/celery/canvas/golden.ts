import type { GetMessage } from "amqplib";
import { type Capture, rawMessage, readCaptures } from "../../../unit/celery/protocol/captures.js";

/** What two messages are compared by: everything but who wrote them, with ids numbered in the order they appear. */
export interface Comparable {
  readonly routingKey: string;
  readonly properties: unknown;
  readonly headers: unknown;
  readonly body: unknown;
}

/** Told apart by their senders on purpose: language, process, and Celery's text for a list where we write a tuple. */
const SENDER_HEADERS = new Set(["lang", "origin", "argsrepr", "kwargsrepr"]);
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const TIME = /^\d{4}-\d\d-\d\dT[\d:.]+\+00:00$/;

export function capture(name: string): Capture {
  const found = readCaptures(name).find((one) => one.name === name);
  if (found === undefined) throw new Error(`no capture ${name}`);
  return found;
}

export function fromCapture(captured: Capture): Comparable {
  const { content_type, content_encoding, correlation_id, reply_to, delivery_mode, priority } = captured.properties;
  const properties = { content_type, content_encoding, correlation_id, reply_to, delivery_mode, priority };
  return numbered(captured.routing_key, properties, captured.headers, JSON.parse(rawMessage(captured).body.toString()));
}

export function fromMessage({ fields, properties, content }: GetMessage): Comparable {
  const { contentType, contentEncoding, correlationId, replyTo, deliveryMode, priority } = properties;
  return numbered(
    fields.routingKey,
    {
      content_type: contentType,
      content_encoding: contentEncoding,
      correlation_id: correlationId,
      reply_to: replyTo,
      delivery_mode: deliveryMode,
      priority,
    },
    properties.headers ?? {},
    JSON.parse(content.toString()),
  );
}

/** Only the headers that the other message has: newer versions add some. */
export function withHeadersOf(message: Comparable, other: Comparable): Comparable {
  const names = Object.keys(other.headers as object);
  const headers = Object.fromEntries(
    Object.entries(message.headers as object).filter(([name]) => names.includes(name)),
  );
  return { ...message, headers };
}

function numbered(routingKey: string, properties: object, headers: object, body: unknown): Comparable {
  const ids = new Map<string, string>();
  const number = (id: string): string => {
    const known = ids.get(id) ?? `id-${ids.size + 1}`;
    ids.set(id, known);
    return known;
  };
  const own = Object.fromEntries(Object.entries(headers).filter(([name]) => !SENDER_HEADERS.has(name)));
  return {
    routingKey,
    properties: rename(properties, number),
    headers: rename(own, number),
    body: rename(body, number),
  };
}

/** Keys in order, so that equal messages number their ids equally. A null option of a signature is none. */
function rename(value: unknown, number: (id: string) => string, isOptions = false): unknown {
  if (typeof value === "string") return TIME.test(value) ? "a time" : value.replace(UUID, number);
  if (Array.isArray(value)) return value.map((item) => rename(item, number));
  if (typeof value !== "object" || value === null) return value;
  // Up to 5.6 Celery gives the chain in a chord's body an id of no task; ours, as later ones, is its last step's.
  const isChain = "subtask_type" in value && value.subtask_type === "chain";
  const entries = Object.entries(value)
    .map(([key, item]) => [key, isChain && key === "options" ? { ...(item as object), task_id: null } : item] as const)
    .filter(([, item]) => item !== undefined && !(isOptions && item === null))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, rename(item, number, key === "options")]));
}
