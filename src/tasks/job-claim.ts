import { JobDeletedError, UnknownJobError } from "../jobs/errors.js";
import type { ClaimOutcome, JobRepository } from "../jobs/repository.js";
import type { JobType } from "../jobs/schema.js";
import { pause, untilAvailable } from "../postgres/availability.js";
import { mayHaveBeenCarriedOut } from "../postgres/errors.js";
import type { Outage } from "../postgres/outage.js";
import { besides, type JobAttempt } from "./job-attempt.js";

/** The backend sends before it commits: most rows are there some ten milliseconds later. */
const ARRIVAL = { firstMs: 10, longestMs: 250 };
/** Another delivery computes the job. */
const BUSY = { firstMs: 50, longestMs: 1000 };

export type DecidedClaim = Exclude<ClaimOutcome, { kind: "missing" | "queued" | "busy" }>;

export interface ClaimOptions {
  readonly repository: JobRepository;
  readonly jobType: JobType;
  readonly outage: Outage;
  /** How long a row may come after its message. */
  readonly arrivalTimeoutSeconds: number;
  /** Whether a run of this process has the row. */
  readonly isHeldHere: (jobId: string) => boolean;
}

/**
 * Waits until the row is this delivery's or has ended: a job alive elsewhere is neither computed twice nor dropped.
 * @throws UnknownJobError when no row comes in time, or JobDeletedError where there was one; the task's abort reason
 */
export async function claimJob(attempt: JobAttempt, options: ClaimOptions): Promise<DecidedClaim> {
  const { log, signal } = attempt.context;
  const absence = new Wait(ARRIVAL, signal);
  const elsewhere = new Wait(BUSY, signal);
  for (;;) {
    const outcome = await claimOnce(attempt, options);
    switch (outcome.kind) {
      case "missing":
        if (absence.seconds >= options.arrivalTimeoutSeconds) throw absenceOf(attempt);
        await absence.next();
        break;
      case "queued":
        await absence.next();
        break;
      case "busy":
        if (elsewhere.isNew) log.info("another delivery is computing this job: waiting for its end");
        await elsewhere.next();
        break;
      default:
        if (outcome.kind === "claimed") attempt.job = outcome.job;
        return outcome;
    }
  }
}

async function claimOnce(attempt: JobAttempt, options: ClaimOptions): Promise<ClaimOutcome> {
  const { repository, jobType, outage, isHeldHere } = options;
  const { jobId } = attempt;
  return untilAvailable(() => repository.claim(jobId, jobType, besides(attempt.claimant, isHeldHere(jobId))), {
    signal: attempt.context.signal,
    outage,
    onUnavailable: (error) => {
      attempt.waitedForDatabase = true;
      // A claim that went through before its connection was lost left a token nobody knows: inherit it.
      if (mayHaveBeenCarriedOut(error)) attempt.inherit();
    },
  });
}

/** An attempt before this one has seen the row. */
function absenceOf({ jobId, context }: JobAttempt): Error {
  return context.request.retries > 0
    ? new JobDeletedError("the job's row was deleted between two attempts")
    : new UnknownJobError(jobId);
}

/** Pauses that double, each between the half and the whole of its length. */
class Wait {
  #pauses = 0;
  #since = 0;

  constructor(
    private readonly lengths: { readonly firstMs: number; readonly longestMs: number },
    private readonly signal: AbortSignal,
  ) {}

  get isNew(): boolean {
    return this.#pauses === 0;
  }

  /** Since the first pause began. */
  get seconds(): number {
    return this.isNew ? 0 : (performance.now() - this.#since) / 1000;
  }

  async next(): Promise<void> {
    if (this.isNew) this.#since = performance.now();
    const { firstMs, longestMs } = this.lengths;
    const ceiling = Math.min(longestMs, 2 * firstMs * 2 ** this.#pauses++);
    await pause(ceiling * (0.5 + Math.random() / 2), this.signal);
  }
}
