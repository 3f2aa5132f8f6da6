import { spawn } from "node:child_process";
import { BUILT_MAIN } from "./celery-command.js";
import { WatchedChild } from "./watched-child.js";

/** The built `celery worker`, as operators run it, in a process of its own. */
export class WorkerProcess extends WatchedChild {
  /** @param app what `-A` names; by default the built-in app, as the old documentation has it */
  static start(
    env: Readonly<Record<string, string>>,
    args: readonly string[] = [],
    app = "main.celery_app.celery",
  ): WorkerProcess {
    const command = [BUILT_MAIN, "-A", app, "worker", ...args];
    const child = spawn(process.execPath, command, {
      env: { ...process.env, CELERY_HEALTH_PORT: "0", ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    return new WorkerProcess(`celery worker (pid ${child.pid})`, child);
  }
}
