import { type RawBuilder, sql } from "kysely";
import { encodePickle } from "../codec/body-encoder.js";
import { type Attempt, READY_STATES } from "./backend.js";
import { isRevokedUnseen, type OrderedState, WAITING_STATES } from "./order.js";

/** Length of the opcode that names the pickle protocol. */
const PROTOCOL_LENGTH = 2;
const MARK = Buffer.from("attempt");
/** Two unsigned integers, the first byte the highest: texts of this form sort as the attempts do. */
const ATTEMPT_LENGTH = 8;
const HEAD = Buffer.concat([Buffer.from([0x43, MARK.length + ATTEMPT_LENGTH]), MARK]);
const POP = Buffer.from("0");

/**
 * A result as a pickle that also says which attempt it is of. Celery's table has no column for that, so it is a value
 * that the pickle pushes and drops again: readers of pickles, Python's too, see the result alone.
 */
export async function writeAttemptPickle(result: unknown, attempt: Attempt | null): Promise<Buffer> {
  const pickle = await encodePickle(result);
  if (attempt === null) return pickle;
  return Buffer.concat([
    pickle.subarray(0, PROTOCOL_LENGTH),
    HEAD,
    attemptBytes(attempt),
    POP,
    pickle.subarray(PROTOCOL_LENGTH),
  ]);
}

function attemptBytes(attempt: Attempt): Buffer {
  const bytes = Buffer.alloc(ATTEMPT_LENGTH);
  for (const [index, count] of attempt.entries()) {
    bytes.writeUInt32BE(Math.min(0xffffffff, Math.max(0, Math.trunc(count))), index * 4);
  }
  return bytes;
}

/** The condition in SQL under which a state may replace that of a row: `mayReplace`, with the row as it is by then. */
export function replaceCondition(row: RawBuilder<unknown>, next: OrderedState): RawBuilder<unknown> {
  const status = sql`coalesce(${row}.status, 'PENDING')`;
  if (next.status === "SUCCESS") return sql`${status} <> 'SUCCESS'`;
  if (isRevokedUnseen(next)) return sql`${status} = ANY(${[...WAITING_STATES]})`;
  const kept = READY_STATES.has(next.status) ? ["SUCCESS"] : [...READY_STATES];
  const mayEnd = sql`${status} <> ALL(${kept})`;
  if (next.attempt === null) return mayEnd;
  const start = PROTOCOL_LENGTH + 1;
  const result = sql`${row}.result`;
  return sql`${mayEnd} AND (
    ${result} IS NULL
    OR substring(${result} FROM ${start}::int FOR ${HEAD.length}::int) <> ${HEAD}
    OR substring(${result} FROM ${start + HEAD.length}::int FOR ${ATTEMPT_LENGTH}::int) <= ${attemptBytes(next.attempt)})`;
}
