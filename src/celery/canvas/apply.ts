import { randomUUID } from "node:crypto";
import { InvalidSignature } from "../errors.js";
import type { ResultBackend, ResultTuple } from "../results/backend.js";
import { isChordCounter, isStored } from "../results/stored.js";
import { chordSize, type FreezeContext, flatten, freeze, freezeGroup, prepareSteps } from "./freeze.js";
import {
  appendOption,
  bodyOf,
  cloneNode,
  groupNode,
  headerOf,
  isChain,
  isChord,
  isGroup,
  listOption,
  mergeCall,
  mergeOptions,
  type ResultNode,
  resultTuple,
  type SignatureNode,
  type SignatureOptions,
  tasksOf,
} from "./node.js";

/** The task in whose run something is sent: what is sent is its child. */
export interface Caller {
  readonly id: string;
  readonly rootId: string;
  /** Taken over by what is sent: set with `taskInheritParentPriority` only. */
  readonly priority: number | null;
  /** By which it belongs to a trace: what is sent belongs to the same. */
  readonly traceHeaders?: Readonly<Record<string, string>>;
  /** Told of each child, in the form that results carry. */
  onChild(child: ResultTuple): void;
}

/** What a canvas is sent through. */
export interface CanvasHost extends FreezeContext {
  readonly backend: ResultBackend;
  /**
   * Publishes one task; resolves when the broker has confirmed it. `options` are Celery's own, complete.
   * @returns the task's id
   */
  send(
    task: string,
    args: readonly unknown[],
    kwargs: Readonly<Record<string, unknown>>,
    options: SignatureOptions,
    caller: Caller | null,
  ): Promise<string>;
  /** The queue that a task of this name is routed to. */
  queueOf(task: string): string;
}

/** How a signature is called. */
export interface Call {
  /** Come before the signature's own, unless it is immutable. */
  readonly args?: readonly unknown[];
  readonly kwargs?: Readonly<Record<string, unknown>>;
  /** Null values count as not given. */
  readonly options?: Readonly<SignatureOptions>;
  readonly caller?: Caller | null;
}

/**
 * Sends a signature of any kind, and waits until the broker has confirmed every message of it.
 *
 * @returns null for an empty chain
 * @throws NotSupported for a chord on a result backend that cannot join; InvalidSignature; EncodeError; PublishError
 */
export async function apply(host: CanvasHost, node: SignatureNode, call: Call = {}): Promise<ResultNode | null> {
  if (isChain(node)) return await applyChain(host, node, call);
  if (isGroup(node)) return await applyGroup(host, node, call);
  if (isChord(node)) return await applyChord(host, node, call);
  if (node.task === "celery.chunks") return await applyGroup(host, chunkGroup(node), call);
  return await applyTask(host, node, call);
}

async function applyTask(host: CanvasHost, node: SignatureNode, call: Call): Promise<ResultNode> {
  const { args, kwargs, options } = mergeCall(node, call.args ?? [], call.kwargs ?? {}, call.options ?? {});
  const { caller = null } = call;
  const id = await host.send(node.task, args, kwargs, options, caller);
  const result: ResultNode = { id, parent: null, members: null };
  caller?.onChild(resultTuple(result));
  return result;
}

async function applyChain(host: CanvasHost, node: SignatureNode, call: Call): Promise<ResultNode | null> {
  const { caller = null } = call;
  const { args } = mergeCall(node, call.args ?? [], {}, {});
  const {
    task_id: id,
    group_id: groupId,
    group_index: groupIndex,
    root_id: rootId,
    // The first step's parent is whoever sends it: in the body of a chord, the last task of the header.
    parent_id: _parentId,
    chord,
    link,
    link_error: _linkError,
    ...rest
  } = mergeOptions(node.options, call.options ?? {});
  const linkError = listOption({ ...node.options, ...call.options }, "link_error");
  const frame = { id, groupId, groupIndex, rootId, chord, args, kwargs: call.kwargs ?? {}, linkError, clone: true };
  const { tasks, results } = prepareSteps(tasksOf(node), present(frame), host);
  const [last] = tasks;
  const first = tasks.pop();
  if (first === undefined || last === undefined) return null;
  if (link) appendOption(last, "link", listOption({ link }, "link"));
  // What came after this chain comes after its last step: both lists are in reverse order.
  const options = { ...rest, chain: [...listOption(rest, "chain"), ...tasks] };
  const sent = await apply(host, first, { options, caller });
  return tasks.length === 0 ? sent : (results[0] ?? sent);
}

async function applyGroup(host: CanvasHost, node: SignatureNode, call: Call): Promise<ResultNode> {
  const { caller = null } = call;
  const { task_id: id, ...rest } = mergeOptions(node.options, call.options ?? {});
  const groupId = id ?? randomUUID();
  if (rest.link) throw new InvalidSignature("a group takes no link: link its members, or make it a chord");
  if (rest.link_error) throw new InvalidSignature("a group takes no link_error: give it to its members");
  const tasks = flatten(tasksOf(node)).map(cloneNode);
  const { chord: groupChord = null, group_index: _, ...options } = { ...rest, group_id: groupId };
  const rootId = options.root_id ?? null;
  const members = tasks.map((task, groupIndex) => freeze(task, { groupId, rootId, groupIndex }, host));
  const chord = groupChord ?? tasks.at(-1)?.options.chord ?? null;
  if (chord !== null && isChordCounter(host.backend)) {
    await host.backend.setChordSize(
      groupId,
      tasks.reduce((sum, task) => sum + chordSize(task), 0),
    );
  }
  const { args = [], kwargs = {} } = call;
  const member = withoutTrail(caller);
  await allSettled(
    tasks.map((task) =>
      apply(host, task, {
        args,
        kwargs,
        options: { ...options, chord: groupChord ?? task.options.chord ?? null },
        caller: member,
      }),
    ),
  );
  const group: ResultNode = { id: groupId, parent: null, members };
  // A group of one chain that ends in a group is that group.
  const [only] = members;
  const result = only !== undefined && members.length === 1 && only.members !== null ? only : group;
  caller?.onChild(resultTuple(result));
  return result;
}

async function applyChord(host: CanvasHost, node: SignatureNode, call: Call): Promise<ResultNode> {
  host.ensureChordsAllowed();
  const { caller = null } = call;
  const { args } = mergeCall(node, call.args ?? [], {}, {});
  const { body: givenBody, ...callKwargs } = call.kwargs ?? {};
  const template = (givenBody as SignatureNode | undefined) ?? bodyOf(node);
  if (template === null) throw new InvalidSignature("a chord needs a body");
  const kwargs = { ...(node.kwargs.kwargs as Record<string, unknown>), ...callKwargs };
  const own = mergeOptions(node.options, call.options ?? {});
  const { interval = null, countdown = 1, max_retries: maxRetries = null, task_id: id, ...options } = own;

  const body = cloneNode(template);
  body.options = mergeOptions(body.options, options);
  const header = groupNode(headerOf(node).map(cloneNode));
  const groupId = headerId(node, template) ?? randomUUID();
  const bodyResult = freeze(
    body,
    { id: id === groupId ? null : (id ?? null), groupId, rootId: body.options.root_id ?? null },
    host,
  );
  header.options.task_id = groupId;
  const rootId = body.options.root_id ?? null;
  const headerResult = freezeGroup(header, { groupId, chord: body, rootId }, host);
  if (tasksOf(header).length === 0) {
    await apply(host, body, { args: [[]], caller });
    bodyResult.parent = headerResult;
    return bodyResult;
  }
  await prepareJoin(host, headerResult, body, { interval, countdown, maxRetries }, withoutTrail(caller));
  const { chain: _, chord: __, link: ___, link_error: ____, ...headerOptions } = options;
  const sent = await applyGroup(host, header, {
    args,
    kwargs,
    options: { ...headerOptions, task_id: groupId },
    caller,
  });
  bodyResult.parent = sent;
  return bodyResult;
}

/** The header's id, when the chord has been frozen: its own `task_id` is that one then, unless its body has none yet. */
function headerId(node: SignatureNode, body: SignatureNode): string | null {
  const { header } = node.kwargs;
  const own = Array.isArray(header) ? null : (header as SignatureNode).options.task_id;
  return own ?? (isFrozen(body) ? (node.options.task_id ?? null) : null);
}

function isFrozen(node: SignatureNode): boolean {
  if (isChain(node)) return tasksOf(node).some(isFrozen);
  return typeof node.options.task_id === "string";
}

interface JoinOptions {
  readonly interval: unknown;
  readonly countdown: unknown;
  readonly maxRetries: unknown;
}

/** Before the header is sent: what the backend needs in order to join it. */
async function prepareJoin(
  host: CanvasHost,
  header: ResultNode,
  body: SignatureNode,
  options: JoinOptions,
  caller: Caller | null,
): Promise<void> {
  const { backend } = host;
  const result = (header.members ?? []).map(resultTuple);
  if (isChordCounter(backend)) {
    const isNested = header.members?.some((member) => member.members !== null) ?? false;
    if (isNested) await backend.saveGroup(header.id, resultTuple(header));
  } else if (isStored(backend)) {
    // Such a backend cannot count: a task asks again and again whether the header is done.
    const kwargs = { interval: options.interval, max_retries: options.maxRetries, result };
    await host.send(
      "celery.chord_unlock",
      [header.id, body],
      kwargs,
      {
        countdown: options.countdown,
        queue: body.options.queue ?? host.queueOf(body.task),
        priority: body.options.priority ?? 0,
        ignore_result: true,
      },
      caller,
    );
  }
}

/** The parts of a `celery.chunks` signature: each calls the task with a slice of the argument lists. */
export function chunkGroup(node: SignatureNode): SignatureNode {
  const { task, it, n } = node.kwargs as { task: SignatureNode; it: readonly unknown[]; n: number };
  if (!(Number.isInteger(n) && n > 0)) throw new InvalidSignature(`chunks need a size of at least 1, not ${n}`);
  const parts: SignatureNode[] = [];
  for (let start = 0; start < it.length; start += n) {
    const kwargs = { task, it: it.slice(start, start + n) };
    parts.push({ task: "celery.starmap", args: [], kwargs, options: {}, subtask_type: null, immutable: true });
  }
  const { task_id: id } = node.options;
  return groupNode(parts, { ...node.options, ...(id ? { task_id: id } : {}) });
}

/** Members of a group are children of the caller as one group only. */
function withoutTrail(caller: Caller | null): Caller | null {
  return caller === null ? null : { ...caller, onChild: () => undefined };
}

/** Waits for all, so that nothing goes on in the back after a failure; throws the first error. */
async function allSettled(sends: readonly Promise<unknown>[]): Promise<void> {
  const failed = (await Promise.allSettled(sends)).find((sent) => sent.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}

/** Without keys whose value is undefined. */
function present<T extends object>(fields: T): { [Key in keyof T]: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}
