import { setTimeout as delay } from "node:timers/promises";
import type { Services } from "../../../../scripts/local/services.js";
import { Seeded } from "../../../support/hostile/random.js";
import type { WorkerProcess } from "../../../support/worker-process.js";
import type { FaultCase, Figures } from "../fault-case.js";
import { JobFlow } from "../job-flow.js";
import type { Stage } from "../stage.js";

const WORKERS = 3;

interface Plan {
  readonly jobs: number;
  readonly kills: number;
  /** What else happens, after which kill. */
  readonly faults: Readonly<Record<number, Fault>>;
}

type Fault = (services: Services) => Promise<void>;

const restartBroker: Fault = (services) => services.restartBroker();
const killBroker: Fault = async (services) => {
  await services.killBroker();
  await services.startBroker();
};
const databaseAway =
  (ms: number): Fault =>
  async (services) => {
    await services.stopDatabase();
    await delay(ms);
    await services.startDatabase();
  };

/** Jobs that flow while one worker after another gets a SIGKILL, at any moment of its life. */
async function underKills(stage: Stage, { jobs, kills, faults }: Plan): Promise<Figures> {
  const services = await stage.services({ rabbitmq: true, postgres: true });
  const flow = await JobFlow.open(stage, {
    databaseUrl: services.databaseUrl,
    brokerUrls: [services.brokerUrl],
    managementUrls: [services.managementUrl],
  });
  const env = { CELERY_BROKER_URL: services.brokerUrl, DATABASE_URL: flow.workerDatabaseUrl };
  let started = 0;
  const start = () => stage.worker({ ...env, CELERY_WORKER_CONCURRENCY: "2" }, ["-n", `w${++started}@%h`]);
  const workers = Array.from({ length: WORKERS }, start);
  const random = new Seeded(kills);
  const ids = await flow.insert(jobs);
  const share = jobs / kills / 2;
  const recoveries: number[] = [];
  for (let kill = 1; kill <= kills; kill++) {
    const sending = flow.send(ids.splice(0, share));
    await flow.reach((2 * kill - 2) * share + random.below(share));
    const victim = random.below(WORKERS);
    await stage.kill(workers[victim] as WorkerProcess);
    workers[victim] = start();
    await faults[kill]?.(services);
    const endedAt = Date.now();
    await Promise.all([sending, flow.send(ids.splice(0, share))]);
    if (faults[kill] !== undefined) recoveries.push(await flow.nextAfter(endedAt));
    if (kill % 10 === 0) stage.say(`${kill} workers killed, ${await flow.completed()} jobs completed`);
  }
  await flow.end();
  return await flow.figures(Math.max(...recoveries));
}

export const kills: readonly FaultCase[] = [
  {
    name: "kills-quick",
    about: "5 SIGKILLs of 3 workers, the broker restarted, the database away for 5 s",
    set: "quick",
    recoverWithin: 30,
    deadline: 600,
    run: (stage) => underKills(stage, { jobs: 300, kills: 5, faults: { 2: restartBroker, 4: databaseAway(5000) } }),
  },
  {
    name: "kills",
    about: "100 SIGKILLs of 3 workers, the broker restarted three times and killed once, the database away for 20 s",
    set: "full",
    recoverWithin: 15,
    deadline: 2400,
    run: (stage) =>
      underKills(stage, {
        jobs: 10_000,
        kills: 100,
        faults: {
          20: restartBroker,
          40: databaseAway(20_000),
          60: restartBroker,
          80: restartBroker,
          90: killBroker,
        },
      }),
  },
];
