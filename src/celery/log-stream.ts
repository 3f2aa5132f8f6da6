import { type DestinationStream, type Logger, pino } from "pino";
import { redactText } from "./secrets.js";

/** Lines that cannot be written are kept up to this size. */
const MOST_UNWRITTEN_BYTES = 4 * 1024 * 1024;

/**
 * Where lines of a log go: a file, or standard output. A terminal that was closed or a disk that is full costs lines,
 * never the process.
 */
export function logStream(file?: string): DestinationStream {
  const destination = pino.destination({ dest: file ?? 1, sync: true, maxLength: MOST_UNWRITTEN_BYTES });
  destination.on("error", () => undefined);
  return destination;
}

/** The log of an app that brings none: JSON lines on standard output, without the passwords of URLs. */
export function defaultLog(name: string): Logger {
  return pino({ name, hooks: { streamWrite: redactText } }, logStream());
}
