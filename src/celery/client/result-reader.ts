import { setTimeout as sleep } from "node:timers/promises";
import { IncompleteStream, TimeoutError } from "../errors.js";
import { decodeException } from "../protocol/exception.js";
import type { ResultTuple, StoredResult } from "../results/backend.js";
import type { WaitOptions } from "../results/stored.js";

/** Where results are looked up. */
export interface ResultReader {
  /** The last state known; null when there is none, which Celery calls PENDING. */
  get(taskId: string): Promise<StoredResult | null>;
  /** Resolves with the final state. */
  waitFor(taskId: string, options?: WaitOptions): Promise<StoredResult>;
  forget(taskId: string): Promise<void>;
  revoke(taskIds: readonly string[], options: RevokeOptions): Promise<void>;
  saveGroup(groupId: string, group: ResultTuple): Promise<void>;
  deleteGroup(groupId: string): Promise<void>;
  /** A result of this reader from the form it has in messages. */
  resultOf(tuple: ResultTuple): AnyResult;
}

/** A task or a group. */
export interface AnyResult {
  readonly id: string;
  /** What it follows in a chain, or the header of the chord whose body it is. */
  readonly parent: AnyResult | null;
  get(options?: GetOptions): Promise<unknown>;
  children(): Promise<AnyResult[]>;
  ready(): Promise<boolean>;
  successful(): Promise<boolean>;
  failed(): Promise<boolean>;
  maybeThrow(): Promise<void>;
  forget(): Promise<void>;
  revoke(options?: RevokeOptions): Promise<void>;
  asTuple(): ResultTuple;
}

/** Options of `revoke`. */
export interface RevokeOptions {
  /** End the task even when it runs. Default false. */
  readonly terminate?: boolean;
  /** For a Python worker's process. Default `SIGTERM`. */
  readonly signal?: string;
}

/** Options of `get`. */
export interface GetOptions {
  /** Seconds to wait; default: for ever. */
  readonly timeout?: number;
  /** The same in milliseconds. */
  readonly timeoutMs?: number;
  /** Throw the task's error; false returns it. Default true. */
  readonly propagate?: boolean;
  /** Throw the error of a task that this one waits for. Default true. */
  readonly followParents?: boolean;
  /** Called with each state on the way, the last one included; states may be skipped. */
  readonly onState?: (result: StoredResult) => void;
  /** Ends the wait. */
  readonly signal?: AbortSignal;
}

/** How long an error of a parent waits for this task's own state, which tells the same more closely. */
const PARENT_GRACE_MS = 500;

/** Rejects when a task further up fails; never resolves. */
export async function parentFails(
  parent: { get(options: GetOptions): Promise<unknown> },
  signal: AbortSignal,
): Promise<never> {
  const failed = parent.get({ signal, propagate: true });
  try {
    await failed;
  } catch (error) {
    if (!signal.aborted) {
      await sleep(PARENT_GRACE_MS, undefined, { signal }).catch(() => undefined);
      throw error;
    }
  }
  return await new Promise<never>(() => undefined);
}

/** The error that a state stands for. */
export function errorOf(stored: StoredResult): Error {
  const error = decodeException(stored.result);
  if (stored.traceback !== null) error.stack = `${error.name}: ${error.message}\n${stored.traceback}`;
  return error;
}

/** Runs work with a signal that aborts at the end of its time. */
export async function withDeadline<T>(options: GetOptions, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const { timeout, timeoutMs = timeout === undefined ? null : timeout * 1000, signal } = options;
  const over = new AbortController();
  const error = new TimeoutError("The operation timed out.");
  const timer = timeoutMs === null ? null : setTimeout(() => over.abort(error), timeoutMs);
  try {
    return await work(signal === undefined ? over.signal : AbortSignal.any([over.signal, signal]));
  } finally {
    if (timer !== null) clearTimeout(timer);
  }
}

/** A result with those that hang on it. */
interface TreeNode<Node> {
  ready(): Promise<boolean>;
  children(): Promise<Node[]>;
}

/**
 * Walks a tree of results, parents before their children, level by level.
 * @param intermediate go past tasks that are not done instead of failing
 * @throws IncompleteStream at a task that is not done
 */
export async function* walkResults<Node extends TreeNode<Node>>(
  root: Node,
  intermediate: boolean,
): AsyncGenerator<[parent: Node | null, result: Node]> {
  const waiting: [Node | null, Node][] = [[null, root]];
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    yield next;
    const [, node] = next;
    if (await node.ready()) for (const child of await node.children()) waiting.push([node, child]);
    else if (!intermediate) throw new IncompleteStream("a result in the tree is not there yet");
  }
}
