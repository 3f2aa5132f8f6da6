import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { findPython } from "../../scripts/local/provision.js";

const SCRIPT = fileURLToPath(new URL("./python/backend.py", import.meta.url));

/** What a task came to, as Python's AsyncResult sees it. */
export type PythonResult =
  | { readonly value: unknown; readonly status: string; readonly successful: boolean }
  | { readonly raised: string; readonly text: string; readonly status: string };

/** A Python process that submits as PLOSolver's backends do. */
export class PythonBackend {
  #answers: ((line: string) => void)[] = [];
  #stderr = "";

  private constructor(private readonly child: ChildProcess) {
    const { stdout, stderr } = child;
    if (stdout === null || stderr === null) throw new Error("spawned with pipes");
    createInterface({ input: stdout }).on("line", (line) => this.#answers.shift()?.(line));
    stderr.on("data", (data) => {
      this.#stderr += data;
    });
    child.on("exit", () => {
      for (const answer of this.#answers.splice(0)) answer(JSON.stringify({ error: `Python ended: ${this.#stderr}` }));
    });
  }

  static async start(brokerUrl: string): Promise<PythonBackend> {
    const python = await findPython(["celery"]);
    if (python === undefined) throw new Error("no Python with Celery: `scripts/services provision` installs one");
    return new PythonBackend(spawn(python, [SCRIPT, brokerUrl], { stdio: ["pipe", "pipe", "pipe"] }));
  }

  async ask<Answer>(command: Readonly<Record<string, unknown>>): Promise<Answer> {
    const line = await new Promise<string>((resolve) => {
      this.#answers.push(resolve);
      this.child.stdin?.write(`${JSON.stringify(command)}\n`);
    });
    const answer = JSON.parse(line) as { ok?: Answer; error?: string };
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer.ok as Answer;
  }

  async stop(): Promise<void> {
    const exited = new Promise((resolve) => this.child.once("exit", resolve));
    this.child.stdin?.end();
    await exited;
  }
}
