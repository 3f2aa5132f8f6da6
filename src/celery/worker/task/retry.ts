import { headersOfNextAttempt } from "../../amqp/broker-headers.js";
import { undelayedRoutingKey } from "../../amqp/delayed-delivery.js";
import { readNode, readNodes, type SignatureOptions } from "../../canvas/node.js";
import { sentFields } from "../../client/producer.js";
import { encodeTask } from "../../codec/body-encoder.js";
import { isLasting, type Retry } from "../../errors.js";
import type { Serializer } from "../../protocol/serializers.js";
import { formatIso } from "../../protocol/time.js";
import type { SignatureDict, TaskMessage } from "../../protocol/types.js";
import type { ResultTuple } from "../../results/backend.js";
import type { WorkerCore } from "../core.js";
import type { Request } from "../request.js";

/**
 * Publishes the next attempt: the same message with one more retry, to where this one came from. Options of the retry
 * replace those that the message came with. What this attempt has to say must be stored before: whoever runs the next
 * one may be faster.
 */
export async function publishRetry(core: WorkerCore, request: Request, retry: Retry): Promise<void> {
  await (retry.options === null ? publishAgain(core, request, retry) : sendAgain(core, request, retry, retry.options));
}

/** The next attempt as a child of this one, under the same id. */
export function nextAttemptOf(request: Request): ResultTuple {
  return [[request.id, null], null];
}

async function publishAgain(core: WorkerCore, request: Request, retry: Retry): Promise<void> {
  const { message, definition } = request;
  const next = {
    ...message,
    args: retry.args ?? message.args,
    kwargs: retry.kwargs ?? message.kwargs,
    retries: message.retries + 1,
    eta: retry.eta,
    parentId: message.parentId ?? message.id,
    rootId: request.rootId,
    ignoreResult: request.ignoreResult,
    customHeaders: headersOfNextAttempt(message.customHeaders),
    ...(request.replyTo === null ? {} : { replyTo: request.replyTo }),
    priority: request.deliveryInfo.priority ?? 0,
  };
  const serializer = (definition.sending?.serializer as Serializer | undefined) ?? core.settings.taskSerializer;
  const compression = (definition.sending?.compression as string | undefined) ?? core.settings.taskCompression;
  const options = { protocol: 2, serializer, ...(compression === null ? {} : { compression }) } as const;
  const { body, headers, properties } = await encodeTask(next, options);
  const address = returnAddress(core, request, retry);
  const isJson = compression === null && properties.contentType === "application/json";
  const outgoing = {
    ...address,
    body: isJson ? await bodyAsSent(core, request, body, async (came) => (await encodeTask(came, options)).body) : body,
    headers,
    ...properties,
    mandatory: true,
  };
  const published = core.unsettled.carryOut(request, "retry", request.queue, () => core.publisher.publish(outgoing));
  core.sentEvents?.send("task-sent", sentFields(next, { ...address, queue: { name: request.queue } }));
  await published;
}

/** As a new call with the options of this one, of which the retry has its own: Celery's `signature_from_request`. */
async function sendAgain(
  core: WorkerCore,
  request: Request,
  retry: Retry,
  options: Readonly<SignatureOptions>,
): Promise<void> {
  const { message } = request;
  const args = retry.args ?? message.args;
  const kwargs = retry.kwargs ?? message.kwargs;
  const next = {
    ...optionsOf(request),
    ...sameDestination(core, request, retry, options),
    ...withStamps(message, options),
  };
  const send = () => core.canvas.send(message.task, args, kwargs, next, null);
  // A destination that the task names and the broker refuses is the task's error; that of its own message comes back.
  const passes = hasDestination(options) ? (error: unknown) => !isLasting(error) : undefined;
  await core.unsettled.carryOut(request, "retry", request.queue, send, passes);
}

/** The options that a message travelled with: `Context.as_execution_options`. Null takes back what the task says. */
function optionsOf(request: Request): SignatureOptions {
  const { message } = request;
  const { callbacks, errbacks, chain, chord } = message.embed;
  const nodes = (list: readonly SignatureDict[] | null) => (list === null ? null : readNodes(list));
  const [hard, soft] = message.timelimit;
  return {
    task_id: message.id,
    root_id: request.rootId,
    parent_id: message.parentId ?? message.id,
    group_id: message.group,
    group_index: message.groupIndex,
    shadow: message.shadow,
    chord: chord === null ? null : readNode(chord),
    chain: nodes(chain),
    link: nodes(callbacks),
    link_error: nodes(errbacks),
    expires: message.expires === null ? null : formatIso(message.expires),
    time_limit: hard,
    soft_time_limit: soft,
    headers: headersOfNextAttempt(message.customHeaders),
    reply_to: request.replyTo,
    ignore_result: request.ignoreResult,
    replaced_task_nesting: message.replacedTaskNesting,
    priority: request.deliveryInfo.priority,
    ...message.stamps,
  };
}

/** Where this message came from, unless the retry goes elsewhere; and the time and number of the attempt. */
function sameDestination(
  core: WorkerCore,
  request: Request,
  retry: Retry,
  options: Readonly<SignatureOptions>,
): SignatureOptions {
  const attempt = { eta: formatIso(retry.eta), retries: request.retries + 1 };
  // What the task says of its destination counts for its first message only.
  const none = { queue: null, exchange: null, routing_key: null };
  if (hasDestination(options)) return { ...attempt, ...none };
  const { exchange, routingKey } = returnAddress(core, request, retry);
  if (exchange === "") return { ...attempt, ...none, queue: routingKey };
  return { ...attempt, ...none, exchange, routing_key: routingKey };
}

function hasDestination({ queue, exchange, routing_key: routingKey }: Readonly<SignatureOptions>): boolean {
  return Boolean(queue || exchange || routingKey);
}

function withStamps(message: Request["message"], options: Readonly<SignatureOptions>): SignatureOptions {
  const names = new Set([...(message.stampedHeaders ?? []), ...(options.stamped_headers ?? [])]);
  return names.size === 0 ? options : { ...options, stamped_headers: [...names] };
}

function returnAddress(core: WorkerCore, request: Request, retry: Retry): { exchange: string; routingKey: string } {
  const { exchange, routingKey } = request.deliveryInfo;
  if (exchange === "") return { exchange, routingKey };
  return core.router.afterDelay(exchange, undelayedRoutingKey(exchange, routingKey), request.queue, retry.eta);
}

/** Of larger bodies the next attempt has one that was written anew: reading them twice would hold up others. */
const MAX_BYTES = 1_048_576;

const OPENING_BRACKET = 0x5b;

/**
 * The body of a message for its next attempt: as it came, where it says the same as the one that was written for it. In
 * that, numbers have JavaScript's form: Python's `5.0` would become the integer `5`.
 *
 * @param encode writes the arguments and follow-ups of a message as `encoded` was written
 */
async function bodyAsSent(
  core: WorkerCore,
  request: Request,
  encoded: Buffer,
  encode: (message: TaskMessage) => Promise<Buffer>,
): Promise<Buffer> {
  const { delivery, message } = request;
  const { content, properties } = delivery.message;
  const { contentType, contentEncoding, headers } = properties;
  const isPlain = contentType === "application/json" && contentEncoding === "utf-8" && !headers?.compression;
  if (!isPlain || message.protocol !== 2 || content[0] !== OPENING_BRACKET || content.length > MAX_BYTES)
    return encoded;
  return (await encode(await core.bodies.readAgain(request))).equals(encoded) ? content : encoded;
}
