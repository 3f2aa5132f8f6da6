import { randomUUID } from "node:crypto";
import { pino } from "pino";
import { createClient } from "redis";
import { afterAll, beforeAll, inject } from "vitest";
import { Celery } from "../../../src/celery/app.js";
import { type PeerEnvironment, startPythonPeerWorker } from "../../support/python-peer.js";
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
  const clients = new Map<Language, Peer>();
  const stops: (() => Promise<void>)[] = [];
  let redis: Recorder | undefined;
  let pythonVersion = "";
  beforeAll(async () => {
    inject("services");
    const environment: PeerEnvironment = {
      broker: vhost.url,
      backend: backend === "redis" ? redisUrl() : "rpc://",
      redis: redisUrl(),
      queue: workers[0] ?? "celery",
    };
    const recorder = await openRecorder(redisUrl());
    redis = recorder;
    const starting = workers.map(async (language) => {
      const own = { ...environment, queue: language };
      stops.push(await (language === "node" ? startNodeWorker(own, recorder) : startPythonPeerWorker(own)));
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
    redis?.destroy();
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
        const entries = (await redis?.lRange(key, 0, -1)) ?? [];
        return entries.length >= count ? entries : null;
      }, `${count} entries in ${key}`),
  };
}

type Recorder = Awaited<ReturnType<typeof openRecorder>>;

async function openRecorder(url: string) {
  return await createClient({ url }).connect();
}

async function startNodeWorker(
  { broker, backend, queue }: PeerEnvironment,
  redis: Recorder,
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
