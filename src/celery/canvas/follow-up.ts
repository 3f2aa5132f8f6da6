import type { Logger } from "pino";
import { asError, ChordError, isLasting } from "../errors.js";
import { type EncodedException, encodeException } from "../protocol/exception.js";
import type { Embed } from "../protocol/types.js";
import type { ResultRecord, ResultTarget, ResultTuple, State } from "../results/backend.js";
import { isChordCounter } from "../results/stored.js";
import { apply, type Caller, type CanvasHost } from "./apply.js";
import {
  bodyOf,
  groupNode,
  isChain,
  isChord,
  isGroup,
  listOption,
  readNode,
  readNodes,
  type SignatureNode,
  type SignatureOptions,
  tasksOf,
} from "./node.js";

/** What a worker adds to a canvas host in order to end tasks. */
export interface FollowUpHost extends CanvasHost {
  readonly log: Logger;
  /**
   * Calls an errback that takes `(request, error, traceback)` in this process.
   * @returns false when it is to be published instead: it is not known here, or takes the failed task's id
   */
  runErrback(errback: SignatureNode, failure: Failure): Promise<boolean>;
}

/** A task that failed, or whose chord did. */
export interface Failure {
  readonly id: string;
  readonly rootId: string;
  readonly error: Error;
  readonly traceback: string | null;
}

/** A task that may be a member of a chord's header. */
export interface ChordPart {
  readonly id: string;
  readonly group: string | null;
  readonly groupIndex: number | null;
  /** The chord's body as it came in the message. */
  readonly chord: unknown;
}

/** Publishes the callbacks and the next step of the chain with the task's result; resolves when all is confirmed. */
export async function publishFollowUps(
  host: CanvasHost,
  { callbacks, chain }: Embed,
  result: unknown,
  caller: Caller,
): Promise<void> {
  const options = { parent_id: caller.id, root_id: caller.rootId, priority: caller.priority };
  const call = { args: [result], options, caller };
  for (const callback of together(callbacks === null ? [] : readNodes(callbacks))) await apply(host, callback, call);
  if (chain === null || chain.length === 0) return;
  const steps = readNodes(chain);
  const next = steps.pop();
  if (next !== undefined) await apply(host, next, { ...call, options: { ...options, chain: steps } });
}

/** Several callbacks travel as one new group, groups among them on their own. */
function together(signatures: SignatureNode[]): SignatureNode[] {
  if (signatures.length <= 1) return signatures;
  const tasks = signatures.filter((signature) => !isGroup(signature));
  return [...signatures.filter(isGroup), ...(tasks.length > 0 ? [groupNode(tasks)] : [])];
}

/**
 * Counts a task that reached a final state in the chord whose header it is in; the last one publishes the body, or
 * fails it.
 *
 * @param result as it is stored: errors are encoded
 */
export async function countChordPart(
  host: FollowUpHost,
  part: ChordPart,
  status: State,
  result: unknown,
  caller: Caller,
): Promise<void> {
  const { chord, group } = part;
  if (!chord || group === null || !isChordCounter(host.backend)) return;
  const outcome = await host.backend.completeChordPart(part, status, result);
  if (outcome.kind === "waiting") return;
  const body = readNode(chord);
  if (outcome.kind === "failed") await failChord(host, body, new ChordError(outcome.reason), outcome.cause);
  else if (await publishBody(host, body, outcome.results, caller)) await host.backend.forgetChord(group);
}

/** Publishes the body of a chord with the results of its header. @returns false when it could not be, and was failed */
export async function publishBody(
  host: FollowUpHost,
  body: SignatureNode,
  results: readonly unknown[],
  caller: Caller,
): Promise<boolean> {
  try {
    await apply(host, body, { args: [results], caller });
    return true;
  } catch (error) {
    // Troubles that pass are the caller's: the message that completed the chord goes back and counts again.
    if (!isLasting(error)) throw error;
    host.log.error({ err: error, body: body.task }, "the body of a chord could not be published");
    await failChord(host, body, new ChordError(`Callback error: ${asError(error).message}`, { cause: error }));
    return false;
  }
}

/**
 * Ends a chord whose header failed: the body's errbacks run, and whoever waits for the body learns of it.
 *
 * @param cause what the header task raised: as in Celery 5.6 the members of a body that is a group fail with it
 */
export async function failChord(
  host: FollowUpHost,
  body: SignatureNode,
  chordError: ChordError,
  cause: Error = chordError,
): Promise<void> {
  const error = isGroup(body) ? cause : chordError;
  const children: ResultTuple[] = [];
  const record: ResultRecord = { status: "FAILURE", result: encodeException(error), traceback: null, children };
  const errbacks = listOption(body.options, "link_error");
  for (const target of endsOf(body)) {
    const failure = { id: target.id, rootId: target.id, error, traceback: null };
    await publishErrbacks(host, errbacks, failure, (child) => children.push(child));
    await host.backend.store(target, record);
  }
  if (isGroup(body) && typeof body.options.task_id === "string") await host.backend.store(targetOf(body), record);
  await failOuterBody(host, body);
}

/**
 * The body of a chord in a chord is a member of the outer header that will never be counted. As in Celery nobody is told
 * by an errback, but whoever waits for the outer body need not wait for ever.
 */
async function failOuterBody(host: FollowUpHost, body: SignatureNode): Promise<void> {
  const last = isChain(body) ? (tasksOf(body).at(-1) ?? body) : body;
  const chord = last.options.chord ?? body.options.chord;
  if (!chord) return;
  const outer = readNode(chord);
  const error = new ChordError(`Dependency ${last.options.task_id ?? body.options.task_id} raised ChordError()`);
  const record: ResultRecord = { status: "FAILURE", result: encodeException(error), traceback: null, children: [] };
  for (const target of endsOf(outer)) await host.backend.store(target, record);
  await failOuterBody(host, outer);
}

/** Results that waiters of a signature wait for: of a chain its last step's, of a group each member's. */
function endsOf(node: SignatureNode): ResultTarget[] {
  if (isGroup(node)) return tasksOf(node).flatMap(endsOf);
  const last = isChain(node) ? tasksOf(node).at(-1) : isChord(node) ? bodyOf(node) : null;
  const own = typeof node.options.task_id === "string" ? [targetOf(node)] : [];
  if (last === null || last === undefined) return own;
  const inner = endsOf(last);
  return inner.length > 0 ? inner : own;
}

async function countFailure(host: FollowUpHost, part: ChordPart, result: EncodedException): Promise<void> {
  const caller = { id: part.id, rootId: part.id, priority: null, onChild: () => undefined };
  await countChordPart(host, part, "FAILURE", result, caller);
}

/** Gives the steps that will not run the state of the one that failed, so that nothing waits for them. */
export async function failChain(
  host: FollowUpHost,
  embed: Embed,
  record: ResultRecord,
  isStored: boolean,
): Promise<void> {
  const steps = embed.chain === null ? [] : readNodes(embed.chain);
  for (let step = steps.shift(); step !== undefined; step = steps.shift()) {
    if (isStored && typeof step.options.task_id === "string") {
      await host.backend.store(targetOf(step), { ...record, children: [] });
    }
    const { chord, task_id: id, group_id: group, group_index: index } = step.options;
    if (chord && typeof id === "string") {
      const part = { id, group: group ?? null, groupIndex: index ?? null, chord };
      await countFailure(host, part, record.result as EncodedException);
    }
    const body = isChord(step) ? bodyOf(step) : null;
    // A chord is done when its body is: that is what later steps and readers wait for.
    if (body !== null) steps.push(...(isChain(body) ? tasksOf(body) : [body]));
  }
}

/** Runs errbacks: those that take the failed task's id are published, together, as one new group. */
export async function publishErrbacks(
  host: FollowUpHost,
  errbacks: readonly unknown[] | null,
  failure: Failure,
  onChild: Caller["onChild"] = () => undefined,
): Promise<void> {
  if (errbacks === null || errbacks.length === 0) return;
  const published: SignatureNode[] = [];
  for (const errback of errbacks.map(readNode)) {
    if (!(await host.runErrback(errback, failure))) published.push(errback);
  }
  if (published.length === 0) return;
  const { id, rootId } = failure;
  const caller = { id, rootId, priority: null, onChild };
  await apply(host, groupNode(published), { args: [id], options: { parent_id: id, root_id: rootId }, caller });
}

function targetOf({ task, args, kwargs, options }: SignatureNode): ResultTarget {
  const text = (name: keyof SignatureOptions): string | null => {
    const value = options[name];
    return typeof value === "string" ? value : null;
  };
  return {
    id: text("task_id") ?? "",
    // It may have the id of a task that was retried and replaced: whatever that one stored is over.
    attempt: null,
    task,
    correlationId: null,
    replyTo: text("reply_to"),
    parentId: text("parent_id"),
    group: text("group_id"),
    groupIndex: options.group_index ?? null,
    args,
    kwargs,
    hostname: "",
    retries: 0,
    queue: "",
  };
}
