import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { delayedRoute, undelayedRoutingKey } from "../../../src/celery/amqp/delayed-delivery.js";
import { useBareClient, useWorkers } from "../../support/celery-worker.js";
import { useVhost } from "../../support/services.js";
import { waitUntil } from "../../support/wait-until.js";

const vhost = useVhost();
const client = useBareClient(() => vhost.url);
const startWorker = useWorkers(() => vhost.url);

interface QueueInfo {
  readonly durable: boolean;
  readonly auto_delete: boolean;
  readonly arguments: Record<string, unknown>;
}

/** RabbitMQ 4 writes the default type of queues into their arguments. */
function withoutType(queue: QueueInfo): object {
  const { "x-queue-type": _, ...rest } = queue.arguments as Record<string, unknown>;
  return rest;
}

describe("declarations", () => {
  it("declares a plain queue exactly as Celery does", async () => {
    await startWorker((app) => app.task("t", () => 1), { queues: ["spot_simulation"] });
    expect(await vhost.get("queues", "spot_simulation")).toMatchObject({
      durable: true,
      auto_delete: false,
      exclusive: false,
      arguments: {},
    });
    expect(await vhost.get("exchanges", "spot_simulation")).toMatchObject({
      type: "direct",
      durable: true,
      auto_delete: false,
    });
    const bindings = (await vhost.get("bindings")) as { source: string; destination: string; routing_key: string }[];
    expect(bindings).toContainEqual(
      expect.objectContaining({
        source: "spot_simulation",
        destination: "spot_simulation",
        routing_key: "spot_simulation",
      }),
    );
  });

  it.each<[string, Record<string, unknown>]>([
    ["a dead-letter exchange", { "x-dead-letter-exchange": "plosolver.dlq", "x-dead-letter-routing-key": "spot-dlq" }],
    ["priorities", { "x-max-priority": 10 }],
    ["a message time to live", { "x-message-ttl": 600_000 }],
  ])("consumes a queue that a producer declared with %s, as it is, with one warning", async (name, args) => {
    const queue = `declared with ${name}`;
    await client.current.channel.assertQueue(queue, { durable: true, arguments: args });
    const lines: string[] = [];
    const log = pino({ level: "warn" }, { write: (line) => void lines.push(line) });
    const worker = await startWorker(
      (app) => app.task("echo", (_ctx, x: unknown) => x),
      { queues: [queue, "other"] },
      { log },
    );
    expect((await client.current.result(await client.current.send(queue, "echo", ["arrived"]))).result).toBe("arrived");
    expect(withoutType((await vhost.get("queues", queue)) as QueueInfo)).toEqual(args);
    expect(lines.filter((line) => line.includes("exists with other arguments"))).toHaveLength(1);
    expect(worker.consumers.map(({ confirmed }) => confirmed)).toEqual([true, true]);
  });

  it("a passive queue that does not exist stops no other, and is consumed once it does", async () => {
    await client.current.channel.assertQueue("celery", { durable: true });
    const starting = startWorker((app) => app.task("echo", (_ctx, x: unknown) => x), {
      queues: [{ name: "late-queue", passive: true }, "celery"],
    });
    expect((await client.current.result(await client.current.send("celery", "echo", [1]))).result).toBe(1);
    await client.current.channel.assertQueue("late-queue", { durable: false });
    await starting;
    expect((await client.current.result(await client.current.send("late-queue", "echo", [2]))).result).toBe(2);
  });

  it("binds a queue to further exchanges", async () => {
    const queue = {
      name: "spot-processing",
      bindings: [{ exchange: "plosolver.main", routingKey: "spot-processing" }],
    };
    await startWorker((app) => app.task("echo", (_ctx, x: unknown) => x), { queues: [queue] });
    const bindings = (await vhost.get("bindings")) as { source: string; destination: string }[];
    expect(bindings).toContainEqual(
      expect.objectContaining({ source: "plosolver.main", destination: "spot-processing" }),
    );
  });

  it("gives each worker a queue of its own with workerDirect, and priorities to every queue with taskQueueMaxPriority", async () => {
    await startWorker(
      (app) => app.task("echo", (_ctx, x: unknown) => x),
      { queues: ["with-priority"], hostname: "direct@test" },
      { workerDirect: true, taskQueueMaxPriority: 5 },
    );
    expect(withoutType((await vhost.get("queues", "with-priority")) as QueueInfo)).toEqual({ "x-max-priority": 5 });
    expect((await client.current.result(await client.current.send("direct@test.dq2", "echo", ["hi"]))).result).toBe(
      "hi",
    );
  });

  it("serves messages of higher priority first", async () => {
    const order: string[] = [];
    await client.current.channel.assertQueue("ordered", { durable: true, arguments: { "x-max-priority": 9 } });
    for (const priority of [1, 9, 5]) {
      const body = Buffer.from(JSON.stringify([[`p${priority}`], {}, {}]));
      const id = `id-${priority}`;
      await client.current.publish("ordered", body, {
        priority,
        contentType: "application/json",
        contentEncoding: "utf-8",
        correlationId: id,
        replyTo: client.current.replyQueue,
        headers: { task: "note", id },
      });
    }
    await startWorker((app) => app.task("note", (_ctx, name: string) => order.push(name)), {
      queues: ["ordered"],
      concurrency: 1,
      prefetchMultiplier: 1,
    });
    await waitUntil(() => order.length === 3);
    expect(order).toEqual(["p9", "p5", "p1"]);
  });
});

describe("native delayed delivery", () => {
  it("writes a delay as 28 bits before the routing key", () => {
    expect(delayedRoute("tq", 5)).toEqual({ exchange: "celery_delayed_27", routingKey: `${"0.".repeat(25)}1.0.1.tq` });
    expect(delayedRoute("tq", 0.9)).toBeNull();
    expect(delayedRoute("tq", 2 ** 28)).toBeNull();
  });

  it("finds the routing key again", () => {
    const route = delayedRoute("a.b.c", 77);
    expect(undelayedRoutingKey("celery_delayed_delivery", route?.routingKey ?? "")).toBe("a.b.c");
    expect(undelayedRoutingKey("", "a.b.c")).toBe("a.b.c");
  });

  it("delivers a message through the levels to a quorum queue on a topic exchange", async () => {
    const queue = {
      name: "qq",
      exchange: "qq",
      exchangeType: "topic",
      routingKey: "qq",
      arguments: { "x-queue-type": "quorum" },
    };
    const received: { at: number; exchange: string }[] = [];
    await startWorker(
      (app) =>
        app.task("delayed", (ctx) => received.push({ at: Date.now(), exchange: ctx.request.deliveryInfo.exchange })),
      { queues: [queue] },
      { brokerNativeDelayedDeliveryQueueType: "classic" },
    );
    const route = delayedRoute("qq", 1);
    if (route === null) throw new Error("a second can be delayed");
    await waitUntil(async () => {
      const exchanges = (await vhost.get("exchanges")) as { name: string }[];
      return exchanges.some(({ name }) => name === route.exchange);
    });
    const sentAt = Date.now();
    client.current.channel.publish(route.exchange, route.routingKey, Buffer.from("[[], {}, {}]"), {
      contentType: "application/json",
      contentEncoding: "utf-8",
      headers: { task: "delayed", id: "delayed-1" },
    });
    await waitUntil(() => received.length === 1);
    expect(received[0]?.exchange).toBe("celery_delayed_delivery");
    expect((received[0]?.at ?? 0) - sentAt).toBeGreaterThan(900);
  });
});
