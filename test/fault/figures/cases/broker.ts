import { randomBytes } from "node:crypto";
import { managementRequest } from "../../../../scripts/local/rabbitmq.js";
import { BareClient } from "../../../support/celery-worker.js";
import { waitUntil } from "../../../support/wait-until.js";
import type { FaultCase } from "../fault-case.js";
import { flowThrough, type PassingFault, type Scene } from "../flow-through.js";

const COMMON = { set: "full", deadline: 600 } as const;
const HOLD_MS = 8000;
/** What is in hand is still done in an alarm, which takes its time on a machine that is busy. */
const ALARM_MS = 15_000;
/** Most of what one consumer may keep unacknowledged, and how often the broker looks. */
const CONSUMER_TIMEOUT_MS = 10_000;
const TICK_MS = 2000;
const BAD = 30;

function alarm(kind: "memory" | "disk") {
  return ({ services }: Scene): PassingFault => {
    const set = kind === "memory" ? services.setMemoryAlarm : services.setDiskAlarm;
    return { begin: () => set(true), end: () => set(false) };
  };
}

async function manage({ services }: Scene, method: "PUT" | "DELETE" | "GET", path: string, body?: unknown) {
  const response = await managementRequest(services.managementUrl, services.brokerUrl, method, path, body);
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return await response.text();
}

async function client({ stage, services }: Scene): Promise<BareClient> {
  const opened = await BareClient.open(services.brokerUrl);
  stage.atEnd(() => opened.close());
  return opened;
}

/** Deleted when nothing is ready in it, or the operator would have thrown jobs away; the backend goes on once it is back. */
async function queueDeleted(scene: Scene): Promise<PassingFault> {
  const operator = await client(scene);
  const { flow } = scene;
  return {
    begin: async () => {
      await flow.paused(async () => {
        await waitUntil(async () => (await operator.depth(flow.queue)) === 0, "an empty queue");
        await operator.channel.deleteQueue(flow.queue);
        const path = `/api/queues/%2F/${flow.queue}`;
        // Asked in a way that closes no channel.
        await waitUntil(() => manage(scene, "GET", path).then(Boolean, () => false), "the queue to be declared again");
      });
    },
    end: () => undefined,
  };
}

/** The worker's account loses its permissions, and then its connections. */
async function permissionTaken(scene: Scene): Promise<PassingFault> {
  const user = `worker-${randomBytes(4).toString("hex")}`;
  await manage(scene, "PUT", `/api/users/${user}`, { password: "secret", tags: "" });
  const permit = (rights: string) =>
    manage(scene, "PUT", `/api/permissions/%2F/${user}`, { configure: rights, write: rights, read: rights });
  await permit(".*");
  const url = new URL(scene.services.brokerUrl);
  url.username = user;
  url.password = "secret";
  return {
    env: { CELERY_BROKER_URL: url.href },
    begin: async () => {
      await permit("^$");
      const all = JSON.parse(await manage(scene, "GET", "/api/connections")) as { name: string; user: string }[];
      const own = all.filter((connection) => connection.user === user);
      if (own.length === 0) throw new Error(`${user} has no connection`);
      for (const { name } of own) await manage(scene, "DELETE", `/api/connections/${encodeURIComponent(name)}`);
    },
    end: () => permit(".*"),
  };
}

/** Messages that become dead letters, of each kind, while the broker refuses every dead letter. */
async function deadLettersRefused(scene: Scene): Promise<PassingFault> {
  const { flow, stage } = scene;
  const operator = await client(scene);
  const dead = `${flow.queue}-dlq`;
  return {
    begin: async () => {
      await operator.channel.assertQueue(dead, { arguments: { "x-max-length": 1, "x-overflow": "reject-publish" } });
      await operator.publish(dead, Buffer.from("fills it"));
      for (let n = 0; n < BAD; n++) {
        if (n % 2 === 0) await operator.send(flow.queue, "nobody.knows", [n]);
        else
          await operator.publish(flow.queue, Buffer.from("no JSON"), { headers: { task: "tasks.spot", id: `${n}` } });
      }
    },
    end: async () => {
      await operator.channel.deleteQueue(dead);
      await operator.channel.assertQueue(dead, { durable: true });
      await waitUntil(async () => (await operator.depth(dead)) >= BAD, `${BAD} dead letters`, 90_000).catch((error) =>
        stage.say(String(error)),
      );
      const letters = await operator.drain(dead);
      stage.say(`${letters.length} dead letters of ${BAD}`);
      flow.expect("dead letters missing or twice", Math.abs(BAD - letters.length));
    },
  };
}

/** Jobs that run beyond the time after which the broker takes their message away. */
async function consumerTimeout({ services, flow }: Scene): Promise<PassingFault> {
  await services.setConsumerTimeout(CONSUMER_TIMEOUT_MS, TICK_MS);
  return {
    begin: async () => {
      await flow.send(await flow.insert(4, { top_board: [], simulation_runs: LONG_RUNS }));
    },
    end: () => undefined,
  };
}

/** Some twenty seconds of both processors. */
const LONG_RUNS = 20_000_000;

export const broker: readonly FaultCase[] = [
  {
    name: "alarm-memory",
    about: "the broker's memory alarm for 15 s",
    ...COMMON,
    recoverWithin: 5,
    run: (stage) => flowThrough(stage, { holdMs: ALARM_MS, stops: true }, alarm("memory")),
  },
  {
    name: "alarm-disk",
    about: "the broker's disk alarm for 15 s",
    ...COMMON,
    recoverWithin: 5,
    run: (stage) => flowThrough(stage, { holdMs: ALARM_MS, stops: true }, alarm("disk")),
  },
  {
    name: "queue-deleted",
    about: "the queue deleted under flow; recovery from its deletion",
    ...COMMON,
    recoverWithin: 10,
    run: (stage) => flowThrough(stage, { holdMs: 3000, stops: false, recoversMeanwhile: true }, queueDeleted),
  },
  {
    name: "permission-taken",
    about: "the worker's account loses every permission, and its connections, for 8 s",
    ...COMMON,
    recoverWithin: 20,
    run: (stage) => flowThrough(stage, { holdMs: HOLD_MS, stops: true }, permissionTaken),
  },
  {
    name: "dead-letters-refused",
    about: `${BAD} messages that end as dead letters, which the broker refuses for 8 s`,
    ...COMMON,
    recoverWithin: 5,
    run: (stage) => flowThrough(stage, { holdMs: HOLD_MS, stops: false, recoversMeanwhile: true }, deadLettersRefused),
  },
  {
    name: "consumer-timeout",
    about: `jobs that run longer than the broker's consumer_timeout of ${CONSUMER_TIMEOUT_MS / 1000} s`,
    ...COMMON,
    recoverWithin: null,
    run: (stage) => flowThrough(stage, { holdMs: 30_000, stops: false, perSecond: 5 }, consumerTimeout),
  },
];
