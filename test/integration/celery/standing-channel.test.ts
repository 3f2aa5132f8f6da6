import { pino } from "pino";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { BrokerConnection } from "../../../src/celery/amqp/connection.js";
import { StandingChannel } from "../../../src/celery/amqp/standing-channel.js";
import { parseBrokerUrl } from "../../../src/celery/amqp/url.js";
import { useBareClient } from "../../support/celery-worker.js";
import { FaultyProxy } from "../../support/proxy.js";
import { useVhost } from "../../support/services.js";
import { waitUntil } from "../../support/wait-until.js";

const vhost = useVhost();
const client = useBareClient(() => vhost.url);
const log = pino({ level: "silent" });
let proxy: FaultyProxy;
let connection: BrokerConnection;

beforeAll(async () => {
  const { hostname, port } = new URL(vhost.url);
  proxy = await FaultyProxy.open(hostname, Number(port));
});
afterEach(() => connection.close());
afterAll(() => proxy.close());

function connect(): BrokerConnection {
  connection = new BrokerConnection({ addresses: parseBrokerUrl(proxy.through(vhost.url)), name: "standing", log });
  return connection;
}

const consumersOf = async (queue: string) => (await client.current.channel.checkQueue(queue)).consumerCount;

describe("a standing channel", () => {
  it("that is refused in the hook of a connection which takes long to set up opens by itself, with growing pauses", async () => {
    const attempts: number[] = [];
    connect();
    const standing = new StandingChannel({
      connection,
      log,
      purpose: "a test",
      setUp: async (channel) => {
        attempts.push(performance.now());
        // The broker's refusal, which closes the channel.
        if (attempts.length <= 4) await channel.checkQueue("missing");
      },
    });
    connection.onConnect(() => standing.tryOpen());
    // Longer than the first pauses.
    connection.onConnect(() => new Promise((resolve) => setTimeout(resolve, 3000)));
    connection.start();
    await waitUntil(() => standing.channel !== null, "an open channel", 40_000);
    const pauses = attempts.slice(1).map((at, index) => at - (attempts[index] ?? 0));
    expect(pauses).toHaveLength(4);
    expect(pauses[3]).toBeGreaterThan((pauses[0] ?? 0) * 1.5);
    await standing.close();
  });

  it("is one channel after 30 cuts at any moment, and one more that its owner closed", async () => {
    await client.current.channel.assertQueue("cuts");
    connect();
    let openings = 0;
    const standing = new StandingChannel({
      connection,
      log,
      purpose: "a test",
      setUp: async (channel) => {
        await channel.assertExchange("cuts", "topic");
        await channel.consume("cuts", () => undefined);
      },
      onOpen: () => {
        openings += 1;
      },
    });
    connection.onConnect(() => standing.tryOpen());
    connection.start();
    for (let cut = 0; cut < 30; cut++) {
      await new Promise((resolve) => setTimeout(resolve, (cut % 10) * 4));
      if (cut % 3 === 0) await waitUntil(() => standing.channel !== null, "an open channel");
      proxy.cut();
    }
    await waitUntil(() => connection.isReady && standing.channel !== null, "an open channel");
    await waitUntil(async () => (await consumersOf("cuts")) === 1, "exactly one consumer");
    expect(openings).toBeGreaterThanOrEqual(10);
    await standing.channel?.close();
    await waitUntil(() => standing.channel !== null, "the channel to be back");
    await waitUntil(async () => (await consumersOf("cuts")) === 1, "exactly one consumer again");
    await standing.close();
    await waitUntil(async () => (await consumersOf("cuts")) === 0, "no consumer");
  });

  it("closed while it is set up leaves nothing behind", async () => {
    await client.current.channel.assertQueue("closing");
    connect();
    let go: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      go = resolve;
    });
    const standing = new StandingChannel({
      connection,
      log,
      purpose: "a test",
      setUp: async (channel) => {
        await gate;
        await channel.consume("closing", () => undefined);
      },
    });
    connection.start();
    await connection.whenReady();
    const opening = standing.open();
    await standing.close();
    go();
    await opening;
    expect(standing.channel).toBeNull();
    await waitUntil(async () => (await consumersOf("closing")) === 0, "no consumer");
  });
});
