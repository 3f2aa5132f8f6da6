import type { TaskMessage } from "../../protocol/types.js";
import type { WorkerCore } from "../core.js";
import type { Request } from "../request.js";

/** Of larger bodies the next attempt has one that was written anew: reading them twice would hold up others. */
const MAX_BYTES = 1_048_576;

const OPENING_BRACKET = 0x5b;

/**
 * The body of a message for its next attempt: as it came, where it says the same as the one that was written for it. In
 * that, numbers have JavaScript's form: Python's `5.0` would become the integer `5`.
 *
 * @param encode writes the arguments and follow-ups of a message as `encoded` was written
 */
export async function bodyAsSent(
  core: WorkerCore,
  request: Request,
  encoded: Buffer,
  encode: (message: TaskMessage) => Promise<Buffer>,
): Promise<Buffer> {
  const { delivery, message } = request;
  const { content, properties } = delivery.message;
  const { contentType, contentEncoding, headers } = properties;
  const isPlain = contentType === "application/json" && contentEncoding === "utf-8" && !headers?.compression;
  if (!isPlain || message.protocol !== 2 || content[0] !== OPENING_BRACKET || content.length > MAX_BYTES)
    return encoded;
  return (await encode(await core.bodies.readAgain(request))).equals(encoded) ? content : encoded;
}
