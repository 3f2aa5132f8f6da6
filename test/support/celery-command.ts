import { execFile, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { WatchedChild } from "./watched-child.js";

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
const LOADER = import.meta.resolve("tsx");
/** The built command, which `npm run build` makes. */
export const BUILT_MAIN = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

/** A list of requests that fills a reply is some MiB long. */
export const MOST_OUTPUT = 64 * 2 ** 20;

type Environment = Readonly<Record<string, string>>;

/** Runs `celery …` from the sources, with nothing in its environment but PATH and what is given. */
export function runCelery(args: readonly string[], env: Environment): Promise<CommandResult> {
  return runNode(["--import", LOADER, MAIN, ...args], env, "");
}

/** Runs the built `celery …`, with nothing in its environment but PATH and what is given. */
export function runBuiltCelery(args: readonly string[], env: Environment = {}, input = ""): Promise<CommandResult> {
  return runNode([BUILT_MAIN, ...args], env, input);
}

function runNode(args: readonly string[], env: Environment, input: string): Promise<CommandResult> {
  return new Promise((resolve) => {
    const options = { env: { PATH: process.env.PATH ?? "", ...env }, timeout: 60_000, maxBuffer: MOST_OUTPUT };
    const child = execFile(process.execPath, args, options, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === "number" ? error.code : error ? 1 : 0, stdout, stderr });
    });
    // A command that ended without reading is no error.
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(input);
  });
}

/** The built `celery …` while it runs. */
export class RunningCelery extends WatchedChild {
  constructor(args: readonly string[], env: Environment = {}) {
    const options = { env: { PATH: process.env.PATH ?? "", ...env } };
    const child = spawn(process.execPath, [BUILT_MAIN, ...args], { ...options, stdio: ["ignore", "pipe", "pipe"] });
    super(`celery ${args.join(" ")}`, child);
  }

  /** @returns the exit code; null when the signal itself ended it */
  end(signal: NodeJS.Signals = "SIGINT"): Promise<number | null> {
    return this.kill(signal);
  }
}
