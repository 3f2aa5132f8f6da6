import { randomUUID } from "node:crypto";
import { connect } from "amqplib";

/** Queue of each task, as the backend's routes say. */
const QUEUE_OF_TASK: Readonly<Record<string, string>> = {
  "tasks.process_spot_simulation": "spot_simulation",
  "tasks.process_solver_analysis": "solver_analysis",
};

/** Publishes `task(jobId)` as Python Celery's `send_task` would (protocol 2, JSON), and waits for the confirm. */
export async function sendTask(brokerUrl: string, task: string, jobId: string): Promise<void> {
  const queue = QUEUE_OF_TASK[task];
  if (queue === undefined) throw new Error(`no queue is known for ${task}`);
  const id = randomUUID();
  const connection = await connect(brokerUrl);
  try {
    const channel = await connection.createConfirmChannel();
    await channel.assertExchange(queue, "direct", { durable: true });
    await channel.assertQueue(queue, { durable: true });
    await channel.bindQueue(queue, queue, queue);
    const body = [[jobId], {}, { callbacks: null, errbacks: null, chain: null, chord: null }];
    channel.publish(queue, queue, Buffer.from(JSON.stringify(body)), {
      contentType: "application/json",
      contentEncoding: "utf-8",
      persistent: true,
      correlationId: id,
      headers: {
        lang: "js",
        task,
        id,
        root_id: id,
        parent_id: null,
        group: null,
        retries: 0,
        eta: null,
        expires: null,
      },
    });
    await channel.waitForConfirms();
  } finally {
    await connection.close();
  }
}
