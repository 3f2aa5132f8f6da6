import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { findPython } from "../../scripts/local/provision.js";
import { LineProcess } from "./line-process.js";

const SCRIPT = fileURLToPath(new URL("./python/backend.py", import.meta.url));

/** What a task came to, as Python's AsyncResult sees it. */
export type PythonResult =
  | { readonly value: unknown; readonly status: string; readonly successful: boolean }
  | { readonly raised: string; readonly text: string; readonly status: string };

/** A Python process that submits as PLOSolver's backends do. */
export class PythonBackend {
  private constructor(private readonly process: LineProcess) {}

  static async start(brokerUrl: string): Promise<PythonBackend> {
    const python = await findPython(["celery"]);
    if (python === undefined) throw new Error("no Python with Celery: `scripts/services provision` installs one");
    const child = spawn(python, [SCRIPT, brokerUrl], { stdio: ["pipe", "pipe", "pipe"] });
    return new PythonBackend(new LineProcess("the Python backend", child));
  }

  async ask<Answer>(command: Readonly<Record<string, unknown>>): Promise<Answer> {
    const answer = JSON.parse(await this.process.ask(command)) as { ok?: Answer; error?: string };
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer.ok as Answer;
  }

  stop(): Promise<void> {
    return this.process.stop();
  }
}
