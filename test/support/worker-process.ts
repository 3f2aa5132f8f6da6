import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const CLI = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

/** The built `celery worker`, as operators run it, in a process of its own. */
export class WorkerProcess {
  readonly exited: Promise<number | null>;
  /** Everything it logged. */
  output = "";

  private constructor(private readonly child: ChildProcess) {
    this.exited = new Promise((resolve) => child.once("exit", resolve));
    child.stdout?.on("data", (data) => {
      this.output += data;
    });
    child.stderr?.on("data", (data) => {
      this.output += data;
    });
  }

  /** @param app what `-A` names; by default the built-in app, as the old documentation has it */
  static start(
    env: Readonly<Record<string, string>>,
    args: readonly string[] = [],
    app = "main.celery_app.celery",
  ): WorkerProcess {
    const command = [CLI, "-A", app, "worker", ...args];
    const child = spawn(process.execPath, command, {
      env: { ...process.env, CELERY_HEALTH_PORT: "0", ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    return new WorkerProcess(child);
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<number | null> {
    if (this.isRunning) this.child.kill(signal);
    return await this.exited;
  }
}
