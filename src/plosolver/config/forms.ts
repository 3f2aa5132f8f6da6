import { isIPv6 } from "node:net";
import { z } from "zod";
import { ImproperlyConfigured, mayHoldSecret, normalPostgresUrl, parseServerUrl } from "../../celery/values.js";

/**
 * The text forms a variable may have: what people write in `.env` files, and what Python settings look like.
 * Every form is a zod schema from the variable's text to its value; its message says what is allowed.
 */
type Form<T> = z.ZodType<T, string>;

const ARITHMETIC_TOKEN = /\s*(\d[\d_]*(?:\.\d+)?|\/\/|[-+*/()])/y;

/** @param read gives undefined, or throws ImproperlyConfigured with a reason, for what is not allowed */
function form<T>(allowed: string, read: (text: string) => T | undefined): Form<T> {
  return z.string().transform((text, context) => {
    let reason = "";
    try {
      const value = read(text.trim());
      if (value !== undefined) return value;
    } catch (error) {
      if (!(error instanceof ImproperlyConfigured)) throw error;
      reason = `; ${error.message}`;
    }
    context.addIssue({ code: "custom", message: `${allowed}${reason}` });
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
    refuseAddress(text);
    const items = [...new Set(splitList(text))];
    return items.length > 0 && items.every(valid) ? items : undefined;
  });
}

/** A name of anything that `valid` accepts. */
export function name(allowed: string, valid: (text: string) => boolean = () => true): Form<string> {
  return form(allowed, (text) => {
    refuseAddress(text);
    return valid(text) ? text : undefined;
  });
}

/** Whether AMQP has room for a name. */
export function isShortName(text: string): boolean {
  return Buffer.byteLength(text) <= 255;
}

/** A name as AMQP has room for. */
export const shortName = name("a name of at most 255 bytes", isShortName);

/** A password: any text. */
export function password(): Form<string> {
  return form("text", (text) => text);
}

/** In the place of a name an address is a mistake, and names are shown to everybody: an address may hold a password. */
function refuseAddress(text: string): void {
  if (mayHoldSecret(text)) throw new ImproperlyConfigured("it looks like the address of a server");
}

/** A host name or address alone; an IPv6 address loses its brackets. */
export function host(): Form<string> {
  return form("a host name or address alone, without scheme, user and port", (text) => {
    const address = text.replace(/^\[(.*)\]$/, "$1");
    return isIPv6(address) || /^[\w.-]+$/.test(text) ? address : undefined;
  });
}

/** A URL with one of the schemes, or several separated by `;`: Celery's failover list. */
export function brokerUrls(schemes: readonly string[], example: string): Form<string> {
  return form(allowedUrl(schemes, example), (text) => {
    const urls = text.split(";").map((one) => one.trim());
    for (const url of urls) checkScheme(parseServerUrl(url).scheme, schemes);
    return urls.join(";");
  });
}

/** The URL of a PostgreSQL database, with SQLAlchemy's driver or without it. */
export function postgresUrl(schemes: readonly string[], example: string): Form<string> {
  return form(allowedUrl(schemes, example), (text) => {
    const scheme = /^[a-z0-9+.-]+(?=:\/\/)/i.exec(text)?.[0];
    if (scheme !== undefined) checkScheme(scheme.toLowerCase(), schemes);
    return normalPostgresUrl(text);
  });
}

/** Where results go: a word, or the URL of a server. */
export function resultBackend(): Form<string> {
  const allowed = "rpc://, redis://…, rediss://…, redis+socket://…, db+postgresql://… or disabled://";
  return form(allowed, (text) => {
    if (/^(rpc|disabled)(:\/\/.*)?$/i.test(text)) return text.replace(/^(rpc|disabled)$/i, "$1://");
    if (/^db\+postgres(ql)?(\+\w+)?:/i.test(text)) return `db+${normalPostgresUrl(text.slice("db+".length))}`;
    return /^redis(s|\+socket)?$/.test(parseServerUrl(text).scheme) ? text : undefined;
  });
}

function allowedUrl(schemes: readonly string[], example: string): string {
  return `a URL such as ${example} (schemes: ${schemes.join(", ")})`;
}

function checkScheme(scheme: string, schemes: readonly string[]): void {
  if (!schemes.includes(scheme)) throw new ImproperlyConfigured("its scheme is none of these");
}
