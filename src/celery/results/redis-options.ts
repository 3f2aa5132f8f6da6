import type { RedisClientOptions } from "redis";
import { asError, ImproperlyConfigured } from "../errors.js";
import { parseServerUrl, type ServerUrl } from "../server-url.js";
import { parseTlsFiles, readTlsFiles } from "../tls-files.js";

/** Connection options of node-redis that Celery's URL stands for. */
export type RedisConnectionOptions = Pick<RedisClientOptions, "socket" | "username" | "password" | "database">;

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
  const { serverName, ...files } = parseTlsFiles(query, "the redis URL");
  const servername = serverName === null ? {} : { servername: serverName };
  return {
    ...credentials,
    database,
    socket: { ...address, tls: true, ...servername, ...readTlsFiles({ serverName, ...files }) },
  };
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
