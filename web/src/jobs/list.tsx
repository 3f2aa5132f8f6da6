import type { JobLine, RootAction } from "../../../src/jobs/job-pages.js";
import { JOB_STATUSES, type JobStatus } from "../../../src/jobs/schema.js";
import type { JobListLive, ManyView } from "../../../src/web/api.js";
import { actionText, actionTones } from "../answers/solution.js";
import { clock, duration, parseTime, percent, plural } from "../format.js";
import { send, useLive } from "../http.js";
import { hrefOf } from "../router.js";
import { ActionButton, Progress, StatusBadge, statusWord, Trouble } from "../ui.js";
import { Filter } from "./filter.js";
import { PAGE_KINDS } from "./kinds.js";
import { SpotLine } from "./spot-line.js";

/** All jobs, newest first, as they change. */
export function JobList({ query, readOnly }: { readonly query: URLSearchParams; readonly readOnly: boolean }) {
  const { value, trouble } = useLive<JobListLive>(`jobs/live?${query}`);
  const filter = Object.fromEntries(query);
  const failed = value?.jobs.filter(({ status }) => status === "FAILED").map(({ id }) => id) ?? [];
  return (
    <>
      <div class="row spread">
        <h1>Jobs</h1>
        {!readOnly && (
          <a class="button primary" href={hrefOf(["new"])}>
            New job
          </a>
        )}
      </div>
      {trouble !== null && <Trouble>{trouble}. What follows may be old.</Trouble>}
      <Counts counts={value?.counts ?? {}} filter={filter} />
      <Filter filter={filter} />
      {value !== null && value.jobs.length === 0 && <Empty isFiltered={query.size > 0} />}
      {value !== null && value.jobs.length > 0 && <JobTable jobs={value.jobs} strategies={value.strategies} />}
      <div class="row spread">
        <span class="row">
          {query.has("after") && (
            <a class="button" href={hrefOf(["jobs"], { ...filter, after: undefined })}>
              Newest
            </a>
          )}
          {value?.next != null && (
            <a class="button" href={hrefOf(["jobs"], { ...filter, after: value.next })}>
              Older
            </a>
          )}
        </span>
        {!readOnly && query.get("status") === "FAILED" && failed.length > 0 && (
          <ActionButton
            label={`Retry ${plural(failed.length, "job")}`}
            question={`Send the ${plural(failed.length, "failed job")} of this page again?`}
            onAct={() => retry(failed)}
          />
        )}
      </div>
    </>
  );
}

/** Sends jobs again. @throws Error when one alone was asked for and was not sent */
export async function retry(ids: readonly string[]): Promise<string> {
  const { done, failed } = await send<ManyView>("POST", "jobs/retry", { ids });
  if (done.length === 0 && failed[0] !== undefined) throw new Error(failed[0].reason);
  const left = failed.length === 0 ? "" : `, ${failed.length} not: ${failed[0]?.reason}`;
  return `${plural(done.length, "job")} sent again${left}`;
}

function Counts({
  counts,
  filter,
}: {
  readonly counts: JobListLive["counts"];
  readonly filter: Record<string, string>;
}) {
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const chip = (status: JobStatus | undefined, words: string, count: number) => (
    <a
      key={words}
      class={`chip ${status === undefined ? "" : `status-${status}`}`}
      href={hrefOf(["jobs"], { ...filter, status, after: undefined })}
      aria-current={filter.status === status ? "true" : undefined}
    >
      {words} <b>{count.toLocaleString("en")}</b>
    </a>
  );
  return (
    <nav class="chips" aria-label="States">
      {chip(undefined, "All", all)}
      {JOB_STATUSES.map((status) => chip(status, statusWord(status), counts[status] ?? 0))}
    </nav>
  );
}

function JobTable({ jobs, strategies }: Pick<JobListLive, "jobs" | "strategies">) {
  return (
    <table class="jobs">
      <thead>
        <tr>
          <th scope="col">State</th>
          <th scope="col">Spot</th>
          <th scope="col">Answer</th>
          <th scope="col">Created</th>
          <th scope="col">Took</th>
        </tr>
      </thead>
      <tbody>
        {jobs.map((job) => (
          <tr key={job.id}>
            <td>
              <StatusBadge status={job.status} />
            </td>
            <td>
              <a class="open" href={hrefOf(["jobs", job.id])}>
                {job.input_data === null ? (
                  <span class="spot">
                    <span class="kind">{PAGE_KINDS[job.job_type].word}</span> large input
                  </span>
                ) : (
                  <SpotLine input={job.input_data} kind={job.job_type} />
                )}
              </a>
            </td>
            <td>
              <Outcome job={job} actions={strategies[job.id] ?? []} />
            </td>
            <td class="quiet">{clock(parseTime(job.created_at))}</td>
            <td class="quiet number">{duration(secondsOf(job))}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Progress, error, or the answer in a line. */
function Outcome({ job, actions }: { readonly job: JobLine; readonly actions: readonly RootAction[] }) {
  const { status, progress_percentage: progress, progress_message: message, error_message: error, equities } = job;
  if (status === "PROCESSING")
    return (
      <span class="outcome">
        <Progress value={progress ?? 0} label={`Progress of job ${job.id.slice(0, 8)}`} />
        <span class="quiet">{message ?? ""}</span>
      </span>
    );
  if (status === "FAILED") return <span class="error-text">{error ?? "failed"}</span>;
  if (actions.length > 0) {
    const tones = actionTones(actions);
    return (
      <span class="outcome shares">
        {actions.map((action, index) => (
          <span key={actionText(action)} class={`share back-${tones[index]}`}>
            {actionText(action)} {percent(action.frequency, 0)}
          </span>
        ))}
      </span>
    );
  }
  const known = equities?.filter((equity) => equity !== null) ?? [];
  if (known.length === 0) return null;
  return (
    <span class="outcome shares">
      {known.map((equity, index) => (
        <span key={index} class={`share back-${index % 6}`}>
          {percent(equity)}
        </span>
      ))}
    </span>
  );
}

function secondsOf({ status, started_at, completed_at, actual_duration }: JobLine): number | null {
  const [from, to] = [parseTime(started_at), parseTime(completed_at)];
  if (status === "QUEUED" || from === null) return null;
  if (status === "PROCESSING") return Math.max(0, (Date.now() - from) / 1000);
  return to === null ? actual_duration : Math.max(0, (to - from) / 1000);
}

function Empty({ isFiltered }: { readonly isFiltered: boolean }) {
  return (
    <div class="panel empty">
      <p>{isFiltered ? "No job is like this." : "There are no jobs yet."}</p>
      <a class="button" href={isFiltered ? hrefOf(["jobs"]) : hrefOf(["new"])}>
        {isFiltered ? "Show all" : "Send the first one"}
      </a>
    </div>
  );
}
