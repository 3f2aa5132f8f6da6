import { type Logger, pino } from "pino";
import { logStream } from "./log-stream.js";
import { redactText } from "./secrets.js";

/** The log of an app that brings none: JSON lines on standard output, without the passwords of URLs. */
export function defaultLog(name: string): Logger {
  return pino({ name, hooks: { streamWrite: redactText } }, logStream(pino.destination));
}
