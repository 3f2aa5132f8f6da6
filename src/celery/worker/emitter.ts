import type { Logger } from "pino";
import type { WorkerEventMap, WorkerEventName } from "../event-map.js";

export type WorkerListener<Name extends WorkerEventName> = (...args: WorkerEventMap[Name]) => void;

/** Emits worker events; an error in a listener is logged and goes no further. */
export class WorkerEvents {
  readonly #listeners = new Map<WorkerEventName, WorkerListener<never>[]>();

  constructor(private readonly log: Logger) {}

  on<Name extends WorkerEventName>(name: Name, listener: WorkerListener<Name>): this {
    const listeners = this.#listeners.get(name);
    if (listeners === undefined) this.#listeners.set(name, [listener as WorkerListener<never>]);
    else listeners.push(listener as WorkerListener<never>);
    return this;
  }

  off<Name extends WorkerEventName>(name: Name, listener: WorkerListener<Name>): this {
    const listeners = this.#listeners.get(name) ?? [];
    this.#listeners.set(
      name,
      listeners.filter((other) => other !== listener),
    );
    return this;
  }

  emit<Name extends WorkerEventName>(name: Name, ...args: WorkerEventMap[Name]): void {
    const listeners = this.#listeners.get(name);
    if (listeners === undefined) return;
    for (const listener of listeners) {
      try {
        (listener as WorkerListener<Name>)(...args);
      } catch (error) {
        this.log.error({ err: error, event: name }, "error in a worker event listener");
      }
    }
  }
}
