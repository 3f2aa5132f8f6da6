import { asError, NotRegistered, WorkerShutdown } from "../errors.js";
import { DecodeError, MessageError, ProtocolError } from "../protocol/errors.js";
import { encodeException } from "../protocol/exception.js";
import type { TaskMessage } from "../protocol/types.js";
import type { Delivery } from "./broker/delivery.js";
import type { RefusedMessage, WorkerCore } from "./core.js";
import { finish } from "./finish.js";
import { type Disposal, refusal as disposalOfRefusal, type Outcome } from "./outcome.js";
import type { Request } from "./request.js";
import { RESULTS, store } from "./task/store.js";
import { type Subject, WentBack } from "./wait/lane.js";
import type { Refusal } from "./wait/refusals.js";

type Why = Pick<RefusedMessage, "kind" | "reason" | "task">;

/** Settles a message that never becomes a request, after its dead letter where those are on. Never throws. */
export async function refuse(
  core: WorkerCore,
  delivery: Delivery,
  kind: string,
  reason: string,
  celery: Disposal,
): Promise<void> {
  if (delivery.message.fields.redelivered && meetsEarlier(core, delivery)) return;
  const refusal = core.refusals.begin(delivery, { invalid: `${kind}: ${reason}` });
  await conclude(core, refusal, { kind, reason, task: null }, celery);
}

/** As Celery does: the caller learns of it by a FAILURE, the message is rejected. Never throws. */
export async function refuseUnregistered(core: WorkerCore, delivery: Delivery, message: TaskMessage): Promise<void> {
  if (delivery.message.fields.redelivered && meetsEarlier(core, delivery)) return;
  const refusal = core.refusals.begin(delivery, { task: message.task, taskId: message.id });
  try {
    await core.unsettled.carryOut(refusal, "result", RESULTS, () => storeFailure(core, refusal, message));
  } catch (error) {
    if (staysUnsettled(core, refusal, error)) return;
    warnUnstored(core, message.id, error);
  }
  core.events.emit("taskUnregistered", { id: message.id, name: message.task });
  const reason = `no task named ${message.task} is registered in this worker`;
  await conclude(
    core,
    refusal,
    { kind: "unregistered", reason, task: message },
    { settle: "reject", deadLetter: false },
  );
}

/** The message of a request cannot be read: whoever waits for its result is told, and it is rejected. Never throws. */
export async function refuseRead(core: WorkerCore, request: Request, error: unknown): Promise<void> {
  request.stopWaiting();
  request.state = "finishing";
  const { kind, reason } = refusalOf(error);
  const cause = error instanceof MessageError && error.cause instanceof ProtocolError ? error.cause : null;
  let outcome: Outcome = { kind: "rejected", requeue: false, reason: `${kind}: ${reason}` };
  try {
    const result = encodeException(cause ?? new DecodeError(reason));
    await store(core, request, "FAILURE", result, null, true).catch((failure) => {
      if (failure instanceof WorkerShutdown) throw failure;
      warnUnstored(core, request.id, failure);
    });
    await tellRefused(core, request, { kind, reason, task: null });
  } catch (failure) {
    outcome = { kind: "abandoned", reason: asError(failure).message };
  }
  await finish(core, request, outcome);
  const deadLettered = core.settings.deadLetter === "publish";
  core.events.emit("deliveryInvalid", { queue: request.queue, kind, reason, deadLettered });
}

/** What is wrong with a message, and what Celery does with such a one. */
export function refusalOf(error: unknown): {
  readonly kind: string;
  readonly reason: string;
  readonly settle: "ack" | "reject";
} {
  if (!(error instanceof MessageError)) return { kind: "invalid", reason: asError(error).message, settle: "reject" };
  return { kind: error.kind, reason: error.reason, settle: error.disposition };
}

/** Whoever keeps books of the work hears of the message before it is settled. @throws WorkerShutdown, WentBack */
async function tellRefused(core: WorkerCore, subject: Subject, why: Why): Promise<void> {
  const { onRefused, unsettled } = core;
  if (onRefused === null) return;
  const { queue, message } = subject.delivery;
  const { content: body, properties, fields } = message;
  const refused = { ...why, queue, body, headers: properties.headers ?? {}, redelivered: fields.redelivered };
  await unsettled.carryOut(subject, "outcome", queue, () => onRefused(refused), isNoStop);
}

function warnUnstored(core: WorkerCore, taskId: string, error: unknown): void {
  core.log.error({ err: asError(error).message, taskId }, "cannot store the failure of a task that will not run");
}

/** A redelivery goes on where its first delivery was cut off. */
function meetsEarlier(core: WorkerCore, delivery: Delivery): boolean {
  const refusal = core.refusals.adopt(delivery);
  if (refusal !== null) core.unsettled.adopted(refusal);
  else if (core.refusals.isDone(delivery)) delivery.settle("ack");
  else return false;
  return true;
}

async function conclude(core: WorkerCore, refusal: Refusal, why: Why, celery: Disposal): Promise<void> {
  const { deadLetters, unsettled, settings } = core;
  const { kind, reason } = why;
  const { settle, deadLetter } = settings.deadLetter === "off" ? celery : disposalOfRefusal(settings.deadLetter);
  const { queue } = refusal.delivery;
  try {
    await tellRefused(core, refusal, why);
    if (deadLetter) {
      const info = { reason: `${kind}: ${reason}`, attempts: 0 };
      const publish = () => deadLetters.publish(refusal.delivery, info);
      const target = deadLetters.queueOf(queue);
      await unsettled.carryOut(refusal, "dead-letter", target, publish, isNoStop);
      core.events.emit("messageDeadLettered", { queue, target, reason: info.reason });
    }
  } catch (error) {
    if (!staysUnsettled(core, refusal, error)) core.log.error({ err: error }, "a message could not be refused");
    return;
  }
  core.refusals.end(refusal, !refusal.delivery.settle(settle));
  core.events.emit("deliveryInvalid", { queue, kind, reason, deadLettered: deadLetter });
}

const isNoStop = (error: unknown): boolean => !(error instanceof WorkerShutdown);

/** @returns true when the message goes back to the broker: nothing more is done for it here */
function staysUnsettled(core: WorkerCore, refusal: Refusal, error: unknown): boolean {
  if (!(error instanceof WorkerShutdown) && !(error instanceof WentBack)) return false;
  core.refusals.end(refusal, false);
  return true;
}

function storeFailure(core: WorkerCore, { delivery }: Refusal, message: TaskMessage): Promise<void> {
  const { properties, fields } = delivery.message;
  return core.results.store(
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
    { status: "FAILURE", result: encodeException(new NotRegistered(message.task)), traceback: null, children: [] },
  );
}
