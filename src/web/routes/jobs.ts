import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Kysely } from "kysely";
import { z } from "zod";
import type { Celery } from "../../celery/index.js";
import { JobPages } from "../../jobs/job-pages.js";
import { ReportFlops } from "../../jobs/report-flops.js";
import { JobRepository } from "../../jobs/repository.js";
import type { JobsDatabase, JobType } from "../../jobs/schema.js";
import { cancelJob, submitJob } from "../../operations/jobs.js";
import { resendJobs } from "../../operations/resend-jobs.js";
import { JOB_KINDS, jobKind } from "../../plosolver/job-kinds.js";
import {
  idParams,
  type JobListLive,
  type JobListQuery,
  type JobListView,
  type JobQueueView,
  type JobView,
  jobIdsBody,
  jobListQuery,
  kindParams,
  type ManyView,
  submitBody,
} from "../api.js";
import type { Cluster } from "../cluster.js";
import { describeFailure, NotFoundError } from "../failures.js";
import { Reports } from "../reports.js";
import { Strategies } from "../strategies.js";
import { sendStream } from "../stream.js";

export interface JobsParts {
  readonly app: Celery;
  readonly database: Kysely<JobsDatabase>;
  readonly cluster: Cluster;
  readonly queues: readonly string[];
  readonly deadLetterQueues: readonly string[];
  readonly staleAfterSeconds: number;
}

const PAGE = 50;
const MOST_USERS = 200;
/** A little less than the pause between two looks of a stream. */
const SHARED_MS = 900;
const MOST_SHARED = 100;
const COUNTS_KEPT_MS = 2000;

/** Lists, shows, submits, cancels and retries jobs. */
export function jobRoutes(api: FastifyInstance, parts: JobsParts): void {
  const { app, database, cluster } = parts;
  const repository = new JobRepository(database);
  const pages = new JobPages(database);
  const strategies = new Strategies(pages);
  const reports = new Reports(new ReportFlops(database));
  const counts = keptFor(COUNTS_KEPT_MS, () => pages.counts());
  const send = (
    name: string,
    args: readonly unknown[],
    options: { readonly taskId: string; readonly queue?: string },
  ) => app.sendTask(name, args, {}, options);

  const queues = queuesOf(parts.queues);
  const listed = async (query: JobListQuery): Promise<JobListView> => {
    const { status, kind, queue, user: userId, text, since, until, after = null } = query;
    const jobType = queue === undefined ? kind : kindOf(queues, queue);
    if (kind !== undefined && kind !== jobType) return { jobs: [], next: null, strategies: {} };
    const page = await pages.page({ status, jobType, userId, text, since, until }, PAGE, after);
    return { ...page, strategies: await strategies.of(page.jobs) };
  };
  const shared = sharing<JobListView>();
  const shown = async (id: string): Promise<JobView> => {
    const row = await repository.find(id);
    if (row === null) throw new NotFoundError(`there is no job ${id}`);
    const { result_data: _, ...job } = row;
    return { job, tasks: cluster.tasks.ofJob(id, row.queue_message_id), flops: await reports.progress(row) };
  };

  api.get("/jobs", async (request) => listed(jobListQuery.parse(request.query)));
  api.get("/jobs/live", (request, reply) => {
    const query = jobListQuery.parse(request.query);
    const page = shared(JSON.stringify(query), () => listed(query));
    const look = async (): Promise<JobListLive> => ({ ...(await page()), counts: await counts() });
    return sendStream(reply, look, describeFailure);
  });
  api.get("/jobs/:id", async (request) => shown(idOf(request)));
  api.get("/jobs/:id/live", (request, reply) => {
    const id = idOf(request);
    return sendStream(reply, () => shown(id), describeFailure);
  });
  api.get("/jobs/:id/result", async (request, reply) => {
    const text = await pages.resultText(idOf(request));
    if (text === null) throw new NotFoundError("the job has no result");
    return reply.type("application/json; charset=utf-8").header("cache-control", "no-store").send(text);
  });
  api.get("/jobs/:id/report", async (request) => {
    const id = idOf(request);
    const row = await repository.find(id);
    const report = row === null ? null : await reports.soFar(row);
    if (report === null) throw new NotFoundError("no flop is solved yet");
    return { report };
  });
  api.get("/queues", () => Promise.resolve(queues));
  api.get("/users", () => pages.users(MOST_USERS));
  api.get("/schemas/:kind", async (request) => {
    const { kind } = kindParams.parse(request.params);
    const { schema } = await jobKind(kind).load();
    return z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  });

  api.post("/jobs", { config: { action: "submit a job" } }, async (request, reply) => {
    const { kind, user: userId, input: inputData } = submitBody.parse(request.body);
    (await jobKind(kind).load()).parse(inputData);
    const { id } = await submitJob(repository, send, { userId, jobType: kind, inputData });
    request.subject = { id, kind, user: userId };
    return reply.code(201).send({ id });
  });

  api.post("/jobs/:id/cancel", { config: { action: "cancel a job" } }, async (request) => {
    const taskId = await cancelJob(repository, idOf(request));
    // The row has decided; that the workers are told makes it sooner only.
    const told =
      taskId === null ||
      (await app.control.revoke(taskId, { terminate: true }).then(
        () => true,
        () => false,
      ));
    return { told };
  });

  api.post("/jobs/retry", { config: { action: "retry jobs" } }, async (request): Promise<ManyView> => {
    const { ids } = jobIdsBody.parse(request.body);
    request.subject = ids;
    const { connection } = cluster;
    const resendParts = {
      database,
      send,
      consumed: parts.queues,
      connection,
      deadLetterQueues: parts.deadLetterQueues,
    };
    const { sent, skipped } = await resendJobs(resendParts, ids, parts.staleAfterSeconds);
    return { done: sent.map(({ id }) => id), failed: skipped };
  });
}

/** Queues that jobs are sent to, as far as they are consumed here. */
function queuesOf(consumed: readonly string[]): readonly JobQueueView[] {
  return JOB_KINDS.flatMap(({ type, queues }) => queues.map((name) => ({ name, kind: type }))).filter(({ name }) =>
    consumed.includes(name),
  );
}

/** @throws NotFoundError for a queue to which no job is sent */
function kindOf(queues: readonly JobQueueView[], queue: string): JobType {
  const found = queues.find(({ name }) => name === queue);
  if (found !== undefined) return found.kind;
  throw new NotFoundError(
    `no job is sent to the queue ${queue}: there are ${queues.map(({ name }) => name).join(", ")}`,
  );
}

function idOf(request: FastifyRequest): string {
  return idParams.parse(request.params).id;
}

/** Those who look at the same list share its looks. */
function sharing<Value>(): (key: string, read: () => Promise<Value>) => () => Promise<Value> {
  const shared = new Map<string, () => Promise<Value>>();
  return (key, read) => () => {
    const look = shared.get(key) ?? keptFor(SHARED_MS, read);
    // The one that was used last stands last.
    shared.delete(key);
    shared.set(key, look);
    const [oldest = ""] = shared.keys();
    if (shared.size > MOST_SHARED) shared.delete(oldest);
    return look();
  };
}

/** The last value, until it is too old. */
function keptFor<Value>(ms: number, read: () => Promise<Value>): () => Promise<Value> {
  let kept: { readonly atMs: number; readonly value: Promise<Value> } | null = null;
  return () => {
    if (kept === null || Date.now() - kept.atMs > ms) {
      const value = read();
      kept = { atMs: Date.now(), value };
      value.catch(() => {
        kept = null;
      });
    }
    return kept.value;
  };
}
