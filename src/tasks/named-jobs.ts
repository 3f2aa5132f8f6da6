const UUID = /[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/gi;
/** Of a body that nobody can read, its beginning is looked at. */
const LOOKED_AT_BYTES = 65_536;
const MOST_IDS = 10;

/**
 * Ids that may be those of jobs, in a message that cannot be decoded: its sender's own description of the arguments
 * names them, else its body may. At most ten.
 */
export function idsNamedBy(message: {
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
}): string[] {
  const { argsrepr, kwargsrepr } = message.headers;
  const described = idsIn([argsrepr, kwargsrepr].filter((text) => typeof text === "string").join(" "));
  return described.length > 0 ? described : idsIn(message.body.subarray(0, LOOKED_AT_BYTES).toString("latin1"));
}

function idsIn(text: string): string[] {
  return [...new Set(text.match(UUID))].slice(0, MOST_IDS);
}
