/** A value of an AMQP table with its wire type spelled out (amqplib's own escape). */
interface TypedValue {
  readonly "!": "int" | "int64" | "double";
  readonly value: number | bigint;
}

const INT32_MAX = 2 ** 31 - 1;
const INT32_MIN = -(2 ** 31);

/**
 * The arguments of a declaration, a binding or a consumer as amqplib is to write them: it would write small integers as
 * AMQP types `b` and `s`, so every integer is forced to 32 bits, or 64 where it needs them. The headers of messages are
 * written by field-writer.ts, which needs no such thing.
 */
export function wireTable(table: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const wire: Record<string, unknown> = {};
  for (const key in table) wire[key] = wireValue(table[key]);
  return wire;
}

function wireValue(value: unknown): unknown {
  switch (typeof value) {
    case "number":
      return wireNumber(value);
    case "bigint":
      return { "!": "int64", value } satisfies TypedValue;
    case "object":
      if (value === null || Buffer.isBuffer(value)) return value;
      if (Array.isArray(value)) return value.map(wireValue);
      if (value instanceof Date) return { "!": "timestamp", value: Math.floor(value.getTime() / 1000) };
      if (Object.hasOwn(value, "!")) return value;
      return wireTable(value as Record<string, unknown>);
    default:
      return value;
  }
}

function wireNumber(value: number): TypedValue {
  if (!Number.isInteger(value)) return { "!": "double", value };
  return { "!": value >= INT32_MIN && value <= INT32_MAX ? "int" : "int64", value };
}
