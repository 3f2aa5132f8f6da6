import { execFile, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll } from "vitest";
import { findPython } from "../../scripts/local/provision.js";
import { parseJson } from "../../src/celery/protocol/json.js";
import { type CommandResult, MOST_OUTPUT } from "./celery-command.js";
import { LineProcess } from "./line-process.js";
import { WatchedChild } from "./watched-child.js";

const FOLDER = fileURLToPath(new URL("./python", import.meta.url));
const COMMAND_MS = 60_000;

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
  let worker: WatchedChild | undefined;
  beforeAll(async () => {
    const own = ["-n", name, "-Q", queue, "-c", "2", "-l", "INFO", ...flags];
    const args = ["-m", "celery", "-A", "control_app", "worker", ...own];
    const env = environment(url());
    const child = spawn(await python(), args, { env, cwd: FOLDER, stdio: ["ignore", "pipe", "pipe"] });
    worker = new WatchedChild(`the Python worker ${name}`, child);
    await worker.wrote("ready.");
  });
  afterAll(() => worker?.kill("SIGKILL"));
  return {
    name,
    get output() {
      return worker?.output ?? "";
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
  let driver: LineProcess | undefined;
  beforeAll(async () => {
    const file = `${FOLDER}/control_driver.py`;
    const env = environment(url());
    const child = spawn(await python(), [file], { env, cwd: FOLDER, stdio: ["pipe", "pipe", "pipe"] });
    driver = new LineProcess("Python's control API", child);
  });
  afterAll(() => driver?.stop());
  const call = async (request: object) => {
    if (driver === undefined) throw new Error("started by beforeAll: use it inside tests");
    // Python's JSON: a worker's settings may hold Infinity.
    const answer = parseJson(await driver.ask(request)) as { readonly value?: unknown; readonly error?: string };
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer.value ?? null;
  };
  return {
    inspect: (method, options = {}, args = [], kwargs = {}) => call({ api: "inspect", method, options, args, kwargs }),
    control: (method, args = [], kwargs = {}) => call({ api: "control", method, args, kwargs }),
  };
}

/** Runs Python's own `celery -A control_app …`. */
export async function runPythonCelery(url: string, args: readonly string[]): Promise<CommandResult> {
  const path = await python();
  return await new Promise((resolve) => {
    const options = { env: environment(url), cwd: FOLDER, timeout: COMMAND_MS, maxBuffer: MOST_OUTPUT };
    execFile(path, ["-m", "celery", "-A", "control_app", ...args], options, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === "number" ? error.code : error ? 1 : 0, stdout, stderr });
    });
  });
}
