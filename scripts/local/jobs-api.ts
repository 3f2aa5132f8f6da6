import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { ROOT } from "./state.js";

/** The columns of a `jobs` row that the scripts show. */
export interface JobView {
  readonly id: string;
  readonly status: "QUEUED" | "PROCESSING" | "COMPLETED" | "FAILED" | "CANCELLED";
  readonly progress_percentage: number | null;
  readonly progress_message: string | null;
  readonly error_message: string | null;
  readonly result_data: unknown;
}

export interface JobRequest {
  readonly job_type: "SPOT_SIMULATION" | "SOLVER_ANALYSIS";
  readonly input_data: Readonly<Record<string, unknown>>;
}

/** Submits jobs and reads their rows. */
export interface JobsApi {
  /** Returns the job's id. */
  submit(job: JobRequest): Promise<string>;
  get(id: string): Promise<JobView>;
}

/** The job that `make demo` and `make submit` send: three hands on two flops. */
export function exampleJob(): JobRequest {
  return JSON.parse(readFileSync(join(ROOT, "examples/backend/example_job.json"), "utf8")) as JobRequest;
}

/** Through the example backend, so through Python Celery. */
export class BackendJobs implements JobsApi {
  constructor(private readonly url: string) {}

  async submit(job: JobRequest): Promise<string> {
    const response = await fetch(`${this.url}/jobs`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(job),
    });
    return (await viewOf(response)).id;
  }

  async get(id: string): Promise<JobView> {
    return viewOf(await fetch(`${this.url}/jobs/${id}`));
  }
}

async function viewOf(response: Response): Promise<JobView> {
  const text = await response.text();
  if (!response.ok) throw new Error(`the example backend answered ${response.status}: ${text}`);
  return JSON.parse(text) as JobView;
}

/** Sends a task by name; what stands in for Python Celery's `send_task`. */
export type SendTask = (task: string, jobId: string) => Promise<void>;

const TASK_OF_JOB_TYPE = {
  SPOT_SIMULATION: "tasks.process_spot_simulation",
  SOLVER_ANALYSIS: "tasks.process_solver_analysis",
} as const;

/** Whose jobs the examples are. */
export const DEMO_USER = "00000000-0000-4000-8000-000000000001";

/** Makes sure that somebody is there for whom jobs can be sent. */
export async function addDemoUser(databaseUrl: string): Promise<void> {
  const text =
    "insert into users (id, email, username) values ($1, 'demo@plosolver.example', 'demo') on conflict do nothing";
  await query(databaseUrl, text, [DEMO_USER]);
}

async function query(databaseUrl: string, text: string, values: unknown[] = []): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: databaseUrl });
  client.on("error", () => undefined);
  await client.connect();
  try {
    return (await client.query(text, values)).rows;
  } finally {
    await client.end();
  }
}

/** Writes the row itself and sends the task with a client of our own: where there is no Python Celery. */
export class DirectJobs implements JobsApi {
  constructor(
    private readonly databaseUrl: string,
    private readonly send: SendTask,
  ) {}

  async submit(job: JobRequest): Promise<string> {
    const id = randomUUID();
    await addDemoUser(this.databaseUrl);
    await query(
      this.databaseUrl,
      `insert into jobs (id, user_id, job_type, status, input_data, progress_percentage, created_at, updated_at)
       values ($1, (select id from users where email = 'demo@plosolver.example'), $2, 'QUEUED', $3, 0, now() at time zone 'utc', now() at time zone 'utc')`,
      [id, job.job_type, JSON.stringify(job.input_data)],
    );
    await this.send(TASK_OF_JOB_TYPE[job.job_type], id);
    return id;
  }

  async get(id: string): Promise<JobView> {
    const [row] = await query(this.databaseUrl, "select * from jobs where id = $1", [id]);
    if (row === undefined) throw new Error(`no job ${id}`);
    return row as JobView;
  }
}
