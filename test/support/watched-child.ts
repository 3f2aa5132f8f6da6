import type { ChildProcess } from "node:child_process";
import { withDeadline } from "./deadline.js";

/** How long a process that was asked to end may take: beyond any grace period of ours, on a machine that is busy. */
const END_MS = 60_000;
const SHOWN = 3_000;

/** A process that a test started: what it wrote, and its end, waited for no longer than a deadline. */
export class WatchedChild {
  /** Everything it wrote to its streams. */
  output = "";
  readonly #exited: Promise<number | null>;

  constructor(
    readonly title: string,
    readonly child: ChildProcess,
  ) {
    this.#exited = new Promise((resolve) => child.once("exit", resolve));
    for (const stream of [child.stdout, child.stderr])
      stream?.on("data", (chunk: Buffer) => {
        this.output += chunk.toString();
      });
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /**
   * Waits for its end, whoever brings it about.
   *
   * @returns the exit code; null when a signal ended it
   * @throws with its last output, after killing it, when it is still running after the deadline
   */
  async ended(timeoutMs = END_MS): Promise<number | null> {
    return await withDeadline(this.#exited, timeoutMs, () => {
      this.child.kill("SIGKILL");
      return `${this.title} did not end within ${timeoutMs} ms; ${this.tail}`;
    });
  }

  /** Sends a signal, unless it has ended, and waits for the end: see {@link ended}. */
  async kill(signal: NodeJS.Signals = "SIGKILL", timeoutMs = END_MS): Promise<number | null> {
    if (this.isRunning) this.child.kill(signal);
    return await this.ended(timeoutMs);
  }

  /** Waits until it has written this. @throws with its last output when it does not, or ends before */
  async wrote(text: string, timeoutMs = END_MS): Promise<void> {
    const written = new Promise<void>((resolve, reject) => {
      const look = () => this.output.includes(text) && resolve();
      for (const stream of [this.child.stdout, this.child.stderr]) stream?.on("data", look);
      void this.#exited.then((code) => {
        look();
        reject(new Error(`${this.title} ended with ${code} before it wrote "${text}"; ${this.tail}`));
      });
      look();
    });
    await withDeadline(
      written,
      timeoutMs,
      () => `${this.title} did not write "${text}" within ${timeoutMs} ms; ${this.tail}`,
    );
  }

  /** The end of what it wrote, as part of a message. */
  get tail(): string {
    return this.output === "" ? "it wrote nothing" : `it wrote last:\n${this.output.slice(-SHOWN)}`;
  }
}
