const MAX_SHOWN = 100;

/** A text as error messages quote it: they travel into logs, results and headers, so the rest of a long one is left out. */
export function shown(text: string): string {
  return JSON.stringify(text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text);
}
