import { EventReceiver, type ReceivedEvent } from "../../../celery/tooling.js";
import type { BrokerSession } from "../../session/broker-session.js";

/** Receives events for a command, and asks the workers for a heartbeat so that they are known at once. */
export async function receiveEvents(
  session: BrokerSession,
  onEvent: (event: ReceivedEvent) => void,
): Promise<EventReceiver> {
  const { connection, settings, clock, log, control } = session;
  const receiver = new EventReceiver({ connection, settings, clock, log, onEvent });
  await receiver.open();
  await control.cast("heartbeat");
  return receiver;
}
