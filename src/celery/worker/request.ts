import type { TaskDefinition } from "../definition.js";
import { snakeCase } from "../names.js";
import type { TaskMessage } from "../protocol/types.js";
import type { ResultTuple } from "../results/backend.js";
import type { DeliveryInfo, TaskRequest } from "../task.js";
import { traceIdOf } from "../tracing.js";
import type { Delivery, Settlement } from "./broker/delivery.js";
import type { Outcome } from "./outcome.js";
import type { Subject } from "./wait/lane.js";

export type RequestState = "received" | "scheduled" | "rate-limited" | "reserved" | "running" | "finishing" | "settled";

let lastSerial = 0;

const NO_CHILDREN: readonly ResultTuple[] = [];

/** One request in this worker, from receipt to settlement. Only this class settles its delivery. */
export class Request implements TaskRequest, Subject {
  /** Tells it from every other request of this process, also from one of the same task id. */
  readonly serial = String(++lastSerial);
  /** The redelivery of a message whose run has ended is settled, not run. */
  readonly outlivesDelivery = true;
  state: RequestState = "received";
  /** Epoch milliseconds of the start; null before. */
  startedAtMs: number | null = null;
  /** The start on the clock that only goes forward: `performance.now()`. */
  #startedTick = 0;
  acknowledged = false;
  /** Signal number of a terminate, for the revoked event. */
  signum: number | null = null;
  /** Nothing else is missing for its start. */
  waitsForSlot = false;
  /** Takes the request out of the place where it waits. */
  cancelWait: (() => void) | null = null;
  /** Takes back the timer of its expiry. */
  cancelExpiry: (() => void) | null = null;
  /** The last of its states that are being stored, one after another; it never rejects. */
  lastWrite: Promise<void> | null = null;
  /** Ends a running request with an outcome of its own, whatever the handler does later. */
  endNow: ((outcome: Outcome) => void) | null = null;
  /** The trace that it belongs to, 32 hexadecimal digits; null for none. */
  traceId: string | null;
  /** Bytes of memory that the body takes, roughly, when it was read after receipt; else 0. */
  bodyMemory = 0;
  #children: ResultTuple[] | null = null;
  #delivery: Delivery;
  #abort: AbortController | null = null;
  #kill: AbortController | null = null;

  constructor(
    public message: TaskMessage,
    delivery: Delivery,
    readonly definition: TaskDefinition,
    readonly hostname: string,
    /** False while the body, and with it the arguments, is not read: `message` then says what the headers say. */
    public isRead = true,
  ) {
    this.#delivery = delivery;
    this.traceId = traceIdOf(this.headers);
  }

  get id(): string {
    return this.message.id;
  }
  get task(): string {
    return this.message.task;
  }
  /** Name shown in logs and events. */
  get name(): string {
    return this.message.shadow ?? this.message.task;
  }
  get args(): readonly unknown[] {
    return this.message.args;
  }
  get kwargs(): Readonly<Record<string, unknown>> {
    return this.message.kwargs;
  }
  get retries(): number {
    return this.message.retries;
  }
  get eta(): Date | null {
    return this.message.eta;
  }
  get expires(): Date | null {
    return this.message.expires;
  }
  get timelimit(): readonly [number | null, number | null] {
    return this.message.timelimit;
  }
  get shadow(): string | null {
    return this.message.shadow;
  }
  get rootId(): string {
    return this.message.rootId ?? this.message.id;
  }
  get parentId(): string | null {
    return this.message.parentId;
  }
  get group(): string | null {
    return this.message.group;
  }
  get groupIndex(): number | null {
    return this.message.groupIndex;
  }
  get origin(): string | null {
    return this.message.origin;
  }
  /** What the message says, else the task: as Celery from 5.6.3 on. */
  get ignoreResult(): boolean {
    return this.message.ignoreResult ?? this.definition.ignoreResult;
  }
  get argsrepr(): string {
    return this.message.argsrepr;
  }
  get kwargsrepr(): string {
    return this.message.kwargsrepr;
  }
  get correlationId(): string | null {
    return this.#delivery.message.properties.correlationId ?? null;
  }
  get replyTo(): string | null {
    return this.#delivery.message.properties.replyTo ?? null;
  }
  get headers(): Readonly<Record<string, unknown>> {
    return this.#delivery.message.properties.headers ?? {};
  }
  get queue(): string {
    return this.#delivery.queue;
  }
  get deliveryInfo(): DeliveryInfo {
    const { fields, properties } = this.#delivery.message;
    return {
      exchange: fields.exchange,
      routingKey: fields.routingKey,
      priority: properties.priority ?? null,
      redelivered: fields.redelivered,
    };
  }
  get properties(): Readonly<Record<string, unknown>> {
    const { headers: _, ...properties } = this.#delivery.message.properties;
    const given = Object.entries(properties).filter(([, value]) => value !== undefined);
    return Object.fromEntries(given.map(([name, value]) => [snakeCase(name), value as unknown]));
  }
  get delivery(): Delivery {
    return this.#delivery;
  }
  get logFields(): Readonly<Record<string, unknown>> {
    const { task, id: taskId, queue, retries, traceId } = this;
    const own = this.definition.logFields?.(this);
    return { task, taskId, queue, attempt: retries + 1, ...(traceId === null ? {} : { traceId }), ...own };
  }
  /** How often the broker says that it delivered the message before: quorum queues count; 0 for others. */
  get deliveryCount(): number {
    const count: unknown = this.headers["x-delivery-count"];
    return typeof count === "number" ? count : typeof count === "bigint" ? Number(count) : 0;
  }
  /** Hard and soft limit in seconds: the message's, else the task's. */
  get limits(): readonly [hard: number | null, soft: number | null] {
    const [hard, soft] = this.message.timelimit;
    return [hard ?? this.definition.timeLimit, soft ?? this.definition.softTimeLimit];
  }

  /** The run begins. */
  start(): void {
    this.state = "running";
    this.startedAtMs = Date.now();
    this.#startedTick = performance.now();
  }

  /** Seconds since the start, to the microsecond; 0 before. */
  get runtimeSeconds(): number {
    return this.startedAtMs === null ? 0 : Math.round((performance.now() - this.#startedTick) * 1000) / 1e6;
  }

  /** Asks the handler to end: `ctx.signal`. Made only when somebody looks at it. */
  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    return this.#abort.signal;
  }

  /** Kills the threads that compute for this request. */
  get killSignal(): AbortSignal {
    this.#kill ??= new AbortController();
    return this.#kill.signal;
  }

  get abortReason(): unknown {
    return this.#abort?.signal.reason;
  }

  abort(reason: Error): void {
    this.#abort ??= new AbortController();
    this.#abort.abort(reason);
  }

  kill(reason: Error): void {
    this.abort(reason);
    this.#kill ??= new AbortController();
    this.#kill.abort(reason);
  }

  /** What was sent in the run of this request: its result names them. */
  get children(): readonly ResultTuple[] {
    return this.#children ?? NO_CHILDREN;
  }

  addChild(child: ResultTuple): void {
    if (!this.definition.trail) return;
    this.#children ??= [];
    this.#children.push(child);
  }

  /** True while the request is in memory and neither runs nor ends. */
  get isWaiting(): boolean {
    return this.state === "scheduled" || this.state === "rate-limited" || this.state === "reserved";
  }

  /** True from the start of its handler until its message is settled. */
  get isActive(): boolean {
    return this.state === "running" || this.state === "finishing";
  }

  /** Leaves the place where the request waits. */
  stopWaiting(): void {
    this.cancelWait?.();
    this.cancelWait = null;
    this.cancelExpiry?.();
    this.cancelExpiry = null;
  }

  /** Makes a redelivery of this message the one that is settled in the end. */
  adopt(delivery: Delivery): void {
    this.#delivery = delivery;
  }

  /** Settles the delivery. @returns false when its channel is gone and the message will come again */
  settle(how: Settlement): boolean {
    if (this.acknowledged) return true;
    this.acknowledged = this.#delivery.settle(how);
    return this.acknowledged;
  }
}

/**
 * Every request in memory, in order of arrival. Each is one delivery: a task id names none of them alone, because
 * publishers that try again send a second message under the same id.
 */
export class Requests implements Iterable<Request> {
  /** With the id under which each is found: a body that is read late may have one of its own. */
  readonly #all = new Map<Request, string>();
  readonly #byId = new Map<string, Set<Request>>();
  readonly #onGone: (request: Request) => void;

  /** @param onGone called when a request has left memory */
  constructor(onGone: (request: Request) => void = () => undefined) {
    this.#onGone = onGone;
  }

  [Symbol.iterator](): IterableIterator<Request> {
    return this.#all.keys();
  }

  /** Takes a request in, or learns that its id has changed. */
  add(request: Request): void {
    const known = this.#all.get(request);
    if (known === request.id) return;
    if (known !== undefined) this.#unname(known, request);
    this.#all.set(request, request.id);
    const others = this.#byId.get(request.id);
    if (others === undefined) this.#byId.set(request.id, new Set([request]));
    else others.add(request);
  }

  delete(request: Request): void {
    const id = this.#all.get(request);
    if (id === undefined) return;
    this.#all.delete(request);
    this.#unname(id, request);
    this.#onGone(request);
  }

  /** All requests of one task id, in order of arrival; a list of its own. */
  withId(id: string): Request[] {
    return [...(this.#byId.get(id) ?? [])];
  }

  has(id: string): boolean {
    return this.#byId.has(id);
  }

  #unname(id: string, request: Request): void {
    const ofId = this.#byId.get(id);
    ofId?.delete(request);
    if (ofId?.size === 0) this.#byId.delete(id);
  }
}
