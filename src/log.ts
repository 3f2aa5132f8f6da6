import { type Logger, pino, stdSerializers } from "pino";
import pretty from "pino-pretty";
import { type Config, redactText } from "./config.js";

/**
 * The process's logger: JSON lines, or readable ones on a terminal; passwords of URLs never pass it.
 * @param file where the lines go instead of standard output, always as JSON
 */
export function createLogger({ level, format }: Config["log"], file?: string): Logger {
  const readable = isReadable(format) && file === undefined;
  const options = {
    level,
    base: { pid: process.pid },
    serializers: { err: redactedError },
    hooks: { logMethod: redactMessage },
  };
  if (!readable) return pino(options, pino.destination({ dest: file ?? 1, sync: true, mkdir: true }));
  return pino(
    options,
    pretty({ colorize: process.stdout.isTTY, ignore: "pid,hostname", translateTime: "SYS:HH:MM:ss.l", sync: true }),
  );
}

/** Whether lines on standard output are for people. */
export function isReadable(format: Config["log"]["format"]): boolean {
  return format === "pretty" || (format === "auto" && process.stdout.isTTY === true);
}

function redactedError(error: unknown): unknown {
  if (typeof error === "string") return redactText(error);
  if (!(error instanceof Error)) return error;
  const { message, stack, ...rest } = stdSerializers.err(error);
  return { ...rest, message: redactText(message), stack: redactText(stack) };
}

type LogMethod = (
  this: Logger,
  args: Parameters<Logger["info"]>,
  method: (...args: Parameters<Logger["info"]>) => void,
) => void;

const redactMessage: LogMethod = function (args, method) {
  const redacted = args.map((arg: unknown) => (typeof arg === "string" ? redactText(arg) : arg));
  method.apply(this, redacted as Parameters<Logger["info"]>);
};
