import { createHash } from "node:crypto";
import { plainText } from "../../protocol/wire-values.js";
import type { Delivery } from "./delivery.js";

/**
 * What a message is told by, as far as it can be: the broker gives a message no identity of its own. Queue and address, ids,
 * task, attempt, time and body; other headers say nothing of the work, and some of them change with each delivery. Two
 * messages that are equal in all this are as good as each other.
 */
export interface MessageIdentity {
  /** Equal for deliveries of the same message only. */
  readonly key: string;
  /** Short, and unequal for deliveries that do not bring the same message. */
  readonly mark: string;
}

/** Whether two deliveries bring the same message: see {@link MessageIdentity}. */
export function isSameMessage(one: Delivery, other: Delivery): boolean {
  return namesOf(one) === namesOf(other) && one.message.content.equals(other.message.content);
}

/** Of every message that is settled, for a minute: as cheap in time and memory as can be. */
export function identityOf(delivery: Delivery): MessageIdentity {
  const { content, properties } = delivery.message;
  return { key: keyOf(delivery), mark: `${content.length} ${String(properties.correlationId)}` };
}

/** A small body stands in it as it is, which costs less than its hash. */
const LARGEST_KEPT_BYTES = 512;
const scratch = Buffer.allocUnsafeSlow(16 * 1024);

/** Equal for deliveries of the same message only: see {@link MessageIdentity}. */
export function keyOf(delivery: Delivery): string {
  const names = namesOf(delivery);
  const { content } = delivery.message;
  if (content.length > LARGEST_KEPT_BYTES || 3 * names.length + content.length > scratch.length)
    return createHash("sha256").update(names).update(content).digest("base64");
  // By way of bytes it is one flat string, and holds none of those that it was made from.
  const at = scratch.write(names);
  content.copy(scratch, at);
  return scratch.toString("latin1", 0, at + content.length);
}

function namesOf({ queue, message: { fields, properties } }: Delivery): string {
  const { exchange, routingKey } = fields;
  const { messageId, correlationId, replyTo, headers = {} } = properties;
  const { id, task, retries, eta } = headers;
  let names = "";
  for (const value of [queue, exchange, routingKey, messageId, correlationId, replyTo, id, task, retries, eta]) {
    const text = plainText(value);
    names += `${text.length}:${text}`;
  }
  return names;
}
