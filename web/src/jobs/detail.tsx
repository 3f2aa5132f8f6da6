import { useState } from "preact/hooks";
import type { JobView, TaskView } from "../../../src/web/api.js";
import { clock, duration, parseTime } from "../format.js";
import { send, useFetched, useLive } from "../http.js";
import { hrefOf } from "../router.js";
import { ActionButton, Progress, StatusBadge, Trouble } from "../ui.js";
import { FlopsUnderWay } from "./flops.js";
import { PAGE_KINDS } from "./kinds.js";
import { retry } from "./list.js";
import { SpotLine } from "./spot-line.js";

/** One job: its answer first, then how it came about. */
export function JobDetail({ id, readOnly }: { readonly id: string; readonly readOnly: boolean }) {
  const { value, trouble } = useLive<JobView>(`jobs/${encodeURIComponent(id)}/live`);
  if (value === null) return trouble === null ? <p aria-busy="true">Loading …</p> : <Trouble>{trouble}</Trouble>;
  const { job, tasks, flops } = value;
  const { status } = job;
  const isOpen = status === "QUEUED" || status === "PROCESSING";
  return (
    <article>
      <div class="row spread">
        <h1 class="job-title">
          <StatusBadge status={status} /> <SpotLine input={job.input_data} kind={job.job_type} />
        </h1>
        <span class="row">
          {status === "COMPLETED" && (
            <a class="button" href={hrefOf(["compare", id])}>
              Compare
            </a>
          )}
          {!readOnly && (
            <>
              {status !== "COMPLETED" && status !== "PROCESSING" && (
                <ActionButton label="Retry" onAct={() => retry([id])} />
              )}
              {isOpen && (
                <ActionButton
                  label="Cancel"
                  kind="danger"
                  question="Cancel this job? A computation that runs is ended."
                  onAct={async () => {
                    const { told } = await send<{ told: boolean }>("POST", `jobs/${encodeURIComponent(id)}/cancel`);
                    return told ? "cancelled" : "cancelled; the workers were not told at once";
                  }}
                />
              )}
              <a class="button" href={hrefOf(["new"], { from: id })}>
                Change and submit again
              </a>
            </>
          )}
        </span>
      </div>
      {trouble !== null && <Trouble>{trouble}. What follows may be old.</Trouble>}
      {isOpen && (
        <div class="panel">
          <Progress value={job.progress_percentage ?? 0} label="Progress" />
          <p role="status">{job.progress_message ?? (status === "QUEUED" ? "Waiting for a worker" : "Running")}</p>
        </div>
      )}
      {status === "FAILED" && <Trouble>{job.error_message ?? "It failed, and nothing says why."}</Trouble>}
      {status === "COMPLETED" && <Answer id={id} kind={job.job_type} />}
      {flops !== null && <FlopsUnderWay id={id} flops={flops} />}
      <Timeline job={job} tasks={tasks} />
      <details class="panel">
        <summary>Input</summary>
        <pre tabIndex={0}>{JSON.stringify(job.input_data, null, 2)}</pre>
      </details>
    </article>
  );
}

/** The picture of a result. */
export function Answer({ id, kind }: { readonly id: string; readonly kind: JobView["job"]["job_type"] }) {
  const { value, error } = useFetched<unknown>(`jobs/${encodeURIComponent(id)}/result`);
  const [raw, setRaw] = useState(false);
  const { Answer: Picture } = PAGE_KINDS[kind];
  if (error !== null) return <Trouble>{error}</Trouble>;
  if (value === null) return <p aria-busy="true">Loading the answer …</p>;
  return (
    <>
      <Picture result={value} jobId={id} />
      <details class="panel" onToggle={(event) => setRaw(event.currentTarget.open)}>
        <summary>Answer as JSON</summary>
        {raw && <pre tabIndex={0}>{JSON.stringify(value, null, 2).slice(0, LONGEST_RAW)}</pre>}
        <a href={`api/jobs/${encodeURIComponent(id)}/result`} download={`${id}.json`}>
          Save
        </a>
      </details>
    </>
  );
}

const LONGEST_RAW = 200_000;

function Timeline({ job, tasks }: Pick<JobView, "job" | "tasks">) {
  const steps = [
    ["created", job.created_at],
    ["started", job.started_at],
    ["last sign of life", job.updated_at],
    [job.status.toLowerCase(), job.completed_at],
  ] as const;
  const [from, to] = [parseTime(job.started_at), parseTime(job.completed_at)];
  return (
    <section class="panel">
      <h2>How it went</h2>
      <dl class="facts">
        {steps.map(([name, time]) =>
          time === null ? null : (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{clock(parseTime(time))}</dd>
            </div>
          ),
        )}
        {from !== null && to !== null && (
          <div>
            <dt>took</dt>
            <dd>{duration((to - from) / 1000)}</dd>
          </div>
        )}
        <div>
          <dt>job</dt>
          <dd class="id">{job.id}</dd>
        </div>
        <div>
          <dt>user</dt>
          <dd class="id">{job.user_id}</dd>
        </div>
        {job.queue_message_id !== null && (
          <div>
            <dt>message</dt>
            <dd class="id">{job.queue_message_id}</dd>
          </div>
        )}
      </dl>
      {tasks.length === 0 ? (
        <p class="quiet">Workers told nothing of it since this page's server runs.</p>
      ) : (
        tasks.map((task) => <TaskSteps key={task.id} task={task} />)
      )}
    </section>
  );
}

/** What workers told of one task of the job. */
function TaskSteps({ task }: { readonly task: TaskView }) {
  return (
    <div>
      <h3>
        {task.state} · attempt {task.retries + 1} · {task.worker ?? "no worker yet"}
      </h3>
      <ol class="steps">
        {task.steps.map(({ event, time, worker, note }) => (
          <li key={`${event}${time}`}>
            <span class="quiet">{clock(time * 1000)}</span> {event} <span class="quiet">{worker}</span> {note}
          </li>
        ))}
      </ol>
    </div>
  );
}
