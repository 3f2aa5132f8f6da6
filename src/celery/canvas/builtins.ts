import type { TaskDefinition } from "../definition.js";
import { ChordError, InvalidSignature, NotRegistered, NotSupported } from "../errors.js";
import { READY_STATES, type ResultTuple } from "../results/backend.js";
import { joinGroup } from "../results/join.js";
import { isResultTuple } from "../results/meta.js";
import { isStored, type StoredBackend } from "../results/stored.js";
import type { Settings } from "../settings.js";
import type { TaskContext, TaskHandler, TaskOptions } from "../task.js";
import { apply, type Caller, chunkGroup } from "./apply.js";
import { type FollowUpHost, failChord, publishBody } from "./follow-up.js";
import { chordNode, readNode, readNodes, resultTuple, taskNode } from "./node.js";

/** What the built-in tasks see beside what every handler does. */
export interface CanvasContext extends TaskContext {
  readonly canvas: FollowUpHost;
  readonly caller: Caller;
  readonly tasks: ReadonlyMap<string, TaskDefinition>;
  readonly settings: Settings;
}

type BuiltinHandler = (ctx: CanvasContext, ...args: unknown[]) => unknown;

/** A task that every app has. */
export interface BuiltinTask {
  readonly name: string;
  readonly options: TaskOptions;
  readonly handler: TaskHandler;
}

/** Tasks that canvases of any Celery client may send to any worker. */
export function builtinTasks(settings: Settings): BuiltinTask[] {
  const unlock = { maxRetries: null, ignoreResult: true, defaultRetryDelay: settings.resultChordRetryInterval };
  return [
    builtin("celery.chord_unlock", unlockChord, unlock),
    builtin("celery.group", sendGroup),
    builtin("celery.chain", refuseChain),
    builtin("celery.chord", sendChord, { ignoreResult: false }),
    builtin("celery.map", (ctx, ...args) => callEach(ctx, args, (item) => [item])),
    builtin("celery.starmap", (ctx, ...args) => callEach(ctx, args, (item) => item as readonly unknown[])),
    builtin("celery.chunks", sendChunks),
    builtin("celery.accumulate", accumulate),
    builtin("celery.backend_cleanup", cleanUp),
  ];
}

function builtin(name: string, handler: BuiltinHandler, options: TaskOptions = {}): BuiltinTask {
  return { name, options, handler: handler as TaskHandler };
}

/** Arguments by name, whether they came by position or by name. */
function named<Name extends string>(
  ctx: TaskContext,
  args: readonly unknown[],
  names: readonly Name[],
): Partial<Record<Name, unknown>> {
  const positional = Object.fromEntries(args.map((value, index) => [names[index] ?? "", value]));
  return { ...positional, ...ctx.kwargs } as Partial<Record<Name, unknown>>;
}

/** Asks whether a chord's header is done, again and again; then publishes the body. For backends that cannot count. */
async function unlockChord(ctx: CanvasContext, ...args: unknown[]): Promise<void> {
  const given = named(ctx, args, ["group_id", "callback", "interval", "max_retries", "result"]);
  const backend = storedBackend(ctx);
  const again = {
    countdown: typeof given.interval === "number" ? given.interval : ctx.settings.resultChordRetryInterval,
    maxRetries: typeof given.max_retries === "number" ? given.max_retries : null,
  };
  const header: ResultTuple = [[String(given.group_id), null], (given.result as unknown[]).filter(isResultTuple)];
  let isReady: boolean;
  try {
    isReady = await allReady(backend, header);
  } catch (error) {
    return ctx.retry({ ...again, error });
  }
  if (!isReady) return ctx.retry(again);
  const body = readNode(given.callback);
  const outcome = await joinGroup(backend, header, ctx.settings.resultChordJoinTimeout);
  if (outcome.kind === "joined") await publishBody(ctx.canvas, body, outcome.results, ctx.caller);
  else if (outcome.kind === "failed") await failChord(ctx.canvas, body, new ChordError(outcome.reason), outcome.cause);
  else await failChord(ctx.canvas, body, new ChordError("not ready"));
}

async function allReady(backend: StoredBackend, [[id], members]: ResultTuple): Promise<boolean> {
  if (members === null) return READY_STATES.has((await backend.get(id))?.status ?? "PENDING");
  for (const member of members) if (!(await allReady(backend, member))) return false;
  return true;
}

/** What clients before Celery 3.1 sent; newer ones send the members. */
async function sendGroup(ctx: CanvasContext, ...args: unknown[]): Promise<unknown> {
  const names = ["tasks", "result", "group_id", "partial_args", "add_to_parent"] as const;
  const { tasks, result, group_id: groupId, partial_args: partial, add_to_parent: isChild } = named(ctx, args, names);
  const caller = { ...ctx.caller, onChild: () => undefined };
  const options = typeof groupId === "string" ? { group_id: groupId } : {};
  for (const task of readNodes(tasks)) {
    await apply(ctx.canvas, task, { args: Array.isArray(partial) ? partial : [], options, caller });
  }
  if (isChild !== false && isResultTuple(result)) ctx.caller.onChild(result);
  return result;
}

function refuseChain(): never {
  throw new NotSupported("chain is not a real task");
}

/** What clients before Celery 3.1 sent; newer ones send the header. */
async function sendChord(ctx: CanvasContext, ...args: unknown[]): Promise<unknown> {
  const names = ["header", "body", "partial_args", "interval", "countdown", "max_retries", "eager"] as const;
  const { header, body, partial_args: partial, interval, countdown, max_retries } = named(ctx, args, names);
  const members = Array.isArray(header) ? readNodes(header) : readNode(header);
  const options = { interval, countdown, max_retries };
  const node = chordNode(members, readNode(body));
  const sent = await apply(ctx.canvas, node, {
    args: Array.isArray(partial) ? partial : [],
    options,
    caller: ctx.caller,
  });
  return sent === null ? null : resultTuple(sent);
}

/** Calls a task of this worker with each item, in this process, one after another. */
async function callEach(
  ctx: CanvasContext,
  args: readonly unknown[],
  argumentsOf: (item: unknown) => readonly unknown[],
): Promise<unknown[]> {
  const { task, it } = named(ctx, args, ["task", "it"]);
  const name = readNode(task).task;
  const definition = ctx.tasks.get(name);
  if (definition === undefined) throw new NotRegistered(name);
  if (!Array.isArray(it)) throw new InvalidSignature(`the items for ${name} are no list`);
  const results: unknown[] = [];
  for (const item of it) {
    const given = argumentsOf(item);
    if (!Array.isArray(given)) throw new InvalidSignature(`an item for ${name} is no list of arguments`);
    results.push(await definition.handler(ctx, ...(definition.typing?.parse(given) ?? given)));
  }
  return results;
}

async function sendChunks(ctx: CanvasContext, ...args: unknown[]): Promise<unknown> {
  const { task, it, n } = named(ctx, args, ["task", "it", "n"]);
  const node = taskNode("celery.chunks", [], { task: readNode(task), it, n });
  const sent = await apply(ctx.canvas, chunkGroup(node), { caller: ctx.caller });
  return sent === null ? null : resultTuple(sent);
}

/** The list of its arguments, or the one at `index`: the body of a group that replaced a task. */
function accumulate(ctx: CanvasContext, ...args: unknown[]): unknown {
  const { index } = ctx.kwargs;
  if (typeof index !== "number") return args;
  const value = args.at(index);
  if (value === undefined && index >= args.length) throw new RangeError("tuple index out of range");
  return value;
}

async function cleanUp(ctx: CanvasContext): Promise<void> {
  if (isStored(ctx.canvas.backend)) await ctx.canvas.backend.cleanup();
}

function storedBackend(ctx: CanvasContext): StoredBackend {
  const { backend } = ctx.canvas;
  if (!isStored(backend)) throw new NotSupported(`the result backend ${backend.name}:// cannot join chords`);
  return backend;
}
