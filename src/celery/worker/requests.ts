import type { Request } from "./request.js";

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
