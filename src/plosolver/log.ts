import { type Logger, pino, stdSerializers } from "pino";
import pretty from "pino-pretty";
import { createRedactor, logStream } from "../celery/values.js";
import type { Config } from "./config/config.js";

/**
 * The process's logger: JSON lines, or readable ones on a terminal. No password of the environment or the command line,
 * and none of a URL, passes it, wherever in a line it stands.
 * @param file where the lines go instead of standard output, always as JSON; it must be possible to open it
 */
export function createLogger({ level, format }: Config["log"], file?: string): Logger {
  const readable = isReadable(format) && file === undefined;
  const options = {
    level,
    base: { pid: process.pid },
    serializers: { err: serializeError },
    hooks: { streamWrite: createRedactor(process.env, process.argv) },
  };
  const destination = logStream(pino.destination, file);
  if (!readable) return pino(options, destination);
  return pino(
    options,
    pretty({ colorize: process.stdout.isTTY, ignore: "pid,hostname", translateTime: "SYS:HH:MM:ss.l", destination }),
  );
}

/** Whether lines on standard output are for people. */
export function isReadable(format: Config["log"]["format"]): boolean {
  return format === "pretty" || (format === "auto" && process.stdout.isTTY === true);
}

function serializeError(error: unknown): unknown {
  return error instanceof Error ? stdSerializers.err(error) : error;
}
