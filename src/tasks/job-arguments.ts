import type { TaskRequest } from "../celery/index.js";
import { isRecord, pythonRepr } from "../celery/values.js";
import { JobArgumentsError } from "../jobs/errors.js";

const JOB_ID_LIMIT = 36;
const SHOWN_LENGTH = 120;

/**
 * The job id of a message: `[job_id]` as `celery_service.py` and hand-written messages send it, or the one dict
 * `{"id", "task", "args": [job_id], …}` of `job_service.py`. A `job_id` keyword serves too.
 * @throws JobArgumentsError naming what was found instead.
 */
export function jobIdOf(args: readonly unknown[], kwargs: Readonly<Record<string, unknown>>): string {
  const first = args.length > 0 ? args[0] : kwargs.job_id;
  const candidate = isRecord(first) ? innerJobId(first) : first;
  if (typeof candidate === "string" && candidate !== "" && candidate.length <= JOB_ID_LIMIT) {
    if (!candidate.includes("\u0000")) return candidate;
  }
  throw new JobArgumentsError(
    `the first argument must be a job id of at most ${JOB_ID_LIMIT} characters, got ${shown(first)}`,
  );
}

/** Like {@link jobIdOf}, for a request whose handler may never have run; null when it names no job. */
export function jobIdOfRequest(request: TaskRequest): string | null {
  try {
    return jobIdOf(request.args, request.kwargs);
  } catch {
    return null;
  }
}

/** Every id by which a row may name this message: the task's, and that of the dict which `job_service.py` sends. */
export function idsOfRequest(request: Pick<TaskRequest, "id" | "args">): string[] {
  const [first] = request.args;
  const inner = isRecord(first) && typeof first.id === "string" ? [first.id] : [];
  return [request.id, ...inner];
}

function innerJobId(message: Readonly<Record<string, unknown>>): unknown {
  return Array.isArray(message.args) && message.args.length > 0 ? message.args[0] : message.job_id;
}

function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "bigint" || typeof value === "number") return `the number ${value}: job ids are texts`;
  return pythonRepr(value, { maxLength: SHOWN_LENGTH });
}
