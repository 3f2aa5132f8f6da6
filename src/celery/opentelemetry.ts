import { type Context, context, propagation, type Span, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import type { TaskRequest } from "./task.js";
import type { Tracing } from "./tracing.js";

const TRACER = "@plosolver/celery-worker";

/** How a run ended, under the attribute that opentelemetry-instrumentation-celery writes. */
type State = "SUCCESS" | "FAILURE" | "RETRY" | "REVOKED" | "REJECTED" | "IGNORED" | "ABANDONED";

/**
 * Spans of OpenTelemetry in the form of opentelemetry-instrumentation-celery: `apply_async/<task>` where a task is sent,
 * `run/<task>` where it runs, as its child. The program loads the SDK; without one nothing is recorded.
 */
export function openTelemetry(): Tracing {
  const tracer = trace.getTracer(TRACER);
  const contexts = new WeakMap<TaskRequest, Context>();

  const spanOf = (request: TaskRequest): Span | undefined => {
    const found = contexts.get(request);
    return found && trace.getSpan(found);
  };
  const end = (request: TaskRequest, state: State, error: Error | null = null): void => {
    const span = spanOf(request);
    if (span === undefined) return;
    span.setAttribute("celery.state", state);
    if (error !== null) span.recordException(error);
    if (state === "FAILURE") span.setStatus({ code: SpanStatusCode.ERROR, message: error?.message ?? "" });
    span.end();
  };

  return {
    watch(events) {
      events.on("taskStarted", (request) => {
        const parent = propagation.extract(context.active(), request.headers);
        const options = { kind: SpanKind.CONSUMER, attributes: attributesOf(request) };
        contexts.set(request, trace.setSpan(parent, tracer.startSpan(`run/${request.task}`, options, parent)));
      });
      events.on("taskSucceeded", (request) => end(request, "SUCCESS"));
      events.on("taskFailed", (request, { error }) => end(request, "FAILURE", error));
      events.on("taskRetried", (request, { error }) => end(request, "RETRY", error));
      events.on("taskRevoked", (request) => end(request, "REVOKED"));
      events.on("taskRejected", (request) => end(request, "REJECTED"));
      events.on("taskIgnored", (request) => end(request, "IGNORED"));
      events.on("taskAbandoned", (request) => end(request, "ABANDONED"));
    },
    within(request, work) {
      const own = contexts.get(request);
      return own === undefined ? work() : context.with(own, work);
    },
    traceId(request) {
      const span = spanOf(request);
      return span !== undefined && trace.isSpanContextValid(span.spanContext()) ? span.spanContext().traceId : null;
    },
    inject(task, id, headers) {
      const attributes = { "celery.action": "apply_async", "celery.task_name": task, "messaging.message.id": id };
      const span = tracer.startSpan(`apply_async/${task}`, { kind: SpanKind.PRODUCER, attributes });
      const injected = { ...headers };
      propagation.inject(trace.setSpan(context.active(), span), injected);
      span.end();
      return injected;
    },
  };
}

function attributesOf({ id, task, queue, retries, hostname }: TaskRequest) {
  return {
    "celery.action": "run",
    "celery.task_name": task,
    "celery.retries": retries,
    "celery.hostname": hostname,
    "messaging.message.id": id,
    "messaging.destination": queue,
  };
}
