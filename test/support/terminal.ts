import { execFile, spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { promisify } from "node:util";
import { installPackages } from "../../scripts/local/provision.js";
import { waitUntil } from "./wait-until.js";

const run = promisify(execFile);

/** A program in a real terminal: tmux, on a server of its own. */
export class Terminal {
  private constructor(private readonly server: string) {}

  /** @param command for the shell */
  static async open(
    command: string,
    env: Readonly<Record<string, string>>,
    columns = 120,
    rows = 24,
  ): Promise<Terminal> {
    await installPackages(
      ["tmux"],
      () => spawnSync("tmux", ["-V"]).status === 0,
      (line) => process.stderr.write(`${line}\n`),
    );
    const terminal = new Terminal(`test-${randomUUID()}`);
    const variables = Object.entries(env).flatMap(([name, value]) => ["-e", `${name}=${value}`]);
    const size = ["-x", String(columns), "-y", String(rows)];
    // The pane stays when the program ends, so that its last words can be read.
    const shell = `${command}; echo ENDED $?; sleep 60`;
    await terminal.#tmux("-f", "/dev/null", "new-session", "-d", ...size, ...variables, shell);
    return terminal;
  }

  /** What is on the screen now. */
  async screen(): Promise<string> {
    return await this.#tmux("capture-pane", "-p");
  }

  /** Waits until the screen shows the text. @returns the screen */
  async shows(text: RegExp): Promise<string> {
    let last = "";
    return await waitUntil(async () => {
      last = await this.screen();
      return text.test(last) ? last : null;
    }, `a screen with ${text}`).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${last}`);
    });
  }

  /** Presses keys, by tmux's names: `j`, `Enter`, `Escape`, `C-c`. */
  async press(...keys: readonly string[]): Promise<void> {
    await this.#tmux("send-keys", ...keys);
  }

  async close(): Promise<void> {
    await this.#tmux("kill-server").catch(() => undefined);
  }

  async #tmux(...args: readonly string[]): Promise<string> {
    return (await run("tmux", ["-L", this.server, ...args])).stdout;
  }
}
