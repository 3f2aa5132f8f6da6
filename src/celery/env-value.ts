/** What `docker --env-file` hands on behind a value: ` # 30 minutes`. */
const COMMENT = /^(?:((["']).*?\2|[^"'#\s].*?)\s+)?#.*$/s;

/**
 * The value of a variable as its author meant it: trimmed, and without the quotes around it and the comment behind it
 * that `docker --env-file` leaves there. Undefined when nothing is in it.
 *
 * @param verbatim keep what looks like a comment: a secret may hold ` #`
 */
export function envValue(text: string | undefined, { verbatim = false } = {}): string | undefined {
  const whole = text?.trim() ?? "";
  const trimmed = verbatim ? whole : whole.replace(COMMENT, "$1");
  const inner = /^(["'])(.*)\1$/s.exec(trimmed);
  const [, quote = "", quoted = ""] = inner ?? [];
  const value = inner === null || quoted.includes(quote) ? trimmed : quoted;
  return value.trim() === "" ? undefined : value;
}
