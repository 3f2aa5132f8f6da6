import { chainOf, pipe, unchain } from "../canvas/compose.js";
import type { Frame } from "../canvas/freeze.js";
import { link, linkError, setImmutable } from "../canvas/links.js";
import {
  chordNode,
  cloneNode,
  groupNode,
  isChain,
  isGroup,
  type SignatureNode,
  type SignatureOptions,
  taskNode,
  tasksOf,
} from "../canvas/node.js";
import { type SendOptions, type SignatureLike, toNode, toOptions } from "../canvas/options.js";
import { type StampingVisitor, type Stamps, stamp } from "../canvas/stamp.js";
import { InvalidSignature } from "../errors.js";
import type { AsyncResult } from "./async-result.js";
import type { GroupResult } from "./group-result.js";
import type { AnyResult } from "./result-reader.js";

/** Where {@link Signature.freeze} puts a signature. */
export interface FreezeOptions {
  readonly taskId?: string;
  readonly groupId?: string;
  readonly groupIndex?: number;
  readonly rootId?: string;
  readonly parentId?: string;
  /** Body of the chord whose header it is in. */
  readonly chord?: SignatureLike;
}

/** What sends signatures: an app. */
export interface SignatureSender {
  apply(
    signature: SignatureNode,
    args: readonly unknown[],
    kwargs: Readonly<Record<string, unknown>>,
    options: SignatureOptions,
  ): Promise<AnyResult>;
  /** Gives a signature its ids, in place. */
  freeze(signature: SignatureNode, frame: Frame): AnyResult;
  /** Errbacks of a chord run for its header too. */
  readonly errbacksOnHeader: boolean;
}

/**
 * A call that is not made yet: a task with arguments and options, or a canvas of such. The methods that change it
 * return it; {@link pipe} makes a new one.
 */
export class Signature<Result extends AnyResult = AnyResult> {
  /** @param sender null makes a signature that only an app or a task context can send */
  constructor(
    private readonly node: SignatureNode,
    readonly sender: SignatureSender | null,
  ) {}

  get task(): string {
    return this.node.task;
  }

  /** Its task id once it has one. */
  get id(): string | null {
    return this.node.options.task_id ?? null;
  }

  /** The form in which it travels, under Celery's own names; it may be read, and passed to other apps. */
  toJSON(): SignatureNode {
    return this.node;
  }

  /** A copy, with options added. */
  clone(options: SendOptions = {}): Signature<Result> {
    const copy = cloneNode(this.node);
    Object.assign(copy.options, toOptions(options));
    return new Signature(copy, this.sender);
  }

  /** Adds options. */
  set(options: SendOptions & { readonly immutable?: boolean }): this {
    const { immutable, ...rest } = options;
    if (immutable !== undefined) setImmutable(this.node, immutable);
    Object.assign(this.node.options, toOptions(rest));
    return this;
  }

  /** Runs the callback with the result once this succeeds. */
  link(callback: SignatureLike): this {
    link(this.node, toNode(callback));
    return this;
  }

  /** Runs the errback with the id of the failed task, or as an errback task of three parameters in the worker's process. */
  linkError(errback: SignatureLike): this {
    linkError(this.node, toNode(errback), this.sender?.errbacksOnHeader ?? false);
    return this;
  }

  /**
   * Stamps it and everything in it.
   * @param append gather several stamps of one name in a list; otherwise the earlier stays
   */
  stamp(stamps: Stamps | StampingVisitor, append = false): this {
    const isVisitor = Object.values(stamps).some((value) => typeof value === "function") || isClassInstance(stamps);
    if (isVisitor) stamp(this.node, stamps as StampingVisitor, {}, append);
    else stamp(this.node, {}, stamps as Stamps, append);
    return this;
  }

  /** This, then `next` with its result: Celery's `|`. */
  pipe(next: SignatureLike): Signature {
    return new Signature(pipe(this.node, toNode(next)), this.sender);
  }

  /**
   * Gives it and all in it their ids now, so that results can be named before anything is sent. What is sent later has
   * these ids.
   * @param place ids instead of new ones, and the group or chord it belongs to
   * @throws InvalidSignature for a signature that belongs to no app
   */
  freeze(place: FreezeOptions = {}): Result {
    if (this.sender === null) throw new InvalidSignature(`the signature of ${this.task} belongs to no app`);
    const { taskId: id = null, chord, ...rest } = place;
    return this.sender.freeze(this.node, { ...rest, id, chord: chord ? toNode(chord) : null }) as Result;
  }

  /**
   * The steps of a chain as signatures of their own, with its callbacks on the last one and its errbacks on each.
   * @throws InvalidSignature for anything but a chain
   */
  unchainTasks(): Signature[] {
    if (!isChain(this.node)) throw new InvalidSignature(`${this.task} is no chain`);
    return unchain(this.node).map((step) => new Signature(step, this.sender));
  }

  /**
   * Gives the members of a group countdowns that grow, so that they do not start at once.
   * @param start seconds of the first; each next one has `step` more, up to `stop`
   * @throws InvalidSignature for anything but a group
   */
  skew(start = 1, stop: number | null = null, step = 1): this {
    if (!isGroup(this.node)) throw new InvalidSignature(`${this.task} is no group`);
    let countdown = start;
    for (const member of tasksOf(this.node)) {
      member.options.countdown = countdown;
      if (stop === null || countdown + step <= stop) countdown += step;
    }
    return this;
  }

  /** Sends it with further arguments before its own. @returns once the broker has confirmed every message */
  async delay(...args: readonly unknown[]): Promise<Result> {
    return await this.applyAsync(args);
  }

  /** Sends it with further arguments and options. */
  async applyAsync(
    args: readonly unknown[] = [],
    kwargs: Readonly<Record<string, unknown>> = {},
    options: SendOptions = {},
  ): Promise<Result> {
    if (this.sender === null) {
      throw new InvalidSignature(`the signature of ${this.task} belongs to no app: send it by app.apply or ctx.apply`);
    }
    return (await this.sender.apply(this.node, args, kwargs, toOptions(options))) as Result;
  }
}

/** A signature by task name. */
export function signature(
  task: string,
  args: readonly unknown[] = [],
  kwargs: Readonly<Record<string, unknown>> = {},
  options: SendOptions & { readonly immutable?: boolean } = {},
  sender: SignatureSender | null = null,
): Signature<AsyncResult> {
  const { immutable = false, ...rest } = options;
  return new Signature(taskNode(task, args, { ...kwargs }, toOptions(rest), immutable), sender);
}

/** Each step runs with the result of the one before. Steps after a group wait for all of it. */
export function chain(...steps: readonly SignatureLike[]): Signature {
  return new Signature(chainOf(steps.map(toNode)), senderOf(steps));
}

/** All members run at the same time. */
export function group(...members: readonly SignatureLike[]): Signature<GroupResult> {
  return new Signature(groupNode(members.map(toNode)), senderOf(members));
}

/** The body runs with the list of the header's results once all of them are there. */
export function chord(
  header: readonly SignatureLike[] | Signature<GroupResult>,
  body: SignatureLike,
): Signature<AsyncResult> {
  const members = header instanceof Signature ? toNode(header) : header.map(toNode);
  const sender = header instanceof Signature ? senderOf([header]) : senderOf(header);
  return new Signature(chordNode(members, toNode(body)), sender ?? senderOf([body]));
}

/** Calls the task with each item, one after another, in one message. */
export function map(task: SignatureLike, items: readonly unknown[]): Signature<AsyncResult> {
  return mapped("celery.map", task, { it: [...items] }) as Signature<AsyncResult>;
}

/** As {@link map}, with each item a list of arguments. */
export function starmap(task: SignatureLike, items: readonly (readonly unknown[])[]): Signature<AsyncResult> {
  return mapped("celery.starmap", task, { it: [...items] }) as Signature<AsyncResult>;
}

/** As {@link starmap}, in messages of `size` items each that run at the same time. */
export function chunks(
  task: SignatureLike,
  items: readonly (readonly unknown[])[],
  size: number,
): Signature<GroupResult> {
  return mapped("celery.chunks", task, { it: [...items], n: size }) as Signature<GroupResult>;
}

function mapped(name: string, task: SignatureLike, rest: Record<string, unknown>): Signature {
  return new Signature(taskNode(name, [], { task: toNode(task), ...rest }, {}, true), senderOf([task]));
}

function senderOf(signatures: readonly SignatureLike[]): SignatureSender | null {
  for (const item of signatures) if (item instanceof Signature && item.sender !== null) return item.sender;
  return null;
}

function isClassInstance(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype !== Object.prototype && prototype !== null;
}
