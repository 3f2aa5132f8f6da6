import { randomUUID } from "node:crypto";
import type { Setting } from "./setting.js";

/** The task that all contenders run: it returns its first argument. */
export const TASK = "bench.noop";
const CONFIRM_EVERY = 1000;

/** Body of a message for {@link TASK}, whose second argument is a text of about so many bytes. */
export function taskBody(bytes: number): Buffer {
  const args = [1, bytes > 200 ? "x".repeat(bytes) : 2];
  return Buffer.from(JSON.stringify([args, {}, { callbacks: null, errbacks: null, chain: null, chord: null }]));
}

/** Properties of such a message as Celery writes them. */
export function taskProperties(replyTo: string) {
  const id = randomUUID();
  return {
    contentType: "application/json",
    contentEncoding: "utf-8",
    correlationId: id,
    replyTo,
    deliveryMode: 2,
    priority: 0,
    headers: {
      lang: "py",
      task: TASK,
      id,
      root_id: id,
      parent_id: null,
      group: null,
      shadow: null,
      eta: null,
      expires: null,
      group_index: null,
      retries: { "!": "int", value: 0 },
      timelimit: [null, null],
      argsrepr: "(1, 2)",
      kwargsrepr: "{}",
      origin: "gen1@bench",
      ignore_result: replyTo === "",
    },
  };
}

/** Runs `work` with a durable queue that holds so many tasks, and a queue for their results. */
export async function withFilledQueue<Result>(
  { connection }: Setting,
  { tasks, bytes, withResults }: { readonly tasks: number; readonly bytes: number; readonly withResults: boolean },
  work: (queue: string) => Promise<Result>,
): Promise<Result> {
  const channel = await connection.createConfirmChannel();
  const queue = `bench-${randomUUID().slice(0, 8)}`;
  await channel.assertExchange(queue, "direct", { durable: true });
  await channel.assertQueue(queue, { durable: true });
  await channel.bindQueue(queue, queue, queue);
  const { queue: replies } = await channel.assertQueue("", { exclusive: true, arguments: { "x-max-length": 1000 } });
  const body = taskBody(bytes);
  for (let sent = 1; sent <= tasks; sent++) {
    channel.sendToQueue(queue, body, taskProperties(withResults ? replies : ""));
    if (sent % CONFIRM_EVERY === 0) await channel.waitForConfirms();
  }
  await channel.waitForConfirms();
  try {
    return await work(queue);
  } finally {
    await channel.deleteQueue(replies);
    await channel.deleteQueue(queue);
    await channel.deleteExchange(queue);
    await channel.close();
  }
}

/** Messages that are ready in a queue. */
export async function readyIn({ connection }: Setting, queue: string): Promise<number> {
  const channel = await connection.createChannel();
  const { messageCount } = await channel.checkQueue(queue);
  await channel.close();
  return messageCount;
}
