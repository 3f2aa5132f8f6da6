import { hostname } from "node:os";
import { afterAll, beforeAll } from "vitest";
import { RunningCelery, runBuiltCelery } from "./celery-command.js";
import { type JobsFixture, USER_ID, useJobs } from "./jobs.js";
import { waitUntil } from "./wait-until.js";

/** The built `celery web` and one worker, on a database and broker of a test file. */
export interface WebFixture {
  readonly url: string;
  readonly jobs: JobsFixture;
  readonly nodename: string;
  readonly environment: Record<string, string>;
  /** Starts a further `celery web`; it ends with the file. @returns its address */
  open(args: readonly string[], env?: Record<string, string>): Promise<string>;
  /** Submits a job as the command line does. @returns its id */
  submit(kind: "spot" | "solver", input: unknown): Promise<string>;
  /** Submits a job and waits until it is COMPLETED. @returns its id */
  compute(kind: "spot" | "solver", input: unknown): Promise<string>;
  /** Starts a worker; it ends with the file. */
  startWorker(name: string): Promise<RunningCelery>;
}

export function useWebView(brokerUrl: () => string): WebFixture {
  const jobs = useJobs();
  const started: RunningCelery[] = [];
  let url = "";
  const environment = () => ({
    CELERY_BROKER_URL: brokerUrl(),
    DATABASE_URL: jobs.url,
    CELERY_HEALTH_PORT: "0",
    CELERY_WORKER_CONCURRENCY: "2",
    LOG_FORMAT: "json",
  });
  const fixture: WebFixture = {
    jobs,
    nodename: `web-test@${hostname()}`,
    get url() {
      return url;
    },
    get environment() {
      return environment();
    },
    async open(args, env = {}) {
      const web = new RunningCelery(["web", "--port", "0", ...args], { ...environment(), ...env });
      started.push(web);
      const found = await waitUntil(() => /"url":"([^"]+)"/.exec(web.output)?.[1], "the web view");
      return found;
    },
    async submit(kind, input) {
      const args = ["jobs", "submit", kind, "--user", USER_ID, "--input", "-", "--json", "--unchecked"];
      const { stdout, stderr } = await runBuiltCelery(args, environment(), JSON.stringify(input));
      if (stdout === "") throw new Error(stderr);
      const { id } = JSON.parse(stdout) as { id: string };
      return id;
    },
    async compute(kind, input) {
      const id = await fixture.submit(kind, input);
      await waitUntil(async () => (await jobs.row(id)).status === "COMPLETED", `job ${id}`, 60_000);
      return id;
    },
    async startWorker(name) {
      const worker = new RunningCelery(["worker", "-E", "-n", name], environment());
      started.push(worker);
      await worker.wrote(" ready.");
      return worker;
    },
  };
  beforeAll(async () => {
    [url] = await Promise.all([fixture.open([]), fixture.startWorker(fixture.nodename)]);
  });
  afterAll(async () => {
    for (const one of started) await one.end("SIGKILL").catch(() => undefined);
  });
  return fixture;
}
