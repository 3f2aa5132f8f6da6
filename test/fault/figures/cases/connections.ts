import { FaultyProxy } from "../../../support/proxy.js";
import type { FaultCase } from "../fault-case.js";
import { flowThrough, type PassingFault, type Scene } from "../flow-through.js";

const HEARTBEAT_SECONDS = 2;
const COMMON = { deadline: 600, recoverWithin: 3 * HEARTBEAT_SECONDS } as const;
const OF_BROKER = `heartbeats of ${HEARTBEAT_SECONDS} s`;
/** Longer than a heartbeat's end is noticed, on both sides. */
const HOLD_MS = 15_000;
/** What the database is given to answer, and the time after which it counts as dead. */
const STATEMENT_SECONDS = 2;

async function proxyOf({ stage }: Scene, url: string): Promise<FaultyProxy> {
  const { hostname, port } = new URL(url);
  const proxy = await FaultyProxy.open(hostname, Number(port));
  stage.atEnd(() => proxy.close());
  return proxy;
}

async function brokerBehind(scene: Scene): Promise<{ proxy: FaultyProxy; env: Record<string, string> }> {
  const { brokerUrl } = scene.services;
  const proxy = await proxyOf(scene, brokerUrl);
  const env = { CELERY_BROKER_URL: proxy.through(brokerUrl), CELERY_BROKER_HEARTBEAT: `${HEARTBEAT_SECONDS}` };
  return { proxy, env };
}

async function databaseBehind(scene: Scene): Promise<{ proxy: FaultyProxy; env: Record<string, string> }> {
  const url = scene.flow.workerDatabaseUrl;
  const proxy = await proxyOf(scene, url);
  const env = { DATABASE_URL: proxy.through(url), DATABASE_STATEMENT_TIMEOUT: `${STATEMENT_SECONDS}` };
  return { proxy, env };
}

function stalled({ proxy, env }: { proxy: FaultyProxy; env: Record<string, string> }): PassingFault {
  return { env, begin: () => proxy.stall(), end: () => proxy.flow() };
}

function halfOpen(
  ended: "client" | "upstream",
  { proxy, env }: { proxy: FaultyProxy; env: Record<string, string> },
): PassingFault {
  return { env, begin: () => proxy.halfOpen(ended), end: () => proxy.release() };
}

export const connections: readonly FaultCase[] = [
  {
    name: "broker-stalled",
    about: `connections to the broker, old and new, open and silent for ${HOLD_MS / 1000} s (${OF_BROKER})`,
    set: "quick",
    ...COMMON,
    run: (stage) =>
      flowThrough(stage, { holdMs: HOLD_MS, stops: true }, async (scene) => stalled(await brokerBehind(scene))),
  },
  {
    name: "broker-half-open",
    about: `the broker's ends of all connections gone, the worker's open and silent; recovery from their loss (${OF_BROKER})`,
    set: "full",
    ...COMMON,
    run: (stage) =>
      flowThrough(stage, { holdMs: HOLD_MS, stops: false, recoversMeanwhile: true }, async (scene) =>
        halfOpen("upstream", await brokerBehind(scene)),
      ),
  },
  {
    name: "worker-half-open",
    about: `the worker's ends of all connections gone, the broker's open and silent; recovery from their loss (${OF_BROKER})`,
    set: "full",
    ...COMMON,
    run: (stage) =>
      flowThrough(stage, { holdMs: HOLD_MS, stops: false, recoversMeanwhile: true }, async (scene) =>
        halfOpen("client", await brokerBehind(scene)),
      ),
  },
  {
    name: "database-stalled",
    about: `connections to PostgreSQL, old and new, open and silent for ${HOLD_MS / 1000} s (statements may take ${STATEMENT_SECONDS} s)`,
    set: "full",
    deadline: 600,
    recoverWithin: 10,
    run: (stage) =>
      flowThrough(stage, { holdMs: HOLD_MS, stops: true }, async (scene) => stalled(await databaseBehind(scene))),
  },
  {
    name: "database-half-open",
    about: `PostgreSQL's ends of all connections gone, the worker's open and silent; recovery from their loss (statements may take ${STATEMENT_SECONDS} s)`,
    set: "full",
    deadline: 600,
    recoverWithin: 10,
    run: (stage) =>
      flowThrough(stage, { holdMs: HOLD_MS, stops: false, recoversMeanwhile: true }, async (scene) =>
        halfOpen("upstream", await databaseBehind(scene)),
      ),
  },
];
