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
  readonly distribution: number;
}

/**
 * Starts a RabbitMQ with the management plugin under `folder`, with its own node name, cookie and port mapper.
 * Resolves when it takes connections. Credentials are RabbitMQ's default guest.
 * @param settings further lines of its configuration
 */
export async function startRabbitmq(
  guard: ProcessGuard,
  folder: string,
  settings: readonly string[] = [],
): Promise<Broker> {
  const server = findRabbitmqServer();
  if (server === undefined) throw new Error("rabbitmq-server is not installed");
  const [epmd, ...ports] = await freePorts(4);
  const common = await community(guard, folder, epmd);
  const broker = new PrivateBroker(guard, folder, server, common, nodePorts(ports), settings);
  await broker.prepare();
  await broker.start();
  return broker;
}

/** A node of a cluster. */
export interface ClusterNode extends Broker {
  /** As the broker calls it: `leader` of a queue is one of these. */
  readonly name: string;
}

/** Starts nodes of one cluster, all on this machine; resolves when all take connections. @param server its start script */
export async function startCluster(
  guard: ProcessGuard,
  folder: string,
  server: string,
  size: number,
): Promise<ClusterNode[]> {
  const [epmd, ...ports] = await freePorts(1 + 3 * size);
  const common = await community(guard, folder, epmd);
  const nodes: PrivateBroker[] = [];
  const names = Array.from({ length: size }, () => nodeName());
  const settings = [
    "cluster_formation.peer_discovery_backend = classic_config",
    ...names.map((name, index) => `cluster_formation.classic_config.nodes.${index + 1} = ${name}`),
  ];
  for (const [index, name] of names.entries()) {
    const own = nodePorts(ports.slice(3 * index, 3 * index + 3));
    const node = new PrivateBroker(guard, join(folder, `${index + 1}`), server, common, own, settings, name);
    await node.prepare();
    nodes.push(node);
  }
  await Promise.all(nodes.map((node) => node.start()));
  return nodes;
}

/** What nodes share that know of each other: a port mapper and a cookie. */
interface Community {
  readonly epmd: number;
  readonly cookie: string;
}

async function community(guard: ProcessGuard, folder: string, epmd: number | undefined): Promise<Community> {
  if (epmd === undefined) throw new Error("no free port");
  await mkdir(folder, { recursive: true });
  guard.spawn("epmd", "epmd", ["-port", String(epmd), "-address", "127.0.0.1"], {
    env: { PATH: programPath(), HOME: folder },
    logFile: join(folder, "epmd.log"),
    endSignal: "SIGKILL",
  });
  return { epmd, cookie: randomBytes(15).toString("hex") };
}

const programPath = () => `${process.env.PATH ?? ""}:/usr/sbin:/usr/bin:/sbin:/bin`;
const nodeName = () => `plo-${randomBytes(4).toString("hex")}@localhost`;

function nodePorts([amqp, management, distribution]: readonly number[]): Ports {
  if (!amqp || !management || !distribution) throw new Error("no free ports");
  return { amqp, management, distribution };
}

class PrivateBroker implements ClusterNode {
  readonly url: string;
  readonly managementUrl: string;
  private node: GuardedProcess | undefined;
  private readonly logFile: string;

  constructor(
    private readonly guard: ProcessGuard,
    private readonly folder: string,
    private readonly server: string,
    private readonly community: Community,
    private readonly ports: Ports,
    private readonly settings: readonly string[],
    readonly name = nodeName(),
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
    await writeFile(cookie, this.community.cookie);
    await chmod(cookie, 0o400);
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
    await promisify(execFile)(command, ["-n", this.name, ...args], { env: this.environment() });
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
      PATH: programPath(),
      LANG: "C.UTF-8",
      HOME: this.folder,
      ERL_EPMD_PORT: String(this.community.epmd),
      ERL_EPMD_ADDRESS: "127.0.0.1",
      RABBITMQ_NODENAME: this.name,
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
