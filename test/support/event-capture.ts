import { parseJson } from "../../src/celery/protocol/json.js";
import type { BareClient } from "./celery-worker.js";

/** An event as it travelled, with the message around it. */
export interface CapturedEvent {
  readonly routingKey: string;
  /** Headers and properties of its message. */
  readonly message: Readonly<Record<string, unknown>>;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Records every event of a virtual host from now on, in the order of arrival, without any of our own receiver. */
export async function captureEvents(client: BareClient): Promise<CapturedEvent[]> {
  const events: CapturedEvent[] = [];
  const { channel } = client;
  await channel.assertExchange("celeryev", "topic", { durable: true });
  const { queue } = await channel.assertQueue("", { exclusive: true });
  await channel.bindQueue(queue, "celeryev", "#");
  const take = (delivery: Parameters<Parameters<typeof channel.consume>[1]>[0]) => {
    if (delivery === null) return;
    const { headers, contentType, contentEncoding, deliveryMode, priority } = delivery.properties;
    const message = { headers: Object.keys(headers ?? {}), contentType, contentEncoding, deliveryMode, priority };
    const body = parseJson(delivery.content.toString()) as CapturedEvent["fields"] | CapturedEvent["fields"][];
    for (const fields of Array.isArray(body) ? body : [body])
      events.push({ routingKey: delivery.fields.routingKey, message, fields });
  };
  await channel.consume(queue, take, { noAck: true });
  return events;
}
