import { Ignore } from "../../celery/index.js";
import { JobRefusedError } from "../../jobs/errors.js";
import type { ReportFlops } from "../../jobs/report-flops.js";
import { untilAvailable } from "../../postgres/availability.js";
import type { Outage } from "../../postgres/outage.js";
import type { JobRun } from "../job-definition.js";
import { expandKernel } from "./kernels.js";
import type { ReportInput } from "./report-input.js";
import { gatherReport } from "./report-result.js";
import { flopsMessage, reportResult } from "./settle-report.js";

/** The task that solves one flop of a report. Sent by this worker, to this worker's queues. */
export const FLOP_TASK = "tasks.solve_report_flop";

/** Messages that are on their way to the broker at once. */
const SENT_AT_ONCE = 50;

/** Who is told the report's end, as its own message named him. */
export interface ReportCaller {
  readonly task: string;
  readonly task_id: string;
  readonly reply_to: string | null;
}

/**
 * The report's own task: plans its flops and sends a message for each that has not ended. The last of them ends the
 * report's row, so this run waits for none and holds no slot. Run again, it sends what is left: a flop is taken by one
 * message, whatever their number.
 *
 * @throws Ignore once the messages are sent: the row goes on without this run
 */
export async function startReport(run: JobRun, input: ReportInput, flops: ReportFlops, outage: Outage) {
  const { jobId } = run.job;
  const { context } = run;
  const inDatabase = <T>(operation: () => Promise<T>): Promise<T> =>
    untilAvailable(operation, { signal: run.signal, outage });
  if (!(await inDatabase(() => flops.exists())))
    throw new JobRefusedError(
      "a report keeps its flops in the table solver_report_flops, which this database lacks: run `celery db migrate --reports`",
    );
  run.report(0, "Choosing the flops");
  let all = await inDatabase(() => flops.list(jobId));
  if (all.length === 0) {
    const { example: spot, choice, boards } = input;
    const planned = await run.compute(expandKernel, { spot, choice, boards });
    await inDatabase(() => flops.plan(jobId, planned));
    all = await inDatabase(() => flops.list(jobId));
  }
  let left = all.filter(({ state }) => state === "waiting" || state === "solving");
  if (left.length === 0) {
    const report = gatherReport(all, input.choice.kind);
    if (report !== null) return reportResult(report);
    // A report that failed as a whole was asked for again.
    await inDatabase(() => flops.waitAgain(jobId));
    left = all;
  }
  run.report(((all.length - left.length) / all.length) * 100, flopsMessage(all.length - left.length, all.length));
  const { id, task, replyTo, queue } = context.request;
  const caller: ReportCaller = { task, task_id: id, reply_to: replyTo };
  for (let from = 0; from < left.length; from += SENT_AT_ONCE) {
    run.signal.throwIfAborted();
    await Promise.all(
      left
        .slice(from, from + SENT_AT_ONCE)
        .map(({ number }) => context.sendTask(FLOP_TASK, [jobId, number], { caller }, { queue, ignoreResult: true })),
    );
  }
  context.log.info({ flops: left.length }, "report handed to its flops");
  throw new Ignore("the report goes on flop by flop");
}
