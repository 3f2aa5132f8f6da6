import { undelayedRoutingKey } from "../amqp/delayed-delivery.js";
import { sentFields } from "../client/producer.js";
import type { Retry } from "../errors.js";
import { encodeTaskMessage } from "../protocol/message.js";
import type { WorkerCore } from "./core.js";
import type { Request } from "./request.js";

/** Publishes the next attempt: the same message with one more retry, to where this one came from. */
export async function publishRetry(core: WorkerCore, request: Request, retry: Retry): Promise<void> {
  const { message } = request;
  const next = {
    ...message,
    args: retry.args ?? message.args,
    kwargs: retry.kwargs ?? message.kwargs,
    retries: message.retries + 1,
    eta: retry.eta,
    parentId: message.parentId ?? message.id,
    rootId: request.rootId,
    customHeaders: withoutDeathHeaders(message.customHeaders),
    ...(request.replyTo === null ? {} : { replyTo: request.replyTo }),
    priority: request.deliveryInfo.priority ?? 0,
  };
  const serializer = core.settings.taskSerializer;
  const { body, headers, properties } = encodeTaskMessage(next, { protocol: 2, serializer });
  const address = returnAddress(core, request, retry);
  const published = core.publisher.publish({ ...address, body, headers, ...properties });
  core.sentEvents?.send("task-sent", sentFields(next, { ...address, queue: { name: request.queue } }));
  await published;
}

function returnAddress(core: WorkerCore, request: Request, retry: Retry): { exchange: string; routingKey: string } {
  const { exchange, routingKey } = request.deliveryInfo;
  if (exchange === "") return { exchange, routingKey };
  return core.router.afterDelay(exchange, undelayedRoutingKey(exchange, routingKey), request.queue, retry.eta);
}

function withoutDeathHeaders(headers: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !/^x-(first-|last-)?death/.test(name)));
}
