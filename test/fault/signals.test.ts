import { spawn, spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterEach, expect, it } from "vitest";
import { findPython } from "../../scripts/local/provision.js";
import { BUILT_MAIN } from "../support/celery-command.js";
import { useBareClient } from "../support/celery-worker.js";
import { useVhost } from "../support/services.js";
import { waitUntil } from "../support/wait-until.js";
import { WatchedChild } from "../support/watched-child.js";
import { WorkerProcess } from "../support/worker-process.js";

const vhost = useVhost();
const client = useBareClient(() => vhost.url);
const APP = fileURLToPath(new URL("../fixtures/slow-app.mjs", import.meta.url));
const TERMINAL = fileURLToPath(new URL("../support/python/terminal.py", import.meta.url));
/** Node from 22.15 on starts anew in the same process. */
const CAN_RESTART = "execve" in process;
const CAN_BE_PID_1 = spawnSync("unshare", ["--pid", "--fork", "true"]).status === 0;

const children: WatchedChild[] = [];
afterEach(async () => {
  await Promise.all(children.splice(0).map((child) => child.kill()));
});

const env = () => ({ CELERY_BROKER_URL: vhost.url, CELERY_RESULT_BACKEND: "rpc://" });
const flags = () => ["-c", "2", "--result-backend", "rpc://", "-b", vhost.url];
const command = () => [BUILT_MAIN, "-A", APP, "worker", ...flags()];

async function startWorker(): Promise<WorkerProcess> {
  const worker = WorkerProcess.start(env(), flags(), APP);
  children.push(worker);
  await worker.wrote(" ready.");
  return worker;
}

function watch(title: string, program: string, args: readonly string[]): WatchedChild {
  const child = spawn(program, args, { env: { ...process.env, ...env() }, stdio: ["pipe", "pipe", "pipe"] });
  const watched = new WatchedChild(title, child);
  children.push(watched);
  return watched;
}

/** Sends a task and waits until it runs. @returns its id */
async function running(worker: WatchedChild, task: string): Promise<string> {
  const id = await client.current.send("slow", task);
  await waitUntil(() => worker.output.includes(id), `${task} to be received`);
  return id;
}

it("SIGHUP lets running tasks end", async () => {
  const worker = await startWorker();
  const nap = await running(worker, "nap");
  worker.child.kill("SIGHUP");
  worker.child.kill("SIGHUP");
  expect(await client.current.result(nap)).toMatchObject({ status: "SUCCESS", result: "rested" });
  if (CAN_RESTART) {
    await waitUntil(() => worker.output.split(" ready.").length > 2, "the worker's second start");
    expect(await worker.kill("SIGTERM")).toBe(0);
  } else expect(await worker.ended()).toBe(0);
  expect(client.current.statesOf(nap)).toHaveLength(1);
});

it("SIGUSR1 and SIGUSR2 end nothing, open no debugger, and say what runs", async () => {
  const worker = await startWorker();
  const nap = await running(worker, "nap");
  worker.child.kill("SIGUSR1");
  await waitUntil(() => /"runtimeSeconds"/.test(worker.output), "the report");
  worker.child.kill("SIGUSR2");
  await waitUntil(() => worker.output.includes("there is no remote debugger"), "the answer to SIGUSR2");
  const lines = worker.output.split("\n").filter((line) => line.startsWith("{"));
  const reported = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(reported.find((line) => line.signal === "SIGUSR1")).toMatchObject({ state: "running", active: 1 });
  expect(reported.find((line) => line.msg === "running")).toMatchObject({ taskId: nap, task: "nap" });
  expect(await client.current.result(nap)).toMatchObject({ status: "SUCCESS" });
  expect(worker.output).not.toContain("Debugger listening");
  expect(await worker.kill("SIGTERM")).toBe(0);
});

it("no command opens a debugger on SIGUSR1", async () => {
  const events = watch("celery events", process.execPath, [BUILT_MAIN, "-b", vhost.url, "events", "--dump"]);
  await waitUntil(async () => events.output !== "" || (await listens(events)), "the first line or its consumer");
  events.child.kill("SIGUSR1");
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(events.isRunning).toBe(true);
  expect(events.output).not.toContain("Debugger");
  await events.kill("SIGINT");
});

it("a terminal that closes lets running tasks end", async () => {
  const python = await findPython(["celery"]);
  const terminal = watch("the worker on a terminal", python ?? "python3", [TERMINAL, process.execPath, ...command()]);
  await terminal.wrote(" ready.");
  const nap = await running(terminal, "nap");
  terminal.child.stdin?.write("close\n");
  expect(await client.current.result(nap)).toMatchObject({ status: "SUCCESS", result: "rested" });
  await terminal.wrote('ended {"code": 0}');
});

it.skipIf(!CAN_BE_PID_1)("as PID 1 of a container it takes every signal, without tini", async () => {
  const args = ["--pid", "--fork", "--mount-proc", process.execPath, ...command()];
  const container = watch("the worker as PID 1", "unshare", args);
  await container.wrote(" ready.");
  const worker = childOf(container.child.pid ?? 0);
  const nap = await running(container, "nap");
  process.kill(worker, "SIGUSR1");
  await container.wrote('"msg":"running"');
  process.kill(worker, "SIGTERM");
  expect(await client.current.result(nap)).toMatchObject({ status: "SUCCESS", result: "rested" });
  expect(await container.ended()).toBe(0);
});

/** Whether the command has opened its connection: it writes nothing before the first event. */
async function listens(child: WatchedChild): Promise<boolean> {
  const queues = (await vhost.get("queues")) as { readonly name: string; readonly consumers?: number }[];
  return child.isRunning && queues.some(({ name }) => name.startsWith("celeryev."));
}

function childOf(parent: number): number {
  for (const entry of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, "utf8");
      if (Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]) === parent) return Number(entry);
    } catch {
      // It ended meanwhile.
    }
  }
  throw new Error(`process ${parent} has no child`);
}
