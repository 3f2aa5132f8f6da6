import fastify from "fastify";
import type { Trouble } from "../postgres/outage.js";
import { measureBroker } from "./broker-gauges.js";
import { DatabaseProbe, type DatabaseView, measureDatabase, measureResults } from "./database-probe.js";
import { Health } from "./health.js";
import { createMetrics, type JobCounter, type QueueSizes } from "./metrics.js";
import type { WorkerView } from "./worker-view.js";

export interface HttpOptions {
  readonly worker: WorkerView;
  readonly database: DatabaseView;
  /** Why results wait to be stored. Default: nobody knows. */
  readonly resultTrouble?: () => Trouble | null;
  /** Without it `celery_queue_size` is left out. */
  readonly queueSizes?: QueueSizes;
  /** Jobs that are counted. Default: none. */
  readonly jobs?: readonly JobCounter[];
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
}

export interface HttpServer {
  /** Base URL, with the port that was taken. */
  readonly url: string;
  close(): Promise<void>;
}

/** The port of the health endpoints cannot be opened. */
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
  const metrics = createMetrics(worker, options.jobs ?? [], options.queueSizes);
  measureBroker(metrics, worker);
  measureDatabase(metrics, worker.nodename, options.database, look);
  measureResults(metrics, worker.nodename, resultTrouble);
  const server = fastify({ forceCloseConnections: true });

  server.get("/live", () => ({ status: "alive" }));

  server.get("/ready", async (_request, reply) => {
    const { ready, reasons } = await health.readiness();
    return reply.code(ready ? 200 : 503).send({ status: ready ? "ready" : "not ready", reasons });
  });

  server.get("/health", async (_request, reply) => {
    const { ready, reasons, databaseTrouble } = await health.readiness();
    return reply.code(ready ? 200 : 503).send({
      status: ready ? "healthy" : "unhealthy",
      celery_connected: worker.isConnected,
      workers: worker.state === "running" ? 1 : 0,
      worker_name: worker.nodename,
      state: worker.state,
      database_connected: databaseTrouble === null,
      database_problem: databaseTrouble?.problem ?? null,
      queues: worker.consumers.map(({ queue, confirmed }) => ({ name: queue, consumed: confirmed })),
      reasons,
      uptime_seconds: Math.round(process.uptime()),
      timestamp: new Date().toISOString(),
    });
  });

  server.get("/metrics", async (_request, reply) => reply.type(metrics.contentType).send(await metrics.metrics()));

  try {
    return { url: await server.listen({ host, port }), close: () => server.close() };
  } catch (error) {
    await server.close();
    const reason = error instanceof Error ? error.message : String(error);
    throw new HttpListenError(
      `the health endpoints cannot be opened on ${host}:${port} (CELERY_HEALTH_PORT): ${reason}`,
      {
        cause: error,
      },
    );
  }
}
