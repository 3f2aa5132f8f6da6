import { randomUUID } from "node:crypto";
import { linkError } from "./links.js";
import {
  bodyOf,
  chordNode,
  cloneNode,
  groupNode,
  headerOf,
  isChain,
  isChord,
  isGroup,
  mergeCall,
  type ResultNode,
  type SignatureNode,
  tasksOf,
} from "./node.js";

/** What giving ids needs to know of the app. */
export interface FreezeContext {
  /** Reply address of tasks that have none. */
  readonly replyTo: string;
  /** Errbacks of a chord run for its header too: `task_allow_error_cb_on_chord_header`. */
  readonly errbacksOnHeader: boolean;
  /** @throws NotSupported when the result backend cannot join chords */
  ensureChordsAllowed(): void;
}

/** Ids and places that a signature gets, unless it has its own. */
export interface Frame {
  readonly id?: string | null;
  readonly groupId?: string | null;
  readonly groupIndex?: number | null;
  readonly rootId?: string | null;
  readonly parentId?: string | null;
  /** Body of the chord whose header the signature is in. */
  readonly chord?: SignatureNode | null;
}

/**
 * Gives a signature its ids, in place, so that its results can be named before anything is sent. Ids that are set
 * already are kept.
 *
 * @returns what `AsyncResult` of the signature will be: for a chain its last step, for a chord its body
 */
export function freeze(node: SignatureNode, frame: Frame, context: FreezeContext): ResultNode {
  if (isChain(node)) {
    const { tasks, results } = prepareSteps(tasksOf(node), { ...frame, clone: false }, context);
    // What is sent later must be what has the ids now: chords made of groups stay.
    node.kwargs.tasks = tasks.toReversed();
    const result = results[0] ?? { id: frame.id ?? randomUUID(), parent: null, members: null };
    node.options.task_id = result.id;
    return result;
  }
  if (isGroup(node)) return freezeGroup(node, frame, context);
  if (isChord(node)) return freezeChord(node, frame, context);
  return freezeTask(node, frame, context);
}

function freezeTask(node: SignatureNode, frame: Frame, context: FreezeContext): ResultNode {
  const { options } = node;
  options.task_id ??= frame.id ?? randomUUID();
  if (frame.rootId) options.root_id = frame.rootId;
  if (frame.parentId) options.parent_id = frame.parentId;
  options.reply_to ??= context.replyTo;
  if (frame.groupId) options.group_id ??= frame.groupId;
  if (frame.chord) options.chord = frame.chord;
  if (typeof frame.groupIndex === "number") options.group_index = frame.groupIndex;
  return { id: options.task_id, parent: null, members: null };
}

/** The group's id is its `task_id`; nested groups become part of it. */
export function freezeGroup(node: SignatureNode, frame: Frame, context: FreezeContext): ResultNode {
  const { options } = node;
  options.task_id ??= frame.groupId ?? randomUUID();
  if (frame.groupId) options.group_id = frame.groupId;
  if (frame.chord) options.chord = frame.chord;
  if (typeof frame.groupIndex === "number") options.group_index = frame.groupIndex;
  options.root_id ??= frame.rootId ?? null;
  options.parent_id ??= frame.parentId ?? null;
  const tasks = flatten(tasksOf(node)).map(cloneNode);
  node.kwargs.tasks = tasks;
  const { root_id: rootId, parent_id: parentId, task_id: id } = options;
  const { groupId = null, chord = null } = frame;
  const members = tasks.map((task, groupIndex) =>
    freeze(task, { groupId, chord, rootId, parentId, groupIndex }, context),
  );
  return { id, parent: null, members };
}

/** Members of a group, with those of nested groups in their place. */
export function flatten(tasks: readonly SignatureNode[]): SignatureNode[] {
  return tasks.flatMap((task) => (isGroup(task) ? flatten(tasksOf(task)) : [task]));
}

/** The chord's own `task_id` is the id of its header: that is how it survives a message. */
function freezeChord(node: SignatureNode, frame: Frame, context: FreezeContext): ResultNode {
  const { parentId = null, rootId = null, id = null, chord = null, groupId = null, groupIndex = null } = frame;
  const body = bodyOf(node);
  const header = groupNode(headerOf(node), headerOptions(node));
  node.kwargs.header = header;
  const headerResult = freezeGroup(header, { parentId, rootId, chord: body }, context);
  node.options.task_id = headerResult.id;
  if (body === null) return headerResult;
  const result = freeze(body, { id, rootId, chord, groupId, groupIndex }, context);
  firstOf(result).parent = headerResult;
  return result;
}

function headerOptions(chord: SignatureNode): SignatureNode["options"] {
  const { header } = chord.kwargs;
  return Array.isArray(header) ? {} : { ...(header as SignatureNode).options };
}

/** The oldest result that a result descends from. */
function firstOf(result: ResultNode): ResultNode {
  let node = result;
  while (node.parent !== null) node = node.parent;
  return node;
}

/** How {@link prepareSteps} unrolls a chain. */
export interface StepFrame extends Frame {
  /** Arguments that come before those of the first step. */
  readonly args?: readonly unknown[];
  readonly kwargs?: Readonly<Record<string, unknown>>;
  /** Added to every step. */
  readonly linkError?: readonly SignatureNode[];
  /** Work on copies. */
  readonly clone: boolean;
}

/** A chain ready to be sent: steps and their results, the last step first. */
export interface PreparedSteps {
  readonly tasks: SignatureNode[];
  readonly results: ResultNode[];
}

/**
 * Unrolls the steps of a chain and gives them ids: chains in it are spliced, groups of one are that one, and a group
 * that is followed by anything becomes a chord with it. The last step gets the chain's own place (id, group, chord).
 */
export function prepareSteps(steps: readonly SignatureNode[], frame: StepFrame, context: FreezeContext): PreparedSteps {
  const waiting = [...steps];
  const prepared: PreparedSteps = { tasks: [], results: [] };
  let previous: ResultNode | null = null;
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const step = unrollGroup(next);
    if (isEmptyGroup(step) && (waiting.length > 0 || prepared.tasks.length > 0)) continue;
    const task = copyStep(step, waiting.length === 0, frame);
    if (isChain(task)) {
      waiting.push(...tasksOf(task));
      continue;
    }
    previous = addStep(task, prepared, previous, frame, context);
  }
  return prepared;
}

function copyStep(step: SignatureNode, isFirst: boolean, frame: StepFrame): SignatureNode {
  const task = frame.clone ? cloneNode(step) : step;
  const { args = [], kwargs = {} } = frame;
  if (isFirst && !isChain(task)) Object.assign(task, mergeCall(task, args, kwargs, {}));
  return task;
}

/** @returns the result whose parent the next (earlier) step is to be */
function addStep(
  step: SignatureNode,
  { tasks, results }: PreparedSteps,
  previous: ResultNode | null,
  frame: StepFrame,
  context: FreezeContext,
): ResultNode {
  const { rootId = null } = frame;
  const isLast = tasks.length === 0;
  const task = isGroup(step) && !isLast ? chordWith(step, tasks, results, rootId) : step;
  const { id = null, groupId = null, groupIndex = null, chord = null } = frame;
  const result = freeze(task, isLast ? { id, rootId, groupId, chord, groupIndex } : { rootId }, context);
  if (previous !== null && tasks.length > 0 && previous !== result) previous.parent ??= result;
  for (const errback of frame.linkError ?? []) linkError(task, errback, context.errbacksOnHeader);
  tasks.push(task);
  results.push(result);
  if (!isChord(task)) return result;
  context.ensureChordsAllowed();
  return firstOf(result);
}

/** A group before another step waits for all of its members: it takes that step as the body of a chord. */
function chordWith(
  group: SignatureNode,
  tasks: SignatureNode[],
  results: ResultNode[],
  rootId: string | null,
): SignatureNode {
  const body = tasks.pop() ?? null;
  const result = results.pop();
  const options = { ...(result?.members === null ? { task_id: result.id } : {}), root_id: rootId };
  return chordNode(group, body, options);
}

/** A group of one is that one. */
export function unrollGroup(node: SignatureNode): SignatureNode {
  const [only, ...more] = isGroup(node) ? tasksOf(node) : [];
  return only !== undefined && more.length === 0 ? only : node;
}

function isEmptyGroup(node: SignatureNode): boolean {
  return isGroup(node) && tasksOf(node).length === 0;
}

/** How many completions a signature counts for in the chord whose header it is in. */
export function chordSize(node: SignatureNode): number {
  if (isGroup(node)) return tasksOf(node).reduce((sum, task) => sum + chordSize(task), 0);
  if (isChord(node)) {
    const body = bodyOf(node);
    return body === null ? 0 : chordSize(body);
  }
  if (!isChain(node)) return 1;
  for (const step of tasksOf(node).toReversed()) {
    const size = chordSize(step);
    if (size > 0) return size;
  }
  return 0;
}
