import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "pino";
import { Ignore, type TaskContext, type TaskRequest } from "../../celery/index.js";
import { asError } from "../../celery/values.js";
import { JobArgumentsError, JobCancelledError, JobSupersededError, PermanentJobError } from "../../jobs/errors.js";
import type { ClaimedFlop, FlopClaimOutcome, FlopWrite } from "../../jobs/report-flops.js";
import { untilAvailable } from "../../postgres/availability.js";
import type { Outage } from "../../postgres/outage.js";
import { Heartbeat } from "../heartbeat.js";
import type { JobRun } from "../job-definition.js";
import type { JobTask } from "../job-task.js";
import type { FlopAnswer } from "./flop-answer.js";
import type { FlopChoice } from "./report-input.js";
import type { ReportCaller } from "./report-work.js";
import { type ReportStores, settleReport } from "./settle-report.js";

export interface FlopTaskParts extends ReportStores {
  readonly log: Logger;
  readonly outage: Outage;
  readonly slotGroup?: string;
  /** Milliseconds between signs of life. Default 500. */
  readonly heartbeatMs?: number;
  /** Ends the waiting for the database in hooks when the process stops. */
  readonly shutdownSignal?: AbortSignal;
  /** Solves the report's spot on a flop. */
  readonly solve: (run: JobRun, inputData: unknown, flop: string) => Promise<FlopAnswer>;
  /** Which flops a report asks for. */
  readonly askedOf: (inputData: unknown) => FlopChoice["kind"];
}

/** Attempts after the first. */
const MAX_RETRIES = 2;
/** Signs of life that a run may miss before another message takes its flop. */
const MISSED_BEATS = 10;
const DEFAULT_HEARTBEAT_MS = 500;
const CANCELLED = Object.freeze({ status: "cancelled" });

/** The task that solves one flop of a report: handler and options. */
export function flopTask(parts: FlopTaskParts): JobTask {
  const flop = new FlopTask(parts);
  return {
    handler: (context, ...args) => flop.handle(context, args),
    options: {
      maxRetries: MAX_RETRIES,
      acksLate: true,
      ignoreResult: true,
      ...(parts.slotGroup === undefined ? {} : { slotGroup: parts.slotGroup }),
      throws: [PermanentJobError],
      logFields: (request) => fieldsOf(request),
      onFailure: (request, error) => flop.onEnd(request, error.message),
      onRevoked: (request, { expired }) => flop.onEnd(request, expired ? "its message expired" : "it was revoked"),
    },
  };
}

class FlopTask {
  /** Flops that runs of this process have, for the hooks. */
  readonly #claimed = new WeakMap<TaskRequest, ClaimedFlop>();

  constructor(private readonly parts: FlopTaskParts) {}

  async handle(context: TaskContext, args: readonly unknown[]): Promise<unknown> {
    const { reportId, number } = readArguments(args);
    const outcome = await this.#claim(context, reportId, number);
    switch (outcome.kind) {
      case "busy":
        throw new Ignore("another message solves this flop");
      case "needless":
        return CANCELLED;
      case "ended":
        await this.#settle(context, reportId);
        return { status: outcome.state };
      case "claimed":
        this.#claimed.set(context.request, outcome.flop);
        return this.#run(context, outcome.flop);
    }
  }

  /** The flop of a message that will not come again has failed, unless a run has it. */
  async onEnd(request: TaskRequest, reason: string): Promise<void> {
    const { flops, outage, shutdownSignal } = this.parts;
    const options = { outage, ...(shutdownSignal === undefined ? {} : { signal: shutdownSignal }) };
    const { reportId, number } = readArguments(request.args);
    const claim = this.#claimed.get(request);
    await untilAvailable(async () => {
      if (claim !== undefined) await flops.end(claim, { state: "failed", error: reason });
      else await flops.failUnclaimed(reportId, number, reason);
      await settleReport(this.parts, reportId, this.parts.askedOf);
    }, options);
  }

  /** A message that came again waits until the run before it has ended or shows no sign of life. */
  async #claim(context: TaskContext, reportId: string, number: number): Promise<FlopClaimOutcome> {
    const { request, signal } = context;
    const { heartbeatMs = DEFAULT_HEARTBEAT_MS, outage, flops } = this.parts;
    const comesAgain = request.deliveryInfo.redelivered || request.retries > 0;
    for (;;) {
      const outcome = await untilAvailable(
        () => flops.claim(reportId, number, request.hostname, (MISSED_BEATS * heartbeatMs) / 1000),
        { signal, outage },
      );
      if (outcome.kind !== "busy" || !comesAgain) return outcome;
      await delay(heartbeatMs, undefined, { signal });
    }
  }

  async #run(context: TaskContext, flop: ClaimedFlop): Promise<unknown> {
    const { flops, outage, heartbeatMs = DEFAULT_HEARTBEAT_MS } = this.parts;
    const halt = new AbortController();
    const halted = AbortSignal.any([context.signal, halt.signal]);
    const heartbeat = new Heartbeat({ progress: async () => outcomeOf(await flops.beat(flop)) }, flopAsJob(flop), {
      intervalMs: heartbeatMs,
      log: context.log,
      outage,
      onLost: (outcome) => halt.abort(lost(outcome)),
    });
    try {
      const answer = await this.parts.solve(runOf(context, flop, halted, halt.signal), flop.inputData, flop.flop);
      await this.#end(context, flop, () => flops.end(flop, { state: "solved", answer }));
      return { status: "solved" };
    } catch (thrown) {
      return await this.#afterError(context, flop, halt.signal.aborted ? halt.signal.reason : thrown);
    } finally {
      heartbeat.stop();
    }
  }

  async #afterError(context: TaskContext, flop: ClaimedFlop, thrown: unknown): Promise<unknown> {
    const { flops, outage } = this.parts;
    if (thrown instanceof JobCancelledError) return CANCELLED;
    if (thrown instanceof JobSupersededError) throw new Ignore(thrown.message);
    if (thrown instanceof Ignore || context.signal.aborted) throw thrown;
    if (thrown instanceof PermanentJobError) {
      await this.#end(context, flop, () => flops.end(flop, { state: "failed", error: thrown.message }));
      return { status: "failed", error: thrown.message };
    }
    const { retries } = context.request;
    if (retries < MAX_RETRIES) await untilAvailable(() => flops.giveBack(flop), { signal: context.signal, outage });
    return context.retry({ countdown: 2 ** (retries + 1), maxRetries: MAX_RETRIES, error: asError(thrown) });
  }

  async #end(context: TaskContext, flop: ClaimedFlop, write: () => Promise<FlopWrite>): Promise<void> {
    const { outage } = this.parts;
    const outcome = await untilAvailable(write, { signal: context.signal, outage });
    if (outcome === "superseded") throw new Ignore("the flop is no longer this message's");
    await this.#settle(context, flop.reportId);
  }

  /** With the report's last flop its caller is answered, by a message of the report's own that is answered from its row. */
  async #settle(context: TaskContext, reportId: string): Promise<void> {
    const { outage, askedOf } = this.parts;
    const ended = await untilAvailable(() => settleReport(this.parts, reportId, askedOf), {
      signal: context.signal,
      outage,
    });
    const caller = context.kwargs.caller as ReportCaller | undefined;
    if (!ended || caller === undefined) return;
    await context.sendTask(
      caller.task,
      [reportId],
      {},
      {
        taskId: caller.task_id,
        queue: context.request.queue,
        ...(caller.reply_to === null ? {} : { replyTo: caller.reply_to }),
      },
    );
  }
}

/** A run as the solver's work sees it. */
function runOf(context: TaskContext, flop: ClaimedFlop, signal: AbortSignal, halted: AbortSignal): JobRun {
  return {
    job: { ...flopAsJob(flop), userId: "", jobType: "SOLVER_ANALYSIS", inputData: flop.inputData, waitedSeconds: null },
    context,
    signal,
    report: () => undefined,
    compute: (kernel, input, onProgress) =>
      context.compute(kernel, input, { signal: halted, ...(onProgress ? { onProgress } : {}) }),
  };
}

function flopAsJob({ reportId: jobId, token }: ClaimedFlop) {
  return { jobId, token };
}

function outcomeOf(write: FlopWrite) {
  return write === "needless" ? ("cancelled" as const) : write;
}

function lost(outcome: "cancelled" | "superseded" | "deleted"): Error {
  return outcome === "superseded"
    ? new JobSupersededError("the flop is no longer this message's")
    : new JobCancelledError("the report has ended");
}

function readArguments(args: readonly unknown[]): { readonly reportId: string; readonly number: number } {
  const [reportId, number] = args;
  if (typeof reportId === "string" && typeof number === "number" && Number.isInteger(number))
    return { reportId, number };
  throw new JobArgumentsError("the arguments must be a report's id and the number of a flop");
}

function fieldsOf({ args }: Pick<TaskRequest, "args">): Record<string, unknown> {
  const [jobId, flop] = args;
  return { jobId, flop };
}
