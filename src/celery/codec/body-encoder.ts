import { compressAside } from "../protocol/compression.js";
import { EncodeError } from "../protocol/errors.js";
import type { StringifyOptions } from "../protocol/json.js";
import { JsonWriter } from "../protocol/json-write.js";
import { COST_PER_BYTE, limitOf, MAX_RESULT_BYTES } from "../protocol/limits.js";
import {
  assembleTask,
  type EncodedTaskMessage,
  type EncodeOptions,
  encodeTaskMessage,
  type OutgoingTask,
  taskBody,
} from "../protocol/message-encode.js";
import { writePickle } from "../protocol/pickle-write.js";
import {
  contentEncodingOf,
  contentTypeOf,
  type EncodedBody,
  encodeBody,
  fitsIn,
  type Serializer,
} from "../protocol/serializers.js";
import { TYPED_KEYS } from "../protocol/typed-values.js";
import { inSlices } from "./slices.js";
import { transcode } from "./transcode.js";
import { type SlowFormat, TRANSPORT_KEYS } from "./transcode-kernel.js";

/** What is written at once: a value of about so many bytes of JSON; of other formats, divided by what a byte costs. */
const WRITE_NOW_BYTES = 65_536;

/** Largest body that is packed at once: brotli takes a tenth of a second for some ten kilobytes. */
const PACK_NOW_BYTES = 4096;

/**
 * Writes a value without holding up the event loop: a small one at once, a large one in slices, or in a thread. A value
 * that is large must stay as it is until the promise resolves.
 *
 * @throws EncodeError; the promise rejects with it
 */
export function encode(
  value: unknown,
  serializer: Serializer,
  options: StringifyOptions = {},
): EncodedBody | Promise<EncodedBody> {
  if (isSmall(value, serializer) || serializer === "raw") return encodeBody(value, serializer, options);
  return encodeLarge(value, serializer, options);
}

/** Writes a pickle, as {@link encode} does. */
export function encodePickle(value: unknown): Buffer | Promise<Buffer> {
  return isSmall(value, "pickle") ? writePickle(value) : inThread(value, "pickle");
}

/** Writes a task message, as {@link encode} does. */
export function encodeTask(
  message: OutgoingTask,
  options: EncodeOptions,
): EncodedTaskMessage | Promise<EncodedTaskMessage> {
  const { compression, serializer, protocol } = options;
  const most = compression === undefined ? WRITE_NOW_BYTES / COST_PER_BYTE[serializer] : PACK_NOW_BYTES;
  return fitsIn(taskBody(message, protocol), most)
    ? encodeTaskMessage(message, options)
    : encodeLargeTask(message, options);
}

function isSmall(value: unknown, format: Serializer | "pickle"): boolean {
  return fitsIn(value, WRITE_NOW_BYTES / COST_PER_BYTE[format]);
}

async function encodeLargeTask(message: OutgoingTask, options: EncodeOptions): Promise<EncodedTaskMessage> {
  const { compression, serializer, protocol, typedValues = true } = options;
  const encoded = await encode(taskBody(message, protocol), serializer, { typedValues });
  const packed = compression === undefined ? null : await compressAside(encoded.body, compression);
  return assembleTask(message, options, encoded, packed);
}

async function encodeLarge(
  value: unknown,
  serializer: Exclude<Serializer, "raw">,
  { typedValues = true }: StringifyOptions,
): Promise<EncodedBody> {
  const described = { contentType: contentTypeOf(serializer), contentEncoding: contentEncodingOf(serializer) };
  if (serializer !== "json") return { body: await inThread(value, serializer), ...described };
  const writer = new JsonWriter(value, typedValues ? TYPED_KEYS : null);
  await inSlices(writer);
  return { body: Buffer.from(writer.text, "utf8"), ...described };
}

/** What takes more than a result of that format may have is refused: nobody here would read it. */
async function inThread(value: unknown, format: SlowFormat): Promise<Buffer> {
  const writer = new JsonWriter(value, TRANSPORT_KEYS, limitOf(format, MAX_RESULT_BYTES));
  await inSlices(writer);
  const bytes = await transcode({ do: "write", json: writer.text, format });
  if (typeof bytes === "string") throw new EncodeError(`the thread wrote text instead of ${format}`);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
