import type { SendOptions } from "../canvas/options.js";
import type { AsyncResult } from "./async-result.js";
import type { GroupResult } from "./group-result.js";
import { chunks, map, type Signature, type SignatureSender, signature, starmap } from "./signature.js";

/** A handle of a registered task: sends it, and makes signatures of it. */
export interface Task<Args extends unknown[], Result = unknown> {
  readonly name: string;
  /** Sends the task with these arguments. */
  delay(...args: Args): Promise<AsyncResult<Result>>;
  /** Sends the task with options. */
  applyAsync(
    args: Args,
    kwargs?: Readonly<Record<string, unknown>>,
    options?: SendOptions,
  ): Promise<AsyncResult<Result>>;
  /** A signature with the given arguments; those of a callback or a step get the result before them. */
  s(...args: Partial<Args>): Signature<AsyncResult<Result>>;
  /** An immutable signature: it takes no result. */
  si(...args: Args): Signature<AsyncResult<Result>>;
  signature(
    args?: readonly unknown[],
    kwargs?: Readonly<Record<string, unknown>>,
    options?: SendOptions & { readonly immutable?: boolean },
  ): Signature<AsyncResult<Result>>;
  /** Calls the task with each item, one after another, in one message. */
  map(items: readonly unknown[]): Signature<AsyncResult<Result[]>>;
  /** As {@link map}, with each item a list of arguments. */
  starmap(items: readonly Args[]): Signature<AsyncResult<Result[]>>;
  /** As {@link starmap}, in messages of `size` items each. */
  chunks(items: readonly Args[], size: number): Signature<GroupResult<Result[]>>;
}

/** Makes the handle of a task. */
export function taskHandle<Args extends unknown[], Result>(name: string, sender: SignatureSender): Task<Args, Result> {
  type Made = Signature<AsyncResult<Result>>;
  const make: Task<Args, Result>["signature"] = (args, kwargs, options) =>
    signature(name, args, kwargs, options, sender) as unknown as Made;
  return {
    name,
    delay: (...args) => make(args).applyAsync(),
    applyAsync: (args, kwargs, options) => make(args, kwargs).applyAsync([], {}, options),
    s: (...args) => make(args),
    si: (...args) => make(args, {}, { immutable: true }),
    signature: make,
    map: (items) => map(make(), items) as Signature<AsyncResult<Result[]>>,
    starmap: (items) => starmap(make(), items) as Signature<AsyncResult<Result[]>>,
    chunks: (items, size) => chunks(make(), items, size) as Signature<GroupResult<Result[]>>,
  };
}
