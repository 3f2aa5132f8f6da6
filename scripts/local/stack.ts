import { execFile } from "node:child_process";
import { createServer } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { addDemoUser, BackendJobs, DirectJobs, type JobsApi } from "./jobs-api.js";
import { freePorts, type GuardedProcess, tail, waitFor } from "./processes.js";
import { BACKEND_MODULES, findPython, provision } from "./provision.js";
import { sendTask } from "./send-task.js";
import { type Services, startServices } from "./services.js";
import { ROOT } from "./state.js";

const run = promisify(execFile);
const CLI = join(ROOT, "dist/cli/main.js");

/** What `make submit` needs to know of a stack that another process keeps running. */
export interface StackUrls {
  /** The example backend; absent where Python Celery cannot be had. */
  readonly backendUrl?: string;
  readonly brokerUrl?: string;
  readonly databaseUrl?: string;
  /** The web view; absent unless asked for. */
  readonly webUrl?: string;
}

/** Services, workers and example backend, all native processes. */
export interface Stack {
  readonly services: Services;
  readonly urls: StackUrls;
  readonly workers: readonly { readonly name: string; readonly healthUrl: string; readonly logFile: string }[];
  readonly backendLog: string | undefined;
  stop(): Promise<void>;
}

export interface StackOptions {
  readonly workers: number;
  readonly log: (line: string) => void;
  /** Serve the web view too. Default false. */
  readonly web?: boolean;
  /** Further variables of the workers and the backend. */
  readonly env?: NodeJS.ProcessEnv;
}

/** Starts everything and resolves when each worker is ready and the backend answers. */
export async function startStack({ workers, log, web = false, env: further }: StackOptions): Promise<Stack> {
  log("Starting RabbitMQ and PostgreSQL …");
  const [services, found] = await Promise.all([
    startServices({ rabbitmq: true, postgres: true, log }),
    findPython(BACKEND_MODULES),
  ]);
  try {
    const python = found ?? (await installPython(log));
    const urls = { CELERY_BROKER_URL: services.brokerUrl, DATABASE_URL: services.databaseUrl };
    const env = { ...process.env, ...further, ...urls };
    await run(process.execPath, [CLI, "db", "migrate"], { cwd: ROOT, env });
    log(`Starting ${workers === 1 ? "the worker" : `${workers} workers`}${python ? " and the example backend" : ""} …`);
    if (web) await addDemoUser(services.databaseUrl);
    const [started, webUrl, backend] = await Promise.all([
      startWorkers(services, workers, env),
      web ? startWebView(services, env) : undefined,
      python === undefined ? undefined : startBackend(services, python, env),
    ]);
    return {
      services,
      workers: started,
      urls: {
        brokerUrl: services.brokerUrl,
        databaseUrl: services.databaseUrl,
        ...(backend ? { backendUrl: backend.url } : {}),
        ...(webUrl === undefined ? {} : { webUrl }),
      },
      backendLog: backend?.logFile,
      stop: () => services.stop(),
    };
  } catch (error) {
    await services.stop();
    throw error;
  }
}

/** How to submit to a stack: through Python Celery where it is, else with our own client. */
export function jobsOf(urls: StackUrls): JobsApi {
  if (urls.backendUrl !== undefined) return new BackendJobs(urls.backendUrl);
  const { brokerUrl, databaseUrl } = urls;
  if (brokerUrl === undefined || databaseUrl === undefined) throw new Error("the stack has no broker or no database");
  return new DirectJobs(databaseUrl, (task, jobId) => sendTask(brokerUrl, task, jobId));
}

async function installPython(log: (line: string) => void): Promise<string | undefined> {
  try {
    await provision(["backend"], log);
  } catch (error) {
    log(`Python Celery cannot be had here, so jobs are submitted with our own client. (${messageOf(error)})`);
    return undefined;
  }
  return findPython(BACKEND_MODULES);
}

async function startWorkers(services: Services, count: number, env: NodeJS.ProcessEnv) {
  const ports = await Promise.all(Array.from({ length: count }, (_, index) => preferredPort(5002 + index)));
  return Promise.all(
    ports.map(async (port, index) => {
      const name = `worker${index + 1}`;
      const logFile = join(services.folder, `${name}.log`);
      const args = [CLI, "-A", "main.celery_app.celery", "worker", "--loglevel=info", `--hostname=${name}@%h`];
      const worker = services.spawn(name, process.execPath, args, {
        cwd: ROOT,
        env: {
          CELERY_WORKER_SOLVER_CHECKPOINTS: join(services.folder, "checkpoints"),
          ...env,
          CELERY_HEALTH_PORT: String(port),
        },
        logFile,
      });
      const healthUrl = `http://127.0.0.1:${port}`;
      await answers(`${healthUrl}/ready`, worker, logFile);
      return { name, healthUrl: `${healthUrl}/health`, logFile };
    }),
  );
}

async function startWebView(services: Services, env: NodeJS.ProcessEnv): Promise<string> {
  const port = await preferredPort(5556);
  const logFile = join(services.folder, "web.log");
  const args = [CLI, "web", `--port=${port}`];
  const web = services.spawn("web", process.execPath, args, { cwd: ROOT, env, logFile });
  const url = `http://127.0.0.1:${port}`;
  await answers(`${url}/api/session`, web, logFile);
  return url;
}

async function startBackend(services: Services, python: string, env: NodeJS.ProcessEnv) {
  const port = await preferredPort(5000);
  const logFile = join(services.folder, "backend.log");
  const backend = services.spawn("backend", python, [join(ROOT, "examples/backend/app.py")], {
    cwd: ROOT,
    env: { ...env, PORT: String(port), PYTHONDONTWRITEBYTECODE: "1", PYTHONUNBUFFERED: "1" },
    logFile,
  });
  const url = `http://127.0.0.1:${port}`;
  await answers(`${url}/health`, backend, logFile);
  return { url, logFile };
}

async function answers(url: string, process: GuardedProcess, logFile: string): Promise<void> {
  await waitFor(`the ${process.name}`, async () => (await fetch(url)).ok, {
    timeoutMs: 60_000,
    everyMs: 50,
    giveUp: () => (process.exited ? `it ended while starting.\n${tail(logFile)}` : undefined),
  }).catch((error: unknown) => {
    throw new Error(`${messageOf(error)}\n${tail(logFile)}`, { cause: error });
  });
}

/** The port the documentation names, where nobody listens on it; else any free one. */
async function preferredPort(port: number): Promise<number> {
  const free = await new Promise<boolean>((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, () => probe.close(() => resolve(true)));
  });
  if (free) return port;
  const [other] = await freePorts(1);
  if (other === undefined) throw new Error("no free port");
  return other;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
