import { z } from "zod";

/**
 * The text forms a variable may have: what people write in `.env` files, and what Python settings look like.
 * Every form is a zod schema from the variable's text to its value; its message says what is allowed.
 */
type Form<T> = z.ZodType<T, string>;

const ARITHMETIC_TOKEN = /\s*(\d[\d_]*(?:\.\d+)?|\/\/|[-+*/()])/y;

function form<T>(allowed: string, read: (text: string) => T | undefined): Form<T> {
  return z.string().transform((text, context) => {
    const value = read(text.trim());
    if (value !== undefined) return value;
    context.addIssue({ code: "custom", message: allowed });
    return z.NEVER;
  });
}

/** A number, or Python arithmetic with `+ - * / //` and parentheses such as `30*60`; undefined when it is neither. */
export function evaluateArithmetic(text: string): number | undefined {
  const source = text.trim();
  const tokens: string[] = [];
  ARITHMETIC_TOKEN.lastIndex = 0;
  while (ARITHMETIC_TOKEN.lastIndex < source.length) {
    const match = ARITHMETIC_TOKEN.exec(source);
    if (match?.[1] === undefined) return undefined;
    tokens.push(match[1].replaceAll("_", ""));
  }
  let position = 0;
  const next = (): string | undefined => tokens[position++];
  const atom = (): number => {
    const token = next();
    if (token === "-") return -atom();
    if (token === "+") return atom();
    if (token !== "(") return token === undefined ? Number.NaN : Number(token);
    const inner = sum();
    return next() === ")" ? inner : Number.NaN;
  };
  const product = (): number => {
    let value = atom();
    while (tokens[position] === "*" || tokens[position] === "/" || tokens[position] === "//") {
      const operator = next();
      const factor = atom();
      if (operator === "*") value *= factor;
      else value = operator === "/" ? value / factor : Math.floor(value / factor);
    }
    return value;
  };
  const sum = (): number => {
    let value = product();
    while (tokens[position] === "+" || tokens[position] === "-") value += next() === "+" ? product() : -product();
    return value;
  };
  const value = sum();
  return position === tokens.length && Number.isFinite(value) ? value : undefined;
}

function readInteger(text: string, minimum: number, maximum: number): number | undefined {
  const value = evaluateArithmetic(text);
  return value !== undefined && Number.isInteger(value) && value >= minimum && value <= maximum ? value : undefined;
}

/** A whole number in a range, also written as arithmetic. */
export function integer(minimum: number, maximum: number): Form<number> {
  const allowed = `a whole number from ${minimum} to ${maximum} (arithmetic such as 30*60 is allowed)`;
  return form(allowed, (text) => readInteger(text, minimum, maximum));
}

/** A whole number in a range, or `0` or `None` for "no limit", which becomes null. */
export function limit(maximum: number): Form<number | null> {
  const allowed = `a whole number from 1 to ${maximum} (arithmetic such as 30*60 is allowed), or 0 or None for no limit`;
  return form(allowed, (text) => {
    if (/^none$/i.test(text)) return null;
    const value = readInteger(text, 0, maximum);
    return value === 0 ? null : value;
  });
}

/** A TCP port; also the `tcp://host:port` that Docker links and Kubernetes put into a variable of that name. */
export function port(minimum: 0 | 1): Form<number> {
  return form(`a port from ${minimum} to 65535`, (text) => {
    const linked = /^tcp:\/\/[^/]*:(\d+)$/.exec(text);
    return readInteger(linked?.[1] ?? text, minimum, 65_535);
  });
}

/** `True`, `false`, `1`, `no`, `on`… */
export function flag(): Form<boolean> {
  return form("True or False (also 1, 0, yes, no, on, off)", (text) => {
    if (/^(true|1|yes|y|on)$/i.test(text)) return true;
    return /^(false|0|no|n|off|none)$/i.test(text) ? false : undefined;
  });
}

/** One of some words, in any case; `aliases` are further spellings. */
export function oneOf<const Word extends string>(
  words: readonly Word[],
  aliases: Readonly<Record<string, Word>> = {},
): Form<Word> {
  const others = Object.keys(aliases);
  const allowed = `one of ${words.join(", ")}${others.length > 0 ? ` (also ${others.join(", ")})` : ""}`;
  return form(allowed, (text) => {
    const lower = text.toLowerCase();
    return words.find((word) => word === lower) ?? aliases[lower];
  });
}

function splitList(text: string): string[] {
  const bracketed = /^[[(](.*)[\])]$/s.exec(text);
  return (bracketed?.[1] ?? text)
    .split(",")
    .map((item) => item.trim().replace(/^(['"])(.*)\1$/, "$2"))
    .filter((item) => item !== "");
}

/** Names separated by commas, or a Python or JSON list of strings; duplicates fall away. */
export function names(what: string, valid: (name: string) => boolean): Form<readonly string[]> {
  return form(`${what} separated by commas, or a list such as ['a', 'b']`, (text) => {
    const items = [...new Set(splitList(text))];
    return items.length > 0 && items.every(valid) ? items : undefined;
  });
}

/** Free text that `valid` accepts. */
export function plain(allowed: string, valid: (text: string) => boolean = () => true): Form<string> {
  return form(allowed, (text) => (valid(text) ? text : undefined));
}

/** A URL with one of the schemes, or several separated by `;` (Celery's failover list) where `several` is set. */
export function url(
  schemes: readonly string[],
  options: { readonly several?: boolean; readonly example: string },
): Form<string> {
  const allowed = `a URL such as ${options.example} (schemes: ${schemes.join(", ")})`;
  const validOne = (text: string): boolean => {
    const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
    if (scheme === undefined || !schemes.includes(scheme)) return false;
    // The WHATWG parser treats unknown schemes too loosely to check a port; http is parsed strictly.
    return URL.canParse(`http${text.slice(scheme.length)}`);
  };
  return form(allowed, (text) => {
    const urls = options.several ? text.split(";").map((one) => one.trim()) : [text];
    return urls.every(validOne) ? urls.join(";") : undefined;
  });
}
