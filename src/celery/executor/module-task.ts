import { kernel } from "../kernel.js";
import type { ModuleInput, TaskHandler } from "../task.js";

/** The handler of a task that is a module: it runs as one kernel. */
export function moduleHandler(module: URL): TaskHandler {
  const run = kernel<ModuleInput, unknown>(module);
  return (context, ...args) => {
    const { id, task, retries, hostname, rootId, parentId, queue } = context.request;
    const request = { id, task, retries, hostname, rootId, parentId, queue };
    return context.compute(run, { args, kwargs: context.kwargs, request });
  };
}
