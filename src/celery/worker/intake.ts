import { unreadableHeaders } from "../amqp/content-header.js";
import { asError, NotRegistered } from "../errors.js";
import { MessageError } from "../protocol/errors.js";
import { encodeException } from "../protocol/exception.js";
import { decodeTaskMessage } from "../protocol/message.js";
import type { TaskMessage } from "../protocol/types.js";
import type { WorkerCore } from "./core.js";
import { type Delivery, rawMessage } from "./delivery.js";
import { discard } from "./finish.js";
import { type Disposal, refusal } from "./outcome.js";
import { Request } from "./request.js";
import { start } from "./run.js";

/** Takes one delivery in: decodes it, finds its task, and lets it run at its time. Never throws. */
export function receive(core: WorkerCore, delivery: Delivery): void {
  const message = decode(core, delivery);
  if (message === null) return;
  const definition = core.tasks.get(message.task);
  if (definition === undefined) {
    void refuseUnregistered(core, delivery, message);
    return;
  }
  const request = new Request(message, delivery, definition, core.nodename);
  if (delivery.message.fields.redelivered && meetsEarlierRun(core, request)) return;
  core.requests.set(request.id, request);
  if (discardStale(core, request)) return;
  core.events.emit("taskReceived", request);
  if (message.expires !== null) watchExpiry(core, request, message.expires);
  if (message.eta === null) {
    core.onReady(delivery);
    admit(core, request);
  } else hold(core, request, message.eta);
}

/** Drops what waits on a channel that is gone: its messages come again. Running requests go on and are adopted then. */
export function forget(core: WorkerCore, unsettled: ReadonlySet<Delivery>): void {
  for (const request of [...core.requests.values()]) {
    if (!unsettled.has(request.delivery) || request.state === "running" || request.state === "finishing") continue;
    request.stopWaiting();
    if (core.requests.get(request.id) === request) core.requests.delete(request.id);
  }
}

/** A redelivery whose run is still under way here is adopted; one whose run has ended is acknowledged. */
function meetsEarlierRun(core: WorkerCore, request: Request): boolean {
  const running = core.requests.get(request.id);
  if (running !== undefined && running.key === request.key && !running.delivery.isPending && !running.acknowledged) {
    running.adopt(request.delivery);
    core.log.info({ task: request.task, taskId: request.id }, "the redelivered message of a running task was adopted");
    return true;
  }
  if (!core.ended.has(request.key)) return false;
  request.settle("ack");
  core.log.info(
    { task: request.task, taskId: request.id },
    "the redelivered message of a finished task was acknowledged",
  );
  return true;
}

/** Revoked and expired requests end here, and again right before they would start. */
function discardStale(core: WorkerCore, request: Request): boolean {
  const expired = request.expires !== null && request.expires.getTime() <= Date.now();
  if (expired) core.revoked.add(request.id);
  else if (!core.revoked.has(request.id) && !core.revokedStamps.matches(request)) return false;
  void discard(core, request, expired);
  return true;
}

function hold(core: WorkerCore, request: Request, eta: Date): void {
  request.state = "scheduled";
  request.cancelWait = core.schedule.at(eta, () => admit(core, request));
  core.onHeld(request.delivery);
}

/** A request that expires while it waits is discarded then, not when its turn comes. */
function watchExpiry(core: WorkerCore, request: Request, expires: Date): void {
  request.cancelExpiry = core.schedule.at(expires, () => {
    request.cancelExpiry = null;
    if (!request.isWaiting) return;
    request.stopWaiting();
    discardStale(core, request);
  });
}

/** Waits for the task's rate limit. */
function admit(core: WorkerCore, request: Request): void {
  if (core.rateLimits.get(request.task) === null) {
    reserve(core, request);
    return;
  }
  request.state = "rate-limited";
  request.cancelWait = core.rateLimits.admit(request.task, () => reserve(core, request));
}

/** Waits for a slot, and starts. */
function reserve(core: WorkerCore, request: Request): void {
  request.state = "reserved";
  const slots = core.slotsOf(request.definition);
  let started = false;
  const cancelWait = slots.acquire(() => {
    started = true;
    request.stopWaiting();
    if (core.isStopping() || !request.delivery.isPending || discardStale(core, request)) slots.release();
    else start(core, request, slots);
  });
  if (!started) request.cancelWait = cancelWait;
}

function decode(core: WorkerCore, delivery: Delivery): TaskMessage | null {
  const unreadable = unreadableHeaders(delivery.message);
  if (unreadable !== undefined) {
    const reason = `Can't decode message headers: ${unreadable.reason}`;
    void refuse(core, delivery, "undecodable", reason, { settle: "reject", deadLetter: false });
    return null;
  }
  try {
    return decodeTaskMessage(rawMessage(delivery), {
      accept: core.acceptedContentTypes,
      timezone: core.settings.timezone,
    });
  } catch (error) {
    const known = error instanceof MessageError;
    const kind = known ? error.kind : "invalid";
    const reason = known ? error.reason : asError(error).message;
    const settle = known && error.disposition === "ack" ? "ack" : "reject";
    void refuse(core, delivery, kind, reason, { settle, deadLetter: false });
    return null;
  }
}

/** Settles a message that never becomes a request, after its dead letter where those are on. */
async function refuse(
  core: WorkerCore,
  delivery: Delivery,
  kind: string,
  reason: string,
  celery: Disposal,
  task: TaskMessage | null = null,
): Promise<void> {
  const { settle, deadLetter } = core.settings.deadLetter === "off" ? celery : refusal(core.settings.deadLetter);
  const { content, properties, fields } = delivery.message;
  const said = { headers: properties.headers ?? {}, body: content, redelivered: fields.redelivered, task };
  try {
    await core.onRefused?.({ queue: delivery.queue, kind, reason, ...said });
    if (deadLetter) await core.deadLetters.publish(delivery, { reason: `${kind}: ${reason}`, attempts: 0 });
    delivery.settle(settle);
  } catch (error) {
    core.log.error(
      { err: asError(error).message, queue: delivery.queue },
      "a message could not be dead-lettered and goes back to its queue",
    );
    delivery.settle("requeue");
  }
  core.events.emit("deliveryInvalid", { queue: delivery.queue, kind, reason, deadLettered: deadLetter });
}

/** As Celery does: the caller learns of it by a FAILURE, the message is rejected. */
async function refuseUnregistered(core: WorkerCore, delivery: Delivery, message: TaskMessage): Promise<void> {
  const error = new NotRegistered(message.task);
  const { properties, fields } = delivery.message;
  try {
    await core.results.store(
      {
        id: message.id,
        attempt: [message.replacedTaskNesting, message.retries],
        task: message.task,
        correlationId: properties.correlationId ?? null,
        replyTo: properties.replyTo ?? null,
        parentId: message.parentId,
        group: message.group,
        groupIndex: message.groupIndex,
        args: message.args,
        kwargs: message.kwargs,
        hostname: core.nodename,
        retries: message.retries,
        queue: fields.routingKey,
      },
      { status: "FAILURE", result: encodeException(error), traceback: null, children: [] },
    );
  } catch (failure) {
    core.log.error(
      { err: asError(failure).message, taskId: message.id },
      "cannot store the failure of an unregistered task",
    );
  }
  core.events.emit("taskUnregistered", { id: message.id, name: message.task });
  const reason = `no task named ${message.task} is registered in this worker`;
  await refuse(core, delivery, "unregistered", reason, { settle: "reject", deadLetter: false }, message);
}
