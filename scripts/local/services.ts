import { chmod, mkdtemp, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Pooler, type PoolerOptions, startPgbouncer } from "./pgbouncer.js";
import { createDatabase, type Database, dropDatabase, startPostgres } from "./postgres.js";
import { type GuardedProcess, ProcessGuard, type SpawnOptions } from "./processes.js";
import { provision, type ServiceName } from "./provision.js";
import { type Broker, createVhost, dropVhost, startRabbitmq } from "./rabbitmq.js";
import { type RedisServer, startRedis } from "./redis.js";

/** Which services to start; each is off unless asked for. */
export interface ServiceChoice {
  readonly rabbitmq?: boolean;
  readonly postgres?: boolean;
  readonly redis?: boolean;
}

export interface StartOptions extends ServiceChoice {
  /** Told of each slow step; silent by default. */
  readonly log?: (line: string) => void;
  /** Ignore CELERY_BROKER_URL and DATABASE_URL: for tests that stop and kill what they use. Default false. */
  readonly alwaysPrivate?: boolean;
}

/**
 * Starts the chosen services, all at once, each private to the caller (own ports, own data folder), and resolves when all
 * are ready. Where `CELERY_BROKER_URL`, `DATABASE_URL` or `REDIS_URL` is set, that one is used instead. Missing programs
 * are installed where that is possible.
 *
 * @throws Error naming what to install when a program is missing and cannot be installed.
 */
export async function startServices(options: StartOptions): Promise<Services> {
  const external = (variable: string) => (options.alwaysPrivate ? undefined : process.env[variable] || undefined);
  const urls = {
    rabbitmq: options.rabbitmq ? external("CELERY_BROKER_URL") : undefined,
    postgres: options.postgres ? external("DATABASE_URL") : undefined,
    redis: options.redis ? external("REDIS_URL") : undefined,
  };
  const wanted: ServiceName[] = (["rabbitmq", "postgres", "redis"] as const).filter(
    (name) => options[name] && !urls[name],
  );
  await provision(wanted, options.log);

  const guard = new ProcessGuard();
  const folder = await dataFolder();
  guard.ownFolder(folder);
  const pick = async <T>(name: ServiceName & keyof typeof urls, start: () => Promise<T>, adopt: (url: string) => T) => {
    if (!options[name]) return undefined;
    const url = urls[name];
    return url === undefined ? start() : adopt(url);
  };
  const started = await Promise.allSettled([
    pick<Broker>("rabbitmq", () => startRabbitmq(guard, join(folder, "rabbitmq")), externalBroker),
    pick<Database>("postgres", () => startPostgres(guard, join(folder, "postgres")), externalServer),
    pick<RedisServer>("redis", () => startRedis(guard, join(folder, "redis")), externalServer),
  ]);
  const failed = started.find((result) => result.status === "rejected");
  if (failed) {
    await guard.close();
    throw failed.reason;
  }
  const [broker, database, redis] = started.map((result) => (result.status === "fulfilled" ? result.value : undefined));
  return new Services(guard, folder, broker as Broker | undefined, database as Database | undefined, redis);
}

/** The running services. Asking for one that was not started is an error. */
export class Services {
  private readonly users: GuardedProcess[] = [];
  private poolers = 0;

  constructor(
    private readonly guard: ProcessGuard,
    /** Folder of the data and log files; removed by {@link Services.stop}. */
    readonly folder: string,
    private readonly broker: Broker | undefined,
    private readonly database: Database | undefined,
    private readonly redis: RedisServer | undefined,
  ) {}

  /** AMQP URL of the default virtual host, credentials included. */
  get brokerUrl(): string {
    return required(this.broker, "rabbitmq").url;
  }

  /** Base URL of RabbitMQ's management API; its credentials are those of {@link Services.brokerUrl}. */
  get managementUrl(): string {
    return required(this.broker, "rabbitmq").managementUrl;
  }

  get databaseUrl(): string {
    return required(this.database, "postgres").url;
  }

  get redisUrl(): string {
    return required(this.redis, "redis").url;
  }

  /** The URLs of what runs, as plain data. */
  get urls(): ServiceUrls {
    return {
      ...(this.broker ? { brokerUrl: this.broker.url, managementUrl: this.broker.managementUrl } : {}),
      ...(this.database ? { databaseUrl: this.database.url } : {}),
      ...(this.redis ? { redisUrl: this.redis.url } : {}),
    };
  }

  stopBroker = () => required(this.broker, "rabbitmq").stop();
  startBroker = () => required(this.broker, "rabbitmq").start();
  /** SIGKILL: connections break without a goodbye. */
  killBroker = () => required(this.broker, "rabbitmq").kill();

  /** A memory alarm, in which the broker takes no more from any publisher; and its end. */
  setMemoryAlarm = (on: boolean) =>
    required(this.broker, "rabbitmq").control("set_vm_memory_high_watermark", on ? "0" : "0.4");

  /** A disk alarm: the same where disk space runs out. */
  setDiskAlarm = (on: boolean) =>
    required(this.broker, "rabbitmq").control("set_disk_free_limit", on ? "1000000000000000" : "50MB");

  /** For new channels: how long a message may stay unacknowledged, and how often the broker looks. Until it is restarted. */
  setConsumerTimeout = (timeoutMs: number, everyMs: number) => {
    const set = (name: string, value: number) => `application:set_env(rabbit, ${name}, ${value})`;
    const settings = [set("consumer_timeout", timeoutMs), set("channel_tick_interval", everyMs)];
    return required(this.broker, "rabbitmq").control("eval", `${settings.join(", ")}.`);
  };

  async restartBroker(): Promise<void> {
    await this.stopBroker();
    await this.startBroker();
  }

  stopDatabase = () => required(this.database, "postgres").stop();
  startDatabase = () => required(this.database, "postgres").start();
  /** SIGKILL. */
  killDatabase = () => required(this.database, "postgres").kill();

  /** A PgBouncer in front of the database, installed first where it is missing; it ends with the services. */
  async startPgbouncer(options: PoolerOptions = {}): Promise<Pooler> {
    await provision(["pgbouncer"]);
    const folder = join(this.folder, `pgbouncer-${++this.poolers}`);
    return startPgbouncer(this.guard, folder, this.databaseUrl, options);
  }

  stopRedis = () => required(this.redis, "redis").stop();
  startRedis = () => required(this.redis, "redis").start();

  /** Makes an empty virtual host; returns its AMQP URL. */
  createVhost(name: string): Promise<string> {
    return createVhost(this.managementUrl, this.brokerUrl, name);
  }

  dropVhost(name: string): Promise<void> {
    return dropVhost(this.managementUrl, this.brokerUrl, name);
  }

  /** Makes an empty database; returns its URL. */
  createDatabase(name: string): Promise<string> {
    return createDatabase(this.databaseUrl, name);
  }

  dropDatabase(name: string): Promise<void> {
    return dropDatabase(this.databaseUrl, name);
  }

  /** Starts a further process, which is ended before the services that it uses. */
  spawn(name: string, command: string, args: readonly string[], options: SpawnOptions): GuardedProcess {
    const started = this.guard.spawn(name, command, args, options);
    this.users.push(started);
    return started;
  }

  /** Ends every process and removes every file. May be called twice. */
  async stop(): Promise<void> {
    await Promise.all(this.users.splice(0).map((user) => user.end()));
    await this.database?.dispose();
    await this.guard.close();
  }
}

export interface ServiceUrls {
  readonly brokerUrl?: string;
  readonly managementUrl?: string;
  readonly databaseUrl?: string;
  readonly redisUrl?: string;
}

function required<T>(service: T | undefined, name: string): T {
  if (service === undefined) throw new Error(`${name} was not started: ask startServices for it`);
  return service;
}

function externalBroker(url: string): Broker {
  const host = new URL(url).hostname;
  const managementUrl = process.env.RABBITMQ_MANAGEMENT_URL ?? `http://${host}:15672`;
  return { ...externalServer(url), managementUrl };
}

function externalServer(url: string) {
  const refuse = async () => {
    throw new Error("this service is not ours to stop: it was named by an environment variable");
  };
  return { url, stop: refuse, kill: refuse, start: refuse, control: refuse, dispose: async () => undefined };
}

/** A folder every user may enter, so that an unprivileged PostgreSQL can live in it. */
export async function dataFolder(): Promise<string> {
  const base = (await enterable(tmpdir())) ? tmpdir() : "/tmp";
  const folder = await mkdtemp(join(base, "plosolver-"));
  await chmod(folder, 0o755);
  return folder;
}

async function enterable(folder: string): Promise<boolean> {
  if (((await stat(folder)).mode & 0o001) === 0) return false;
  return dirname(folder) === folder || enterable(dirname(folder));
}
