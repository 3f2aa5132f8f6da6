import { decompress, prepare } from "../protocol/compression.js";
import { readJson } from "../protocol/json.js";
import { JsonWriter } from "../protocol/json-write.js";
import type { BodyFormat } from "../protocol/limits.js";
import { writePickle } from "../protocol/pickle-write.js";
import { decodeFormat, encodeBody } from "../protocol/serializers.js";
import { complete } from "../protocol/steps.js";
import type { TypedKeys } from "../protocol/typed-values.js";

/**
 * Values cross the thread boundary as JSON, which the main thread reads and writes in slices: a structured clone of a
 * large value holds it up for as long as decoding would. Keys that no sender uses mark values that JSON has no form for.
 */
export const TRANSPORT_KEYS: TypedKeys = { type: "\u007ftype", value: "\u007fvalue" };

/** Formats that are slow to read and write. */
export type SlowFormat = Exclude<BodyFormat, "json" | "raw">;

/** What the thread is asked to do; each answers with bytes. */
export type TranscodeInput =
  | { readonly do: "unpack"; readonly body: Uint8Array; readonly method: string; readonly maxBytes: number }
  | { readonly do: "read"; readonly body: Uint8Array; readonly format: SlowFormat; readonly maxCharacters: number }
  | { readonly do: "write"; readonly json: string; readonly format: SlowFormat };

/** Runs in the codec's thread. @throws DecodeError; EncodeError */
export async function run(input: TranscodeInput): Promise<Uint8Array | string> {
  switch (input.do) {
    case "unpack":
      await prepare(input.method);
      return decompress(Buffer.from(input.body), input.method, input.maxBytes);
    case "read":
      return transportOf(decodeFormat(Buffer.from(input.body), input.format, undefined), input.maxCharacters);
    case "write":
      return encoded(readJson(input.json, { keys: TRANSPORT_KEYS }), input.format);
  }
}

function transportOf(value: unknown, maxCharacters: number): string {
  const writer = new JsonWriter(value, TRANSPORT_KEYS, maxCharacters);
  complete(writer);
  return writer.text;
}

function encoded(value: unknown, format: SlowFormat): Uint8Array {
  return format === "pickle" ? writePickle(value) : encodeBody(value, format).body;
}
