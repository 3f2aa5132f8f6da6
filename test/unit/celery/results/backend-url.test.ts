import { describe, expect, it } from "vitest";
import { ImproperlyConfigured } from "../../../../src/celery/errors.js";
import { postgresUrl } from "../../../../src/celery/results/database-url.js";
import { parseRedisUrl } from "../../../../src/celery/results/redis-options.js";

describe("parseRedisUrl", () => {
  it.each<[string, object]>([
    ["redis://", { database: 0, socket: { host: "localhost", port: 6379 } }],
    ["redis://h:1234/5", { database: 5, socket: { host: "h", port: 1234 } }],
    ["redis://h?virtual_host=3", { database: 3, socket: { host: "h", port: 6379 } }],
    ["redis://:p%40ss@h/0", { password: "p@ss", database: 0, socket: { host: "h", port: 6379 } }],
    ["redis://u:p@h/0", { username: "u", password: "p", database: 0, socket: { host: "h", port: 6379 } }],
    ["redis+socket:///run/redis.sock?virtual_host=2", { database: 2, socket: { path: "/run/redis.sock", tls: false } }],
    ["rediss://h/1", { database: 1, socket: { host: "h", port: 6379, tls: true, rejectUnauthorized: true } }],
    [
      "rediss://h/1?ssl_cert_reqs=CERT_NONE",
      { database: 1, socket: { host: "h", port: 6379, tls: true, rejectUnauthorized: false } },
    ],
  ])("reads %s", (url, options) => {
    expect(parseRedisUrl(url)).toEqual(options);
  });

  it.each([
    "redis://h/name",
    "redis://:secret@h:99999/0",
    "http://:secret@h/0",
    "rediss://:secret@h/0?ssl_cert_reqs=maybe",
    "rediss://:secret@h/0?ssl_ca_certs=/nowhere",
  ])("refuses %s without showing the password", (url) => {
    expect(() => parseRedisUrl(url)).toThrow(ImproperlyConfigured);
    expect(() => parseRedisUrl(url)).toThrow(/^(?!.*secret)/s);
  });
});

describe("postgresUrl", () => {
  it.each([
    ["db+postgresql://u:p@h:5432/d?sslmode=require", "postgresql://u:p@h:5432/d?sslmode=require"],
    ["db+postgresql+psycopg2://u@h/d", "postgresql://u@h/d"],
    ["db+postgres://h/d", "postgresql://h/d"],
  ])("reads %s", (url, postgres) => {
    expect(postgresUrl(url)).toBe(postgres);
  });

  it.each(["db+sqlite:///x.db", "db+mysql://u:secret@h/d", "postgresqlx://h"])("refuses %s", (url) => {
    expect(() => postgresUrl(url)).toThrow(ImproperlyConfigured);
    expect(() => postgresUrl(url)).toThrow(/^(?!.*secret)/s);
  });
});
