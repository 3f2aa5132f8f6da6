import { asError, ImproperlyConfigured } from "../errors.js";
import { visibleUser } from "../secrets.js";
import { parseServerUrl, type ServerUrl } from "../server-url.js";
import { parseTlsFiles, type TlsFiles } from "../tls-files.js";

const SCHEMES: ReadonlyMap<string, "amqp" | "amqps"> = new Map([
  ["amqp", "amqp"],
  ["pyamqp", "amqp"],
  ["librabbitmq", "amqp"],
  ["amqps", "amqps"],
  ["pyamqps", "amqps"],
]);

/** One broker address; `toString` and logs never show the password. */
export interface BrokerAddress {
  readonly protocol: "amqp" | "amqps";
  readonly hostname: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
  readonly vhost: string;
  /** Seconds asked of the broker; undefined takes the broker's own. */
  readonly heartbeat: number | undefined;
  /** Of `amqps`: certificates, where the URL names some. */
  readonly tls?: TlsFiles;
}

/**
 * Reads a broker URL as kombu does: `pyamqp://` means AMQP, `//` at the end names the vhost `/`, and `;` separates the
 * addresses of a failover list. `amqps://` takes the `ssl_*` parameters that Celery has for Redis.
 *
 * @throws ImproperlyConfigured for any other scheme or form; the message holds no password.
 */
export function parseBrokerUrl(text: string): readonly BrokerAddress[] {
  const addresses = text
    .split(";")
    .map((part) => part.trim())
    .filter((part) => part !== "")
    .map(parseAddress);
  if (addresses.length === 0)
    throw new ImproperlyConfigured("the broker URL is empty: give amqp://user:password@host:5672/vhost");
  return addresses;
}

function parseAddress(text: string): BrokerAddress {
  const url = readUrl(text);
  const protocol = SCHEMES.get(url.scheme);
  if (protocol === undefined) {
    throw new ImproperlyConfigured(
      `broker scheme ${url.scheme}:// is not supported: this worker speaks AMQP 0-9-1 (amqp:// or amqps://)`,
    );
  }
  const heartbeat = Number(url.query.get("heartbeat") ?? Number.NaN);
  return {
    protocol,
    hostname: url.hostname ?? "localhost",
    port: url.port ?? (protocol === "amqps" ? 5671 : 5672),
    username: url.username ?? "guest",
    password: url.password ?? "guest",
    vhost: url.path === "" ? "/" : url.path,
    heartbeat: Number.isFinite(heartbeat) ? heartbeat : undefined,
    ...tlsOf(url, protocol),
  };
}

function tlsOf({ query }: ServerUrl, protocol: BrokerAddress["protocol"]): { tls?: TlsFiles } {
  const parameter = [...query.keys()].find((name) => name.startsWith("ssl_"));
  if (parameter === undefined) return {};
  if (protocol === "amqp")
    throw new ImproperlyConfigured(`the broker URL has ${parameter}, but no TLS: write amqps:// instead of amqp://`);
  return { tls: parseTlsFiles(query, "the broker URL") };
}

function readUrl(text: string): ServerUrl {
  try {
    return parseServerUrl(text);
  } catch (cause) {
    const reason = asError(cause).message;
    throw new ImproperlyConfigured(
      `the broker URL cannot be read: ${reason}; give amqp://user:password@host:5672/vhost`,
    );
  }
}

/** The address as kombu prints it, password masked: `amqp://guest:**@localhost:5672//`. */
export function displayUrl(address: BrokerAddress): string {
  const { protocol, username, hostname, port, vhost } = address;
  const host = hostname.includes(":") ? `[${hostname}]` : hostname;
  return `${protocol}://${visibleUser(username)}:**@${host}:${port}/${vhost}`;
}
