import { type Command, Option } from "commander";
import { envValue, redactValue } from "../../../celery/values.js";
import { CliError } from "../../globals.js";

const DEFAULT_PORT = 5002;
const TIMEOUT_MS = 5_000;

interface HealthFlags {
  readonly url?: string;
  readonly live?: boolean;
  readonly ready?: boolean;
  readonly json?: boolean;
}

/** `celery health`: for container probes. */
export function registerHealth(program: Command): void {
  program
    .command("health")
    .description("Ask the worker on this host whether it is healthy: exit code 0 when it is, 1 when not.")
    .addOption(
      new Option("--live", "only whether its event loop turns, whatever broker and database do").conflicts("ready"),
    )
    .option("--ready", "whether it can do its job now")
    .option("--url <url>", `address of its health page (default: http://127.0.0.1:${DEFAULT_PORT}/health)`)
    .option("-j, --json", "print what the worker answered")
    .action(async (flags: HealthFlags) => {
      const port = envValue(process.env.CELERY_HEALTH_PORT) ?? DEFAULT_PORT;
      const page = flags.live ? "live" : flags.ready ? "ready" : "health";
      const { ok, body } = await ask(flags.url ?? `http://127.0.0.1:${port}/${page}`);
      if (flags.json) process.stdout.write(`${body}\n`);
      else process.stdout.write(`${statusOf(body, ok)}\n`);
      if (!ok) process.exitCode = 1;
    });
}

async function ask(url: string): Promise<{ ok: boolean; body: string }> {
  if (!URL.canParse(url) || !/^https?:/.test(url))
    throw new CliError(
      `${redactValue(url)} is not an address of a health page: give one such as http://127.0.0.1:5002/health`,
    );
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    return { ok: response.ok, body: (await response.text()).trim() };
  } catch (cause) {
    throw new CliError(`no worker answers at ${redactValue(url)}: is it running?`, 1, { cause });
  }
}

function statusOf(body: string, ok: boolean): string {
  try {
    const { status } = JSON.parse(body) as { readonly status?: unknown };
    if (typeof status === "string") return status;
  } catch {
    // Not JSON: the HTTP status says enough.
  }
  return ok ? "healthy" : "unhealthy";
}
