import { BodyTooLarge } from "./errors.js";

/** Forms that bodies come in. Pickles are results in a database; messages never are. */
export type BodyFormat = "json" | "yaml" | "msgpack" | "raw" | "pickle";

/** The largest body unless the setting `maxBodyBytes` says otherwise: what RabbitMQ 4 takes unless told otherwise. */
export const DEFAULT_MAX_BODY_BYTES = 16 * 1024 * 1024;

/** The largest result that is read or written: the largest message that RabbitMQ takes, in any setting. */
export const MAX_RESULT_BYTES = 128 * 1024 * 1024;

/** What reading a byte takes at worst, against a byte of JSON: the limit of a body is divided by it. */
export const COST_PER_BYTE: Readonly<Record<BodyFormat, number>> = { json: 1, raw: 1, msgpack: 4, pickle: 4, yaml: 32 };

/** @throws BodyTooLarge when a body of this size may not be read under the limit for JSON */
export function checkSize(bytes: number, format: BodyFormat, maxBytes: number): void {
  const limit = limitOf(format, maxBytes);
  if (bytes <= limit) return;
  throw new BodyTooLarge(`the body has ${bytes} bytes: ${format} may have ${limit} (setting maxBodyBytes)`);
}

/** The limit of a format under the limit for JSON. */
export function limitOf(format: BodyFormat, maxBytes: number): number {
  return Math.floor(maxBytes / COST_PER_BYTE[format]);
}

/** The error of a body that was being unpacked when it grew larger than it may be. */
export function unpackedTooLarge(maxBytes: number): BodyTooLarge {
  return new BodyTooLarge(`the unpacked body exceeds ${maxBytes} bytes (setting maxBodyBytes)`);
}
