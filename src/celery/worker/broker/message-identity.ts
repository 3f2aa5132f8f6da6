import { createHash } from "node:crypto";
import type { Delivery } from "./delivery.js";

/**
 * Whether two deliveries bring the same message, as far as can be told: the broker gives a message no identity of its own.
 * Same queue and address, ids, task, attempt, time and body; other headers say nothing of the work, and some of them change
 * with each delivery. Two messages that are equal in all this are as good as each other.
 */
export function isSameMessage(one: Delivery, other: Delivery): boolean {
  return namesOf(one) === namesOf(other) && one.message.content.equals(other.message.content);
}

/** Equal for deliveries of the same message only: see {@link isSameMessage}. */
export function digestOf(delivery: Delivery): string {
  return createHash("sha256").update(namesOf(delivery)).update(delivery.message.content).digest("base64");
}

/** Cheap to make; unequal for deliveries that do not bring the same message. */
export function markOf({ message: { content, properties } }: Delivery): string {
  return `${content.length} ${String(properties.correlationId)}`;
}

function namesOf({ queue, message: { fields, properties } }: Delivery): string {
  const { messageId, correlationId, replyTo, headers = {} } = properties;
  const address = [queue, fields.exchange, fields.routingKey, messageId, correlationId, replyTo];
  return JSON.stringify([...address, headers.id, headers.task, headers.retries, headers.eta].map(String));
}
