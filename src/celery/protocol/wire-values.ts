import type { Table } from "./types.js";

/** A field of a table as its sender wrote it. */
export interface FieldAsSent {
  /** What was read: a field that has another value by now is written anew. */
  readonly value: unknown;
  /** Type tag and value. */
  readonly bytes: Uint8Array;
  /** Bytes of the name, where they are no UTF-8. */
  readonly name?: Uint8Array;
}

/** By name, or by index for an array. */
export type FieldsAsSent = ReadonlyMap<string | number, FieldAsSent>;

/**
 * Where a table or array that came over the wire keeps the fields that would be written otherwise here, because a
 * JavaScript value does not show their type or width: a double without a fraction, a byte, a decimal. The key is a
 * symbol, seen by no loop over names and carried along by `{ ...headers }`.
 */
const SENT = Symbol("fields as sent");

/** @returns undefined for what was not read from the wire, and where every field is written as it was read */
export function fieldsAsSent(container: object): FieldsAsSent | undefined {
  return (container as { readonly [SENT]?: FieldsAsSent })[SENT];
}

/** Notes how the fields of a container were sent. */
export function noteFieldsAsSent(container: object, fields: FieldsAsSent): void {
  (container as { [SENT]?: FieldsAsSent })[SENT] = fields;
}

/** The fields whose names are wanted, written as they came when they are sent again. */
export function selectFields(table: Table, isWanted: (name: string) => boolean): Record<string, unknown> {
  const selected = Object.fromEntries(Object.entries(table).filter(([name]) => isWanted(name)));
  const sent = fieldsAsSent(table);
  if (sent !== undefined) noteFieldsAsSent(selected, sent);
  return selected;
}

/** A value of a message as text, whatever it is: an object that came with a key `toString` has no text of its own. */
export function plainText(value: unknown): string {
  try {
    return String(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}
