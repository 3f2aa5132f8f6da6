import type { Logger } from "pino";
import { asError } from "../errors.js";
import { isRecord } from "../protocol/json.js";
import type { ControlledWorker } from "./controlled-worker.js";
import { readRevoked, revokedTable } from "./hello.js";
import type { ControlReply, MailboxClient } from "./mailbox-client.js";

/** How long replies may take: Celery's. */
const TIMEOUT_MS = 1_000;

/** How long the start waits: neighbours answer within milliseconds, and later replies still count. */
const QUIET_MS = 200;

/**
 * Asks the other workers what they have revoked and what time it is by their clocks. Resolves once no reply has come for
 * a while; replies that come later are taken in too.
 */
export async function mingle(worker: ControlledWorker, client: MailboxClient, log: Logger): Promise<void> {
  log.info("mingle: searching for neighbors");
  let nodes = 0;
  let extend: () => void = () => {};
  const onReply = (reply: ControlReply) => {
    extend();
    if (reply.nodename !== worker.nodename && takeIn(worker, reply, log)) nodes += 1;
  };
  const args = { from_node: worker.nodename, revoked: revokedTable(worker.revoked()) };
  const all = client.call("hello", args, { timeoutMs: TIMEOUT_MS, onReply });
  const quiet = new Promise<void>((resolve) => {
    let timer = setTimeout(resolve, QUIET_MS);
    extend = () => {
      clearTimeout(timer);
      timer = setTimeout(resolve, QUIET_MS);
    };
  });
  const done = all.then(
    () => undefined,
    (error: unknown) => log.warn({ err: asError(error).message }, "mingle: the other workers could not be asked"),
  );
  await Promise.race([quiet, done]);
  const tell = () => log.info(nodes === 0 ? "mingle: all alone" : `mingle: sync with ${nodes} nodes`);
  // Who has not answered yet may still do so: only then is it known to be alone.
  if (nodes > 0) tell();
  else void done.then(tell);
}

/** @returns false for a reply that says nothing */
function takeIn(worker: ControlledWorker, { nodename, value }: ControlReply, log: Logger): boolean {
  if (!isRecord(value)) return false;
  try {
    if (typeof value.clock === "number") worker.clock.adjust(value.clock);
    worker.learnRevoked(readRevoked(value.revoked));
    return true;
  } catch (error) {
    log.warn({ err: asError(error).message }, `mingle: sync with ${nodename} failed`);
    return false;
  }
}
