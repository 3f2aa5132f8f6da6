import { randomUUID } from "node:crypto";
import { availableParallelism } from "node:os";
import { pino } from "pino";
import { quantile } from "./paired.js";
import { TASK } from "./queues.js";
import type { Measured, Setting } from "./setting.js";
import { startWorker } from "./worker-script.js";

const ROUND_TRIPS = 2000;
const PINGS = 200;
const CALLS = 5000;
const WARM_UP = 500;

/** Sorted out of the first ones, which compile. @returns milliseconds */
async function times(count: number, once: () => Promise<unknown>): Promise<number[]> {
  const taken: number[] = [];
  for (let round = 0; round < count + WARM_UP; round++) {
    const before = performance.now();
    await once();
    if (round >= WARM_UP) taken.push(performance.now() - before);
  }
  return taken;
}

const describe = (values: readonly number[]) =>
  `p50 ${quantile(values, 0.5).toFixed(2)} ms, p99 ${quantile(values, 0.99).toFixed(2)} ms`;

/** One task after the other: sent, run, its result confirmed and read. */
export async function roundTrip(setting: Setting): Promise<Measured[]> {
  const queue = `bench-${randomUUID().slice(0, 8)}`;
  const worker = await startWorker(setting, { queue, concurrency: 2, withResults: true });
  const app = new setting.runtime.Celery("client", {
    broker: setting.url,
    backend: "rpc://",
    log: pino({ level: "warn" }),
  });
  const taken = await times(ROUND_TRIPS, async () => (await app.sendTask(TASK, [1, 2], {}, { queue })).get());
  const bare = await bareRoundTrip(setting);
  await app.close();
  await worker.stop();
  return [
    {
      what: "round trip of one rpc task",
      target: "p50 ≤ 1.2 ms, p99 ≤ 3 ms",
      measured: describe(taken),
      beside: `bare amqplib, confirmed both ways: ${describe(bare)}`,
    },
  ];
}

/** Two confirmed messages there and back, each on a connection of its own: what the broker alone takes. */
async function bareRoundTrip({ url }: Setting): Promise<number[]> {
  const { connect } = await import("amqplib");
  const [asking, answering] = [await connect(url, { noDelay: true }), await connect(url, { noDelay: true })];
  const [question, answer] = [await asking.createConfirmChannel(), await answering.createConfirmChannel()];
  const { queue } = await question.assertQueue(`bench-${randomUUID().slice(0, 8)}`, { durable: true });
  const { queue: replies } = await question.assertQueue("", { exclusive: true });
  let onReply: () => void = () => undefined;
  await question.consume(replies, () => onReply(), { noAck: true });
  await answer.consume(queue, (message) => {
    if (message === null) return;
    answer.sendToQueue(replies, message.content, {}, () => answer.ack(message));
  });
  const body = Buffer.from("[[1, 2], {}, {}]");
  const taken = await times(ROUND_TRIPS, async () => {
    const replied = new Promise<void>((resolve) => {
      onReply = resolve;
    });
    const confirmed = new Promise((resolve) => question.sendToQueue(queue, body, { persistent: true }, resolve));
    await confirmed;
    await replied;
  });
  await question.deleteQueue(queue);
  await Promise.all([asking.close(), answering.close()]);
  return taken;
}

/** `ctx.compute` of a kernel that does nothing. */
export async function compute(setting: Setting): Promise<Measured[]> {
  const { Celery, kernel } = setting.runtime;
  const app = new Celery("bench", { broker: setting.url, backend: "disabled://", log: pino({ level: "warn" }) });
  const worker = app.worker({ queues: [`bench-${randomUUID().slice(0, 8)}`], concurrency: 1 });
  const empty = kernel<number, number>(new URL("data:text/javascript,export const run = (input) => input"));
  await worker.start();
  const taken = await times(CALLS, () => worker.compute(empty, 1));
  await worker.stop(5);
  await app.close();
  const [half, most] = [0.5, 0.99].map((share) => (quantile(taken, share) * 1000).toFixed(0));
  return [
    {
      what: "ctx.compute of an empty kernel",
      target: "≤ 100 µs",
      measured: `p50 ${half} µs, p99 ${most} µs`,
      beside: `a bare thread's echo: ${await bareThread()}`,
    },
  ];
}

async function bareThread(): Promise<string> {
  const { Worker } = await import("node:worker_threads");
  const source = `const { parentPort } = require("node:worker_threads"); parentPort.on("message", (m) => parentPort.postMessage(m));`;
  const thread = new Worker(source, { eval: true });
  let onMessage: () => void = () => undefined;
  thread.on("message", () => onMessage());
  const taken = await times(CALLS, () => {
    thread.postMessage({ type: "run", input: 1 });
    return new Promise<void>((resolve) => {
      onMessage = resolve;
    });
  });
  await thread.terminate();
  return `p50 ${(quantile(taken, 0.5) * 1000).toFixed(0)} µs`;
}

/** `inspect ping` while a kernel computes on every core. */
export async function ping(setting: Setting): Promise<Measured[]> {
  const queue = `bench-${randomUUID().slice(0, 8)}`;
  const cores = availableParallelism();
  const worker = await startWorker(setting, { queue, concurrency: cores, withResults: false, burning: cores });
  const app = new setting.runtime.Celery("client", { broker: setting.url, log: pino({ level: "warn" }) });
  const taken: number[] = [];
  for (let round = 0; round < PINGS; round++) {
    const before = performance.now();
    const replies = await app.control.inspect({ limit: 1, timeout: 5 }).ping();
    if (replies === null || Object.keys(replies).length !== 1) throw new Error("the worker did not answer the ping");
    taken.push(performance.now() - before);
  }
  await app.close();
  await worker.stop();
  return [
    {
      what: `inspect ping while ${cores} threads compute on ${cores} cores`,
      target: "p99 < 100 ms",
      measured: describe(taken),
      beside: "",
    },
  ];
}
