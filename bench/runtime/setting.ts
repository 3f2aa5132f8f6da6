import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ChannelModel, connect } from "amqplib";
import { type Services, startServices } from "../../scripts/local/services.js";
import { ROOT } from "../../scripts/local/state.js";

/** The build that is measured: what users run. BENCH_DIST names another one's `dist`, to compare with. */
export const DIST = process.env.BENCH_DIST ?? join(ROOT, "dist");
export const PYTHON = process.env.BENCH_PYTHON ?? "/usr/bin/python3";

/** One line of the table. */
export interface Measured {
  readonly what: string;
  readonly target: string;
  readonly measured: string;
  readonly beside: string;
}

/** What every measurement needs: a broker, and a folder for its scripts. */
export interface Setting {
  readonly services: Services;
  readonly url: string;
  /** Fills and watches queues. */
  readonly connection: ChannelModel;
  readonly scratch: string;
  readonly brokerVersion: string;
  readonly runtime: typeof import("../../src/celery/index.js");
}

export async function openSetting(choice: { readonly postgres: boolean }): Promise<Setting> {
  const services = await startServices({ rabbitmq: true, postgres: choice.postgres });
  const url = services.brokerUrl;
  if (url === undefined) throw new Error("the bench needs RabbitMQ");
  const connection = await connect(url, { noDelay: true });
  const { version } = (connection.connection as unknown as { serverProperties: { version: string } }).serverProperties;
  return {
    services,
    url,
    connection,
    scratch: mkdtempSync(join(tmpdir(), "runtime-bench-")),
    brokerVersion: version,
    runtime: await import(join(DIST, "celery/index.js")),
  };
}

export async function closeSetting({ services, connection, scratch }: Setting): Promise<void> {
  await connection.close();
  await services.stop();
  rmSync(scratch, { recursive: true });
}

/** A process of the bench, which ends with it. */
export interface Child {
  readonly pid: number;
  /** Resolves with its end. */
  readonly ended: Promise<void>;
  /** Resolves with the first line of its output that matches. */
  line(pattern: RegExp): Promise<string>;
  stop(): Promise<void>;
}

export function startProcess(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Child {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "ignore"] });
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  let output = "";
  let onOutput: () => void = () => undefined;
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
    onOutput();
  });
  return {
    pid: child.pid ?? 0,
    ended: exited,
    line: (pattern) =>
      new Promise((resolve, reject) => {
        onOutput = () => {
          const found = output.split("\n").find((line) => pattern.test(line));
          if (found !== undefined) resolve(found);
        };
        onOutput();
        void exited.then(() => reject(new Error(`${command} ended without ${pattern}: ${output.slice(-500)}`)));
      }),
    async stop() {
      child.kill("SIGTERM");
      // Celery's threads sometimes never end.
      const timer = setTimeout(() => child.kill("SIGKILL"), 10_000);
      await exited;
      clearTimeout(timer);
    },
  };
}

/** Processor seconds that a process has used. */
export function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /, "")
    .split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Resident memory of a process in MB. */
export function residentMegabytes(pid: number): number {
  const kilobytes = /VmRSS:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kilobytes) / 1024;
}
