import { randomUUID } from "node:crypto";
import { pino } from "pino";
import { afterAll, beforeAll } from "vitest";
import { Celery } from "../../../src/celery/app.js";
import { type PeerEnvironment, startPythonPeerWorker } from "../../support/python-peer.js";
import { useRedis } from "../../support/redis.js";
import { redisUrl, useVhost } from "../../support/services.js";
import { waitUntil } from "../../support/wait-until.js";
import { nodePeer, type Peer, pythonPeer } from "./peer.js";
import { defineTasks } from "./tasks.js";

export type Language = "python" | "node";

/** Clients and recorder of a contract run; valid inside tests. */
export interface Contract {
  readonly client: (language: Language) => Peer;
  /** Version of Python's Celery. */
  readonly pythonVersion: string;
  /** A list that the task `c.record` can be told to write to. */
  newRecord(): string;
  /** Waits until so many entries were recorded. */
  recorded(key: string, count: number): Promise<string[]>;
}

/** Starts workers (each on the queue of its language, and the first also on the default queue) and both clients. */
export function useContract(workers: readonly Language[], backend: "redis" | "rpc"): Contract {
  const vhost = useVhost();
  const redis = useRedis();
  const clients = new Map<Language, Peer>();
  const stops: (() => Promise<void>)[] = [];
  let pythonVersion = "";
  beforeAll(async () => {
    const environment: PeerEnvironment = {
      broker: vhost.url,
      backend: backend === "redis" ? redisUrl() : "rpc://",
      redis: redisUrl(),
      queue: workers[0] ?? "celery",
    };
    const starting = workers.map(async (language) => {
      const own = { ...environment, queue: language };
      stops.push(await (language === "node" ? startNodeWorker(own, redis.current) : startPythonPeerWorker(own)));
    });
    const python = await pythonPeer(environment);
    pythonVersion = python.version;
    clients.set("python", python);
    clients.set("node", nodePeer(environment));
    await Promise.all(starting);
  });
  afterAll(async () => {
    await Promise.all([...clients.values()].map((client) => client.stop()));
    await Promise.all(stops.map((stop) => stop()));
  });
  return {
    client: (language) => {
      const client = clients.get(language);
      if (client === undefined) throw new Error("made by beforeAll: use it inside tests");
      return client;
    },
    get pythonVersion() {
      return pythonVersion;
    },
    newRecord: () => `contract-${randomUUID()}`,
    recorded: (key, count) =>
      waitUntil(async () => {
        const entries = await redis.current.lRange(key, 0, -1);
        return entries.length >= count ? entries : null;
      }, `${count} entries in ${key}`),
  };
}

async function startNodeWorker(
  { broker, backend, queue }: PeerEnvironment,
  redis: Parameters<typeof defineTasks>[1],
): Promise<() => Promise<void>> {
  const log = pino({ level: process.env.TEST_LOG ?? "silent" });
  const settings = { taskDefaultQueue: queue, resultChordRetryInterval: 0.2, resultExtended: false };
  const app = new Celery("contract", { broker, backend, log, ...settings });
  defineTasks(app, redis);
  const worker = app.worker({ queues: [queue], concurrency: 2, hostname: `node-${queue}@peer` });
  await worker.start();
  return async () => {
    await worker.stop(5);
    await app.close();
  };
}
