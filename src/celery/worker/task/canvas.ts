import type { Logger } from "pino";
import type { Caller, CanvasHost } from "../../canvas/apply.js";
import type { Failure, FollowUpHost } from "../../canvas/follow-up.js";
import type { SignatureNode, SignatureOptions } from "../../canvas/node.js";
import { asError, isLasting } from "../../errors.js";
import type { ResultBackend } from "../../results/backend.js";
import type { TaskContext } from "../../task.js";
import { traceHeaders } from "../../tracing.js";
import type { WorkerCore } from "../core.js";
import type { Request } from "../request.js";
import type { UnsettledStep } from "../wait/lane.js";
import { RESULTS } from "./store.js";

/** Declared parameters of a handler that is called in this process as an errback: `(ctx, request, error, traceback)`. */
const ERRBACK_PARAMETERS = 3;

/** Sends what belongs to the end of one request. Made only for requests that have something to send. */
export class RequestCanvas implements FollowUpHost {
  readonly #core: WorkerCore;
  readonly #request: Request;
  readonly #host: CanvasHost;
  readonly #context: () => TaskContext;
  #backend: ResultBackend | null = null;

  /** @param context makes the first argument of errbacks that run here */
  constructor(core: WorkerCore, request: Request, context: () => TaskContext) {
    this.#core = core;
    this.#request = request;
    this.#context = context;
    this.#host = core.canvas;
  }

  get log(): Logger {
    return this.#core.log;
  }

  /** The result backend, whose troubles are waited for. */
  get backend(): ResultBackend {
    this.#backend ??= new Proxy(this.#host.backend, {
      get: (backend, name) => {
        const value: unknown = Reflect.get(backend, name, backend);
        if (typeof value !== "function") return value;
        return (...args: unknown[]) =>
          this.#patiently("result", RESULTS, async () => Reflect.apply(value, backend, args) as unknown);
      },
    });
    return this.#backend;
  }

  get replyTo(): string {
    return this.#host.replyTo;
  }

  get errbacksOnHeader(): boolean {
    return this.#host.errbacksOnHeader;
  }

  ensureChordsAllowed(): void {
    this.#host.ensureChordsAllowed();
  }

  queueOf(task: string): string {
    return this.#host.queueOf(task);
  }

  /** Troubles that pass are waited for here, so that nothing else is sent twice because of them. */
  send(
    task: string,
    args: readonly unknown[],
    kwargs: Readonly<Record<string, unknown>>,
    options: SignatureOptions,
    caller: Caller | null,
  ): Promise<string> {
    // Errbacks and chords name their parents themselves; all of it belongs to this request's trace.
    const parent = caller === null ? null : { ...caller, traceHeaders: traceHeaders(this.#request.headers) };
    const send = () => this.#host.send(task, args, kwargs, options, parent);
    return this.#patiently("follow-up", this.#host.queueOf(task), send);
  }

  /** Celery's rule: an errback with more than one parameter is called here; one with the id alone is published. */
  async runErrback(errback: SignatureNode, failure: Failure): Promise<boolean> {
    const definition = this.#core.tasks.get(errback.task);
    if (definition === undefined || definition.handler.length < ERRBACK_PARAMETERS) return false;
    const { id, rootId, error, traceback } = failure;
    const failed = id === this.#request.id ? this.#request : { id, rootId, task: null };
    try {
      const given = errback.immutable ? [] : [failed, error, traceback];
      await definition.handler(this.#context(), ...given, ...errback.args);
    } catch (cause) {
      this.log.error(
        { err: asError(cause), errback: errback.task, taskId: id },
        `Errback ${errback.task} raised an exception`,
      );
    }
    return true;
  }

  #patiently<Result>(step: UnsettledStep, target: string, work: () => Promise<Result>): Promise<Result> {
    return this.#core.unsettled.carryOut(this.#request, step, target, work, (error) => !isLasting(error));
  }
}

/** The request as the parent of what is sent in its run. */
export function callerOf(core: WorkerCore, request: Request): Caller {
  return {
    id: request.id,
    rootId: request.rootId,
    priority: core.settings.taskInheritParentPriority ? request.deliveryInfo.priority : null,
    traceHeaders: traceHeaders(request.headers),
    onChild: (child) => request.addChild(child),
  };
}
