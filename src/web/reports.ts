import type { FlopsProgress, ReportFlops } from "../jobs/report-flops.js";
import type { JobRow } from "../jobs/repository.js";
import { choiceKind, type FlopReport, gatherReport } from "../tasks/flop-report/report-result.js";
import { flopsOf } from "../tasks/solver-analysis/parse-input.js";

type ReportRow = Pick<JobRow, "id" | "status" | "input_data">;

/** Reports over flops while they have no answer: how far they are, and what is solved by now. */
export class Reports {
  constructor(private readonly flops: ReportFlops) {}

  /** Null for every other job. */
  async progress({ id, status, input_data: input }: ReportRow): Promise<FlopsProgress | null> {
    return status === "COMPLETED" || flopsOf(input) === null ? null : this.flops.progress(id);
  }

  /** The report over the flops that are solved by now; null without any. */
  async soFar({ id, input_data: input }: ReportRow): Promise<FlopReport | null> {
    const asked = flopsOf(input);
    if (asked === null || !(await this.flops.exists())) return null;
    return gatherReport(await this.flops.list(id), choiceKind(asked));
  }
}
