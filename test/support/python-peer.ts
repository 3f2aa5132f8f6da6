import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { findPython } from "../../scripts/local/provision.js";
import { LineProcess } from "./line-process.js";
import { WatchedChild } from "./watched-child.js";

const FOLDER = fileURLToPath(new URL("./python", import.meta.url));
/** A prefork worker that hangs in its shutdown must not hold up the tests. */
const END_MS = 5000;

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
  private constructor(private readonly process: LineProcess) {}

  static async start(environment: PeerEnvironment): Promise<PythonPeer> {
    const child = await startPython(["peer_driver.py"], environment, "pipe");
    return new PythonPeer(new LineProcess("the Python peer", child));
  }

  /** Runs one command. @throws with what Python raised */
  async call(command: string, fields: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    const answer = JSON.parse(await this.process.ask({ do: command, ...fields })) as {
      readonly value?: unknown;
      readonly failure?: string;
    };
    if (answer.failure !== undefined) throw new Error(answer.failure);
    return answer.value ?? null;
  }

  stop(): Promise<void> {
    return this.process.stop();
  }
}

/** A real Python worker of the tasks in python/peer_tasks.py. @returns what ends it */
export async function startPythonPeerWorker(environment: PeerEnvironment): Promise<() => Promise<void>> {
  const flags = ["-n", `python-${environment.queue}@peer`, "-c", "2", "-l", "INFO", "-Q", environment.queue];
  const quiet = ["--without-mingle", "--without-gossip", "--heartbeat-interval", "1"];
  const command = ["-m", "celery", "-A", "peer_tasks", "worker", ...flags, ...quiet];
  const worker = new WatchedChild("the Python worker", await startPython(command, environment, "ignore"));
  await worker.wrote("ready.");
  return async () => {
    // It is killed when it takes longer; that is no failure of ours.
    await worker.kill("SIGTERM", END_MS).catch(() => undefined);
  };
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
