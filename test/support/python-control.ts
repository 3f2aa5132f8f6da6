import { type ChildProcess, execFile, spawn } from "node:child_process";
import { createInterface, type Interface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll } from "vitest";
import { findPython } from "../../scripts/local/provision.js";
import { parseJson } from "../../src/celery/protocol/json.js";
import type { CommandResult } from "./celery-command.js";

const FOLDER = fileURLToPath(new URL("./python", import.meta.url));

async function python(): Promise<string> {
  const path = await findPython();
  if (path === undefined) throw new Error("no python that can import celery");
  return path;
}

function environment(url: string): NodeJS.ProcessEnv {
  return { ...process.env, BROKER_URL: url, PYTHONPATH: FOLDER, PYTHONUNBUFFERED: "1", PYTHONDONTWRITEBYTECODE: "1" };
}

/** A real Python worker of the tasks in control_app.py. */
export interface PythonWorker {
  readonly name: string;
  /** What it wrote so far. */
  readonly output: string;
}

/** Starts a Python worker before the tests of this file and ends it afterwards. */
export function usePythonWorker(url: () => string, name: string, queue: string, flags: string[] = []): PythonWorker {
  let child: ChildProcess | undefined;
  let output = "";
  beforeAll(async () => {
    const args = [
      "-m",
      "celery",
      "-A",
      "control_app",
      "worker",
      "-n",
      name,
      "-Q",
      queue,
      "-c",
      "2",
      "-l",
      "INFO",
      ...flags,
    ];
    child = spawn(await python(), args, { env: environment(url()), cwd: FOLDER, stdio: ["ignore", "pipe", "pipe"] });
    await new Promise<void>((resolve, reject) => {
      const collect = (chunk: Buffer) => {
        output += chunk.toString();
        if (output.includes("ready.")) resolve();
      };
      child?.stdout?.on("data", collect);
      child?.stderr?.on("data", collect);
      child?.once("exit", (code) => reject(new Error(`the Python worker ended with ${code}: ${output}`)));
    });
  });
  afterAll(() => ended(child, "SIGKILL"));
  return {
    name,
    get output() {
      return output;
    },
  };
}

/** A Python process that calls `app.control` and `app.control.inspect()`. */
export interface PythonControl {
  /** `app.control.inspect(**options).method(*args, **kwargs)` */
  inspect(method: string, options?: object, args?: unknown[], kwargs?: object): Promise<unknown>;
  /** `app.control.method(*args, **kwargs)` */
  control(method: string, args?: unknown[], kwargs?: object): Promise<unknown>;
}

export function usePythonControl(url: () => string): PythonControl {
  let child: ChildProcess | undefined;
  let lines: Interface | undefined;
  const waiting: { resolve: (value: unknown) => void; reject: (error: Error) => void }[] = [];
  let errors = "";
  beforeAll(async () => {
    const file = `${FOLDER}/control_driver.py`;
    child = spawn(await python(), [file], { env: environment(url()), cwd: FOLDER, stdio: ["pipe", "pipe", "pipe"] });
    child.stderr?.on("data", (chunk: Buffer) => {
      errors += chunk.toString();
    });
    child.once("exit", () => {
      for (const { reject } of waiting.splice(0)) reject(new Error(`the Python process ended: ${errors}`));
    });
    if (child.stdout === null) throw new Error("no output");
    lines = createInterface({ input: child.stdout });
    lines.on("line", (line) => {
      // Python's JSON: a worker's settings may hold Infinity.
      const answer = parseJson(line) as { readonly value?: unknown; readonly error?: string };
      const next = waiting.shift();
      if (answer.error === undefined) next?.resolve(answer.value ?? null);
      else next?.reject(new Error(answer.error));
    });
  });
  afterAll(async () => {
    lines?.close();
    await ended(child, "SIGTERM");
  });
  const call = (request: object) =>
    new Promise<unknown>((resolve, reject) => {
      waiting.push({ resolve, reject });
      child?.stdin?.write(`${JSON.stringify(request)}\n`);
    });
  return {
    inspect: (method, options = {}, args = [], kwargs = {}) => call({ api: "inspect", method, options, args, kwargs }),
    control: (method, args = [], kwargs = {}) => call({ api: "control", method, args, kwargs }),
  };
}

/** Runs Python's own `celery -A control_app …`. */
export async function runPythonCelery(url: string, args: readonly string[]): Promise<CommandResult> {
  const path = await python();
  return await new Promise((resolve) => {
    const options = { env: environment(url), cwd: FOLDER };
    execFile(path, ["-m", "celery", "-A", "control_app", ...args], options, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === "number" ? error.code : error ? 1 : 0, stdout, stderr });
    });
  });
}

/** Ends a process and its children. */
async function ended(child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  await new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.kill(signal);
  });
}
