import { SoftTimeLimitExceeded, type TaskContext, type TaskRequest } from "../celery/index.js";
import type { Claimant, ClaimedJob, FencedOutcome } from "../jobs/repository.js";

/** One delivery's try at one job: shared by the handler and by the hooks that end it from outside. */
export class JobAttempt {
  /** Set once the row is this attempt's. */
  job: ClaimedJob | null = null;
  /** True once a claim had to be tried again because the database was not available. */
  waitedForDatabase = false;
  /** Writes the result to the row; set once there is one. */
  complete: (() => Promise<FencedOutcome>) | null = null;
  #claimant: Claimant;
  readonly #halt = new AbortController();
  #resolveClaim: () => void = () => undefined;
  /** Resolves when the claim is decided, so that a hook cannot miss a claim that is on its way. */
  readonly claimDecided = new Promise<void>((resolve) => {
    this.#resolveClaim = resolve;
  });

  constructor(
    readonly jobId: string,
    readonly context: TaskContext,
    staleAfterSeconds: number,
  ) {
    this.#claimant = claimantOf(context.request, staleAfterSeconds);
    const { signal } = context;
    const follow = (): void => {
      // After a soft limit a run may still finish its answer and store it.
      if (!(signal.reason instanceof SoftTimeLimitExceeded)) this.halt(signal.reason);
    };
    if (signal.aborted) follow();
    else signal.addEventListener("abort", follow, { once: true });
  }

  /** What this attempt may take. */
  get claimant(): Claimant {
    return this.#claimant;
  }

  /** A claim may have been carried out whose token never came back: from now on PROCESSING may be this attempt's. */
  inherit(): void {
    this.#claimant = { ...this.#claimant, takesOver: true };
  }

  /** Aborts when nothing that this attempt computes matters any more. */
  get halted(): AbortSignal {
    return this.#halt.signal;
  }

  /** Aborts when the computation should end: {@link halted}, or the soft time limit. */
  get shouldEnd(): AbortSignal {
    return AbortSignal.any([this.context.signal, this.#halt.signal]);
  }

  /** True while the row is this attempt's, as far as it knows, and it goes on. */
  get holdsRow(): boolean {
    return this.job !== null && !this.#halt.signal.aborted;
  }

  halt(reason: unknown): void {
    this.#halt.abort(reason);
  }

  /** From now on {@link job} does not change. */
  claimEnded(): void {
    this.#resolveClaim();
  }
}

/** What a claimant may take while a run of this process may have the row. */
export function besides(claimant: Claimant, isHeldHere: boolean): Claimant {
  return isHeldHere ? { ...claimant, takesOver: false } : claimant;
}

/** What a delivery may take, as it stood when it arrived. */
export function claimantOf(request: TaskRequest, staleAfterSeconds: number): Claimant {
  const { redelivered } = request.deliveryInfo;
  const wasDeadLetter = Object.keys(request.headers).some((name) => /^x-dead-letter-|^x-death$/.test(name));
  return {
    takesOver: redelivered || request.retries > 0,
    resubmitted: wasDeadLetter && !redelivered,
    staleAfterSeconds,
  };
}
