import { runInNewContext } from "node:vm";
import { matchesGlob } from "../protocol/glob.js";
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

/** How long an expression may take: anyone on the broker may send one that would go on for ever. */
const EXPRESSION_MS = 100;
const MAX_EXPRESSION = 1000;

/**
 * Whether a request is meant for a node: its destination counts before its pattern, and without both it is for all.
 * `pcre` patterns match from the start of the name, as Python's `re.match` does.
 *
 * @throws Error for an unknown matcher or a pattern that is no regular expression
 */
export function isAddressed(request: ControlRequest, nodename: string): boolean {
  const { destination, pattern, matcher } = request;
  if (destination !== null) return destination.includes(nodename);
  if (pattern === null || matcher === null) return true;
  switch (matcher) {
    case "glob":
      return matchesGlob(pattern, nodename);
    case "pcre":
      return matchesExpression(`^(?:${pattern})`, nodename);
    default:
      throw new Error(`no matcher is named ${matcher}: use glob or pcre`);
  }
}

/** Only a context of its own can be stopped. @throws Error when it takes too long, or is no expression */
function matchesExpression(expression: string, text: string): boolean {
  if (expression.length > MAX_EXPRESSION)
    throw new Error(`a pattern of more than ${MAX_EXPRESSION} characters is refused`);
  const script = "new RegExp(expression).test(text)";
  return Boolean(runInNewContext(script, { expression, text }, { timeout: EXPRESSION_MS }));
}
