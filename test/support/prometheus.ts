import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts } from "../../scripts/local/processes.js";
import { PROMETHEUS, provision } from "../../scripts/local/provision.js";
import { waitUntil } from "./wait-until.js";
import { WatchedChild } from "./watched-child.js";

interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [seconds: number, text: string];
}

/** A Prometheus that scrapes one target every second. */
export class Prometheus {
  private constructor(
    private readonly url: string,
    private readonly folder: string,
    private readonly process: WatchedChild,
  ) {}

  /** Installs it where it is missing; resolves when it answers. */
  static async start(target: string): Promise<Prometheus> {
    await provision(["prometheus"]);
    const folder = mkdtempSync(join(tmpdir(), "prometheus-"));
    const config = {
      global: { scrape_interval: "1s" },
      scrape_configs: [{ job_name: "worker", static_configs: [{ targets: [target] }] }],
    };
    writeFileSync(join(folder, "config.yaml"), JSON.stringify(config));
    const [port] = await freePorts(1);
    const flags = [
      `--config.file=${folder}/config.yaml`,
      `--storage.tsdb.path=${folder}/data`,
      `--web.listen-address=127.0.0.1:${port}`,
    ];
    const child = spawn(PROMETHEUS, flags, { stdio: ["ignore", "pipe", "pipe"] });
    const url = `http://127.0.0.1:${port}`;
    const prometheus = new Prometheus(url, folder, new WatchedChild("prometheus", child));
    await waitUntil(async () => (await fetch(`${url}/-/ready`).catch(() => null))?.ok === true, "Prometheus answers");
    return prometheus;
  }

  /** The series of an instant query. @throws with Prometheus's own sentence for a query that it cannot read */
  async query(query: string): Promise<readonly Sample[]> {
    const response = await fetch(`${this.url}/api/v1/query?${new URLSearchParams({ query })}`);
    const answer = (await response.json()) as {
      readonly error?: string;
      readonly data?: { readonly result: Sample[] };
    };
    if (answer.data === undefined) throw new Error(`${query}: ${answer.error}`);
    return answer.data.result;
  }

  async stop(): Promise<void> {
    await this.process.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
