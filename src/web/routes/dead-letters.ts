import type { FastifyInstance } from "fastify";
import { purgeQueue, queueSizes } from "../../celery/tooling.js";
import { asError, pythonRepr } from "../../celery/values.js";
import { eachDeadLetter, isNamed, retryDeadLetter, type UseDatabase } from "../../operations/dead-letters.js";
import { OperationError } from "../../operations/errors.js";
import { type DeadLetterLine, type DeadLettersView, deadLettersBody, type ManyView, purgeBody } from "../api.js";
import type { Cluster } from "../cluster.js";

export interface DeadLettersParts {
  readonly cluster: Cluster;
  readonly deadLetterQueues: readonly string[];
  readonly useDatabase: UseDatabase;
}

/** Of each queue. */
const MOST_LISTED = 200;
const LONGEST_ARGS = 300;

/** Shows, retries and erases dead letters. */
export function deadLetterRoutes(api: FastifyInstance, parts: DeadLettersParts): void {
  const { cluster, deadLetterQueues, useDatabase } = parts;

  api.get("/dead-letters", async (): Promise<DeadLettersView> => {
    const { connection } = cluster;
    const sizes = await queueSizes(connection, deadLetterQueues);
    const letters: DeadLetterLine[] = [];
    await eachDeadLetter(connection, deadLetterQueues, MOST_LISTED, async (_message, view, { name }) => {
      const { args, kwargs: _, ...rest } = view;
      letters.push({ ...rest, deadLetterQueue: name, args: pythonRepr(args, { maxLength: LONGEST_ARGS }) });
    });
    const queues = deadLetterQueues.map((name) => ({ name, depth: sizes.get(name) ?? null }));
    return { letters, queues, more: [...sizes.values()].some((depth) => depth > MOST_LISTED) };
  });

  api.post("/dead-letters/retry", { config: { action: "retry dead letters" } }, async (request): Promise<ManyView> => {
    const { ids } = deadLettersBody.parse(request.body);
    request.subject = ids ?? "all";
    const done: string[] = [];
    const failed: { id: string; reason: string }[] = [];
    const all = Number.POSITIVE_INFINITY;
    await eachDeadLetter(cluster.connection, deadLetterQueues, all, async (message, view, queue) => {
      if (ids !== null && !ids.some((id) => isNamed(view, id))) return;
      const id = view.id ?? "a message without id";
      try {
        await retryDeadLetter(message, view, queue, useDatabase);
        done.push(id);
      } catch (error) {
        failed.push({ id, reason: asError(error).message });
      }
    });
    return { done, failed };
  });

  api.post("/dead-letters/purge", { config: { action: "erase dead letters" } }, async (request) => {
    const { queue } = purgeBody.parse(request.body);
    request.subject = queue;
    if (!deadLetterQueues.includes(queue)) throw new OperationError(`${queue} is no queue of dead letters`);
    return { erased: await purgeQueue(cluster.connection, queue) };
  });
}
