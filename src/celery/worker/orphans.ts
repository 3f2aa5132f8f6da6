import { setTimeout as sleep } from "node:timers/promises";
import { asError } from "../errors.js";
import type { Consumer } from "./broker/consumer.js";
import type { Delivery } from "./broker/delivery.js";
import type { WorkerCore } from "./core.js";

/** Messages that are published before the broker's confirms are looked at. */
const BATCH = 500;

/** How long the broker may say nothing. */
const PATIENCE_MS = 2000;

/** Lost messages that the log names one by one. */
const MOST_NAMED = 1000;

/**
 * At the end of a worker: what it still has of queues that were deleted goes back there or to the dead letters, confirmed, before
 * the connections are closed. What nothing takes is named in the log. Never throws.
 */
export async function giveBackOrphans(core: WorkerCore, consumers: readonly Consumer[]): Promise<void> {
  const looks = Promise.all(consumers.map((consumer) => consumer.checkQueue()));
  await Promise.race([looks.catch(() => undefined), sleep(PATIENCE_MS, undefined, { ref: false })]);
  const orphans = consumers.flatMap((consumer) => consumer.orphans);
  if (orphans.length === 0) return;
  const lost: { readonly delivery: Delivery; readonly reason: string }[] = [];
  const counts = new Map<string, number>();
  let isHeard = true;
  for (const batch of inBatches(orphans)) {
    const reasons = await Promise.all(batch.map((delivery) => (isHeard ? giveBack(core, delivery, counts) : SILENT)));
    for (const [index, delivery] of batch.entries()) {
      const reason = reasons[index] ?? null;
      if (reason !== null) lost.push({ delivery, reason });
    }
    isHeard = reasons.some((reason) => reason !== SILENT);
  }
  for (const [target, messages] of counts)
    core.log.warn({ target, messages }, "messages whose queue was deleted were published again");
  nameLost(core, lost);
}

/** The first of each queue alone, so that the queue is there when the others follow in their order. */
function inBatches(orphans: readonly Delivery[]): Delivery[][] {
  const first = new Map<string, Delivery>();
  for (const delivery of orphans) if (!first.has(delivery.queue)) first.set(delivery.queue, delivery);
  const rest = orphans.filter((delivery) => first.get(delivery.queue) !== delivery);
  const batches = [[...first.values()]];
  for (let from = 0; from < rest.length; from += BATCH) batches.push(rest.slice(from, from + BATCH));
  return batches;
}

const SILENT = "the broker did not confirm it in time";

/** @returns why the message is lost; null when it is not */
async function giveBack(core: WorkerCore, delivery: Delivery, counts: Map<string, number>): Promise<string | null> {
  const deadline = new AbortController();
  try {
    const silence = sleep(PATIENCE_MS, null, { signal: deadline.signal });
    const given = await Promise.race([core.giveBack.publish(delivery), silence]);
    if (given === null) return SILENT;
    const { target, deadLetterReason } = given;
    delivery.settle("requeue");
    counts.set(target, (counts.get(target) ?? 0) + 1);
    if (deadLetterReason !== null)
      core.events.emit("messageDeadLettered", { queue: delivery.queue, target, reason: deadLetterReason });
    return null;
  } catch (error) {
    return asError(error).message;
  } finally {
    deadline.abort();
  }
}

function nameLost(core: WorkerCore, lost: readonly { readonly delivery: Delivery; readonly reason: string }[]): void {
  if (lost.length === 0) return;
  const requests = new Map([...core.requests].map((request) => [request.delivery, request]));
  for (const { delivery, reason } of lost.slice(0, MOST_NAMED)) {
    const fields = { ...requests.get(delivery)?.logFields, queue: delivery.queue, err: reason };
    core.log.error(fields, "a message is lost: its queue was deleted, and nothing else takes it");
  }
  core.log.error({ messages: lost.length }, "messages were lost at the stop of the worker: their queues were deleted");
}
