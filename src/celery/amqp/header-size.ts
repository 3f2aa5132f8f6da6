import type { Table } from "../protocol/types.js";
import { fieldsAsSent, noteFieldsAsSent } from "../protocol/wire-values.js";
import { FieldWriter } from "./field-writer.js";

/** Names told of headers that were left out; more are only counted. */
const MAX_NAMES = 20;

/** Room for the list of them, without the names: that of its header, lengths, and the count. */
const LIST_BYTES = 64;

/**
 * Leaves out the largest headers until the others, with a list of those, take so many bytes less.
 *
 * @param cuttable a header of bytes of which the first may stay, where that is enough
 * @returns `omitted`: the list, the largest first
 */
export function withoutLargest(
  headers: Table,
  excessBytes: number,
  cuttable: string,
): { readonly headers: Record<string, unknown>; readonly omitted: string[] } {
  const sizes = sizesOf(headers).sort((a, b) => b.bytes - a.bytes);
  const kept = { ...headers };
  const omitted: string[] = [];
  let missing = excessBytes + LIST_BYTES;
  for (const { name, bytes } of sizes) {
    if (missing <= 0) break;
    if (omitted.length < MAX_NAMES) missing += 5 + Buffer.byteLength(name);
    omitted.push(name);
    const value = kept[name];
    if (name === cuttable && value instanceof Uint8Array && value.length > missing) {
      kept[name] = value.subarray(0, value.length - missing);
      break;
    }
    delete kept[name];
    missing -= bytes;
  }
  const more = omitted.length - MAX_NAMES;
  return { headers: kept, omitted: more > 0 ? [...omitted.slice(0, MAX_NAMES), `… and ${more} more`] : omitted };
}

function sizesOf(headers: Table): { readonly name: string; readonly bytes: number }[] {
  const writer = new FieldWriter();
  const sent = fieldsAsSent(headers);
  return Object.entries(headers).map(([name, value]) => {
    const one = { [name]: value };
    if (sent !== undefined) noteFieldsAsSent(one, sent);
    writer.clear();
    writer.table(one);
    return { name, bytes: writer.offset - 4 };
  });
}
