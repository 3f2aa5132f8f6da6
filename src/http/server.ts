import type { Registry } from "prom-client";
import type { Trouble } from "../postgres/outage.js";
import { measureBroker } from "./broker-gauges.js";
import { type JobCensus, takeCensus } from "./census.js";
import { DatabaseProbe, type DatabaseView, measureDatabase, measureResults } from "./database-probe.js";
import { Health, measureReadiness, type Readiness } from "./health.js";
import { healthPage } from "./health-page.js";
import { countJobs, type JobMetrics, measureClaims, type OnFirstClaim } from "./job-metrics.js";
import { createMetrics, type QueueSizes } from "./metrics.js";
import { type Answer, ProbeServer } from "./probe-server.js";
import { measureProcess } from "./process-gauges.js";
import type { WorkerView } from "./worker-view.js";

export interface HttpOptions {
  readonly worker: WorkerView;
  readonly database: DatabaseView;
  /** Why results wait to be stored. Default: nobody knows. */
  readonly resultTrouble?: () => Trouble | null;
  /** Without it `celery_queue_size` is left out. */
  readonly queueSizes?: QueueSizes;
  /** Kinds of jobs that are counted. Default: none. */
  readonly jobs?: readonly JobMetrics[];
  /** Without it the rows of jobs are not counted. */
  readonly census?: JobCensus;
  /** Without it nobody measures how long jobs wait. */
  readonly onFirstClaim?: OnFirstClaim;
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** A further port for the metrics alone. Default: none. */
  readonly metricsPort?: number | null;
}

export interface HttpServer {
  /** Base URL, with the port that was taken. */
  readonly url: string;
  /** Base URL of the port for the metrics alone; null without one. */
  readonly metricsUrl: string | null;
  close(): Promise<void>;
}

/** The port of the health endpoints, or that of the metrics, cannot be opened. */
class HttpListenError extends Error {
  override readonly name = "HttpListenError";
  readonly code = "HTTP_LISTEN";
}

/**
 * Serves `/health`, `/live`, `/ready` and `/metrics`. `/live` asks nobody: that it answers means that the event loop
 * turns. The others never wait longer than a second for anything.
 * @throws HttpListenError when the port cannot be opened.
 */
export async function startHttpServer(options: HttpOptions): Promise<HttpServer> {
  const { worker, host, port } = options;
  const look = new DatabaseProbe(options.database);
  const resultTrouble = options.resultTrouble ?? (() => null);
  const health = new Health(worker, look, resultTrouble);
  const metrics = allMetrics(options, look, resultTrouble);
  measureReadiness(metrics, worker.nodename, health);
  const metricsPage = async (): Promise<Answer> => ({
    body: await metrics.metrics(),
    contentType: metrics.contentType,
  });
  const server = new ProbeServer(
    new Map<string, () => Answer | Promise<Answer>>([
      ["/live", () => ({ body: { status: "alive" } })],
      ["/ready", async () => readyPage(await health.readiness())],
      ["/health", async () => wholePage(worker, await health.readiness())],
      ["/metrics", metricsPage],
    ]),
  );
  const url = await listen(server, host, port, "the health endpoints", "CELERY_HEALTH_PORT");
  if (options.metricsPort === undefined || options.metricsPort === null)
    return { url, metricsUrl: null, close: () => server.close() };

  // The Python worker's own server told them on every path.
  const second = new ProbeServer(new Map(["/", "/metrics"].map((path) => [path, metricsPage])));
  try {
    const metricsUrl = await listen(second, host, options.metricsPort, "the metrics", "METRICS_PORT");
    return { url, metricsUrl, close: async () => void (await Promise.all([server.close(), second.close()])) };
  } catch (error) {
    await server.close();
    throw error;
  }
}

function readyPage({ ready, reasons }: Readiness): Answer {
  return { code: ready ? 200 : 503, body: { status: ready ? "ready" : "not ready", reasons } };
}

function wholePage(worker: WorkerView, readiness: Readiness): Answer {
  return { code: readiness.ready ? 200 : 503, body: healthPage(worker, readiness) };
}

async function listen(
  server: ProbeServer,
  host: string,
  port: number,
  what: string,
  variable: string,
): Promise<string> {
  try {
    return await server.listen(host, port);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new HttpListenError(`${what} cannot be opened on ${host}:${port} (${variable}): ${reason}`, {
      cause: error,
    });
  }
}

function allMetrics(options: HttpOptions, look: DatabaseProbe, resultTrouble: () => Trouble | null): Registry {
  const { worker, jobs = [], census, onFirstClaim } = options;
  const metrics = createMetrics(worker, options.queueSizes);
  measureProcess(metrics);
  measureBroker(metrics, worker);
  measureDatabase(metrics, worker.nodename, options.database, look);
  measureResults(metrics, worker.nodename, resultTrouble);
  countJobs(metrics, worker, jobs);
  if (onFirstClaim !== undefined) measureClaims(metrics, jobs, onFirstClaim);
  if (census !== undefined)
    takeCensus(
      metrics,
      jobs.map(({ type }) => type),
      census,
    );
  return metrics;
}
