import { BodyDecoder } from "../codec/body-decoder.js";
import { type BodyFormat, MAX_RESULT_BYTES } from "../protocol/limits.js";
import { contentTypeOf, formatOf, type Serializer } from "../protocol/serializers.js";

const decoder = new BodyDecoder({ maxBytes: MAX_RESULT_BYTES });

/**
 * Reads a stored value, without holding up the event loop when it is large.
 *
 * @param accept content types that may be read; default: the serializer's
 * @throws ContentDisallowed; DecodeError
 */
export async function readStored(
  value: Buffer,
  serializer: Serializer,
  accept: ReadonlySet<string> = new Set([serializer]),
): Promise<unknown> {
  return await readFormat(value, formatOf(contentTypeOf(serializer), accept));
}

/** Reads a pickle of plain values, as {@link readStored} does. */
export async function readStoredPickle(value: Buffer): Promise<unknown> {
  return await readFormat(value, "pickle");
}

function readFormat(body: Buffer, format: BodyFormat): Promise<unknown> {
  return decoder.read({ body, contentType: undefined, contentEncoding: undefined }, format);
}
