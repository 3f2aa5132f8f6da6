import { ImproperlyConfigured } from "./errors.js";

/** A server's URL in its parts, percent-decoded; null where it says nothing. */
export interface ServerUrl {
  /** In lower case, without `://`. */
  readonly scheme: string;
  readonly username: string | null;
  readonly password: string | null;
  /** An IPv6 address has no brackets. */
  readonly hostname: string | null;
  readonly port: number | null;
  /** Without the first `/`. */
  readonly path: string;
  readonly query: URLSearchParams;
}

const SHAPE = /^(?<scheme>[a-z][a-z0-9+.-]*):\/\/(?<authority>[^/?#]*)(?<path>[^?#]*)(?:\?(?<query>[^#]*))?(?:#.*)?$/is;
const HOST = /^(?:\[(?<ipv6>[^\]]*)\]|(?<name>[^:]*))(?::(?<port>.*))?$/s;
/** What no host name, address or socket path holds. */
const NO_HOST = /[\s"'`<>\\^{|},;@[\]]/;
const LIBPQ = /^\s*\w+\s*=/;

/**
 * Reads a URL as kombu does: percent codes are decoded where they are some and stay where they are none (`50%off`), and
 * a password may hold `@` and `:`.
 *
 * @throws ImproperlyConfigured; the message says what is wrong and shows no part of the URL
 */
export function parseServerUrl(text: string): ServerUrl {
  const parts = SHAPE.exec(text.replace(/[\t\r\n]/g, ""))?.groups;
  if (parts === undefined) throw new ImproperlyConfigured(malformation(text));
  const { scheme = "", authority = "", path = "", query = "" } = parts;
  const at = authority.lastIndexOf("@");
  // Kombu takes the user for the host then, and would look for it under its name.
  const astray = /:[^@]*@/.test(path) || (authority === "" && path.includes(":")) || (at < 0 && text.includes("@"));
  // An @ that belongs to no parameter's value: this query is the rest of a password.
  if (astray || /(?:^|&)(?!\w+=)[^&]*@/.test(query))
    throw new ImproperlyConfigured(
      "its @ stands behind its host (in a user name or password / ? # are written %2F %3F %23)",
    );
  const [username, password] = at < 0 ? [null, null] : splitUser(authority.slice(0, at));
  return {
    scheme: scheme.toLowerCase(),
    username,
    password,
    ...readHost(authority.slice(at + 1)),
    path: unquote(path.replace(/^\//, "")),
    query: new URLSearchParams(query),
  };
}

/** Python's `urllib.parse.unquote`: what is no percent code stays, bytes that are no UTF-8 become U+FFFD. */
export function unquote(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (codes) => Buffer.from(codes.replaceAll("%", ""), "hex").toString("utf8"));
}

/**
 * Reads what stands behind the user: `host`, `host:port`, `[ipv6]:port` or nothing.
 * @throws ImproperlyConfigured
 */
export function readHost(text: string): Pick<ServerUrl, "hostname" | "port"> {
  const { ipv6, name = "", port = "" } = HOST.exec(text)?.groups ?? { name: text };
  // Behind a % stands the zone of an IPv6 address, whose case counts.
  const hostname = unquote((ipv6 ?? name).replace(/^[^%]*/, (host) => host.toLowerCase()));
  if (NO_HOST.test(hostname)) throw new ImproperlyConfigured("its host holds a character that no host has");
  if (port !== "" && !(/^\d+$/.test(port) && Number(port) <= 65_535))
    throw new ImproperlyConfigured(
      "its port is no number up to 65535 (in a user name or password / ? # are written %2F %3F %23)",
    );
  return { hostname: hostname === "" ? null : hostname, port: port === "" ? null : Number(port) };
}

/** Why a text is no URL at all. */
export function malformation(text: string): string {
  const quote = /^\s*["'`]|["'`]\s*$/.test(text);
  if (quote) return "it begins or ends with a quote that has no partner";
  if (LIBPQ.test(text)) return "it is a list of parameters (host=… password=…), write it as a URL";
  if (/^\s*[\w+.-]+:\/?(?!\/)/.test(text)) return "// is missing behind its scheme";
  return "it has no scheme (such as amqp://)";
}

function splitUser(text: string): [username: string | null, password: string | null] {
  const colon = text.indexOf(":");
  const given = (part: string) => (part === "" ? null : unquote(part));
  return colon < 0 ? [given(text), null] : [given(text.slice(0, colon)), given(text.slice(colon + 1))];
}
