import { Readable } from "node:stream";
import type { FastifyReply } from "fastify";
import { asError } from "../celery/values.js";

/** How often a stream looks for what is new. */
const LOOK_MS = 1000;
/** Without a sign for so long proxies close a connection. */
const SILENCE_MS = 15_000;

/**
 * Answers with server-sent events: the value at once, and again whenever it has changed, until the reader goes. A look
 * that fails is told as an event `trouble`, and tried again.
 * @param describe what the reader may read of an error
 */
export function sendStream(
  reply: FastifyReply,
  look: () => unknown | Promise<unknown>,
  describe: (error: Error) => string,
) {
  return reply
    .type("text/event-stream; charset=utf-8")
    .header("cache-control", "no-store")
    .header("x-accel-buffering", "no")
    .send(Readable.from(events(look, describe), { objectMode: false, highWaterMark: 1 }));
}

async function* events(look: () => unknown, describe: (error: Error) => string): AsyncGenerator<string> {
  let last = "";
  let silentMs = 0;
  yield "retry: 1000\n\n";
  for (;;) {
    const next = await eventOf(look, describe);
    if (next !== last) yield next;
    else if (silentMs >= SILENCE_MS) yield ": still here\n\n";
    silentMs = next !== last || silentMs >= SILENCE_MS ? 0 : silentMs + LOOK_MS;
    last = next;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

async function eventOf(look: () => unknown, describe: (error: Error) => string): Promise<string> {
  try {
    return `data: ${JSON.stringify(await look())}\n\n`;
  } catch (error) {
    return `event: trouble\ndata: ${JSON.stringify({ error: describe(asError(error)) })}\n\n`;
  }
}
