import { EventReceiver, LamportClock, type ReceivedEvent } from "../../../celery/tooling.js";
import type { BrokerSession } from "../../session/broker-session.js";

/** Receives events for a command, and asks the workers for a heartbeat so that they are known at once. */
export async function receiveEvents(
  session: BrokerSession,
  onEvent: (event: ReceivedEvent) => void,
): Promise<EventReceiver> {
  const { client, connection, settings, log } = session;
  const receiver = new EventReceiver({ connection, settings, clock: new LamportClock(), log, onEvent });
  await receiver.open();
  await client.control.heartbeat();
  return receiver;
}
