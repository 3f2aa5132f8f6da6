import { ProcessGuard } from "../../../scripts/local/processes.js";
import { type ClusterNode, startCluster } from "../../../scripts/local/rabbitmq.js";
import { dataFolder, type ServiceChoice, type Services, startServices } from "../../../scripts/local/services.js";
import { WorkerProcess } from "../../support/worker-process.js";
import type { Measure } from "./fault-case.js";

/** What a case starts, and the end of all of it, however the case or this process ends. */
export class Stage {
  readonly #guard = new ProcessGuard();
  readonly #ends: (() => unknown)[] = [];
  readonly #workers: WorkerProcess[] = [];
  readonly #toEnd = new Set<WorkerProcess>();

  constructor(
    readonly say: (line: string) => void,
    /** Each count is spoiled before it is made: a case whose limits hold all the same counts nothing. */
    readonly spoils = false,
    /** See {@link Stage.some}. */
    private readonly part = 1,
  ) {}

  /** So many, or the part of them that a small run does. */
  some(count: number): number {
    return Math.ceil(count * this.part);
  }

  /** Services of this case alone. */
  async services(choice: ServiceChoice): Promise<Services> {
    const services = await startServices({ ...choice, alwaysPrivate: true, log: this.say });
    this.atEnd(() => services.stop());
    return services;
  }

  /** A cluster of RabbitMQ of this case alone. @param server its start script */
  async cluster(server: string, size: number): Promise<ClusterNode[]> {
    const folder = await dataFolder();
    this.#guard.ownFolder(folder);
    return await startCluster(this.#guard, folder, server, size);
  }

  /** Starts the built worker; what it logs below a warning is kept by no one. */
  worker(env: Readonly<Record<string, string>>, args: readonly string[] = [], app?: string): WorkerProcess {
    const worker = WorkerProcess.start({ LOG_LEVEL: "warning", ...env, ...this.#guard.environment }, args, app);
    this.#workers.push(worker);
    return worker;
  }

  /** What the workers wrote last. */
  sayWorkers(): void {
    for (const { title, tail, isRunning } of this.#workers) this.say(`${title}${isRunning ? "" : ", ended"}: ${tail}`);
  }

  /** SIGKILL: it has no time to say anything. */
  async kill(worker: WorkerProcess): Promise<void> {
    this.#toEnd.add(worker);
    await worker.kill("SIGKILL");
  }

  /** SIGTERM to every worker that runs, and its end. @returns how many have not ended as told, with exit code 0 */
  async endWorkers(): Promise<Measure> {
    let faults = 0;
    await Promise.all(
      this.#workers.splice(0).map(async (worker) => {
        if (this.#toEnd.has(worker)) return;
        const diedBefore = !worker.isRunning;
        const code = await worker.kill("SIGTERM");
        if (!diedBefore && code === 0) return;
        faults += 1;
        this.say(`${worker.title} ended with ${code}${diedBefore ? " before it was told to" : ""}; ${worker.tail}`);
      }),
    );
    return { what: "workers that ended by themselves or badly", value: faults, atMost: 0, unit: "" };
  }

  /** What happens at the end, last things first. */
  atEnd(end: () => unknown): void {
    this.#ends.push(end);
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.splice(0).map((worker) => worker.kill("SIGKILL")));
    for (const end of this.#ends.splice(0).reverse()) await end();
    await this.#guard.close();
  }
}
