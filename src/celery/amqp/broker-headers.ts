import type { Table } from "../protocol/types.js";
import { selectFields } from "../protocol/wire-values.js";

/**
 * Headers that RabbitMQ, its delayed-message and deduplication plugins act upon, or set for one delivery: copies to
 * further queues (`CC`, `BCC`), the ways through dead-letter exchanges (a message that has been in a queue before may be
 * dropped), counts of deliveries, delays, keys of duplicates.
 */
const OF_ONE_DELIVERY =
  /^(?:CC|BCC|x-death|x-(?:first|last)-death-.*|x-(?:delivery|acquired)-count|x-delay|x-opt-delivery-.*|x-deduplication-header|x-cache-ttl)$/;

/** Headers by which federation, streams and the recent-history exchange treat a message, wherever it goes. */
const OF_ROUTING = /^(?:x-received-from|x-stream-filter-value|x-recent-history-no-store)$/;

/**
 * The headers of a message for its next attempt, which goes to where this one came from: to that queue alone, and as a
 * new message.
 */
export function headersOfNextAttempt(headers: Table): Record<string, unknown> {
  return selectFields(headers, (name) => !OF_ONE_DELIVERY.test(name));
}

/** Headers of a message that waits for a person: `withheld` are those that a broker acts upon. */
export function withoutBrokerHeaders(headers: Table): {
  readonly kept: Record<string, unknown>;
  readonly withheld: Record<string, unknown>;
} {
  const isActedUpon = (name: string) => OF_ONE_DELIVERY.test(name) || OF_ROUTING.test(name);
  return {
    kept: selectFields(headers, (name) => !isActedUpon(name)),
    withheld: selectFields(headers, isActedUpon),
  };
}
