import { setTimeout as sleep } from "node:timers/promises";
import type { Celery } from "../../../src/celery/app.js";
import { chain, group, type TaskContext, type TaskRequest } from "../../../src/celery/index.js";

/** Errors that Python knows by their names. */
class ValueError extends Error {
  readonly excType = "ValueError";
  readonly excModule = "builtins";
  constructor(readonly excArgs: readonly unknown[]) {
    super(String(excArgs[0]));
  }
}

class KeyError extends Error {
  readonly excType = "KeyError";
  readonly excModule = "builtins";
}

class ContractError extends Error {
  override readonly name = "ContractError";
  constructor(readonly excArgs: readonly unknown[]) {
    super(String(excArgs[0]));
  }
}

/** The tasks of the contract; test/support/python/peer_tasks.py has the same ones. */
export function defineTasks(app: Celery, redis: { rPush(key: string, value: string): Promise<unknown> }): void {
  const signature = (name: string, ...args: unknown[]) => app.signature(name, args);
  app.task("c.add", (_: TaskContext, x: number, y: number, z?: number) => x + y + (z ?? 0));
  app.task("c.echo", ({ kwargs }: TaskContext, ...args: unknown[]) => [args, kwargs]);
  app.task("c.identity", (_: TaskContext, value: unknown) => value);
  app.task("c.xsum", (_: TaskContext, numbers: (number | number[])[]) =>
    numbers.flat().reduce((sum, number) => sum + number, 0),
  );
  app.task("c.fail", () => {
    throw new ValueError(["contract", 7]);
  });
  app.task("c.fail_custom", () => {
    throw new ContractError(["custom", { code: 3 }]);
  });
  app.task("c.ids", ({ request }: TaskContext, ...args: unknown[]) => [
    request.rootId,
    request.parentId,
    args.at(-1) ?? null,
  ]);
  app.task("c.request", ({ request }: TaskContext) => describeRequest(request));
  app.task("c.record", async (_: TaskContext, value: unknown, key: string) => {
    await redis.rPush(key, String(value));
    return value;
  });
  app.task("c.on_error_old", async ({ kwargs }: TaskContext, id: string) => {
    await redis.rPush(String(kwargs.key), id);
  });
  app.task("c.on_error", async (_: TaskContext, request: TaskRequest, error: Error, __: string, key: string) => {
    const { excType, pythonType, name } = error as Error & { excType?: string; pythonType?: string };
    await redis.rPush(key, `${request.id} ${excType ?? pythonType ?? name}`);
  });
  app.task("c.retry", { maxRetries: 3 }, (ctx: TaskContext, times: number) =>
    ctx.request.retries < times ? ctx.retry({ countdown: 0.05 }) : ctx.request.retries,
  );
  app.task("c.retry_error", { maxRetries: 1 }, (ctx: TaskContext) =>
    ctx.retry({ error: new KeyError("contract"), countdown: 0.05 }),
  );
  app.task("c.retry_out", { maxRetries: 1 }, (ctx: TaskContext) => ctx.retry({ countdown: 0.05 }));
  app.task("c.children", async (ctx: TaskContext) => {
    await ctx.sendTask("c.add", [1, 1]);
    await ctx.apply(group(signature("c.identity", 1), signature("c.identity", 2)));
    return "parent";
  });
  app.task("c.replace", async (ctx: TaskContext) =>
    ctx.replace(app.signature("c.request", [], {}, { immutable: true })),
  );
  app.task("c.replace_add", async (ctx: TaskContext, x: number, y: number) => ctx.replace(signature("c.add", x, y)));
  app.task("c.replace_chain", async (ctx: TaskContext, x: number) =>
    ctx.replace(chain(signature("c.identity", x), signature("c.add", 1))),
  );
  app.task("c.replace_group", async (ctx: TaskContext, numbers: number[], value: number) =>
    ctx.replace(group(...numbers.map((number) => signature("c.add", number, value)))),
  );
  app.task("c.ignored", { ignoreResult: true }, () => "nobody reads this");
  app.task("c.progress", async (ctx: TaskContext) => {
    await ctx.updateState("PROGRESS", { done: 3 });
    await sleep(400);
    return "done";
  });
}

function describeRequest(request: TaskRequest): Record<string, unknown> {
  const { headers } = request;
  return {
    id: request.id,
    task: request.task,
    root_id: request.rootId,
    parent_id: request.parentId,
    group: request.group,
    group_index: request.groupIndex,
    retries: request.retries,
    correlation_id: request.correlationId,
    timelimit: request.timelimit,
    shadow: request.shadow,
    priority: request.deliveryInfo.priority,
    custom: headers.custom ?? null,
    nesting: headers.replaced_task_nesting ?? 0,
    stamps: headers.stamps ?? null,
  };
}
