import { isDeepStrictEqual } from "node:util";
import { InvalidSignature } from "../errors.js";
import { isRecord } from "../protocol/json.js";
import type { ResultTuple } from "../results/backend.js";

/** Execution options of a signature under Celery's own names, as they travel in messages. */
export interface SignatureOptions {
  task_id?: string | null;
  root_id?: string | null;
  parent_id?: string | null;
  group_id?: string | null;
  group_index?: number | null;
  reply_to?: string | null;
  /** Body of the chord this signature is a header member of. */
  chord?: SignatureNode | null;
  /** Steps that follow, in reverse order. */
  chain?: SignatureNode[] | null;
  link?: SignatureNode | SignatureNode[] | null;
  link_error?: SignatureNode | SignatureNode[] | null;
  queue?: string | null;
  priority?: number | null;
  /** Names of the options that are stamps. */
  stamped_headers?: string[] | null;
  [name: string]: unknown;
}

/** A signature as it travels, and mutable while a canvas is put together. */
export interface SignatureNode {
  task: string;
  args: readonly unknown[];
  kwargs: Record<string, unknown>;
  options: SignatureOptions;
  subtask_type: string | null;
  immutable: boolean;
}

/** What sending a signature gives: a task, or with `members` a group. */
export interface ResultNode {
  readonly id: string;
  parent: ResultNode | null;
  readonly members: readonly ResultNode[] | null;
}

/** Options of a signature that a caller's options never replace: that would stall what waits for it. */
const FIXED_OPTIONS: ReadonlySet<string> = new Set(["group_id", "stamped_headers"]);

export const taskNode = (
  task: string,
  args: readonly unknown[] = [],
  kwargs: Record<string, unknown> = {},
  options: SignatureOptions = {},
  immutable = false,
): SignatureNode => ({ task, args, kwargs, options, subtask_type: null, immutable });

export const chainNode = (tasks: SignatureNode[], options: SignatureOptions = {}): SignatureNode => ({
  ...taskNode("celery.chain", [], { tasks }, options),
  subtask_type: "chain",
});

export const groupNode = (tasks: SignatureNode[], options: SignatureOptions = {}): SignatureNode => ({
  ...taskNode("celery.group", [], { tasks }, options),
  subtask_type: "group",
});

export const chordNode = (
  header: SignatureNode | SignatureNode[],
  body: SignatureNode | null,
  options: SignatureOptions = {},
): SignatureNode => ({
  ...taskNode("celery.chord", [], { kwargs: {}, header: headerTasks(header), body }, options),
  subtask_type: "chord",
});

export const isChain = (node: SignatureNode): boolean => node.subtask_type === "chain";
export const isGroup = (node: SignatureNode): boolean => node.subtask_type === "group";
export const isChord = (node: SignatureNode): boolean => node.subtask_type === "chord";

/** Steps of a chain, or members of a group. */
export function tasksOf(node: SignatureNode): SignatureNode[] {
  return node.kwargs.tasks as SignatureNode[];
}

/** Header of a chord: a list, and a group once the chord has its ids. */
export function headerOf(chord: SignatureNode): SignatureNode[] {
  return headerTasks(chord.kwargs.header as SignatureNode | SignatureNode[]);
}

export function bodyOf(chord: SignatureNode): SignatureNode | null {
  return (chord.kwargs.body as SignatureNode | null | undefined) ?? null;
}

function headerTasks(header: SignatureNode | SignatureNode[]): SignatureNode[] {
  if (Array.isArray(header)) return header;
  return isGroup(header) || isChain(header) ? tasksOf(header) : [header];
}

/**
 * Reads a signature out of a message.
 * @returns a copy that may be changed
 * @throws InvalidSignature when it is none
 */
export function readNode(value: unknown): SignatureNode {
  if (!isRecord(value) || typeof value.task !== "string" || value.task === "") {
    throw new InvalidSignature("a signature of the message is malformed: it has no task name");
  }
  const { task, args = [], kwargs = {}, options = {}, subtask_type: type, immutable } = value;
  if (!Array.isArray(args) || !isRecord(kwargs) || !isRecord(options)) {
    throw new InvalidSignature(
      `the signature of ${task} is malformed: its args, kwargs or options have the wrong type`,
    );
  }
  const node: SignatureNode = {
    task,
    args,
    kwargs,
    options: readOptions(options),
    subtask_type: typeof type === "string" ? type : null,
    immutable: immutable === true,
  };
  return readMembers(node);
}

function readMembers(node: SignatureNode): SignatureNode {
  switch (node.subtask_type) {
    case "chain":
      return chainNode(readNodes(node.kwargs.tasks), node.options);
    case "group":
      return groupNode(readNodes(node.kwargs.tasks), node.options);
    case "chord": {
      const { header, body, kwargs = {}, ...rest } = node.kwargs;
      const members = Array.isArray(header) ? header.map(readNode) : readNode(header);
      const parts = { header: members, body: body === null || body === undefined ? null : readNode(body) };
      return { ...node, kwargs: { ...rest, kwargs, ...parts } };
    }
    default:
      return { ...node, kwargs: { ...node.kwargs } };
  }
}

function readOptions(options: Record<string, unknown>): SignatureOptions {
  const read: SignatureOptions = { ...options };
  if (read.chord) read.chord = readNode(read.chord);
  for (const name of ["chain", "link", "link_error"] as const) if (read[name]) read[name] = readNodes(read[name]);
  return read;
}

/** One signature or a list of them. */
export function readNodes(value: unknown): SignatureNode[] {
  return (Array.isArray(value) ? value : [value]).map(readNode);
}

/** A copy whose options, steps, members and body may be changed without changing the original. */
export function cloneNode(node: SignatureNode): SignatureNode {
  const options = { ...node.options };
  for (const name of ["link", "link_error"] as const) {
    if (options[name]) options[name] = listOption(options, name).map(cloneNode);
  }
  return { ...node, options, kwargs: cloneKwargs(node) };
}

function cloneKwargs(node: SignatureNode): Record<string, unknown> {
  switch (node.subtask_type) {
    case "chain":
    case "group":
      return { ...node.kwargs, tasks: tasksOf(node).map(cloneNode) };
    case "chord": {
      const header = node.kwargs.header as SignatureNode | SignatureNode[];
      const body = bodyOf(node);
      return {
        ...node.kwargs,
        header: Array.isArray(header) ? header.map(cloneNode) : cloneNode(header),
        body: body === null ? null : cloneNode(body),
      };
    }
    default:
      return { ...node.kwargs };
  }
}

/** Signatures under an option that may hold one or many. */
export function listOption(options: SignatureOptions, name: "link" | "link_error" | "chain"): SignatureNode[] {
  const value = options[name];
  if (value === null || value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

/** Adds to an option that holds a list, once. */
export function appendOption(node: SignatureNode, name: "link" | "link_error", added: readonly SignatureNode[]): void {
  const list = [...listOption(node.options, name)];
  for (const signature of added) {
    if (!list.some((other) => isDeepStrictEqual(other, signature))) list.push(signature);
  }
  node.options[name] = list;
}

/** What a signature becomes with a caller's arguments and options: Celery's `Signature._merge`. */
export function mergeCall(
  node: SignatureNode,
  args: readonly unknown[],
  kwargs: Readonly<Record<string, unknown>>,
  options: Readonly<SignatureOptions>,
): Pick<SignatureNode, "args" | "kwargs" | "options"> {
  const merged = mergeOptions(node.options, options);
  if (node.immutable) return { args: node.args, kwargs: node.kwargs, options: merged };
  return {
    args: args.length === 0 ? node.args : [...args, ...node.args],
    kwargs: { ...node.kwargs, ...kwargs },
    options: merged,
  };
}

/** Options given as null count as not given; a signature's group and stamps stay its own. */
export function mergeOptions(own: SignatureOptions, given: Readonly<SignatureOptions>): SignatureOptions {
  const stamps = own.stamped_headers ?? [];
  const merged = { ...own };
  for (const [name, value] of Object.entries(given)) {
    if (value === null || value === undefined) continue;
    if (name in own && (FIXED_OPTIONS.has(name) || stamps.includes(name))) continue;
    merged[name] = value;
  }
  return merged;
}

/** The form that results have in messages: `AsyncResult.as_tuple`. */
export function resultTuple(node: ResultNode): ResultTuple {
  const parent = node.parent === null ? null : resultTuple(node.parent);
  return [[node.id, parent], node.members === null ? null : node.members.map(resultTuple)];
}
