import type { JobListView, JobView } from "../../src/web/api.js";
import { clock, parseTime } from "./format.js";
import { useFetched } from "./http.js";
import { Answer } from "./jobs/detail.js";
import { SpotLine } from "./jobs/spot-line.js";
import { hrefOf } from "./router.js";
import { Trouble } from "./ui.js";

/** Two answers side by side; the second is chosen out of the last ones of its kind. */
export function Compare({ first, second }: { readonly first: string; readonly second: string | undefined }) {
  const { value, error } = useFetched<JobView>(`jobs/${encodeURIComponent(first)}`);
  if (error !== null) return <Trouble>{error}</Trouble>;
  if (value === null) return <p aria-busy="true">Loading …</p>;
  return (
    <>
      <h1>Compare</h1>
      <div class="halves">
        <Half view={value} />
        {second === undefined ? <Choice first={value} /> : <Second id={second} />}
      </div>
    </>
  );
}

function Second({ id }: { readonly id: string }) {
  const { value, error } = useFetched<JobView>(`jobs/${encodeURIComponent(id)}`);
  if (error !== null) return <Trouble>{error}</Trouble>;
  return value === null ? <p aria-busy="true">Loading …</p> : <Half view={value} />;
}

function Half({ view: { job } }: { readonly view: JobView }) {
  return (
    <section aria-label={`Job ${job.id.slice(0, 8)}`}>
      <h2>
        <a href={hrefOf(["jobs", job.id])}>
          <SpotLine input={job.input_data} kind={job.job_type} />
        </a>
      </h2>
      {job.status === "COMPLETED" ? <Answer id={job.id} kind={job.job_type} /> : <p>This job has no answer.</p>}
    </section>
  );
}

function Choice({ first: { job } }: { readonly first: JobView }) {
  const { value, error } = useFetched<JobListView>(`jobs?status=COMPLETED&kind=${job.job_type}`);
  if (error !== null) return <Trouble>{error}</Trouble>;
  return (
    <section class="panel">
      <h2>With which one?</h2>
      <ul class="choice">
        {value?.jobs
          .filter(({ id }) => id !== job.id)
          .map(({ id, input_data, job_type, created_at }) => (
            <li key={id}>
              <a href={hrefOf(["compare", job.id, id])}>
                <SpotLine input={input_data} kind={job_type} />
              </a>{" "}
              <span class="quiet">{clock(parseTime(created_at))}</span>
            </li>
          ))}
      </ul>
    </section>
  );
}
