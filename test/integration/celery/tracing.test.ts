import { context, propagation, trace } from "@opentelemetry/api";
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-node";
import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Celery, type TaskContext } from "../../../src/celery/index.js";
import { openTelemetry } from "../../../src/celery/opentelemetry.js";
import { useWorkers } from "../../support/celery-worker.js";
import { useVhost } from "../../support/services.js";
import { waitUntil } from "../../support/wait-until.js";

const TRACE_ID = "0af7651916cd43dd8448eb211c80319c";
const SENDER = "b7ad6b7169203331";
/** As opentelemetry-instrumentation-celery writes it into the headers of a task. */
const TRACEPARENT = `00-${TRACE_ID}-${SENDER}-01`;

const vhost = useVhost();
const worker = useWorkers(() => vhost.url);
const exporter = new InMemorySpanExporter();
new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }).register();
/** A sender without tracing, whose messages say what a sender with it would write. */
let client: Celery;
beforeAll(() => {
  client = new Celery("sender", { broker: vhost.url });
});
afterAll(async () => {
  await client.close();
  for (const api of [trace, context, propagation]) api.disable();
});
let lines: Record<string, unknown>[] = [];
const log = pino({ level: "info" }, { write: (line: string) => void lines.push(JSON.parse(line)) });
let seen: { task: string; traceparent: unknown }[] = [];
beforeEach(() => {
  exporter.reset();
  lines = [];
  seen = [];
});

function define(app: Celery): void {
  const note = ({ request }: TaskContext) =>
    void seen.push({ task: request.task, traceparent: request.headers.traceparent });
  app.task("t.parent", async (ctx) => {
    note(ctx);
    await ctx.sendTask("t.child", [1]);
  });
  app.task("t.child", note);
  app.task("t.flaky", async (ctx) => {
    note(ctx);
    if (ctx.request.retries === 0) return ctx.retry({ countdown: 0 });
    return "done";
  });
  app.task("t.fails", (ctx) => {
    note(ctx);
    throw new Error("no");
  });
}

const send = (task: string, options: Record<string, unknown> = {}) =>
  client.sendTask(task, [], {}, { headers: { traceparent: TRACEPARENT }, ...options });
const span = async (name: string, count = 1): Promise<ReadableSpan> => {
  const named = () => exporter.getFinishedSpans().filter((finished) => finished.name === name);
  await waitUntil(() => named().length >= count, `${count} spans ${name}`);
  return named()[count - 1] as ReadableSpan;
};

describe("with OpenTelemetry", () => {
  test("producer, worker and child are one trace, each the child of the one before", async () => {
    await worker(define, {}, { tracing: openTelemetry(), log });
    await send("t.parent");
    const [parent, sent, child] = [
      await span("run/t.parent"),
      await span("apply_async/t.child"),
      await span("run/t.child"),
    ];
    expect(parent.parentSpanContext?.spanId).toBe(SENDER);
    expect(sent.parentSpanContext?.spanId).toBe(parent.spanContext().spanId);
    expect(child.parentSpanContext?.spanId).toBe(sent.spanContext().spanId);
    expect(new Set([parent, sent, child].map((one) => one.spanContext().traceId))).toEqual(new Set([TRACE_ID]));
    expect(child.attributes).toMatchObject({ "celery.task_name": "t.child", "celery.state": "SUCCESS" });
    const ofTasks = lines.filter(({ taskId }) => taskId !== undefined);
    expect(ofTasks.length).toBeGreaterThanOrEqual(3);
    expect(new Set(ofTasks.map(({ traceId }) => traceId))).toEqual(new Set([TRACE_ID]));
  });

  test("attempts and callbacks stay in the trace, and a failure is one", async () => {
    await worker(define, {}, { tracing: openTelemetry(), log });
    await client.apply(
      client.signature("t.flaky", [], {}, { headers: { traceparent: TRACEPARENT } }).link(client.signature("t.child")),
    );
    await send("t.fails");
    const spans = [
      await span("run/t.flaky"),
      await span("run/t.flaky", 2),
      await span("run/t.child"),
      await span("run/t.fails"),
    ];
    expect(spans.map(({ attributes }) => attributes["celery.state"])).toEqual([
      "RETRY",
      "SUCCESS",
      "SUCCESS",
      "FAILURE",
    ]);
    expect(new Set(spans.map((one) => one.spanContext().traceId))).toEqual(new Set([TRACE_ID]));
    expect(spans.at(-1)?.events.map(({ name }) => name)).toEqual(["exception"]);
  });
});

test("without it, what belongs to a trace is passed on as it came, and the log names it", async () => {
  await worker(define, {}, { log });
  await send("t.parent");
  await send("t.flaky");
  await waitUntil(() => seen.length === 4, "four runs");
  expect(seen.map(({ task }) => task).sort()).toEqual(["t.child", "t.flaky", "t.flaky", "t.parent"]);
  expect(new Set(seen.map(({ traceparent }) => traceparent))).toEqual(new Set([TRACEPARENT]));
  expect(exporter.getFinishedSpans()).toEqual([]);
  expect(lines.filter(({ traceId }) => traceId === TRACE_ID).length).toBeGreaterThanOrEqual(4);
});
