import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { createClient } from "redis";
import { freePorts, type GuardedProcess, type ProcessGuard, tail, waitFor } from "./processes.js";

/** A Redis this process may stop and start, or one that somebody else runs. */
export interface RedisServer {
  readonly url: string;
  stop(): Promise<void>;
  start(): Promise<void>;
}

export function findRedisServer(): string | undefined {
  const folders = ["/usr/bin", ...(process.env.PATH ?? "").split(":")];
  return folders.map((folder) => join(folder, "redis-server")).find((file) => existsSync(file));
}

/** Starts a Redis without persistence under `folder`; resolves when it answers. */
export async function startRedis(guard: ProcessGuard, folder: string): Promise<RedisServer> {
  const binary = findRedisServer();
  if (binary === undefined) throw new Error("redis-server is not installed");
  const [port] = await freePorts(1);
  if (!port) throw new Error("no free port");
  await mkdir(folder, { recursive: true });
  const server = new PrivateRedis(guard, folder, binary, port);
  await server.start();
  return server;
}

class PrivateRedis implements RedisServer {
  readonly url: string;
  private server: GuardedProcess | undefined;

  constructor(
    private readonly guard: ProcessGuard,
    private readonly folder: string,
    private readonly binary: string,
    private readonly port: number,
  ) {
    this.url = `redis://127.0.0.1:${port}/0`;
  }

  async start(): Promise<void> {
    if (this.server && !this.server.exited) return;
    const logFile = join(this.folder, "redis.log");
    const args = [
      "--port",
      String(this.port),
      "--bind",
      "127.0.0.1",
      "--save",
      "",
      "--appendonly",
      "no",
      "--dir",
      this.folder,
    ];
    const server = this.guard.spawn("redis", this.binary, args, { cwd: this.folder, logFile });
    this.server = server;
    await waitFor("Redis", () => this.answers(), {
      timeoutMs: 30_000,
      giveUp: () => (server.exited ? `it ended while starting.\n${tail(logFile)}` : undefined),
    });
  }

  async stop(): Promise<void> {
    await this.server?.end();
    this.server = undefined;
  }

  private async answers(): Promise<boolean> {
    const client = createClient({ url: this.url, socket: { reconnectStrategy: false } });
    client.on("error", () => undefined);
    await client.connect();
    try {
      return (await client.ping()) === "PONG";
    } finally {
      client.destroy();
    }
  }
}
