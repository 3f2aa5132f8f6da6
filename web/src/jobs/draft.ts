/** `input_data` while it is made: what is undefined is not sent. */
export type Draft = Readonly<Record<string, unknown>>;

/** What an input or a result is, where it is an object; else nothing. */
export function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
