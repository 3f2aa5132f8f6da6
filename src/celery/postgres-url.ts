import { ImproperlyConfigured } from "./errors.js";
import { malformation, readHost, unquote } from "./server-url.js";

/** As SQLAlchemy reads it: a password may hold `/ ? #` too. The shortest password whose rest is a host wins. */
const SHAPE =
  /^postgres(?:ql)?(?:\+[a-z0-9_]+)?:\/\/(?:(?<username>[^:/@]*)(?::(?<password>.*?))?@)?(?<host>\[[^\]]*\][^@/?]*|[^@/?[\]]*)(?<path>\/[^?]*)?(?:\?(?<query>.*))?$/is;

/**
 * The URL as every library reads it alike, from the forms that SQLAlchemy takes: without its driver (`+psycopg2`), user
 * and password percent-encoded throughout.
 *
 * @throws ImproperlyConfigured; the message says what is wrong and shows no part of the URL
 */
export function normalPostgresUrl(text: string): string {
  const parts = SHAPE.exec(text.replace(/[\t\r\n]/g, ""))?.groups;
  if (parts === undefined)
    throw new ImproperlyConfigured(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? "it cannot be read" : malformation(text));
  const { username, password, host = "", path = "", query } = parts;
  readHost(host);
  const secret = password === undefined ? "" : `:${encodeURIComponent(unquote(password))}`;
  const user = username === undefined ? "" : `${encodeURIComponent(unquote(username))}${secret}@`;
  const parameters = query === undefined ? "" : `?${new URLSearchParams(query)}`;
  return `postgresql://${user}${host}${withoutBarePercent(path)}${parameters}`;
}

function withoutBarePercent(text: string): string {
  return text.replace(/%(?![0-9a-f]{2})/gi, "%25").replaceAll(" ", "%20");
}
