import { isUtf8 } from "node:buffer";
import { randomUUID } from "node:crypto";

/**
 * JSON of what a message can hold, for people and programs to read: integers of any size as digits, times and decimals
 * as text, bytes as text where they are and as base64 otherwise. `JSON.stringify` refuses the first, and writes every
 * byte as a number.
 */
export function jsonText(value: unknown, indent?: number): string {
  // A mark that no text of the value can hold, around the digits that JSON.stringify has no way to write.
  let mark: string | null = null;
  const replacer = function (this: unknown, key: string, written: unknown): unknown {
    const given = (this as Readonly<Record<string, unknown>>)[key];
    if (given instanceof Uint8Array) return bytesText(given);
    if (typeof given === "bigint") {
      mark ??= randomUUID();
      return `${mark}${given}${mark}`;
    }
    return typeof given === "number" && !Number.isFinite(given) ? String(given) : written;
  };
  const text = JSON.stringify(value, replacer, indent);
  return mark === null ? text : text.replaceAll(new RegExp(`"${mark}(-?\\d+)${mark}"`, "g"), "$1");
}

function bytesText(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return buffer.toString(isUtf8(buffer) ? "utf8" : "base64");
}
