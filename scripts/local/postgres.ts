import { execFile, execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { chown, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import pg from "pg";
import { freePorts, type GuardedProcess, type ProcessGuard, tail, waitFor } from "./processes.js";

const run = promisify(execFile);

/** A database server this process may stop and start, or one that somebody else runs. */
export interface Database {
  readonly url: string;
  /** PostgreSQL's fast shutdown: clients are cut off, committed data stays. */
  stop(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** Removes what a killed server that was not started again left outside its folder. */
  dispose(): Promise<void>;
}

/** Folder with initdb and postgres: the newest version that is installed. */
export function findPostgresBin(): string | undefined {
  const root = "/usr/lib/postgresql";
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [...versions.map((version) => join(root, version, "bin")), ...(process.env.PATH ?? "").split(":")];
  return folders.find((folder) => existsSync(join(folder, "initdb")) && existsSync(join(folder, "postgres")));
}

/** PostgreSQL and its pooler refuse to run as root, so root hands them to an unprivileged user. */
export function unprivilegedUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ["postgres", "nobody"]) {
    try {
      const id = (flag: string) => Number(execFileSync("id", [flag, name], { stdio: ["ignore", "pipe", "ignore"] }));
      return { uid: id("-u"), gid: id("-g") };
    } catch {
      // No such user here: try the next.
    }
  }
  throw new Error("PostgreSQL does not run as root, and neither the user postgres nor nobody exists");
}

/** Starts a PostgreSQL under `folder` with an empty database `plosolver`; resolves when it takes connections. */
export async function startPostgres(guard: ProcessGuard, folder: string): Promise<Database> {
  const bin = findPostgresBin();
  if (bin === undefined) throw new Error("PostgreSQL is not installed");
  const [port] = await freePorts(1);
  if (!port) throw new Error("no free port");
  const database = new PrivateDatabase(guard, folder, bin, port, unprivilegedUser());
  await database.prepare();
  await database.start();
  await createDatabase(database.maintenanceUrl, "plosolver");
  return database;
}

class PrivateDatabase implements Database {
  readonly url: string;
  readonly maintenanceUrl: string;
  private server: GuardedProcess | undefined;
  private readonly logFile: string;

  constructor(
    private readonly guard: ProcessGuard,
    private readonly folder: string,
    private readonly bin: string,
    private readonly port: number,
    private readonly user: { uid: number; gid: number } | undefined,
  ) {
    this.url = `postgresql://plosolver:plosolver@127.0.0.1:${port}/plosolver`;
    this.maintenanceUrl = this.url.replace(/plosolver$/, "postgres");
    this.logFile = join(folder, "postgres.log");
  }

  async prepare(): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o755 });
    if (this.user) await chown(this.folder, this.user.uid, this.user.gid);
    const args = [
      "-D",
      join(this.folder, "data"),
      "-U",
      "plosolver",
      "-A",
      "trust",
      "-E",
      "UTF8",
      "--locale=C",
      "--no-sync",
    ];
    await run(join(this.bin, "initdb"), args, {
      cwd: this.folder,
      env: { ...process.env, LC_ALL: "C.UTF-8", HOME: this.folder },
      ...(this.user ?? {}),
    });
  }

  async start(): Promise<void> {
    if (this.server && !this.server.exited) return;
    // Durability against a power cut is of no use to a database that is thrown away, and costs seconds.
    const settings = {
      listen_addresses: "127.0.0.1",
      port: this.port,
      unix_socket_directories: "",
      max_connections: 200,
      fsync: "off",
      synchronous_commit: "off",
      full_page_writes: "off",
      dynamic_shared_memory_type: "mmap",
    };
    const flags = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
    const server = this.guard.spawn(
      "postgres",
      join(this.bin, "postgres"),
      ["-D", join(this.folder, "data"), ...flags],
      {
        cwd: this.folder,
        env: { ...process.env, LC_ALL: "C.UTF-8", HOME: this.folder },
        logFile: this.logFile,
        // SIGQUIT is PostgreSQL's immediate shutdown; SIGKILL would leave its shared memory behind.
        endSignal: "SIGQUIT",
        ...(this.user ? { user: this.user } : {}),
      },
    );
    this.server = server;
    await waitFor("PostgreSQL", () => query(this.maintenanceUrl, "select 1"), {
      timeoutMs: 60_000,
      giveUp: () => (server.exited ? `it ended while starting.\n${tail(this.logFile)}` : undefined),
    });
  }

  async stop(): Promise<void> {
    await this.server?.end("SIGINT");
    this.server = undefined;
  }

  async kill(): Promise<void> {
    await this.server?.end("SIGKILL");
    this.server = undefined;
  }

  async dispose(): Promise<void> {
    if (this.server !== undefined) return;
    // A server that ended in an orderly way took this file and the segment of shared memory that it names with it.
    const lock = await readFile(join(this.folder, "data/postmaster.pid"), "utf8").catch(() => "");
    const segment = lock.split("\n")[6]?.trim().split(/\s+/)[1];
    if (segment !== undefined) await run("ipcrm", ["-m", segment]).catch(() => undefined);
  }
}

async function query(url: string, text: string): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5000 });
  client.on("error", () => undefined);
  await client.connect();
  try {
    return await client.query(text);
  } finally {
    await client.end();
  }
}

const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;

/** Makes an empty database on the server of `serverUrl` and returns its URL. */
export async function createDatabase(serverUrl: string, name: string): Promise<string> {
  await query(serverUrl, `create database ${quoted(name)}`);
  const url = new URL(serverUrl);
  url.pathname = `/${encodeURIComponent(name)}`;
  return url.href;
}

/** Drops a database, ending the sessions that still use it. */
export async function dropDatabase(serverUrl: string, name: string): Promise<void> {
  await query(serverUrl, `drop database if exists ${quoted(name)} with (force)`);
}
