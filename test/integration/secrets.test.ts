import { fileURLToPath } from "node:url";
import pg from "pg";
import { afterEach, describe, expect, it } from "vitest";
import { type CommandResult, runBuiltCelery } from "../support/celery-command.js";
import { useBareClient } from "../support/celery-worker.js";
import { redisUrl, useDatabase, useVhost } from "../support/services.js";
import { waitUntil } from "../support/wait-until.js";
import { WorkerProcess } from "../support/worker-process.js";

const vhost = useVhost();
const database = useDatabase();
const client = useBareClient(() => vhost.url);
const SECRET = "Sup3rS3cret%W0rd";
const PARTS = /Sup3rS3cret|W0rd/;

const workers: WorkerProcess[] = [];
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.kill()));
});

/** The URL with another user and password, the password as people write it: not encoded. */
function withPassword(url: string, user: string): string {
  return url.replace(/:\/\/(?:[^@/]*@)?/, `://${user}:${SECRET}@`);
}

function start(env: Readonly<Record<string, string>>, app?: string): WorkerProcess {
  const common = { CELERY_BROKER_URL: vhost.url, DATABASE_URL: database.url, LOG_LEVEL: "debug", LOG_FORMAT: "json" };
  const worker = WorkerProcess.start({ ...common, ...env }, ["-Q", "secrets"], app);
  workers.push(worker);
  return worker;
}

describe("a worker shows no password", () => {
  it.each<[string, () => Record<string, string>, string]>([
    [
      "that the broker refuses",
      () => ({ CELERY_BROKER_URL: withPassword(vhost.url, "guest") }),
      "cannot connect to the broker",
    ],
    [
      "that Redis refuses",
      () => ({ CELERY_RESULT_BACKEND: withPassword(redisUrl(), "nobody") }),
      "redis connection lost",
    ],
    [
      "of a database that is away",
      () => ({ CELERY_RESULT_BACKEND: `db+postgresql://u:${SECRET}@127.0.0.1:1/d` }),
      "the result database",
    ],
  ])("%s", async (_, env, line) => {
    const worker = start(env());
    await worker.wrote(line);
    expect(worker.output).not.toMatch(PARTS);
    expect(await worker.kill("SIGKILL")).toBe(null);
    expect(worker.output).not.toMatch(PARTS);
  });

  it("of a result database whose connections are cut", async () => {
    const admin = new pg.Client({ connectionString: database.url });
    await admin.connect();
    try {
      await admin.query("create role secret_reader login superuser").catch(() => undefined);
      const worker = start({ CELERY_RESULT_BACKEND: `db+${withPassword(database.url, "secret_reader")}` });
      await worker.wrote(" ready.");
      await admin.query("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'secret_reader'");
      await worker.wrote("connection to the result database lost");
      expect(worker.output).not.toMatch(PARTS);
      await worker.kill("SIGTERM");
    } finally {
      await admin.query("drop role secret_reader").catch(() => undefined);
      await admin.end();
    }
  });

  it("in an error that nobody catches, which ends it with code 1", async () => {
    const app = fileURLToPath(new URL("../fixtures/throwing-app.mjs", import.meta.url));
    const worker = WorkerProcess.start({ CELERY_BROKER_URL: `${vhost.url}?password=${SECRET}` }, [], app);
    workers.push(worker);
    await worker.wrote(" ready.");
    await client.current.send("throwing", "throw");
    expect(await worker.ended()).toBe(1);
    await waitUntil(() => worker.output.includes("cannot reach"), "the error");
    expect(worker.output).not.toMatch(PARTS);
    expect(worker.output).toContain("an error that nobody caught ends the worker");
  });
});

describe("a command shows no password", () => {
  const env = () => ({ CELERY_BROKER_URL: vhost.url, DATABASE_URL: database.url });

  it.each<[string, () => Promise<CommandResult>]>([
    ["-b, refused by the broker", () => runBuiltCelery(["-b", withPassword(vhost.url, "guest"), "status"])],
    ["-b without slashes", () => runBuiltCelery(["-b", `amqp:u:${SECRET}@h`, "inspect", "ping"])],
    [
      "a broker in quotes",
      () => runBuiltCelery(["status"], { CELERY_BROKER_URL: `"amqp://u:${SECRET}@127.0.0.1:1//"` }),
    ],
    ["a DSN for the database", () => runBuiltCelery(["db", "status"], { DATABASE_URL: `host=h password=${SECRET}` })],
    [
      "a database that is away",
      () => runBuiltCelery(["db", "status"], { DATABASE_URL: `postgresql://u:${SECRET}@127.0.0.1:1/d` }),
    ],
    [
      "a name that no resolver knows",
      () => runBuiltCelery(["db", "status"], { DATABASE_URL: `postgresql://u:${SECRET}@h.invalid/d` }),
    ],
    [
      "a result backend that does not exist",
      () => runBuiltCelery(["--result-backend", `mongodb://u:${SECRET}@h`, "report"], env()),
    ],
    ["an argument in the wrong place", () => runBuiltCelery([withPassword(vhost.url, "guest")], env())],
    ["an unknown option", () => runBuiltCelery([`--brokr=${withPassword(vhost.url, "guest")}`, "status"], env())],
    ["a health page", () => runBuiltCelery(["health", "--url", `http://u:${SECRET}@127.0.0.1:1/health`])],
  ])("given as %s", async (_, run) => {
    const { code, stdout, stderr } = await run();
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/^Error: /m);
    expect(stdout + stderr).not.toMatch(PARTS);
  });

  it("in celery report", async () => {
    const report = await runBuiltCelery(["report"], {
      CELERY_BROKER_URL: `amqp://u:${SECRET}@h;amqp://u:${SECRET}@h2`,
    });
    expect(report.code).toBe(0);
    expect(report.stdout).toContain("amqp://u:********@h;amqp://u:********@h2");
    expect(report.stdout + report.stderr).not.toMatch(PARTS);
  });
});
