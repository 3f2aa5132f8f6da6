import type { FastifyInstance } from "fastify";
import type { Celery, ControlReply } from "../../celery/index.js";
import { isRecord } from "../../celery/values.js";
import { OperationError } from "../../operations/errors.js";
import { consumerBody, idParams, poolBody, rateLimitBody, revokeBody, taskListQuery, workerParams } from "../api.js";
import type { Cluster } from "../cluster.js";
import { describeFailure } from "../failures.js";
import { sendStream } from "../stream.js";

const TIMEOUT_SECONDS = 2;
const RECENT_TASKS = 100;

/** Shows workers, queues and tasks, and commands workers. */
export function clusterRoutes(api: FastifyInstance, app: Celery, cluster: Cluster): void {
  const { control } = app;
  const at = (name: string) => ({ destination: [name], reply: true, timeout: TIMEOUT_SECONDS }) as const;

  api.get("/cluster", () => cluster.look());
  api.get("/cluster/live", (_request, reply) => sendStream(reply, () => cluster.look(), describeFailure));

  api.get("/tasks/live", (request, reply) => {
    const filter = taskListQuery.parse(request.query);
    return sendStream(reply, () => cluster.tasks.recent(RECENT_TASKS, filter), describeFailure);
  });

  api.post("/tasks/:id/revoke", { config: { action: "revoke a task" } }, async (request) => {
    const { id } = idParams.parse(request.params);
    const { terminate } = revokeBody.parse(request.body);
    request.subject = { id, terminate };
    const replies = await control.revoke(id, { terminate, reply: true, timeout: TIMEOUT_SECONDS });
    return answered(replies, "no worker");
  });

  api.post("/tasks/rate-limit", { config: { action: "limit a task's rate" } }, async (request) => {
    const { task, limit } = rateLimitBody.parse(request.body);
    request.subject = { task, limit };
    return answered(await control.rateLimit(task, limit, { reply: true, timeout: TIMEOUT_SECONDS }), "no worker");
  });

  api.post("/workers/:name/pool", { config: { action: "resize a pool" } }, async (request) => {
    const { name } = workerParams.parse(request.params);
    const { by } = poolBody.parse(request.body);
    request.subject = { worker: name, by };
    const resize = by < 0 ? control.poolShrink(-by, at(name)) : control.poolGrow(by, at(name));
    return answered(await resize, name);
  });

  api.post("/workers/:name/consumers", { config: { action: "change what a worker consumes" } }, async (request) => {
    const { name } = workerParams.parse(request.params);
    const { queue, consume } = consumerBody.parse(request.body);
    request.subject = { worker: name, queue, consume };
    const change = consume ? control.addConsumer(queue, {}, at(name)) : control.cancelConsumer(queue, at(name));
    return answered(await change, name);
  });

  api.post("/workers/:name/shutdown", { config: { action: "shut a worker down" } }, async (request) => {
    const { name } = workerParams.parse(request.params);
    request.subject = { worker: name };
    await control.shutdown({ destination: [name] });
    return { answers: {} };
  });
}

/** What the workers answered. @throws OperationError when nobody did, or all of them refused */
function answered(replies: readonly ControlReply[], whom: string): { readonly answers: Record<string, string> } {
  if (replies.length === 0) throw new OperationError(`${whom} answered: it may be away, or takes no commands`);
  const errors = replies.flatMap(({ value }) => (isRecord(value) && "error" in value ? [String(value.error)] : []));
  if (errors.length === replies.length) throw new OperationError(errors.join("; "));
  return {
    answers: Object.fromEntries(
      replies.map(({ nodename, value }) => [nodename, isRecord(value) ? String(Object.values(value)[0] ?? "") : ""]),
    ),
  };
}
