/** A value of a message as text, whatever it is: an object that came with a key `toString` has no text of its own. */
export function plainText(value: unknown): string {
  try {
    return String(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}

const MAX_SHOWN = 100;

/** A text as error messages quote it: they travel into logs, results and headers, so the rest of a long one is left out. */
export function shown(text: string): string {
  return JSON.stringify(text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text);
}
