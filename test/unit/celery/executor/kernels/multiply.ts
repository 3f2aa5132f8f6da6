import type { ModuleInput } from "../../../../../src/celery/task.js";

/** A whole task as a module. */
export function run({ args: [x, y], kwargs, request }: ModuleInput<[number, number]>): unknown {
  if (x < 0) throw new RangeError("only positive numbers");
  return { product: x * y, plus: kwargs.plus ?? null, task: request.task };
}
