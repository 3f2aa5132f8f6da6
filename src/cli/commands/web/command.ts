import { type Command, InvalidArgumentError } from "commander";
import type { WebFlags } from "./run.js";

/** `celery web`: jobs, answers, dead letters and workers in a browser. */
export function registerWeb(program: Command): void {
  program
    .command("web")
    .description("Serve the web view: jobs and their answers, dead letters, workers and queues.")
    .option("--host <address>", "address to open (default: CELERY_WEB_HOST, else 127.0.0.1)")
    .option("-p, --port <n>", "port to open; 0 takes a free one (default: CELERY_WEB_PORT, else 5556)", portNumber)
    .option("--token <token>", "log in with this token; CELERY_WEB_TOKEN says it where nobody else reads it")
    .option("--read-only", "show everything and change nothing")
    .action(async (_flags: unknown, command: Command) => {
      const { runWeb } = await import("./run.js");
      await runWeb(command.optsWithGlobals<WebFlags>());
    });
}

function portNumber(value: string): number {
  const number = Number(value);
  if (value.trim() === "" || !Number.isInteger(number) || number < 0 || number > 65_535)
    throw new InvalidArgumentError("it must be a port: 0 to 65535");
  return number;
}
