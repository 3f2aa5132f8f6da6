import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, inject } from "vitest";
import { createDatabase, dropDatabase } from "../../scripts/local/postgres.js";
import { createVhost, dropVhost, managementRequest } from "../../scripts/local/rabbitmq.js";
import { type ServiceChoice, type Services, startServices } from "../../scripts/local/services.js";
import "./global-setup.js";

/** A virtual host of the shared RabbitMQ that belongs to one test file. */
export interface TestVhost {
  /** AMQP URL; valid inside tests and hooks. */
  readonly url: string;
  readonly name: string;
  /** Management API below the vhost's own part, e.g. `get("queues")` is `GET /api/queues/<vhost>`. */
  get(collection: string, item?: string): Promise<unknown>;
  /** An account with these permissions in this virtual host, as regular expressions. */
  account(permissions: Permissions): Promise<TestAccount>;
}

/** RabbitMQ's permissions; what is not given is everything. */
interface Permissions {
  readonly configure?: string;
  readonly write?: string;
  readonly read?: string;
}

/** An account of a {@link TestVhost}; it goes with the test file. */
export interface TestAccount {
  readonly url: string;
  permit(permissions: Permissions): Promise<void>;
}

/** Gives this test file an empty virtual host, dropped with all its queues afterwards. Call it at the top level. */
export function useVhost(): TestVhost {
  const name = `test-${randomBytes(6).toString("hex")}`;
  const accounts: string[] = [];
  let url: string | undefined;
  const shared = () => needed(inject("services"), "brokerUrl", "managementUrl");
  beforeAll(async () => {
    url = await createVhost(shared().managementUrl, shared().brokerUrl, name);
  });
  const manage = async (method: "PUT" | "DELETE", path: string, body?: unknown) => {
    const response = await managementRequest(shared().managementUrl, shared().brokerUrl, method, path, body);
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  };
  afterAll(async () => {
    for (const account of accounts) await manage("DELETE", `/api/users/${account}`);
    await dropVhost(shared().managementUrl, shared().brokerUrl, name);
  });
  return {
    name,
    async account(permissions) {
      const account = `user-${randomBytes(6).toString("hex")}`;
      await manage("PUT", `/api/users/${account}`, { password: "secret", tags: "" });
      accounts.push(account);
      const permit = ({ configure = ".*", write = ".*", read = ".*" }: Permissions) =>
        manage("PUT", `/api/permissions/${name}/${account}`, { configure, write, read });
      await permit(permissions);
      const own = new URL(made(url));
      own.username = account;
      own.password = "secret";
      return { url: own.href, permit };
    },
    get url() {
      return made(url);
    },
    async get(collection, item) {
      const path = `/api/${collection}/${name}${item === undefined ? "" : `/${encodeURIComponent(item)}`}`;
      const response = await managementRequest(shared().managementUrl, shared().brokerUrl, "GET", path);
      return response.json();
    },
  };
}

/** A database of the shared PostgreSQL that belongs to one test file. */
export interface TestDatabase {
  /** Valid inside tests and hooks. */
  readonly url: string;
}

/** Gives this test file an empty database, dropped afterwards. Call it at the top level. */
export function useDatabase(): TestDatabase {
  const name = `test_${randomBytes(6).toString("hex")}`;
  let url: string | undefined;
  const server = () => needed(inject("services"), "databaseUrl").databaseUrl;
  beforeAll(async () => {
    url = await createDatabase(server(), name);
  });
  afterAll(() => dropDatabase(server(), name));
  return {
    get url() {
      return made(url);
    },
  };
}

/** URL of the shared Redis. Its databases are not separated by file: use key names of your own. */
export function redisUrl(): string {
  return needed(inject("services"), "redisUrl").redisUrl;
}

/**
 * Services of this test file alone, which it may stop, kill and start again. Booting RabbitMQ takes about six seconds, so
 * share one among the tests of a file. The methods are {@link Services}'; valid inside tests and hooks.
 */
export function usePrivateServices(choice: ServiceChoice): { readonly current: Services } {
  let services: Services | undefined;
  beforeAll(async () => {
    services = await startServices({ ...choice, alwaysPrivate: true });
  });
  afterAll(() => services?.stop());
  return {
    get current() {
      return made(services);
    },
  };
}

function needed<T extends object, K extends keyof T>(urls: T, ...keys: K[]): { [P in K]-?: NonNullable<T[P]> } & T {
  const missing = keys.filter((key) => urls[key] === undefined);
  if (missing.length > 0) throw new Error(`not provided by the global set-up: ${missing.join(", ")}`);
  return urls as { [P in K]-?: NonNullable<T[P]> } & T;
}

function made<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("made by beforeAll: use it inside tests and hooks only");
  return value;
}
