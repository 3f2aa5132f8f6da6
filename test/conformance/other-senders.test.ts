import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { useBareClient, useWorkers } from "../support/celery-worker.js";
import { startPythonPeerWorker } from "../support/python-peer.js";
import { useVhost } from "../support/services.js";

const vhost = useVhost();
const client = useBareClient(() => vhost.url);
const startWorker = useWorkers(() => vhost.url);
const PYTHON_QUEUE = "other-senders";
let stopPython: () => Promise<void> = async () => undefined;
beforeAll(async () => {
  const { channel } = client.current;
  await channel.assertExchange(PYTHON_QUEUE, "direct", { durable: true });
  await channel.assertQueue(PYTHON_QUEUE, { durable: true });
  await channel.bindQueue(PYTHON_QUEUE, PYTHON_QUEUE, PYTHON_QUEUE);
  const redis = "redis://127.0.0.1:1/0";
  stopPython = await startPythonPeerWorker({ broker: vhost.url, backend: "rpc://", redis, queue: PYTHON_QUEUE });
}, 60_000);
afterAll(() => stopPython());

/** What senders in other languages write, beside the task's name and id. */
const MESSAGES: readonly (readonly [who: string, headers: object, body: string])[] = [
  ["PHP, whose empty mappings are lists", {}, '[["x"],{},[]]'],
  ["PHP, inside of embed", {}, '[["x"],{},{"callbacks":[],"errbacks":[],"chain":[],"chord":[]}]'],
  ["one who writes an empty mapping for no chord", {}, '[["x"],{},{"callbacks":{},"chord":{},"chain":null}]'],
  ["one whose ETA ends with the hour", { eta: "2026-01-01T10" }, '[["x"],{},null]'],
  [
    "one whose times are AMQP timestamps",
    { eta: { "!": "timestamp", value: 1_767_225_600 }, expires: { "!": "timestamp", value: 4_102_444_800 } },
    '[["x"],{},null]',
  ],
  ["one whose limits are texts and numbers with a fraction", { timelimit: ["30", 20.5] }, '[["x"],{},null]'],
  ["one who describes arguments by lists", { argsrepr: ["x"], kwargsrepr: 7, origin: 5 }, '[["x"],{},null]'],
];

async function run(queue: string, headers: object, body: string): Promise<unknown> {
  const id = randomUUID();
  const { replyQueue } = client.current;
  const properties = { contentType: "application/json", contentEncoding: "utf-8", correlationId: id };
  const own = { task: "c.identity", id, ...headers };
  await client.current.publish(queue, Buffer.from(body), { ...properties, replyTo: replyQueue, headers: own });
  const { status, result } = await client.current.result(id);
  return { status, result };
}

describe.each(MESSAGES)("a message of %s", (_who, headers, body) => {
  it("is run by Python's worker", async () => {
    expect(await run(PYTHON_QUEUE, headers, body)).toEqual({ status: "SUCCESS", result: "x" });
  });

  it("is run by this one", async () => {
    await startWorker((app) => app.task("c.identity", (_ctx, value: unknown) => value));
    expect(await run("celery", headers, body)).toEqual({ status: "SUCCESS", result: "x" });
  });
});
