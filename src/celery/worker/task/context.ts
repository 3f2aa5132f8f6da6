import type { Logger } from "pino";
import { apply, type Caller } from "../../canvas/apply.js";
import type { CanvasContext } from "../../canvas/builtins.js";
import { resultTuple, type SignatureNode, type SignatureOptions, taskNode } from "../../canvas/node.js";
import { type SendOptions, type SignatureLike, toNode, toOptions } from "../../canvas/options.js";
import { joinHeader, replacement } from "../../canvas/replace.js";
import { AsyncResult } from "../../client/async-result.js";
import { ignoresResult } from "../../client/producer.js";
import type { AnyResult } from "../../client/result-reader.js";
import { resultFromTuple } from "../../client/result-tuple.js";
import { Signature } from "../../client/signature.js";
import type { TaskDefinition } from "../../definition.js";
import {
  asError,
  Ignore,
  ImproperlyConfigured,
  InvalidSignature,
  MaxRetriesExceededError,
  NotSupported,
  Reject,
  Retry,
  SoftTimeLimitExceeded,
  WorkerShutdown,
} from "../../errors.js";
import type { Kernel } from "../../kernel.js";
import { isChordCounter } from "../../results/stored.js";
import type { Settings } from "../../settings.js";
import type { ComputeOptions, RetryOptions, TaskRequest } from "../../task.js";
import type { WorkerCore } from "../core.js";
import type { Request } from "../request.js";
import { callerOf, RequestCanvas } from "./canvas.js";
import { nextAttemptOf, publishRetry } from "./retry.js";
import { statesStored, storeState } from "./store.js";

/** How long a kernel may go on after its task was told to end. */
const ABORT_GRACE_MS = 1000;

/** What a handler gets as its first argument. */
export class Context implements CanvasContext {
  readonly #core: WorkerCore;
  readonly #request: Request;
  #log: Logger | null = null;
  #canvas: RequestCanvas | null = null;

  constructor(core: WorkerCore, request: Request) {
    this.#core = core;
    this.#request = request;
  }

  get request(): TaskRequest {
    return this.#request;
  }

  get kwargs(): Readonly<Record<string, unknown>> {
    return this.#request.kwargs;
  }

  get signal(): AbortSignal {
    return this.#request.signal;
  }

  get log(): Logger {
    this.#log ??= this.#core.log.child(this.#request.logFields);
    return this.#log;
  }

  retry(options?: RetryOptions & { readonly throw?: true }): never;
  retry(options: RetryOptions & { readonly throw: false }): Promise<Retry>;
  retry(options: RetryOptions & { readonly throw?: boolean } = {}): Promise<Retry> {
    const retry = this.#nextAttempt(options);
    if (options.throw !== false) throw retry;
    return this.#publishRetry(retry);
  }

  async #publishRetry(retry: Retry): Promise<Retry> {
    try {
      await statesStored(this.#request);
      await publishRetry(this.#core, this.#request, retry);
      this.#request.addChild(nextAttemptOf(this.#request));
    } catch (error) {
      if (error instanceof WorkerShutdown) throw error;
      throw new Reject(`the retry could not be published: ${asError(error).message}`);
    }
    return retry;
  }

  #nextAttempt(given: RetryOptions & { readonly throw?: boolean }): Retry {
    const { countdown, eta: givenEta, error: givenError, maxRetries: most, args, kwargs, throw: _, ...sending } = given;
    const { definition, retries } = this.#request;
    const maxRetries = most === undefined ? definition.maxRetries : most;
    const error = givenError === undefined ? null : asError(givenError);
    if (maxRetries !== null && retries + 1 > maxRetries) {
      const { task, id, argsrepr, kwargsrepr } = this.#request;
      throw error ?? new MaxRetriesExceededError(`Can't retry ${task}[${id}] args:${argsrepr} kwargs:${kwargsrepr}`);
    }
    const countdownSeconds = countdown ?? definition.defaultRetryDelay;
    const eta = givenEta ?? new Date(Date.now() + countdownSeconds * 1000);
    const seconds = givenEta === undefined ? countdownSeconds : Math.max(0, (eta.getTime() - Date.now()) / 1000);
    const options = toOptions(sending);
    const isPlain = Object.keys(options).length === 0;
    return new Retry(error, eta, seconds, args ?? null, kwargs ?? null, isPlain ? null : options);
  }

  async updateState(state: string, meta: unknown): Promise<void> {
    await storeState(this.#core, this.#request, state, meta);
  }

  sendEvent(type: string, fields: Readonly<Record<string, unknown>> = {}): void {
    if (!type.startsWith("task-")) throw new ImproperlyConfigured(`event ${type}: the type must begin with task-`);
    this.#core.events.emit("taskEvent", this.#request, { type, fields });
  }

  get canvas(): RequestCanvas {
    this.#canvas ??= new RequestCanvas(this.#core, this.#request, () => this);
    return this.#canvas;
  }

  get caller(): Caller {
    return callerOf(this.#core, this.#request);
  }

  get tasks(): ReadonlyMap<string, TaskDefinition> {
    return this.#core.tasks;
  }

  get settings(): Settings {
    return this.#core.settings;
  }

  async sendTask(
    name: string,
    args: readonly unknown[] = [],
    kwargs: Readonly<Record<string, unknown>> = {},
    options: SendOptions = {},
  ): Promise<AsyncResult> {
    return (await this.#send(taskNode(name, args, { ...kwargs }, toOptions(options)), [], {})) as AsyncResult;
  }

  async apply(signature: SignatureLike, args: readonly unknown[] = [], options: SendOptions = {}): Promise<AnyResult> {
    return await this.#send(toNode(signature), args, toOptions(options));
  }

  async replace(signature: SignatureLike): Promise<never> {
    const node = replacement(this.#core.canvas, this.#request, toNode(signature));
    await this.#request.definition.onReplace?.(this.#request, new Signature(node, null));
    await statesStored(this.#request);
    await apply(this.#core.canvas, node, { caller: this.caller });
    throw new Ignore("Replaced by new task");
  }

  async addToChord(signature: SignatureLike): Promise<AnyResult> {
    const { results } = this.#core;
    const { group, message } = this.#request;
    if (message.embed.chord === null || group === null) throw new NotSupported("the task is in no chord's header");
    if (!isChordCounter(results)) {
      throw new NotSupported(`the result backend ${results.name}:// does not count chords: use redis://`);
    }
    const node = joinHeader(this.#core.canvas, this.#request, toNode(signature));
    await results.addToChord(group);
    return await this.#send(node, [], {});
  }

  async #send(node: SignatureNode, args: readonly unknown[], options: SignatureOptions): Promise<AnyResult> {
    const sent = await apply(this.#core.canvas, node, { args, options, caller: this.caller });
    if (sent === null) throw new InvalidSignature("an empty chain has nothing to send");
    const ignores = ignoresResult({ ...node.options, ...options }, this.#core.tasks.get(node.task));
    if (sent.members === null && sent.parent === null && ignores) {
      return new AsyncResult(sent.id, this.#core.reader, null, true);
    }
    return resultFromTuple(resultTuple(sent), this.#core.reader);
  }

  compute<Input, Output, Progress = unknown>(
    kernel: Kernel<Input, Output, Progress>,
    input: Input,
    options: ComputeOptions<Progress> = {},
  ): Promise<Output> {
    const { signal, killSignal, serial } = this.#request;
    return this.#core.pool.run(serial, kernel, input, {
      onProgress: options.onProgress as ((value: unknown) => void) | undefined,
      signal: options.signal === undefined ? signal : AbortSignal.any([signal, options.signal]),
      killSignal,
      // After a soft limit the kernel may finish its answer; the hard limit ends it.
      graceMs: (reason) => (reason instanceof SoftTimeLimitExceeded ? Number.POSITIVE_INFINITY : ABORT_GRACE_MS),
    });
  }
}
