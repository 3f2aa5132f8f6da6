import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import pg from "pg";
import { expect, it, vi } from "vitest";
import { findPython } from "../../scripts/local/provision.js";
import { parseBrokerUrl } from "../../src/celery/amqp/url.js";
import { ImproperlyConfigured } from "../../src/celery/errors.js";
import { normalPostgresUrl } from "../../src/celery/postgres-url.js";

const SCRIPT = fileURLToPath(new URL("../support/python/url_reader.py", import.meta.url));

// Python makes a connection of each of three thousand URLs.
vi.setConfig({ testTimeout: 240_000 });

/** What Python makes of each URL; null where it refuses. */
async function pythonReads(kind: "broker" | "database", urls: readonly string[]): Promise<(unknown[] | null)[]> {
  const python = await findPython(["kombu", "sqlalchemy"]);
  if (python === undefined) throw new Error("no Python with kombu and SQLAlchemy");
  const input = JSON.stringify(urls.map((url) => [kind, url]));
  return JSON.parse(execFileSync(python, [SCRIPT], { input, encoding: "utf8" })) as (unknown[] | null)[];
}

const PIECES = [
  "a",
  "Z",
  "7",
  "%",
  "%2",
  "%zz",
  "%41",
  "%2F",
  "%40",
  "%e2%82%ac",
  "%ff",
  "+",
  "-",
  "~",
  "!",
  "$",
  "é",
  " ",
  "\\",
  "=",
  ",",
  "*",
  "(",
  "'",
];
const text = (...more: string[]) =>
  fc.array(fc.constantFrom(...PIECES, ...more), { minLength: 1, maxLength: 6 }).map((parts) => parts.join(""));
const host = fc.constantFrom("h", "rabbitmq", "10.0.0.7", "Host-1.example.com", "[::1]", "");
const port = fc.constantFrom("", ":1", ":5673", ":65535", ":x", ":99999", ":");

it("a broker URL is read as kombu reads it, with every password", async () => {
  const user = fc.oneof(
    fc.constant(""),
    text().map((name) => `${name}@`),
    fc.tuple(text(), text(":", "@", "/", "?", "#")).map(([name, password]) => `${name}:${password}@`),
  );
  const path = fc.constantFrom("", "/", "//", "/v", "/%2Fplosolver", "//plosolver", "/a%2", "/v?heartbeat=7");
  const urls = fc
    .sample(fc.tuple(fc.constantFrom("amqp", "pyamqp", "amqps"), user, host, port, path), 3000)
    .map(([scheme, ...rest]) => `${scheme}://${rest.join("")}`);
  const expected = await pythonReads("broker", urls);
  let read = 0;
  for (const [index, url] of urls.entries()) {
    let ours: unknown[] | null = null;
    try {
      const [address] = parseBrokerUrl(url);
      ours =
        address === undefined
          ? null
          : [address.hostname, address.port, address.username, address.password, address.vhost];
    } catch (error) {
      expect(error).toBeInstanceOf(ImproperlyConfigured);
    }
    if (ours !== null) {
      expect([url, ours]).toEqual([url, expected[index]]);
      read += 1;
    } else expect(isReasonable(url, expected[index]), url).toBe(false);
  }
  expect(read).toBeGreaterThan(1000);
});

it("a database URL reaches pg as SQLAlchemy reads it, with every password", async () => {
  const user = fc.oneof(
    fc.constant(""),
    text().map((name) => `${name}@`),
    fc.tuple(text(), text(":", "/", "?", "#", "&")).map(([name, password]) => `${name}:${password}@`),
  );
  const urls = fc
    .sample(
      fc.tuple(
        fc.constantFrom("postgresql", "postgresql+psycopg2"),
        user,
        fc.constantFrom("h", "10.0.0.7", "[::1]"),
        port,
        fc.constantFrom("", "/d", "/plosolver?sslmode=disable"),
      ),
      3000,
    )
    .map(([scheme, ...rest]) => `${scheme}://${rest.join("")}`);
  const expected = await pythonReads("database", urls);
  let read = 0;
  for (const [index, url] of urls.entries()) {
    const theirs = expected[index];
    if (theirs === null || theirs === undefined) {
      if (!/:\d*(\/|\?|$)/.test(url.slice(url.lastIndexOf("@") + 1)))
        expect(() => normalPostgresUrl(url), url).toThrow(ImproperlyConfigured);
      continue;
    }
    if (Number(theirs[1]) > 65_535) {
      expect(() => normalPostgresUrl(url), url).toThrow(ImproperlyConfigured);
      continue;
    }
    const client = new pg.Client({ connectionString: normalPostgresUrl(url) });
    const [hostname, portNumber, username, password, database] = theirs;
    expect([url, client.host, client.port]).toEqual([url, hostname, portNumber ?? 5432]);
    if (username !== null) expect([url, client.user, client.password]).toEqual([url, username, password ?? null]);
    if (database !== null) expect(client.database).toBe(database);
    read += 1;
  }
  expect(read).toBeGreaterThan(1000);
});

/** Kombu takes any text for a host, and the user for one where a password holds a `?`: what no resolver can find. */
function isReasonable(url: string, parts: unknown[] | null | undefined): boolean {
  const misread = (url.includes("@") && !/^\w+:\/\/[^/?#]*@/.test(url)) || /\?(?:.*&)?(?!\w+=)[^&]*@/.test(url);
  return Array.isArray(parts) && !misread && /^[\w.:-]+$/.test(String(parts[0])) && !/:[^@]*@/.test(String(parts[4]));
}
