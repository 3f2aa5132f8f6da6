import { isRecord } from "../protocol/json.js";
import { type EncodedBody, encodeBody, type Serializer } from "../protocol/serializers.js";
import { plainText } from "../protocol/wire-values.js";

/** A remote-control request as it travels to every worker of the control exchange. */
export interface ControlRequest {
  readonly method: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  /** Node names; null is every worker. */
  readonly destination: readonly string[] | null;
  readonly pattern: string | null;
  readonly matcher: string | null;
  /** Tells replies of one request from those of another. */
  readonly ticket: string | null;
  /** Null when no reply is wanted. */
  readonly replyTo: { readonly exchange: string; readonly routingKey: string } | null;
}

/** Names of the exchanges and queues of remote control, from the setting `controlExchange`. */
export function controlNames(namespace: string) {
  return {
    exchange: `${namespace}.pidbox`,
    replyExchange: `reply.${namespace}.pidbox`,
    nodeQueue: (nodename: string) => `${nodename}.${namespace}.pidbox`,
    replyQueue: (oid: string) => `${oid}.reply.${namespace}.pidbox`,
  };
}

/** Arguments of a control or reply queue: those of Celery, so that both sides can declare it. */
export function controlQueueArguments(ttlSeconds: number, expiresSeconds: number): Record<string, number> {
  return { "x-expires": Math.round(expiresSeconds * 1000), "x-message-ttl": Math.round(ttlSeconds * 1000) };
}

export function encodeControlRequest(request: ControlRequest, serializer: Serializer): EncodedBody {
  const { method, destination, pattern, matcher, ticket, replyTo } = request;
  const reply =
    ticket === null || replyTo === null
      ? {}
      : { ticket, reply_to: { exchange: replyTo.exchange, routing_key: replyTo.routingKey } };
  return encodeBody({ method, arguments: request.arguments, destination, pattern, matcher, ...reply }, serializer);
}

/** Reads the value of a request's body. @returns null when it is no request */
export function readControlRequest(value: unknown): ControlRequest | null {
  if (!isRecord(value) || typeof value.method !== "string") return null;
  const { destination, ticket } = value;
  const replyTo = isRecord(value.reply_to) ? value.reply_to : null;
  return {
    method: value.method,
    arguments: isRecord(value.arguments) ? value.arguments : {},
    destination: Array.isArray(destination) && destination.length > 0 ? destination.map(plainText) : null,
    pattern: textOrNull(value.pattern),
    matcher: textOrNull(value.matcher),
    ticket: textOrNull(ticket),
    replyTo:
      replyTo === null
        ? null
        : { exchange: plainText(replyTo.exchange ?? ""), routingKey: plainText(replyTo.routing_key ?? "") },
  };
}

function textOrNull(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}
