/**
 * The value of a variable as its author meant it: trimmed, and without the quotes around it that `docker --env-file`
 * leaves there. Undefined when nothing is in it.
 */
export function envValue(text: string | undefined): string | undefined {
  const trimmed = text?.trim() ?? "";
  const inner = /^(["'])(.*)\1$/s.exec(trimmed);
  const [, quote = "", quoted = ""] = inner ?? [];
  const value = inner === null || quoted.includes(quote) ? trimmed : quoted;
  return value.trim() === "" ? undefined : value;
}
