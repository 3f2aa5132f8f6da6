import { readFileSync } from "node:fs";
import type { RedisClientOptions } from "redis";
import { ImproperlyConfigured } from "../errors.js";

/** Connection options of node-redis that Celery's URL stands for. */
export type RedisConnectionOptions = Pick<RedisClientOptions, "socket" | "username" | "password" | "database">;

const CERTIFICATE_CHECKS: ReadonlyMap<string, boolean> = new Map([
  ["required", true],
  ["CERT_REQUIRED", true],
  ["optional", true],
  ["CERT_OPTIONAL", true],
  ["none", false],
  ["CERT_NONE", false],
]);

/**
 * Reads `redis://[user][:password]@host:port/db`, `rediss://…` with Celery's `ssl_*` parameters, or
 * `redis+socket:///path?virtual_host=db`.
 *
 * @throws ImproperlyConfigured; the message names no password
 */
export function parseRedisUrl(text: string): RedisConnectionOptions {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new ImproperlyConfigured("the redis URL of the result backend cannot be read");
  }
  const credentials = {
    ...(url.username === "" ? {} : { username: decodeURIComponent(url.username) }),
    ...(url.password === "" ? {} : { password: decodeURIComponent(url.password) }),
  };
  if (url.protocol === "redis+socket:" || url.protocol === "unix:") {
    const database = databaseNumber(url.searchParams.get("virtual_host") ?? "");
    return { ...credentials, database, socket: { path: url.pathname, tls: false } };
  }
  const address = { host: url.hostname === "" ? "localhost" : url.hostname, port: Number(url.port || 6379) };
  const database = databaseNumber(url.searchParams.get("virtual_host") ?? url.pathname);
  if (url.protocol === "redis:") return { ...credentials, database, socket: address };
  if (url.protocol !== "rediss:") {
    throw new ImproperlyConfigured(`result backend ${url.protocol}// is no redis URL`);
  }
  return { ...credentials, database, socket: { ...address, tls: true, ...tlsOptions(url.searchParams) } };
}

function databaseNumber(path: string): number {
  const text = path.replaceAll("/", "");
  if (text === "") return 0;
  if (!/^\d+$/.test(text)) throw new ImproperlyConfigured(`redis database ${JSON.stringify(text)} is no number`);
  return Number(text);
}

function tlsOptions(parameters: URLSearchParams): {
  rejectUnauthorized: boolean;
  ca?: Buffer;
  cert?: Buffer;
  key?: Buffer;
} {
  const check = parameters.get("ssl_cert_reqs") ?? "required";
  const rejectUnauthorized = CERTIFICATE_CHECKS.get(check);
  if (rejectUnauthorized === undefined) {
    throw new ImproperlyConfigured(`ssl_cert_reqs=${check} of the redis URL must be required, optional or none`);
  }
  const ca = certificate(parameters, "ssl_ca_certs");
  const cert = certificate(parameters, "ssl_certfile");
  const key = certificate(parameters, "ssl_keyfile");
  return { rejectUnauthorized, ...(ca ? { ca } : {}), ...(cert ? { cert } : {}), ...(key ? { key } : {}) };
}

function certificate(parameters: URLSearchParams, name: string): Buffer | null {
  const path = parameters.get(name);
  if (path === null) return null;
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new ImproperlyConfigured(`${name} of the redis URL cannot be read: ${String(cause)}`);
  }
}
