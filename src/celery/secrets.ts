import { ImproperlyConfigured } from "./errors.js";
import { parseServerUrl, unquote } from "./server-url.js";

const DEFAULT_MASK = "***";

/** Parameters of a URL that say how, not with what, to connect: all others may hold a secret. */
const PLAIN_PARAMETER =
  /^(heartbeat|virtual_host|ssl_cert_reqs|sslmode|connect_timeout|application_name|host|port|user|dbname)$/i;
const NEXT_URL = /;(?=\s*[a-z][a-z0-9+.-]*:\/\/)/i;
const SECRET_WORD =
  "(?:(?:ssl)?password|passwd|passphrase|passcode|pass|pwd|secret|token|passfile|sslkey|api_?key|access_?key)";
const SECRET_NAME = new RegExp(`^\\w*${SECRET_WORD}$`, "i");
/** `password=…` in URLs and connection strings, `"password": …` in JSON. */
const ASSIGNMENT = new RegExp(
  `(?<![a-z])${SECRET_WORD}(?:\\s?=\\s?|["']\\s*:\\s*)("[^"]*"|'(?:[^'\\\\]|\\\\.)*'|[^\\s&;,"'}]+)`,
  "gi",
);
/** The same, up to where it may end at most: nobody knows what a malformed one means. */
const LONG_ASSIGNMENTS = ["[^\\s;]+", "[^\\s&;]+", ".+$"].map(
  (value) => new RegExp(`(?<![a-z])${SECRET_WORD}\\s?=\\s?(${value})`, "gis"),
);
const PARAMETER = /[?&]([\w.-]+)=([^&#]*)/g;
const FRAGMENT = /:\/\/[^#]*#(.+)$/s;
const SECRET_PARAMETER = new RegExp(`(${SECRET_WORD}=)('[^']*'|[^\\s&;,"'\\\\]*)`, "gi");
/** Not PWD, the working directory. */
const SECRET_VARIABLE = /(PASSWORD|PASSWD|PASSPHRASE)$|(^|_)(PASS|SECRET|TOKEN|API_?KEY|ACCESS_KEY)$|_PWD$/i;
/** User and password of a URL that is one, or lacks its slashes. */
const USER = /^\s*["'`]?[a-z][a-z0-9+.-]*:\/*([^:@/]*):.*@/is;
/** More colons than this before an `@` separate nothing. */
const MOST_COLONS = 8;
/** Shorter ones are parts of ordinary words: hiding them would tear the text apart. */
const SHORTEST_SECRET = 6;

/**
 * A value that is a URL, or several separated by `;`, without passwords, unknown parameters and fragments. A value that
 * cannot be read as a URL is hidden whole: nobody knows where in it the password is.
 */
export function redactUrl(text: string, mask = DEFAULT_MASK): string {
  return text
    .split(NEXT_URL)
    .map((url) => redactOne(url.trim(), mask))
    .join(";");
}

/**
 * A text, for example an error's message, without the passwords of its URLs and without values such as `password=…`.
 * Takes time in proportion to the text, whatever it holds.
 */
export function redactText(text: string, mask = DEFAULT_MASK): string {
  const withoutUrls = text.includes("@")
    ? text.replace(/[^\s"]+/g, (word) => (word.includes("@") ? redactWord(word, mask) : word))
    : text;
  return withoutUrls.replace(SECRET_PARAMETER, `$1${mask}`);
}

/** Whether a text looks like the address of a server or a list of parameters, which may hold a password. */
export function mayHoldSecret(text: string): boolean {
  return /:\/\/|:[^@]*@/.test(text) || text.search(ASSIGNMENT) >= 0;
}

/** What a user gave, as an error may show it: what looks like an address as {@link redactUrl} does, the rest as it is. */
export function redactValue(text: string): string {
  return mayHoldSecret(text) ? redactUrl(text) : text;
}

/** Replaces secrets, in every form they may appear in. */
export type Redactor = (text: string) => string;

/**
 * A redactor that knows the secrets of an environment and a command line: those of variables named like one, of URLs and
 * of connection strings, however malformed. What stands there as a user or host too (`guest:guest`) is no secret.
 */
export function createRedactor(
  env: Readonly<Record<string, string | undefined>>,
  args: readonly string[] = [],
): Redactor {
  const secrets = new Set<string>();
  const known = new Set<string>();
  for (const [name, value = ""] of Object.entries(env)) {
    if (SECRET_VARIABLE.test(name)) secrets.add(value.trim());
    collect(value, secrets, known);
  }
  for (const arg of args) collect(arg, secrets, known);
  const forms = [...new Set([...secrets].flatMap(formsOf))].filter(
    (form) => form.length >= SHORTEST_SECRET && !known.has(form),
  );
  return (text) => redactText(maskAll(text, forms));
}

/** Masks every place where one of the forms stands; places that overlap become one. */
function maskAll(text: string, forms: readonly string[]): string {
  const places: [start: number, end: number][] = [];
  for (const form of forms) {
    for (let at = text.indexOf(form); at >= 0; at = text.indexOf(form, at + 1)) places.push([at, at + form.length]);
  }
  places.sort(([a], [b]) => a - b);
  let masked = "";
  let end = 0;
  for (const [start, stop] of places) {
    if (start > end || end === 0) masked += `${text.slice(end, start)}${DEFAULT_MASK}`;
    end = Math.max(end, stop);
  }
  return masked + text.slice(end);
}

function redactOne(text: string, mask: string): string {
  try {
    const { scheme, username, password, hostname, port, query } = parseServerUrl(text);
    const host = hostname === null ? "" : hostname.includes(":") ? `[${hostname}]` : hostname;
    const rest = text
      .slice(text.indexOf("://") + 3)
      .replace(/^[^/?#]*/, "")
      .replace(/[?#].*$/s, "");
    const parameters = [...query].map(([name, value]) => redactParameter(name, value, mask));
    return [
      `${scheme}://${redactUser(scheme, username, password, mask)}${host}`,
      port === null ? "" : `:${port}`,
      rest,
      parameters.length === 0 ? "" : `?${parameters.join("&")}`,
    ].join("");
  } catch (error) {
    if (error instanceof ImproperlyConfigured) return mask;
    throw error;
  }
}

function redactParameter(name: string, value: string, mask: string): string {
  if (PLAIN_PARAMETER.test(name)) return `${name}=${value}`;
  // An unknown name may be what follows an & in a password.
  return SECRET_NAME.test(name) ? `${name}=${mask}` : mask;
}

/** `redis://secret@host` is a password whose colon was forgotten: Redis had no users for ten years. */
function redactUser(scheme: string, username: string | null, password: string | null, mask: string): string {
  if (username === null && password === null) return "";
  if (password === null && scheme.startsWith("redis")) return `${mask}@`;
  return password === null ? `${visibleUser(username ?? "", mask)}@` : `${visibleUser(username ?? "", mask)}:${mask}@`;
}

/** A user that holds a colon holds the password too: somebody encoded both as one. */
export function visibleUser(username: string, mask = DEFAULT_MASK): string {
  const colon = username.indexOf(":");
  return colon < 0 ? username : `${username.slice(0, colon)}:${mask}`;
}

function redactWord(word: string, mask: string): string {
  const slashes = word.indexOf("://");
  const at = word.lastIndexOf("@");
  if (slashes < 0 || at < slashes) return word;
  const start = slashes + 3;
  const colon = word.indexOf(":", start);
  if (colon < 0 || colon > at)
    return /redis\w*$/i.test(word.slice(0, slashes)) ? `${word.slice(0, start)}${mask}${word.slice(at)}` : word;
  return `${word.slice(0, colon + 1)}${mask}${word.slice(at)}`;
}

/** Adds the secrets of a value, and what it shows to everybody. */
function collect(value: string, secrets: Set<string>, known: Set<string>): void {
  for (const pattern of [ASSIGNMENT, ...LONG_ASSIGNMENTS])
    for (const [, secret = ""] of value.matchAll(pattern)) secrets.add(secret);
  for (const [, name = "", parameter = ""] of value.matchAll(PARAMETER))
    if (!PLAIN_PARAMETER.test(name)) secrets.add(parameter);
  // What cannot be read may hold its password anywhere: an error that repeats it shows nothing of it.
  if (mayHoldSecret(value) && redactUrl(value) === DEFAULT_MASK) secrets.add(value.trim());
  const fragment = FRAGMENT.exec(value)?.[1];
  if (fragment !== undefined) secrets.add(fragment.trim());
  for (const part of new Set([value, ...value.split(";")])) {
    const at = part.lastIndexOf("@");
    if (at < 0) continue;
    let colon = part.indexOf(":");
    for (let count = 0; count < MOST_COLONS && colon >= 0 && colon < at; count++) {
      secrets.add(part.slice(colon + 1, at).replace(/^\/+/, ""));
      colon = part.indexOf(":", colon + 1);
    }
    const user = USER.exec(part)?.[1];
    if (user !== undefined) known.add(user).add(unquote(user));
    for (const word of part.slice(at + 1).split(/[/:?#"'`\s]+/)) known.add(word);
  }
}

function formsOf(secret: string): string[] {
  const bare = secret.replace(/^["'`]|["'`]$/g, "");
  const decoded = unquote(bare);
  return [secret, bare, decoded, encodeURIComponent(decoded), encodeURI(decoded)].flatMap((form) => [
    form,
    JSON.stringify(form).slice(1, -1),
  ]);
}
