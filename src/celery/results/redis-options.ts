import { readFileSync } from "node:fs";
import type { RedisClientOptions } from "redis";
import { asError, ImproperlyConfigured } from "../errors.js";
import { parseServerUrl, type ServerUrl } from "../server-url.js";

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
  const { scheme, username, password, hostname, port, path, query } = readUrl(text);
  const credentials = {
    ...(username === null ? {} : { username }),
    ...(password === null ? {} : { password }),
  };
  if (scheme === "redis+socket" || scheme === "unix") {
    const database = databaseNumber(query.get("virtual_host") ?? "");
    return { ...credentials, database, socket: { path: `/${path}`, tls: false } };
  }
  const address = { host: hostname ?? "localhost", port: port ?? 6379 };
  const database = databaseNumber(query.get("virtual_host") ?? path);
  if (scheme === "redis") return { ...credentials, database, socket: address };
  if (scheme !== "rediss") {
    throw new ImproperlyConfigured(`result backend ${scheme}:// is no redis URL`);
  }
  return { ...credentials, database, socket: { ...address, tls: true, ...tlsOptions(query) } };
}

function readUrl(text: string): ServerUrl {
  try {
    return parseServerUrl(text);
  } catch (cause) {
    throw new ImproperlyConfigured(`the redis URL of the result backend cannot be read: ${asError(cause).message}`);
  }
}

function databaseNumber(path: string): number {
  const text = path.replaceAll("/", "");
  if (text === "") return 0;
  if (!/^\d+$/.test(text))
    throw new ImproperlyConfigured("the database in the redis URL of the result backend is no number");
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
    throw new ImproperlyConfigured("ssl_cert_reqs of the redis URL must be required, optional or none");
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
