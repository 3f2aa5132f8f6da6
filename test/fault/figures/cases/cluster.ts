import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { debianPrograms, debianRoot } from "../../../../scripts/local/debian-root.js";
import { type ClusterNode, managementRequest } from "../../../../scripts/local/rabbitmq.js";
import { waitUntil } from "../../../support/wait-until.js";
import type { FaultCase, Figures } from "../fault-case.js";
import { JobFlow } from "../job-flow.js";
import type { Stage } from "../stage.js";

const NODES = 3;
const LEADER_KILLS = 10;
/** Jobs a second: they flow on while nodes die and come back. */
const PER_SECOND = 8;
/** Longer by far than workers need for what they have taken ahead. */
const QUORUM_AWAY_MS = 20_000;
const COMMON = { set: "full", deadline: 1200 } as const;

interface Cluster {
  readonly nodes: readonly ClusterNode[];
  readonly flow: JobFlow;
  /** The node that leads the queue, and how many of its members are online. */
  look(): Promise<{ readonly leader: ClusterNode; readonly online: number } | null>;
  /** All members are online, and one of them leads. */
  whole(): Promise<ClusterNode>;
}

/** A cluster of Debian 13's RabbitMQ with a quorum queue, and two workers that know all of its nodes. */
async function cluster(stage: Stage): Promise<Cluster> {
  const bin = await debianPrograms(await debianRoot(stage.say));
  const services = await stage.services({ postgres: true });
  const nodes = await stage.cluster(join(bin, "rabbitmq-server"), NODES);
  const flow = await JobFlow.open(stage, {
    databaseUrl: services.databaseUrl,
    brokerUrls: nodes.map(({ url }) => url),
    managementUrls: nodes.map(({ managementUrl }) => managementUrl),
    queueArguments: { "x-queue-type": "quorum" },
  });
  const look = async () => {
    for (const { managementUrl, url } of nodes) {
      const path = `/api/queues/%2F/${flow.queue}`;
      const response = await managementRequest(managementUrl, url, "GET", path).catch(() => null);
      if (!response?.ok) continue;
      const { leader, online = [] } = (await response.json()) as { leader?: string; online?: string[] };
      const node = nodes.find(({ name }) => name === leader);
      if (node !== undefined) return { leader: node, online: online.length };
    }
    return null;
  };
  const whole = async () => {
    const all = async () => {
      await delay(100);
      const seen = await look();
      return seen?.online === NODES ? seen.leader : null;
    };
    return await waitUntil(all, "a whole cluster", 120_000);
  };
  await flow.send(await flow.insert(1));
  await whole();
  const env = {
    CELERY_BROKER_URL: nodes.map(({ url }) => url).join(";"),
    DATABASE_URL: flow.workerDatabaseUrl,
    CELERY_WORKER_QUEUES: flow.queue,
    CELERY_WORKER_CONCURRENCY: "2",
  };
  for (let count = 0; count < 2; count++) stage.worker(env, ["-n", `w${count}@%h`]);
  await flow.end();
  return { nodes, flow, look, whole };
}

/** Sends a job. @returns the seconds until it is COMPLETED */
async function rowToRow(flow: JobFlow): Promise<number> {
  const startedAt = Date.now();
  const ids = await flow.insert(1);
  await flow.send(ids);
  return ((await flow.endOf(ids, 60_000)) - startedAt) / 1000;
}

async function leaderKilled(stage: Stage): Promise<Figures> {
  const { flow, whole } = await cluster(stage);
  const over = new AbortController();
  const flowing = flow.sendUntil(over.signal, PER_SECOND);
  const recoveries: number[] = [];
  for (let kill = 1; kill <= stage.some(LEADER_KILLS); kill++) {
    const leader = await whole();
    // Starting took processors away from everything.
    await delay(3000);
    await leader.kill();
    recoveries.push(await rowToRow(flow));
    stage.say(`leader killed ${kill} times, ${recoveries.at(-1)?.toFixed(2)} s`);
    await leader.start();
  }
  over.abort();
  await flowing;
  await whole();
  await flow.end();
  return await flow.figures(Math.max(...recoveries));
}

async function quorumLost(stage: Stage): Promise<Figures> {
  const { nodes, flow, whole } = await cluster(stage);
  const over = new AbortController();
  const flowing = flow.sendUntil(over.signal, PER_SECOND);
  await delay(3000);
  const leader = await whole();
  const others = nodes.filter((node) => node !== leader).slice(0, NODES - 2);
  const killed = [leader, ...others];
  const beganAt = Date.now();
  await Promise.all(killed.map((node) => node.kill()));
  await delay(QUORUM_AWAY_MS);
  const pause = await flow.longestPause(beganAt, Date.now());
  if (pause * 1000 < QUORUM_AWAY_MS / 2) throw new Error(`jobs went on without a quorum: longest pause ${pause} s`);
  await Promise.all(killed.map((node) => node.start()));
  await whole();
  const recovery = await rowToRow(flow);
  over.abort();
  await flowing;
  await flow.end();
  return await flow.figures(recovery);
}

export const clusters: readonly FaultCase[] = [
  {
    name: "leader-killed",
    about: `the leader of a quorum queue killed ${LEADER_KILLS} times; recovery from the kill to the end of a job sent after it, the longest`,
    ...COMMON,
    recoverWithin: 3,
    run: leaderKilled,
  },
  {
    name: "quorum-lost",
    about: `two of three nodes killed, for ${QUORUM_AWAY_MS / 1000} s without a quorum and until they are up; then a job from row to row`,
    ...COMMON,
    recoverWithin: 15,
    run: quorumLost,
  },
];
