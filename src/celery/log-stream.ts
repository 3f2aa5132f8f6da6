import type { DestinationStream, pino } from "pino";

/** Lines that cannot be written are kept up to this size. */
const MOST_UNWRITTEN_BYTES = 4 * 1024 * 1024;

/**
 * Where lines of a log go: a file, or standard output. A terminal that was closed or a disk that is full costs lines,
 * never the process.
 * @param open pino's own, which whoever only reads values need not load
 */
export function logStream(open: typeof pino.destination, file?: string): DestinationStream {
  const destination = open({ dest: file ?? 1, sync: true, maxLength: MOST_UNWRITTEN_BYTES });
  destination.on("error", () => undefined);
  return destination;
}
