import type { Socket } from "node:net";
import type { Channel, ChannelModel } from "amqplib";
import { flushWrites } from "./wire-connection.js";

/** How long the broker may take to answer. */
const DEADLINE_MS = 2000;

interface Closable {
  readonly connection: object;
  close(): Promise<void>;
  once(event: "close", listener: () => void): unknown;
}

/** Ends a consumer; resolves when the broker has confirmed it, or cannot any more, and at the latest after two seconds. */
export async function cancelConsumer(channel: Channel, consumerTag: string): Promise<void> {
  await settles(channel.cancel(consumerTag));
}

/**
 * Closes a channel; resolves once it is closed, for whatever reason, and at the latest after two seconds. amqplib's own
 * promise waits for the broker's answer, which a connection that dies meanwhile never brings.
 */
export async function closeChannel(channel: Channel): Promise<void> {
  await closes(channel);
}

/** Closes a connection; one whose broker does not answer within two seconds is cut. */
export async function closeConnection(model: ChannelModel): Promise<void> {
  if (await closes(model)) return;
  const { stream } = model.connection as unknown as { readonly stream: Socket };
  stream.destroy(new Error("the broker did not answer the close"));
}

function closes(target: Closable): Promise<boolean> {
  const closed = new Promise<void>((resolve) => target.once("close", resolve));
  // Acknowledgements of this turn are for a channel that is still open.
  flushWrites(target.connection);
  // What is closed already refuses to be closed again: as good.
  return settles(Promise.race([target.close(), closed]));
}

/** @returns false when the promise was neither kept nor broken by the deadline */
async function settles(promise: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, DEADLINE_MS, false);
  });
  const settled = promise.then(
    () => true,
    () => true,
  );
  return Promise.race([settled, late]).finally(() => clearTimeout(timer));
}
