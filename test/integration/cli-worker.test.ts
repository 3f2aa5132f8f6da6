import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runBuiltCelery } from "../support/celery-command.js";
import { useBareClient } from "../support/celery-worker.js";
import { useDatabase, useVhost } from "../support/services.js";
import { waitUntil } from "../support/wait-until.js";
import { WorkerProcess } from "../support/worker-process.js";

const vhost = useVhost();
const database = useDatabase();
const client = useBareClient(() => vhost.url);
const APP = fileURLToPath(new URL("../fixtures/slow-app.mjs", import.meta.url));
const CANNOT_CREATE = 73;

let folder: string;
const workers: WorkerProcess[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "worker-files-"));
});
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.kill()));
  rmSync(folder, { recursive: true });
});

function start(flags: readonly string[], app = APP): WorkerProcess {
  const env = { CELERY_BROKER_URL: vhost.url, DATABASE_URL: database.url, LOG_FORMAT: "json" };
  const worker = WorkerProcess.start(env, ["-b", vhost.url, ...flags], app);
  workers.push(worker);
  return worker;
}

describe("--pidfile", () => {
  const path = () => join(folder, "worker.pid");

  async function expectRefusal(file: string, reason: string): Promise<void> {
    const worker = start(["--pidfile", file]);
    expect(await worker.ended()).toBe(CANNOT_CREATE);
    await waitUntil(() => worker.output.includes(reason), reason);
  }

  it("follows no symbolic link, whether its target exists or not", async () => {
    const target = join(folder, "target");
    symlinkSync(target, path());
    await expectRefusal(path(), "symbolic link");
    expect(existsSync(target)).toBe(false);
    writeFileSync(target, "4000000\n");
    await expectRefusal(path(), "symbolic link");
    expect(readFileSync(target, "utf8")).toBe("4000000\n");
    expect(readlinkSync(path())).toBe(target);
  });

  it.each(["127.0.0.1 localhost\n", "12 13\n", "1".repeat(100), "\0"])(
    "leaves a file that holds %j alone",
    async (text) => {
      writeFileSync(path(), text);
      await expectRefusal(path(), "it holds no process id");
      expect(readFileSync(path(), "utf8")).toBe(text);
    },
  );

  it("refuses a folder, and a name in a folder that is missing", async () => {
    mkdirSync(path());
    await expectRefusal(path(), "no ordinary file");
    await expectRefusal(join(folder, "missing", "worker.pid"), "cannot be created");
    expect(existsSync(join(folder, "missing"))).toBe(false);
  });

  it("leaves the file of a process that lives to it", async () => {
    writeFileSync(path(), `${process.pid}\n`);
    await expectRefusal(path(), `Seems we're already running? (pid: ${process.pid})`);
    expect(readFileSync(path(), "utf8")).toBe(`${process.pid}\n`);
  });

  it.each([String(spawnSync("true").pid), ""])(
    "replaces the file of a process that is gone (%j), and removes its own",
    async (text) => {
      writeFileSync(path(), text);
      const worker = start(["--pidfile", path()]);
      await worker.wrote(" ready.");
      expect(readFileSync(path(), "utf8")).toBe(`${worker.child.pid}\n`);
      expect(await worker.kill("SIGTERM")).toBe(0);
      expect(existsSync(path())).toBe(false);
    },
  );

  it("that somebody else has replaced meanwhile stays", async () => {
    const worker = start(["--pidfile", path()]);
    await worker.wrote(" ready.");
    writeFileSync(path(), "4000000\n");
    expect(await worker.kill("SIGTERM")).toBe(0);
    expect(readFileSync(path(), "utf8")).toBe("4000000\n");
  });
});

describe("--logfile", () => {
  const BUILT_IN = "main.celery_app.celery";

  it("is made, not its folder", async () => {
    const worker = start(["-Q", "logged", "-f", join(folder, "worker.log")], BUILT_IN);
    await waitUntil(() => /ready\./.test(read(join(folder, "worker.log"))), "the log");
    expect(await worker.kill("SIGTERM")).toBe(0);
    const refused = start(["-f", join(folder, "missing", "worker.log")], BUILT_IN);
    expect(await refused.ended()).toBe(CANNOT_CREATE);
    await waitUntil(() => refused.output.includes("its folder does not exist: create it first"), "the reason");
    expect(existsSync(join(folder, "missing"))).toBe(false);
  });

  it("on a disk that is full costs lines, not the worker", async () => {
    const worker = start(["-Q", "logged", "-f", "/dev/full"], BUILT_IN);
    await waitUntil(async () => await isConsumed("logged"), "the worker's consumer");
    await client.current.channel.assertQueue("logged-dlq", { durable: true });
    await client.current.send("logged", "no.such.task");
    await waitUntil(async () => (await client.current.depth("logged-dlq")) === 1, "the dead letter");
    expect(await worker.kill("SIGTERM")).toBe(0);
  });
});

describe("CELERY_WORKER_ENABLE_REMOTE_CONTROL", () => {
  it.each([
    ["True", 0],
    ["False", 69],
  ])("set to %s: celery inspect ping ends with %d", async (value, code) => {
    const env = {
      CELERY_BROKER_URL: vhost.url,
      DATABASE_URL: database.url,
      CELERY_WORKER_ENABLE_REMOTE_CONTROL: value,
    };
    const name = `remote-${value}@test`;
    const worker = WorkerProcess.start(env, ["-Q", "remote", "-n", name]);
    workers.push(worker);
    await worker.wrote(" ready.");
    const answer = await runBuiltCelery(["-b", vhost.url, "inspect", "ping", "-d", name, "-t", "2"]);
    expect(answer.code).toBe(code);
    await client.current.send("remote", "no.such.task");
    await worker.wrote("no.such.task");
  });
});

function read(path: string): string {
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}

async function isConsumed(queue: string): Promise<boolean> {
  const { consumers } = (await vhost.get("queues", queue).catch(() => ({}))) as { readonly consumers?: number };
  return (consumers ?? 0) > 0;
}
