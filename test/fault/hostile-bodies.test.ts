import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Options } from "amqplib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type BareClient, useBareClient } from "../support/celery-worker.js";
import { type HostileBody, hostileBody, hostileBombs } from "../support/hostile/bodies.js";
import { JSON_SHAPES } from "../support/hostile/shapes.js";
import { useVhost } from "../support/services.js";
import { waitUntil } from "../support/wait-until.js";
import { WorkerProcess } from "../support/worker-process.js";

const APP = `${fileURLToPath(new URL("../fixtures/hostile-app.mjs", import.meta.url))}:app`;
const QUEUE = "hostile";
const DEAD = "hostile-dlq";
const MEBI = 1024 * 1024;
/** How long the main thread may compute without a turn of the event loop: then nothing else is answered. */
const LONGEST_MS = 1000;
const WAIT_MS = 240_000;

const vhost = useVhost();
const client = useBareClient(() => vhost.url);
let worker: WorkerProcess;

beforeAll(async () => {
  worker = WorkerProcess.start({}, ["-b", vhost.url, "-c", "2", "--without-mingle", "--without-gossip"], APP);
  await worker.wrote("ready.");
});
afterAll(async () => {
  await worker.kill("SIGTERM");
});

async function sendBody(to: BareClient, task: string, id: string, hostile: Omit<HostileBody, "name">): Promise<void> {
  const { body, contentType, contentEncoding, compression } = hostile;
  const options: Options.Publish = {
    contentType,
    contentEncoding,
    correlationId: id,
    replyTo: to.replyQueue,
    headers: { lang: "py", task, id, ...(compression === null ? {} : { compression }) },
  };
  await to.publish(QUEUE, body, options);
}

function json(value: string): Omit<HostileBody, "name"> {
  const body = Buffer.from(`[[${value}],{},null]`);
  return { body, contentType: "application/json", contentEncoding: "utf-8", compression: null };
}

/** Sends good tasks between what the test sends, and finds that each had its result. */
async function withGoodOnes(send: (index: number) => Promise<void>, count: number): Promise<void> {
  const good: string[] = [];
  for (let index = 0; index < count; index++) {
    await send(index);
    if (index % 5 === 0) good.push(await client.current.send(QUEUE, "add", [index, 1]));
  }
  for (const [index, id] of good.entries())
    expect((await client.current.result(id, WAIT_MS)).result).toBe(index * 5 + 1);
}

async function expectTurning(): Promise<void> {
  const id = await client.current.send(QUEUE, "longest");
  expect((await client.current.result(id, WAIT_MS)).result).toBeLessThan(LONGEST_MS);
}

async function deadLetters(): Promise<number> {
  return (await client.current.channel.assertQueue(DEAD, { durable: true })).messageCount;
}

const peakMegabytes = () =>
  Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${worker.child.pid}/status`, "utf8"))?.[1]) / 1024;

describe("JSON of 16 MB", () => {
  const largest = 16 * MEBI - 2000;

  it(
    "of every shape is run or dead-lettered while the event loop turns",
    async () => {
      const before = await deadLetters();
      const shapes = Object.entries(JSON_SHAPES);
      await withGoodOnes(async (index) => {
        const [name, shape] = shapes[index] as (typeof shapes)[number];
        await sendBody(client.current, "count", name, json(shape(largest)));
      }, shapes.length);
      const ends = await Promise.all(shapes.map(([name]) => client.current.result(name, WAIT_MS)));
      const failed = ends.filter(({ status }) => status === "FAILURE");
      expect(failed.length).toBeLessThan(shapes.length - 10);
      for (const { result } of failed) expect(JSON.stringify(result).length).toBeLessThan(1000);
      await waitUntil(async () => (await deadLetters()) === before + failed.length, "a dead letter for each failure");
      await expectTurning();
    },
    WAIT_MS,
  );

  it(
    "is returned as a result while the event loop turns",
    async () => {
      for (const name of ["empty lists", "empty objects", "numbers", "a long string", "a string beyond Latin-1"]) {
        await sendBody(client.current, "echo", `echo ${name}`, json(JSON_SHAPES[name]?.(largest) ?? ""));
      }
      for (const name of ["empty lists", "empty objects", "numbers", "a long string", "a string beyond Latin-1"]) {
        const { status, result } = await client.current.result(`echo ${name}`, WAIT_MS);
        expect(status).toBe("SUCCESS");
        expect(Array.isArray(result)).toBe(true);
      }
      await expectTurning();
    },
    WAIT_MS,
  );
});

it(
  "an error of 16 MB is reported while the event loop turns",
  async () => {
    await sendBody(client.current, "fail", "large error", json(JSON.stringify("x".repeat(16 * MEBI - 2000))));
    const { status, traceback } = await client.current.result("large error", WAIT_MS);
    expect(status).toBe("FAILURE");
    expect(String(traceback).length).toBeLessThan(200_000);
    await expectTurning();
  },
  WAIT_MS,
);

it(
  "twenty bombs of 120 MB of each method end in the dead letters, in little memory",
  async () => {
    const bombs = hostileBombs().filter(({ name }) => /of (digits|32 MiB)/.test(name));
    const before = await deadLetters();
    await withGoodOnes(async (index) => {
      const bomb = bombs[index % bombs.length] as HostileBody;
      await sendBody(client.current, "count", `bomb ${index}`, bomb);
    }, 20 * bombs.length);
    await waitUntil(async () => (await deadLetters()) === before + 20 * bombs.length, "every dead letter", WAIT_MS);
    const { result } = await client.current.result("bomb 0");
    expect(result).toMatchObject({ exc_type: "DecodeError", exc_module: "kombu.exceptions" });
    await expectTurning();
    expect(peakMegabytes()).toBeLessThan(1500);
  },
  WAIT_MS,
);

it(
  "a thousand hostile bodies are run or dead-lettered, and nothing is left over",
  async () => {
    const count = 1000;
    await withGoodOnes((index) => sendBody(client.current, "count", `n ${index}`, hostileBody(index)), count);
    await waitUntil(async () => (await unacknowledged()) === 0, "an empty queue", WAIT_MS);
    await expectTurning();
  },
  WAIT_MS,
);

async function unacknowledged(): Promise<number> {
  const { messages = 1 } = (await vhost.get("queues", QUEUE)) as { messages?: number };
  return messages;
}
