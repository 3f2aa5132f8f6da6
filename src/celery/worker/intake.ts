import { unreadableHeaders } from "../amqp/content-header.js";
import { NO_EMBED } from "../protocol/message-decode.js";
import type { OpenedMessage } from "./broker/bodies.js";
import { type Delivery, rawMessage } from "./broker/delivery.js";
import type { WorkerCore } from "./core.js";
import { discard, settleMessage } from "./finish.js";
import { refusalOf, refuse, refuseRead, refuseUnregistered } from "./refuse.js";
import { Request } from "./request.js";
import { start } from "./run.js";
import type { SlotGroup } from "./wait/slots.js";

/** Takes one delivery in: reads it, finds its task, and lets it run at its time. Never throws. */
export function receive(core: WorkerCore, delivery: Delivery): void {
  if (delivery.message.fields.redelivered) core.events.emit("messageRedelivered", { queue: delivery.queue });
  const unreadable = unreadableHeaders(delivery.message);
  if (unreadable !== undefined) {
    const reason = `Can't decode message headers: ${unreadable.reason}`;
    void refuse(core, delivery, "undecodable", reason, { settle: "reject", deadLetter: false });
    return;
  }
  try {
    const opened = core.bodies.open(rawMessage(delivery));
    if (opened === null) void receiveLater(core, delivery);
    else take(core, delivery, opened);
  } catch (error) {
    void refuseUnread(core, delivery, error);
  }
}

/** Protocol 1 says in its body what to do with it. It is read again when its task has a slot: nothing large waits in memory. */
async function receiveLater(core: WorkerCore, delivery: Delivery): Promise<void> {
  try {
    const message = await core.bodies.readWhole(rawMessage(delivery));
    if (core.isStopping() || !delivery.isOurs) return;
    take(core, delivery, { message: { ...message, args: [], kwargs: {}, embed: NO_EMBED }, isRead: false });
  } catch (error) {
    await refuseUnread(core, delivery, error);
  }
}

function take(core: WorkerCore, delivery: Delivery, { message, isRead }: OpenedMessage): void {
  const definition = core.tasks.get(message.task);
  if (definition === undefined) {
    void refuseUnregistered(core, delivery, message);
    return;
  }
  const request = new Request(message, delivery, definition, core.nodename, isRead);
  if (delivery.message.fields.redelivered && meetsEarlierRun(core, request)) return;
  core.requests.add(request);
  if (discardStale(core, request)) return;
  core.events.emit("taskReceived", request);
  core.windows.saw(delivery, core.slotsOf(definition));
  if (message.expires !== null) watchExpiry(core, request, message.expires);
  if (message.eta === null) {
    delivery.ready();
    admit(core, request);
  } else hold(core, request, message.eta);
}

/**
 * Drops what waits on a channel that is gone: its messages come again. Running requests go on and are adopted then, and so does
 * what waits where the queue itself is gone.
 */
export function forget(core: WorkerCore, unsettled: ReadonlySet<Delivery>): void {
  for (const request of [...core.requests]) {
    if (!unsettled.has(request.delivery)) continue;
    if (request.state === "running" || request.state === "finishing" || request.delivery.on.isQueueGone) {
      core.returns.lostRunning(request);
      continue;
    }
    core.returns.lostWaiting(request);
    request.stopWaiting();
    core.requests.delete(request);
  }
}

/** A redelivery whose run is still under way here is adopted; one that was settled here is settled again. */
function meetsEarlierRun(core: WorkerCore, request: Request): boolean {
  const { delivery, task, id } = request;
  const earlier = core.returns.meet(delivery);
  if (earlier === null) return false;
  if (typeof earlier === "string") {
    settleMessage(core, request, earlier);
    core.log.info({ task, taskId: id }, "the redelivered message of a task that was settled before is settled again");
    return true;
  }
  earlier.adopt(delivery);
  core.unsettled.adopted(earlier);
  core.log.info({ task, taskId: id }, "the redelivered message of a running task was adopted");
  return true;
}

/** Revoked and expired requests end here, and again right before they would start. */
function discardStale(core: WorkerCore, request: Request): boolean {
  const expired = request.expires !== null && request.expires.getTime() <= Date.now();
  // Only this message is expired: its sender may send another one under the same id.
  if (!expired && !core.revoked.has(request.id) && !core.revokedStamps.matches(request)) return false;
  void discard(core, request, expired);
  return true;
}

function hold(core: WorkerCore, request: Request, eta: Date): void {
  request.state = "scheduled";
  request.cancelWait = core.schedule.at(eta, () => admit(core, request));
  const { workerEtaTaskLimit } = core.settings;
  if (workerEtaTaskLimit === null || core.schedule.size < workerEtaTaskLimit) request.delivery.hold();
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
  request.waitsForSlot = true;
  const cancelWait = slots.acquire(() => {
    request.waitsForSlot = false;
    core.windows.started(request.delivery);
    if (request.isRead || !mayStart(core, request)) begin(core, request, slots);
    else void readAndBegin(core, request, slots);
  });
  if (request.waitsForSlot) request.cancelWait = cancelWait;
}

function mayStart(core: WorkerCore, request: Request): boolean {
  return !core.isStopping() && request.delivery.isOurs;
}

function begin(core: WorkerCore, request: Request, slots: SlotGroup): void {
  request.stopWaiting();
  if (!mayStart(core, request) || discardStale(core, request)) slots.release();
  else start(core, request, slots);
}

/** Reads the body in the slot: whatever ends the wait meanwhile ends the reading. */
async function readAndBegin(core: WorkerCore, request: Request, slots: SlotGroup): Promise<void> {
  const reading = new AbortController();
  const { eta } = request;
  request.cancelWait = () => {
    reading.abort();
    slots.release();
  };
  try {
    await core.bodies.read(request, reading.signal);
  } catch (error) {
    if (!reading.signal.aborted) await refuseRead(core, request, error);
    return;
  }
  if (reading.signal.aborted) return;
  core.requests.add(request);
  request.cancelWait = null;
  if (request.eta?.getTime() === eta?.getTime()) {
    begin(core, request, slots);
    return;
  }
  // Headers of protocol 2 over a body of protocol 1 that says when.
  slots.release();
  if (request.eta !== null) hold(core, request, request.eta);
}

async function refuseUnread(core: WorkerCore, delivery: Delivery, error: unknown): Promise<void> {
  const { kind, reason, settle } = refusalOf(error);
  await refuse(core, delivery, kind, reason, { settle, deadLetter: false });
}
