import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Logger } from "pino";
import { type AppOptions, Celery, type Settings } from "../celery/index.js";
import { openDatabase } from "../jobs/database.js";
import type { UseDatabase } from "../operations/dead-letters.js";
import type { WebAuthentication } from "../plosolver/config/config.js";
import { WebRefusedError } from "./address.js";
import { Cluster } from "./cluster.js";
import { clusterRoutes } from "./routes/cluster.js";
import { deadLetterRoutes } from "./routes/dead-letters.js";
import { jobRoutes } from "./routes/jobs.js";
import { sessionRoutes } from "./routes/session.js";
import { startWebServer, type WebServer } from "./server.js";

export interface WebOptions {
  /** Of the app whose cluster it shows. */
  readonly settings: Settings;
  readonly queues: readonly string[];
  readonly deadLetterQueues: readonly string[];
  /** Null: there are no jobs, and only the cluster is shown. */
  readonly database: {
    readonly url: string;
    readonly connectTimeoutSeconds: number;
    readonly statementTimeoutSeconds: number;
  } | null;
  readonly staleAfterSeconds: number;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly authentication: WebAuthentication;
  readonly readOnly: boolean;
  readonly log: Logger;
}

const DATABASE_CONNECTIONS = 5;

/**
 * Opens the web view: the pages, their API, and the connections that they look through.
 * @throws WebRefusedError when it may not be opened as asked
 */
export async function startWeb(options: WebOptions): Promise<Pick<WebServer, "url" | "routes" | "close">> {
  const { settings, log, queues, deadLetterQueues, readOnly } = options;
  const app = new Celery("celery web", { ...settings, log } as AppOptions);
  const cluster = new Cluster({ app, log, queues, deadLetterQueues, enableEvents: !readOnly });
  const database =
    options.database === null ? null : openDatabase({ ...options.database, poolSize: DATABASE_CONNECTIONS });
  const close = async () => {
    await cluster.close();
    await app.close();
    await database?.destroy();
  };
  try {
    const server = await startWebServer({
      ...options,
      pages: pagesFolder(),
      routes: (api, access) => {
        sessionRoutes(api, { access, readOnly, hasJobs: database !== null });
        const { staleAfterSeconds } = options;
        if (database !== null) jobRoutes(api, { app, database, cluster, queues, deadLetterQueues, staleAfterSeconds });
        const useDatabase: UseDatabase = database === null ? null : (work) => work(database);
        deadLetterRoutes(api, { cluster, deadLetterQueues, useDatabase });
        clusterRoutes(api, app, cluster);
      },
    });
    cluster.start();
    return {
      url: server.url,
      routes: server.routes,
      close: async () => {
        await server.close();
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** `dist/pages`, whether this runs from `dist/web` or from `src/web`. */
function pagesFolder(): string {
  const folder = fileURLToPath(new URL("../../dist/pages", import.meta.url));
  if (existsSync(folder)) return folder;
  throw new WebRefusedError(`the pages of the web view are not built: run npm run build (${folder})`);
}
