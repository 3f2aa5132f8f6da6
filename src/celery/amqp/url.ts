import { ImproperlyConfigured } from "../errors.js";

const SCHEMES = new Map([
  ["amqp:", "amqp:"],
  ["pyamqp:", "amqp:"],
  ["librabbitmq:", "amqp:"],
  ["amqps:", "amqps:"],
  ["pyamqps:", "amqps:"],
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
}

/**
 * Reads a broker URL as kombu does: `pyamqp://` means AMQP, `//` at the end names the vhost `/`, and `;` separates the
 * addresses of a failover list.
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
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new ImproperlyConfigured("the broker URL cannot be read: give amqp://user:password@host:5672/vhost");
  }
  const protocol = SCHEMES.get(url.protocol);
  if (protocol === undefined) {
    throw new ImproperlyConfigured(
      `broker scheme ${url.protocol}// is not supported: this worker speaks AMQP 0-9-1 (amqp:// or amqps://)`,
    );
  }
  const secure = protocol === "amqps:";
  const path = decodeURIComponent(url.pathname.replace(/^\//, ""));
  const heartbeat = Number(url.searchParams.get("heartbeat") ?? Number.NaN);
  return {
    protocol: secure ? "amqps" : "amqp",
    hostname: url.hostname === "" ? "localhost" : url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? (secure ? 5671 : 5672) : Number(url.port),
    username: url.username === "" ? "guest" : decodeURIComponent(url.username),
    password: url.password === "" && url.username === "" ? "guest" : decodeURIComponent(url.password),
    vhost: path === "" ? "/" : path,
    heartbeat: Number.isFinite(heartbeat) ? heartbeat : undefined,
  };
}

/** The address as kombu prints it, password masked: `amqp://guest:**@localhost:5672//`. */
export function displayUrl(address: BrokerAddress): string {
  const { protocol, username, hostname, port, vhost } = address;
  const host = hostname.includes(":") ? `[${hostname}]` : hostname;
  return `${protocol}://${username}:**@${host}:${port}/${vhost}`;
}
