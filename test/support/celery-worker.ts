import { randomUUID } from "node:crypto";
import { type ChannelModel, type ConfirmChannel, connect, type GetMessage, type Options } from "amqplib";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll } from "vitest";
import { type AppOptions, Celery, type WorkerOptions } from "../../src/celery/app.js";
import type { Worker } from "../../src/celery/worker/worker.js";
import { waitUntil } from "./wait-until.js";

/** A stored state, as it travels to the caller of a task under `rpc://`. */
export interface ResultMessage {
  readonly task_id: string;
  readonly status: string;
  readonly result: unknown;
  readonly traceback: string | null;
  readonly children: unknown[];
}

const FINAL = new Set(["SUCCESS", "FAILURE", "REVOKED"]);

/** A bare AMQP client: publishes messages of any form and reads results, without any of our own client code. */
export class BareClient {
  readonly states: ResultMessage[] = [];

  private constructor(
    private readonly connection: ChannelModel,
    readonly channel: ConfirmChannel,
    private readonly replies: string | undefined,
  ) {}

  get replyQueue(): string {
    if (this.replies === undefined) throw new Error("this client only sends");
    return this.replies;
  }

  static async open(url: string): Promise<BareClient> {
    const connection = await connect(url);
    connection.on("error", () => undefined);
    const channel = await connection.createConfirmChannel();
    channel.on("error", () => undefined);
    const { queue } = await channel.assertQueue("", { exclusive: true });
    const client = new BareClient(connection, channel, queue);
    await channel.consume(queue, (message) => message && client.states.push(JSON.parse(message.content.toString())), {
      noAck: true,
    });
    return client;
  }

  /** One that only sends, and declares nothing. */
  static async openSender(url: string): Promise<BareClient> {
    const connection = await connect(url);
    connection.on("error", () => undefined);
    const channel = await connection.createConfirmChannel();
    channel.on("error", () => undefined);
    return new BareClient(connection, channel, undefined);
  }

  /** Publishes a protocol 2 task message. @returns the task id */
  async send(
    queue: string,
    task: string,
    args: unknown[] = [],
    headers: Record<string, unknown> = {},
    embed: unknown = {},
  ): Promise<string> {
    const id = (headers.id as string | undefined) ?? randomUUID();
    const body = Buffer.from(
      JSON.stringify([args, {}, { callbacks: null, errbacks: null, chain: null, chord: null, ...(embed as object) }]),
    );
    await this.publish(queue, body, {
      contentType: "application/json",
      contentEncoding: "utf-8",
      correlationId: id,
      ...(this.replies === undefined ? {} : { replyTo: this.replies }),
      deliveryMode: 2,
      headers: {
        lang: "py",
        task,
        id,
        root_id: id,
        parent_id: null,
        group: null,
        retries: { "!": "int", value: 0 },
        eta: null,
        expires: null,
        timelimit: [null, null],
        ...headers,
      },
    });
    return id;
  }

  async publish(queue: string, body: Buffer, options: Options.Publish = {}): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.channel.sendToQueue(queue, body, options, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** States of one task, in the order they arrived. */
  statesOf(id: string): ResultMessage[] {
    return this.states.filter((state) => state.task_id === id);
  }

  /** The final state of a task. */
  async result(id: string, timeoutMs?: number): Promise<ResultMessage> {
    return await waitUntil(
      () => this.statesOf(id).find((state) => FINAL.has(state.status)),
      `a result of ${id}`,
      timeoutMs,
    );
  }

  /** Messages ready in a queue. */
  async depth(queue: string): Promise<number> {
    return (await this.channel.checkQueue(queue)).messageCount;
  }

  /** Takes all messages out of a queue. */
  async drain(queue: string): Promise<GetMessage[]> {
    const messages: GetMessage[] = [];
    for (
      let message = await this.channel.get(queue, { noAck: true });
      message !== false;
      message = await this.channel.get(queue, { noAck: true })
    )
      messages.push(message);
    return messages;
  }

  async close(): Promise<void> {
    await this.connection.close().catch(() => undefined);
  }
}

/** Gives a test file a bare client on a broker; valid inside tests and hooks. */
export function useBareClient(url: () => string): { readonly current: BareClient } {
  let client: BareClient | undefined;
  beforeAll(async () => {
    client = await BareClient.open(url());
  });
  afterAll(() => client?.close());
  return {
    get current() {
      if (client === undefined) throw new Error("opened by beforeAll: use it inside tests");
      return client;
    },
  };
}

/** Starts workers that are stopped after each test. */
export function useWorkers(
  url: () => string,
): (define: (app: Celery) => void, options?: WorkerOptions, settings?: AppOptions) => Promise<Worker> {
  const started: { worker: Worker; app: Celery }[] = [];
  afterEach(async () => {
    for (const { worker, app } of started.splice(0)) {
      await worker.stop(5);
      await app.close();
    }
  });
  return async (define, options = {}, settings = {}) => {
    const app = new Celery("tests", {
      broker: url(),
      backend: "rpc://",
      taskAcksLate: true,
      log: pino({ level: process.env.TEST_LOG ?? "silent" }),
      ...settings,
    });
    define(app);
    const worker = app.worker({ queues: ["celery"], concurrency: 2, ...options });
    started.push({ worker, app });
    await worker.start();
    return worker;
  };
}
