import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { findPython } from "../../scripts/local/provision.js";

const FOLDER = fileURLToPath(new URL("./python", import.meta.url));

/** Where a Python peer sends and reads, and the queue its worker consumes. */
export interface PeerEnvironment {
  readonly broker: string;
  readonly backend: string;
  /** Redis that the task `c.record` writes to. */
  readonly redis: string;
  /** Default queue of the app. */
  readonly queue: string;
}

/** A process of its own: a Python Celery client that takes commands as lines of JSON (python/peer_driver.py). */
export class PythonPeer {
  readonly #child: ChildProcess;
  readonly #waiting: { resolve: (value: unknown) => void; reject: (error: Error) => void }[] = [];
  #errors = "";

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.stderr?.on("data", (chunk: Buffer) => {
      this.#errors += chunk.toString();
    });
    child.once("exit", () => {
      for (const { reject } of this.#waiting.splice(0)) reject(new Error(`the Python peer ended: ${this.#errors}`));
    });
    if (child.stdout === null) throw new Error("the Python peer has no output");
    createInterface({ input: child.stdout }).on("line", (line) => {
      const { value = null, failure } = JSON.parse(line) as { readonly value?: unknown; readonly failure?: string };
      const next = this.#waiting.shift();
      if (failure === undefined) next?.resolve(value);
      else next?.reject(new Error(failure));
    });
  }

  static async start(environment: PeerEnvironment): Promise<PythonPeer> {
    return new PythonPeer(await startPython(["peer_driver.py"], environment, "pipe"));
  }

  /** Runs one command. @throws with what Python raised */
  call(command: string, fields: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#child.stdin?.write(`${JSON.stringify({ do: command, ...fields })}\n`);
    });
  }

  stop(): Promise<void> {
    this.#waiting.length = 0;
    return ended(this.#child, "SIGKILL");
  }
}

/** A real Python worker of the tasks in python/peer_tasks.py. @returns what ends it */
export async function startPythonPeerWorker(environment: PeerEnvironment): Promise<() => Promise<void>> {
  const flags = ["-n", `python-${environment.queue}@peer`, "-c", "2", "-l", "INFO", "-Q", environment.queue];
  const quiet = ["--without-mingle", "--without-gossip", "--heartbeat-interval", "1"];
  const child = await startPython(
    ["-m", "celery", "-A", "peer_tasks", "worker", ...flags, ...quiet],
    environment,
    "ignore",
  );
  let output = "";
  await new Promise<void>((resolve, reject) => {
    const collect = (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes("ready.")) resolve();
    };
    child.stdout?.on("data", collect);
    child.stderr?.on("data", collect);
    child.once("exit", (code) => reject(new Error(`the Python worker ended with ${code}: ${output}`)));
  });
  return () => ended(child, "SIGTERM");
}

async function startPython(
  args: readonly string[],
  { broker, backend, redis, queue }: PeerEnvironment,
  stdin: "pipe" | "ignore",
): Promise<ChildProcess> {
  const python = await findPython(["celery", "redis"]);
  if (python === undefined) throw new Error("no python that can import celery and redis");
  const settings = { PEER_BROKER: broker, PEER_BACKEND: backend, PEER_REDIS: redis, PEER_QUEUE: queue };
  const env = { ...process.env, ...settings, PYTHONPATH: FOLDER, PYTHONUNBUFFERED: "1", PYTHONDONTWRITEBYTECODE: "1" };
  return spawn(python, args, { env, cwd: FOLDER, stdio: [stdin, "pipe", "pipe"] });
}

async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  await new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.kill(signal);
    // A prefork worker that hangs in its shutdown must not hold up the tests.
    setTimeout(() => child.kill("SIGKILL"), 5000).unref();
  });
}
