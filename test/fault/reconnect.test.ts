import { type ChannelModel, connect } from "amqplib";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { freePorts } from "../../scripts/local/processes.js";
import { BrokerConnection } from "../../src/celery/amqp/connection.js";
import { Publisher } from "../../src/celery/amqp/publisher.js";
import { TransientPublisher } from "../../src/celery/amqp/transient-publisher.js";
import { parseBrokerUrl } from "../../src/celery/amqp/url.js";
import { useBareClient, useWorkers } from "../support/celery-worker.js";
import { FaultyProxy } from "../support/proxy.js";
import { useVhost } from "../support/services.js";
import { waitUntil } from "../support/wait-until.js";

const vhost = useVhost();
const client = useBareClient(() => vhost.url);
let proxy: FaultyProxy;

beforeAll(async () => {
  const { hostname, port } = new URL(vhost.url);
  proxy = await FaultyProxy.open(hostname, Number(port));
});
afterAll(() => proxy.close());
afterEach(() => {
  proxy.slow(0);
  proxy.refuse(false);
});
const startWorker = useWorkers(() => proxy.through(vhost.url));

/** Takes queues for another connection alone: who declares or consumes one is refused. */
async function lock(...queues: string[]): Promise<ChannelModel> {
  const owner = await connect(vhost.url);
  owner.on("error", () => undefined);
  const channel = await owner.createChannel();
  for (const queue of queues) {
    await channel.deleteQueue(queue);
    await channel.assertQueue(queue, { exclusive: true });
  }
  return owner;
}

describe("a queue that is refused while the connection comes back over a slow line", () => {
  it.each([1, 2])("is consumed once it may be (round %i)", async (round) => {
    const free = `free-${round}`;
    const refused = `refused-${round}`;
    const worker = await startWorker((app) => app.task("echo", (_ctx, x: unknown) => x), { queues: [free, refused] });
    proxy.refuse(true);
    await waitUntil(() => !worker.isConnected, "a lost connection");
    const owner = await lock(refused);
    // Many round trips, each slower than any pause between attempts.
    proxy.slow(150);
    proxy.refuse(false);
    await waitUntil(() => worker.consumers.find(({ queue }) => queue === free)?.confirmed, "the free queue", 60_000);
    await waitUntil(() => worker.isConnected, "the connection to be set up", 60_000);
    proxy.slow(0);
    expect(worker.consumers.find(({ queue }) => queue === refused)?.confirmed).toBe(false);
    await owner.close();
    await waitUntil(() => worker.consumers.every(({ confirmed }) => confirmed), "every consumer", 30_000);
    expect((await client.current.result(await client.current.send(refused, "echo", [round]))).result).toBe(round);
  });
});

it("dead nodes of a cluster cost no pause while another lives", async () => {
  const dead = (await freePorts(3)).map((port) => vhost.url.replace(/:\d+(?=\/|$)/, `:${port}`));
  const connection = new BrokerConnection({
    addresses: parseBrokerUrl([...dead, proxy.through(vhost.url), vhost.url].join(";")),
    name: "failover",
    log: pino({ level: "silent" }),
    minDelayMs: 3_600_000,
    maxDelayMs: 3_600_000,
  });
  connection.start();
  await connection.whenReady();
  expect(connection.address.port).toBe(proxy.port);
  proxy.refuse(true);
  await waitUntil(() => connection.isReady && connection.address.port !== proxy.port, "another node");
  await connection.close();
});

it("a queue added while the connection comes back is consumed", async () => {
  const worker = await startWorker((app) => app.task("echo", (_ctx, x: unknown) => x), { queues: ["first"] });
  proxy.slow(100);
  proxy.cut();
  await waitUntil(() => !worker.isConnected, "a lost connection");
  // Somewhere in the middle of the set-up, and once before it.
  for (const queue of ["added-1", "added-2", "added-3", "added-4"]) {
    worker.addConsumer({ name: queue });
    await new Promise((resolve) => setTimeout(resolve, 400));
  }
  proxy.slow(0);
  await waitUntil(() => worker.consumers.length === 5 && worker.consumers.every(({ confirmed }) => confirmed));
});

it("a message refused while the connection comes back over a slow line stops no other message", async () => {
  await client.current.channel.assertQueue("taken");
  const log = pino({ level: "silent" });
  const addresses = parseBrokerUrl(proxy.through(vhost.url));
  const connection = new BrokerConnection({ addresses, name: "slow publisher", log });
  const publisher = new Publisher(connection, log);
  // What else is set up on the connection takes longer than the refusal.
  const others = ["a", "b", "c"].map(
    (name) =>
      new TransientPublisher({ connection, exchange: { name, type: "topic", durable: false }, mode: "declare", log }),
  );
  connection.start();
  await connection.whenReady();
  proxy.refuse(true);
  await waitUntil(() => !connection.isReady, "a lost connection");
  const body = Buffer.from("x");
  const refused = publisher.publish({ exchange: "nowhere", routingKey: "taken", body });
  const taken = publisher.publish({ exchange: "", routingKey: "taken", body });
  proxy.slow(200);
  proxy.refuse(false);
  await expect(refused).rejects.toMatchObject({ code: "CELERY_PUBLISH_FAILED", isRefusal: true, replyCode: 404 });
  await taken;
  await publisher.publish({ exchange: "", routingKey: "taken", body });
  expect(await client.current.depth("taken")).toBe(2);
  await Promise.all(others.map((other) => other.close()));
  await connection.close();
});
