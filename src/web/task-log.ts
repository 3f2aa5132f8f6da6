import { ClusterState, type ReceivedEvent, type TaskState } from "../celery/tooling.js";
import type { TaskKindView, TaskStep, TaskView } from "./api.js";

const MOST_TASKS = 5000;
const MOST_STEPS = 50;
const MOST_KINDS = 200;
const SHOWN = 200;
const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi;

/** Which tasks are shown. */
export interface TaskFilter {
  readonly state?: string | undefined;
  readonly text?: string | undefined;
}

/** What events told of tasks: each task's steps, and which tasks named which job. */
export class TaskLog {
  readonly state = new ClusterState({ maxTasks: MOST_TASKS });
  readonly #steps = new Map<string, TaskStep[]>();
  readonly #tasksOfJob = new Map<string, Set<string>>();

  apply(event: ReceivedEvent): void {
    this.state.apply(event);
    const { uuid, type, hostname, timestamp } = event;
    if (!type.startsWith("task-") || typeof uuid !== "string") return;
    const steps = this.#steps.get(uuid) ?? [];
    const step = { event: type.slice("task-".length), time: timestamp, worker: hostname, note: noteOf(event) };
    this.#steps.set(uuid, [...steps, step].slice(-MOST_STEPS));
    for (const [job] of typeof event.args === "string" ? event.args.slice(0, 1000).matchAll(UUID) : [])
      this.#tasksOfJob.set(job, (this.#tasksOfJob.get(job) ?? new Set()).add(uuid));
    this.#forget();
  }

  /** The tasks of a job, oldest first. @param messageId as its row names it */
  ofJob(jobId: string, messageId: string | null): TaskView[] {
    const ids = new Set([...(this.#tasksOfJob.get(jobId) ?? []), ...(messageId === null ? [] : [messageId])]);
    return [...ids]
      .flatMap((id) => this.#view(this.state.tasks.get(id)) ?? [])
      .sort((one, other) => one.time - other.time);
  }

  /** Those heard of last come first. @param filter text of the name, id, worker, arguments or exception; case does not matter */
  recent(limit: number, { state, text = "" }: TaskFilter = {}): TaskView[] {
    const wanted = text.toLowerCase();
    const found: TaskView[] = [];
    for (const task of [...this.state.tasks.values()].reverse()) {
      if (found.length === limit) break;
      const view = state === undefined || task.state === state ? this.#view(task) : null;
      if (view !== null && (wanted === "" || textsOf(view).some((part) => part.includes(wanted)))) found.push(view);
    }
    return found;
  }

  kinds(): TaskKindView[] {
    const kinds = new Map<string, { states: Record<string, number>; runtimes: number[] }>();
    for (const { state, fields } of this.state.tasks.values()) {
      const name = textOf(fields.get("name")) ?? "unknown";
      const kind = kinds.get(name) ?? { states: {}, runtimes: [] };
      if (!kinds.has(name) && kinds.size >= MOST_KINDS) continue;
      kind.states[state] = (kind.states[state] ?? 0) + 1;
      const runtime = fields.get("runtime");
      if (typeof runtime === "number") kind.runtimes.push(runtime);
      kinds.set(name, kind);
    }
    return [...kinds].map(([name, { states, runtimes }]) => ({
      name,
      states,
      meanRuntime: runtimes.length === 0 ? null : runtimes.reduce((sum, one) => sum + one, 0) / runtimes.length,
      slowest: runtimes.length === 0 ? null : runtimes.reduce((most, one) => Math.max(most, one), 0),
    }));
  }

  #view(task: TaskState | undefined): TaskView | null {
    if (task === undefined) return null;
    const { uuid: id, state, worker, timestamp: time, fields } = task;
    return {
      id,
      name: textOf(fields.get("name")),
      state,
      worker,
      retries: numberOf(fields.get("retries")) ?? 0,
      runtime: numberOf(fields.get("runtime")),
      time,
      args: textOf(fields.get("args")),
      exception: textOf(fields.get("exception")),
      steps: this.#steps.get(id) ?? [],
    };
  }

  /** What the state has dropped is of no use here. */
  #forget(): void {
    if (this.#steps.size <= MOST_TASKS + SHOWN) return;
    for (const id of this.#steps.keys()) if (!this.state.tasks.has(id)) this.#steps.delete(id);
    for (const [job, tasks] of this.#tasksOfJob) {
      for (const id of tasks) if (!this.state.tasks.has(id)) tasks.delete(id);
      if (tasks.size === 0) this.#tasksOfJob.delete(job);
    }
  }
}

function textsOf({ id, name, worker, args, exception }: TaskView): string[] {
  return [id, name, worker, args, exception].map((part) => part?.toLowerCase() ?? "");
}

function noteOf(event: ReceivedEvent): string {
  if (typeof event.exception === "string") return event.exception.slice(0, SHOWN);
  if (typeof event.runtime === "number") return `${event.runtime.toFixed(3)} s`;
  if (event.type === "task-received" && typeof event.retries === "number" && event.retries > 0)
    return `attempt ${event.retries + 1}`;
  return event.terminated === true ? "terminated" : "";
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value.slice(0, 1000) : null;
}

function numberOf(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}
