import type { ReportFlops } from "../../jobs/report-flops.js";
import type { JobRepository } from "../../jobs/repository.js";
import type { FlopChoice } from "./report-input.js";
import { type FlopReport, gatherReport } from "./report-result.js";

export interface ReportStores {
  readonly flops: ReportFlops;
  readonly repository: JobRepository;
}

/** Tells how far a report is; with its last flop it ends. @returns whether it has ended */
export async function settleReport(
  { flops, repository }: ReportStores,
  reportId: string,
  askedOf: (inputData: unknown) => FlopChoice["kind"],
): Promise<boolean> {
  for (;;) {
    const stand = await flops.stand(reportId);
    if (stand === null || stand.status !== "PROCESSING" || stand.token === null) return true;
    const claim = { jobId: reportId, token: stand.token };
    const { waiting = 0, solving = 0, solved = 0, failed = 0 } = stand.counts;
    const all = waiting + solving + solved + failed;
    if (waiting + solving > 0) {
      await repository.progress(claim, ((solved + failed) / all) * 100, flopsMessage(solved + failed, all));
      return false;
    }
    const rows = await flops.list(reportId);
    const report = gatherReport(rows, askedOf(stand.inputData));
    const outcome =
      report === null
        ? await repository.fail(claim, noneSolved(rows))
        : await repository.complete(claim, reportResult(report));
    // A new run of the report's own message has its row: the next look ends it under that run's token, or finds it ended.
    if (outcome !== "superseded") return true;
  }
}

/** `result_data` of a report. */
export function reportResult(report: FlopReport): { readonly report: FlopReport } {
  return { report };
}

/** What a report without one solved flop fails with. */
function noneSolved(flops: readonly { readonly flop: string; readonly errorMessage: string | null }[]): string {
  const [first] = flops;
  return `none of ${flops.length} flops could be solved: ${first?.flop}: ${first?.errorMessage}`;
}

/** "12 of 25 flops". */
export function flopsMessage(ended: number, all: number): string {
  return `${ended} of ${all} flops`;
}
