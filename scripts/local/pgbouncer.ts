import { existsSync } from "node:fs";
import { chown, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import { unprivilegedUser } from "./postgres.js";
import { freePorts, type GuardedProcess, type ProcessGuard, tail, waitFor } from "./processes.js";

/** A PgBouncer this process may stop and start. */
export interface Pooler {
  /** The database's URL through the pooler. */
  readonly url: string;
  /** SIGQUIT: clients are cut off. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

export interface PoolerOptions {
  /** When a server connection goes to the next client. Default `transaction`. */
  readonly poolMode?: "session" | "transaction";
  /** Server connections for each database. Default 5. */
  readonly poolSize?: number;
  /** Clients at once; one more is refused. Default 200. */
  readonly maxClients?: number;
}

export function findPgbouncer(): string | undefined {
  const folders = ["/usr/sbin", ...(process.env.PATH ?? "").split(":")];
  return folders.map((folder) => join(folder, "pgbouncer")).find((file) => existsSync(file));
}

/** Starts a PgBouncer in front of the server of `databaseUrl`, with Debian's defaults but for the options. */
export async function startPgbouncer(
  guard: ProcessGuard,
  folder: string,
  databaseUrl: string,
  options: PoolerOptions = {},
): Promise<Pooler> {
  const binary = findPgbouncer();
  if (binary === undefined) throw new Error("pgbouncer is not installed");
  const [port] = await freePorts(1);
  if (!port) throw new Error("no free port");
  const pooler = new PrivatePooler(guard, folder, binary, port, databaseUrl);
  await pooler.prepare(options);
  await pooler.start();
  return pooler;
}

class PrivatePooler implements Pooler {
  readonly url: string;
  private server: GuardedProcess | undefined;
  private readonly configFile: string;
  private readonly user = unprivilegedUser();

  constructor(
    private readonly guard: ProcessGuard,
    private readonly folder: string,
    private readonly binary: string,
    private readonly port: number,
    private readonly databaseUrl: string,
  ) {
    const url = new URL(databaseUrl);
    url.hostname = "127.0.0.1";
    url.port = String(port);
    this.url = url.href;
    this.configFile = join(folder, "pgbouncer.ini");
  }

  async prepare({ poolMode = "transaction", poolSize = 5, maxClients = 200 }: PoolerOptions): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o755 });
    if (this.user) await chown(this.folder, this.user.uid, this.user.gid);
    const { hostname, port, username, password } = new URL(this.databaseUrl);
    const login = [`host=${hostname}`, `port=${port || 5432}`, `user=${username}`];
    if (password !== "") login.push(`password=${decodeURIComponent(password)}`);
    const settings = {
      listen_addr: "127.0.0.1",
      listen_port: this.port,
      unix_socket_dir: "",
      // Whoever connects is logged in as the user above.
      auth_type: "any",
      pool_mode: poolMode,
      default_pool_size: poolSize,
      max_client_conn: maxClients,
    };
    const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}`);
    await writeFile(this.configFile, `[databases]\n* = ${login.join(" ")}\n\n[pgbouncer]\n${lines.join("\n")}\n`);
  }

  async start(): Promise<void> {
    if (this.server && !this.server.exited) return;
    const logFile = join(this.folder, "pgbouncer.log");
    const server = this.guard.spawn("pgbouncer", this.binary, ["-q", this.configFile], {
      cwd: this.folder,
      logFile,
      endSignal: "SIGQUIT",
      ...(this.user ? { user: this.user } : {}),
    });
    this.server = server;
    await waitFor("PgBouncer", () => this.answers(), {
      timeoutMs: 30_000,
      giveUp: () => (server.exited ? `it ended while starting.\n${tail(logFile)}` : undefined),
    });
  }

  async stop(): Promise<void> {
    await this.server?.end();
    this.server = undefined;
  }

  private async answers(): Promise<boolean> {
    const client = new pg.Client({ connectionString: this.url, connectionTimeoutMillis: 5000 });
    client.on("error", () => undefined);
    await client.connect();
    try {
      return (await client.query("select 1")).rowCount === 1;
    } finally {
      await client.end();
    }
  }
}
