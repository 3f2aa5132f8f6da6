import type { WorkerEventMap, WorkerEventName } from "./event-map.js";
import type { TaskRequest } from "./task.js";

/** Follows tasks from process to process. `openTelemetry()` makes one; an app without it passes on what a message says. */
export interface Tracing {
  /** Called once for each worker, before it has events: a run's span begins with `taskStarted` and ends with its end. */
  watch(events: {
    on<Name extends WorkerEventName>(name: Name, listener: (...args: WorkerEventMap[Name]) => void): unknown;
  }): void;
  /** Runs what belongs to a request, with its span as the active one. */
  within<Result>(request: TaskRequest, work: () => Result): Result;
  /** Of a request that has started; null when it is not traced. */
  traceId(request: TaskRequest): string | null;
  /** Headers that a task gets which is sent now: those given, and where its sender is. */
  inject(task: string, id: string, headers: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>>;
}

/** Headers of W3C's Trace Context and Baggage, as opentelemetry-instrumentation-celery writes them. */
const TRACE_HEADERS = ["traceparent", "tracestate", "baggage"] as const;

/** The headers by which a message belongs to a trace: what is sent in its run carries them on. */
export function traceHeaders(headers: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  if (headers.traceparent === undefined) return {};
  const found: Record<string, string> = {};
  for (const name of TRACE_HEADERS) {
    const value = headers[name];
    if (typeof value === "string") found[name] = value;
  }
  return found;
}

/** The id of the trace that a message belongs to: 32 hexadecimal digits; null for none. */
export function traceIdOf(headers: Readonly<Record<string, unknown>>): string | null {
  const { traceparent } = headers;
  if (typeof traceparent !== "string") return null;
  return /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}/.exec(traceparent)?.[1] ?? null;
}
