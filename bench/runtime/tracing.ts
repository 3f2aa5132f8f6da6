import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { BatchSpanProcessor, NodeTracerProvider, type SpanExporter } from "@opentelemetry/sdk-trace-node";
import type { Tracing } from "../../src/celery/index.js";
import { oursTraced } from "./consumers.js";
import { describeRatio, median, pairedRatio } from "./paired.js";
import { withFilledQueue } from "./queues.js";
import { DIST, type Measured, type Setting } from "./setting.js";

const PAIRS = Number(process.env.BENCH_PAIRS ?? 7);
const TASKS = 8000;
const TARGET = "≤ 1.02";

/** Takes spans and drops them: what sending them costs is the exporter's. */
const NOWHERE: SpanExporter = {
  export: (_spans, done) => done({ code: 0 }),
  shutdown: () => Promise.resolve(),
};

/** Processor time of tasks that do nothing, with spans and without, in pairs: asked for without an SDK, then with one. */
export async function tracing(setting: Setting): Promise<Measured[]> {
  const { openTelemetry } = (await import(
    pathToFileURL(join(DIST, "celery/opentelemetry.js")).href
  )) as typeof import("../../src/celery/opentelemetry.js");
  const withoutSdk = await compare(setting, "tracing without an SDK", () => openTelemetry());
  const provider = new NodeTracerProvider({ spanProcessors: [new BatchSpanProcessor(NOWHERE)] });
  provider.register();
  const withSdk = await compare(setting, "tracing with an SDK, every span recorded", () => openTelemetry());
  await provider.shutdown();
  return [withoutSdk, withSdk];
}

async function compare(setting: Setting, what: string, open: () => Tracing): Promise<Measured> {
  const costs = { off: [] as number[], on: [] as number[] };
  // The first runs of a process compile what the others use.
  for (const tracing of [null, open()]) await microseconds(setting, tracing);
  for (let pair = 0; pair < PAIRS; pair++)
    for (const each of pair % 2 === 0 ? (["off", "on"] as const) : (["on", "off"] as const))
      costs[each].push(await microseconds(setting, each === "on" ? open() : null));
  const [on, off] = [median(costs.on), median(costs.off)];
  return {
    what,
    target: TARGET,
    measured: `${describeRatio(pairedRatio(costs.on, costs.off))} of the CPU time: ${on.toFixed(0)} µs a task`,
    beside: `without: ${off.toFixed(0)} µs`,
  };
}

/** Processor time of this process for each task, with rpc results and events. */
async function microseconds(setting: Setting, tracing: Tracing | null): Promise<number> {
  const choice = { tasks: TASKS, bytes: 0, withResults: true };
  return withFilledQueue(setting, choice, async (queue) => {
    const before = process.cpuUsage();
    await oursTraced(tracing)(setting, queue, TASKS, true);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / TASKS;
  });
}
