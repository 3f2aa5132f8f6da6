import type { ReceivedEvent } from "../../../celery/tooling.js";
import { displayUrl } from "../../../celery/values.js";
import { CliError, type GlobalFlags } from "../../globals.js";
import { type BrokerSession, withBroker } from "../../session/broker-session.js";
import { jsonText } from "../../terminal/json-text.js";
import { Output } from "../../terminal/output.js";
import { receiveEvents } from "./source.js";
import { EventLines } from "./text.js";

/** Options of `celery events`. */
export interface EventsFlags extends GlobalFlags {
  readonly dump?: boolean;
  readonly json?: boolean;
  readonly camera?: string;
}

/** `celery events`: runs until interrupted; a lost broker connection is waited for. */
export async function runEvents(flags: EventsFlags): Promise<void> {
  if (flags.camera !== undefined)
    throw new CliError("celery events --camera is not available: read `celery events --dump --json`, or /metrics");
  const lines = flags.dump === true || flags.json === true || !process.stdout.isTTY;
  if (lines) await withBroker(flags, (session) => dump(session, flags));
  else {
    const { runMonitor } = await import("./monitor/run.js");
    await withBroker(flags, (session) => runMonitor(session, flags));
  }
}

async function dump(session: BrokerSession, flags: EventsFlags): Promise<void> {
  const output = new Output(flags);
  const lines = new EventLines();
  const print = (event: ReceivedEvent) => output.line(flags.json === true ? jsonText(event) : lines.of(event));
  if (flags.json !== true) {
    output.line("-> evdump: starting capture...");
    session.connection.on("disconnected", () => output.line("-> Connection lost, attempting reconnect"));
    session.connection.on("failed", (error) =>
      output.line(`-> Cannot connect to ${displayUrl(session.connection.address)}: ${error.message}.`),
    );
  }
  // Events may be shown before the broker's last answer: an interrupt that comes by then ends the command as any other.
  const interruption = interrupted();
  const receiving = receiveEvents(session, print);
  const receiver = await Promise.race([receiving, interruption]);
  if (receiver === null) {
    receiving.catch(() => undefined);
    return;
  }
  await interruption;
  await receiver.close();
}

/** Resolves to null on SIGINT or SIGTERM. */
async function interrupted(): Promise<null> {
  return await new Promise((resolve) => {
    process.once("SIGINT", () => resolve(null));
    process.once("SIGTERM", () => resolve(null));
  });
}
