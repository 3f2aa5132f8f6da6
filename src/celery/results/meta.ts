import { DecodeError } from "../protocol/errors.js";
import { isRecord } from "../protocol/json.js";
import { formatIso, parseIso } from "../protocol/time.js";
import {
  READY_STATES,
  type ResultDetails,
  type ResultRecord,
  type ResultTarget,
  type ResultTuple,
  type StoredResult,
} from "./backend.js";
import { attemptOf, type OrderedState, readAttempt } from "./order.js";

/** The value stored under a task's key: Celery's `_get_result_meta`. */
export function resultMeta(target: ResultTarget, record: ResultRecord, extended: boolean): Record<string, unknown> {
  const { status, result, traceback, children } = record;
  const attempt = attemptOf(target);
  return {
    status,
    result,
    traceback,
    children,
    date_done: READY_STATES.has(status) ? formatIso(new Date()) : null,
    ...(target.group === null ? {} : { group_id: target.group }),
    ...(target.parentId === null ? {} : { parent_id: target.parentId }),
    ...(extended && target.task !== "" ? extendedMeta(target) : {}),
    // Celery's readers do not know it, and look past it.
    ...(attempt === null ? {} : { attempt }),
    task_id: target.id,
  };
}

function extendedMeta(target: ResultTarget): Record<string, unknown> {
  const { stamps } = target;
  return {
    name: target.task,
    args: target.args,
    kwargs: target.kwargs,
    worker: target.hostname,
    retries: target.retries,
    queue: target.queue,
    ...(stamps ? { stamped_headers: Object.keys(stamps), ...stamps } : {}),
  };
}

/** @throws DecodeError when the value is no task state. */
export function readMeta(taskId: string, meta: unknown): StoredResult {
  if (!isRecord(meta) || typeof meta.status !== "string") {
    throw new DecodeError(`what is stored for task ${taskId} is no task state`);
  }
  return {
    taskId: typeof meta.task_id === "string" ? meta.task_id : taskId,
    status: meta.status,
    result: meta.result ?? null,
    traceback: typeof meta.traceback === "string" ? meta.traceback : null,
    children: Array.isArray(meta.children) ? meta.children.filter(isResultTuple) : [],
    // rpc:// results carry none of them.
    ...(Object.hasOwn(meta, "date_done") ? { details: readDetails(meta) } : {}),
  };
}

/** What decides whether a stored value may be replaced; null when it is no task state. */
export function readOrder(meta: unknown): OrderedState | null {
  if (!isRecord(meta) || typeof meta.status !== "string") return null;
  return { status: meta.status, attempt: readAttempt(meta.attempt) };
}

function readDetails(meta: Readonly<Record<string, unknown>>): ResultDetails {
  const names = Array.isArray(meta.stamped_headers) ? meta.stamped_headers.map(String) : [];
  return {
    dateDone: timeOf(meta.date_done),
    parentId: textOf(meta.parent_id),
    groupId: textOf(meta.group_id),
    name: textOf(meta.name),
    args: Array.isArray(meta.args) ? meta.args : null,
    kwargs: isRecord(meta.kwargs) ? meta.kwargs : null,
    worker: textOf(meta.worker),
    retries: typeof meta.retries === "number" ? meta.retries : null,
    queue: textOf(meta.queue),
    stamps: Object.fromEntries(names.map((name) => [name, meta[name]])),
  };
}

const textOf = (value: unknown): string | null => (typeof value === "string" ? value : null);

/** A time that cannot be read is no reason to lose the result. */
function timeOf(value: unknown): Date | null {
  if (value instanceof Date) return value;
  if (typeof value !== "string") return null;
  try {
    return parseIso(value);
  } catch {
    return null;
  }
}

/** Whether a value has the form of `AsyncResult.as_tuple()` or `GroupResult.as_tuple()`. */
export function isResultTuple(value: unknown): value is ResultTuple {
  if (!Array.isArray(value) || value.length !== 2) return false;
  const [head, members] = value as [unknown, unknown];
  const isHead = Array.isArray(head) && typeof head[0] === "string";
  return isHead && (members === null || (Array.isArray(members) && members.every(isResultTuple)));
}
