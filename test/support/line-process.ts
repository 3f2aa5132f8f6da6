import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { withDeadline } from "./deadline.js";

/** Longer than any wait that a driver is asked for. */
const ANSWER_MS = 90_000;

/** A process that answers each line on its stdin, a JSON object, with a line on its stdout, in order. */
export class LineProcess {
  readonly #waiting: { resolve: (line: string) => void; reject: (error: Error) => void }[] = [];
  #errors = "";

  constructor(
    private readonly title: string,
    private readonly child: ChildProcess,
  ) {
    const { stdout, stderr } = child;
    if (stdout === null || stderr === null) throw new Error(`${title} was started without pipes`);
    stderr.on("data", (chunk: Buffer) => {
      this.#errors += chunk.toString();
    });
    child.once("exit", () => {
      for (const { reject } of this.#waiting.splice(0)) reject(new Error(`${title} ended: ${this.#errors}`));
    });
    createInterface({ input: stdout }).on("line", (line) => this.#waiting.shift()?.resolve(line));
  }

  /** @throws when the process ends or does not answer; the message holds what it wrote to stderr */
  async ask(request: object): Promise<string> {
    const answer = new Promise<string>((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.child.stdin?.write(`${JSON.stringify(request)}\n`);
    });
    const asked = JSON.stringify(request).slice(0, 300);
    return await withDeadline(
      answer,
      ANSWER_MS,
      () => `${this.title} did not answer ${asked} within ${ANSWER_MS} ms: ${this.#errors.slice(-3000)}`,
    );
  }

  /** Ends the process: nobody waits for an answer any more. */
  async stop(): Promise<void> {
    this.#waiting.length = 0;
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exited = new Promise((resolve) => this.child.once("exit", resolve));
    this.child.kill("SIGKILL");
    await exited;
  }
}
