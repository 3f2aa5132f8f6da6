import { spawn } from "node:child_process";
import { mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { tail, waitFor } from "./local/processes.js";
import { provision } from "./local/provision.js";
import { type ServiceUrls, startServices } from "./local/services.js";
import { clearState, liveState, STATE_FOLDER, writeState } from "./local/state.js";
import { whenInterrupted } from "./local/terminal.js";

const HELP = `Usage: scripts/services <command>

  up [--redis]        start a private RabbitMQ and PostgreSQL (and Redis) in the background, print their URLs
  env                 print the URLs as shell exports:  eval "$(scripts/services env)"
  down                stop them and remove their data
  run <command…>      start them, run the command with their URLs in its environment, stop them
  provision           install what is missing: RabbitMQ, PostgreSQL, PgBouncer, Redis, Python Celery and the example
                      backend's modules

CELERY_BROKER_URL, DATABASE_URL and REDIS_URL, when set, are used instead of private services.
`;

const STATE = "services";

async function main(): Promise<number> {
  const [command, ...args] = process.argv.slice(2);
  const redis = args.includes("--redis");
  switch (command) {
    case "up":
      return up(redis);
    case "env":
      return env();
    case "down":
      return down();
    case "hold":
      return hold(redis);
    case "run":
      return run(args);
    case "provision":
      await provision(["rabbitmq", "postgres", "pgbouncer", "redis", "backend"], say);
      return 0;
    default:
      process.stdout.write(HELP);
      return command === undefined || command === "help" || command === "--help" ? 0 : 2;
  }
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function up(redis: boolean): Promise<number> {
  if (liveState<ServiceUrls>(STATE)) return env();
  await provision(["rabbitmq", "postgres", ...(redis ? (["redis"] as const) : [])], say);
  mkdirSync(STATE_FOLDER, { recursive: true });
  const log = join(STATE_FOLDER, "services.log");
  const out = openSync(log, "w");
  const arguments_ = [...process.execArgv, fileURLToPath(import.meta.url), "hold", ...(redis ? ["--redis"] : [])];
  const holder = spawn(process.execPath, arguments_, { detached: true, stdio: ["ignore", out, out] });
  holder.unref();
  let ended = false;
  holder.once("exit", () => {
    ended = true;
  });
  await waitFor("services", () => liveState(STATE), {
    timeoutMs: 120_000,
    giveUp: () => (ended ? tail(log) : undefined),
  });
  return env();
}

function env(): number {
  const urls = liveState<ServiceUrls>(STATE);
  if (!urls) {
    say("No services are up: start them with `scripts/services up`.");
    return 1;
  }
  for (const [name, value] of Object.entries(variables(urls))) process.stdout.write(`export ${name}='${value}'\n`);
  return 0;
}

async function down(): Promise<number> {
  const state = liveState<ServiceUrls>(STATE);
  if (!state) return 0;
  process.kill(state.pid, "SIGTERM");
  await waitFor("the end of the services", () => liveState(STATE) === undefined, { timeoutMs: 30_000 });
  return 0;
}

/** Keeps the services until it is told to end; what `up` leaves behind. */
async function hold(redis: boolean): Promise<number> {
  const services = await startServices({ rabbitmq: true, postgres: true, redis, log: say });
  writeState(STATE, services.urls);
  // The services' own processes do not keep this one alive.
  const alive = setInterval(() => undefined, 60_000);
  await whenInterrupted();
  clearInterval(alive);
  await services.stop();
  clearState(STATE);
  return 0;
}

async function run([command, ...args]: string[]): Promise<number> {
  if (command === undefined) throw new Error("run: which command?");
  const services = await startServices({ rabbitmq: true, postgres: true, redis: true, log: say });
  try {
    const child = spawn(command, args, { stdio: "inherit", env: { ...process.env, ...variables(services.urls) } });
    void whenInterrupted().then(() => child.kill("SIGTERM"));
    return await new Promise<number>((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code) => resolve(code ?? 1));
    });
  } finally {
    await services.stop();
  }
}

function variables(urls: ServiceUrls): Record<string, string> {
  const named = {
    CELERY_BROKER_URL: urls.brokerUrl,
    RABBITMQ_MANAGEMENT_URL: urls.managementUrl,
    DATABASE_URL: urls.databaseUrl,
    REDIS_URL: urls.redisUrl,
  };
  return Object.fromEntries(Object.entries(named).flatMap(([name, url]) => (url === undefined ? [] : [[name, url]])));
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    say(error instanceof Error ? error.message : String(error));
    process.exit(1);
  },
);
