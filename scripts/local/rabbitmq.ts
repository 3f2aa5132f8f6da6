import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { freePorts, type GuardedProcess, type ProcessGuard, tail, waitFor } from "./processes.js";

/** A broker this process may stop and start, or one that somebody else runs. */
export interface Broker {
  readonly url: string;
  /** Base URL of the management API, without credentials. */
  readonly managementUrl: string;
  /** Stops it in an orderly way; durable queues and persistent messages survive. */
  stop(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** Runs `rabbitmqctl` on it, and resolves once that succeeded. */
  control(...args: string[]): Promise<void>;
}

/**
 * Finds the server's own start script: Debian's wrapper in /usr/sbin insists on root or the rabbitmq user. The variable
 * RABBITMQ_SERVER names another one; lines of RABBITMQ_SETTINGS, with `;` between them, are added to its configuration.
 */
export function findRabbitmqServer(): string | undefined {
  const candidates = [process.env.RABBITMQ_SERVER ?? "", "/usr/lib/rabbitmq/bin/rabbitmq-server"];
  const versions = "/usr/lib/rabbitmq/lib";
  if (existsSync(versions)) {
    candidates.push(...readdirSync(versions).map((name) => join(versions, name, "sbin/rabbitmq-server")));
  }
  const path = (process.env.PATH ?? "")
    .split(":")
    .filter((folder) => folder !== "" && !/^\/(usr\/)?s?bin$/.test(folder));
  candidates.push(...path.map((folder) => join(folder, "rabbitmq-server")));
  return candidates.find((file) => existsSync(file));
}

interface Ports {
  readonly amqp: number;
  readonly management: number;
  readonly epmd: number;
  readonly distribution: number;
}

/**
 * Starts a RabbitMQ with the management plugin under `folder`, with its own node name, cookie and port mapper.
 * Resolves when it takes connections. Credentials are RabbitMQ's default guest.
 */
export async function startRabbitmq(
  guard: ProcessGuard,
  folder: string,
  settings: readonly string[] = [],
): Promise<Broker> {
  const server = findRabbitmqServer();
  if (server === undefined) throw new Error("rabbitmq-server is not installed");
  const [amqp, management, epmd, distribution] = await freePorts(4);
  if (!amqp || !management || !epmd || !distribution) throw new Error("no free ports");
  const broker = new PrivateBroker(guard, folder, server, { amqp, management, epmd, distribution }, settings);
  await broker.prepare();
  await broker.start();
  return broker;
}

class PrivateBroker implements Broker {
  readonly url: string;
  readonly managementUrl: string;
  private node: GuardedProcess | undefined;
  private readonly logFile: string;
  private readonly nodeName = `plo-${randomBytes(4).toString("hex")}@localhost`;

  constructor(
    private readonly guard: ProcessGuard,
    private readonly folder: string,
    private readonly server: string,
    private readonly ports: Ports,
    private readonly settings: readonly string[],
  ) {
    this.url = `amqp://guest:guest@127.0.0.1:${ports.amqp}//`;
    this.managementUrl = `http://127.0.0.1:${ports.management}`;
    this.logFile = join(folder, "rabbitmq.log");
  }

  async prepare(): Promise<void> {
    await mkdir(this.folder, { recursive: true });
    const settings = [
      `listeners.tcp.1 = 127.0.0.1:${this.ports.amqp}`,
      "management.tcp.ip = 127.0.0.1",
      `management.tcp.port = ${this.ports.management}`,
      "collect_statistics_interval = 1000",
      "disk_free_limit.absolute = 50MB",
      "log.file = false",
      "log.console = true",
      ...(process.env.RABBITMQ_SETTINGS ?? "").split(";"),
      ...this.settings,
    ];
    const cookie = join(this.folder, ".erlang.cookie");
    await writeFile(join(this.folder, "rabbitmq.conf"), `${settings.join("\n")}\n`);
    await writeFile(join(this.folder, "enabled_plugins"), "[rabbitmq_management].\n");
    await writeFile(cookie, randomBytes(15).toString("hex"));
    await chmod(cookie, 0o400);
    this.guard.spawn("epmd", "epmd", ["-port", String(this.ports.epmd), "-address", "127.0.0.1"], {
      env: this.environment(),
      logFile: join(this.folder, "epmd.log"),
      endSignal: "SIGKILL",
    });
  }

  async start(): Promise<void> {
    if (this.node && !this.node.exited) return;
    const node = this.guard.spawn("rabbitmq", this.server, [], {
      cwd: this.folder,
      env: this.environment(),
      logFile: this.logFile,
      // Its data is thrown away, and an orderly end takes six seconds.
      endSignal: "SIGKILL",
    });
    this.node = node;
    await waitFor("RabbitMQ", () => this.ready(), {
      timeoutMs: 90_000,
      giveUp: () => (node.exited ? `it ended while starting.\n${tail(this.logFile)}` : undefined),
    });
  }

  async stop(): Promise<void> {
    // The management plugin lingers five seconds after everything durable is closed: not worth waiting for.
    await this.node?.end("SIGTERM", 2500);
    this.node = undefined;
  }

  async control(...args: string[]): Promise<void> {
    const command = join(dirname(this.server), "rabbitmqctl");
    await promisify(execFile)(command, ["-n", this.nodeName, ...args], { env: this.environment() });
  }

  async kill(): Promise<void> {
    await this.node?.end("SIGKILL");
    this.node = undefined;
  }

  private async ready(): Promise<boolean> {
    await connects(this.ports.amqp);
    return (await managementRequest(this.managementUrl, this.url, "GET", "/api/overview")).ok;
  }

  private environment(): Record<string, string> {
    const at = (name: string) => join(this.folder, name);
    return {
      PATH: `${process.env.PATH ?? ""}:/usr/sbin:/usr/bin:/sbin:/bin`,
      LANG: "C.UTF-8",
      HOME: this.folder,
      ERL_EPMD_PORT: String(this.ports.epmd),
      ERL_EPMD_ADDRESS: "127.0.0.1",
      RABBITMQ_NODENAME: this.nodeName,
      RABBITMQ_DIST_PORT: String(this.ports.distribution),
      RABBITMQ_CONF_ENV_FILE: "/dev/null",
      RABBITMQ_CONFIG_FILE: at("rabbitmq.conf"),
      RABBITMQ_CONFIG_FILES: at("no-conf.d"),
      RABBITMQ_ADVANCED_CONFIG_FILE: at("no-advanced.config"),
      RABBITMQ_ENABLED_PLUGINS_FILE: at("enabled_plugins"),
      RABBITMQ_MNESIA_BASE: at("data"),
      RABBITMQ_LOG_BASE: at("log"),
      RABBITMQ_GENERATED_CONFIG_DIR: at("generated"),
      RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: "-kernel inet_dist_use_interface {127,0,0,1}",
      // Together these make the script exec Erlang instead of waiting for it as a parent.
      RABBITMQ_ALLOW_INPUT: "1",
      RABBITMQ_SERVER_START_ARGS: "-noinput +B i",
    };
  }
}

function connects(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve();
    });
    socket.once("error", reject);
  });
}

/** One request to the management API with the credentials of `brokerUrl`. */
export async function managementRequest(
  managementUrl: string,
  brokerUrl: string,
  method: "GET" | "PUT" | "DELETE" | "POST",
  path: string,
  body?: unknown,
): Promise<Response> {
  const { username, password } = new URL(brokerUrl);
  const credentials = `${decodeURIComponent(username || "guest")}:${decodeURIComponent(password || "guest")}`;
  return fetch(managementUrl + path, {
    method,
    headers: {
      authorization: `Basic ${Buffer.from(credentials).toString("base64")}`,
      "content-type": "application/json",
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

/** Makes a virtual host that the broker URL's user may use fully, and returns its URL. */
export async function createVhost(managementUrl: string, brokerUrl: string, name: string): Promise<string> {
  const user = decodeURIComponent(new URL(brokerUrl).username || "guest");
  const vhost = encodeURIComponent(name);
  await expectOk(await managementRequest(managementUrl, brokerUrl, "PUT", `/api/vhosts/${vhost}`, {}));
  const permissions = { configure: ".*", write: ".*", read: ".*" };
  await expectOk(
    await managementRequest(
      managementUrl,
      brokerUrl,
      "PUT",
      `/api/permissions/${vhost}/${encodeURIComponent(user)}`,
      permissions,
    ),
  );
  const url = new URL(brokerUrl);
  url.pathname = `/${vhost}`;
  return url.href;
}

export async function dropVhost(managementUrl: string, brokerUrl: string, name: string): Promise<void> {
  const response = await managementRequest(
    managementUrl,
    brokerUrl,
    "DELETE",
    `/api/vhosts/${encodeURIComponent(name)}`,
  );
  if (response.status !== 404) await expectOk(response);
}

async function expectOk(response: Response): Promise<void> {
  if (!response.ok) throw new Error(`management API: ${response.status} ${await response.text()}`);
  await response.arrayBuffer();
}
