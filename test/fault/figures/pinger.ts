import { randomUUID } from "node:crypto";
import { type Channel, type ChannelModel, connect } from "amqplib";
import { withDeadline } from "../../support/deadline.js";

const MAILBOX = "celery.pidbox";
const REPLIES = "reply.celery.pidbox";

/** What a command came to. */
export interface Answer {
  readonly milliseconds: number;
  readonly bytes: number;
  readonly text: string;
}

/** Remote control as it travels, without any client code of ours. */
export class Pinger {
  readonly #queue = randomUUID();
  readonly #waiting = new Map<string, (body: Buffer) => void>();

  private constructor(
    private readonly connection: ChannelModel,
    private readonly channel: Channel,
  ) {}

  static async open(url: string): Promise<Pinger> {
    const connection = await connect(url);
    connection.on("error", () => undefined);
    const channel = await connection.createChannel();
    const pinger = new Pinger(connection, channel);
    await channel.assertExchange(MAILBOX, "fanout", { durable: false });
    await channel.assertExchange(REPLIES, "direct", { durable: false });
    await channel.assertQueue(pinger.#queue, { exclusive: true });
    await channel.bindQueue(pinger.#queue, REPLIES, pinger.#queue);
    await channel.consume(pinger.#queue, (message) => message && pinger.#take(message.content, message.properties), {
      noAck: true,
    });
    return pinger;
  }

  /** Sends a command to every worker. @returns the first answer. @throws when none comes in time */
  async ask(method: string, timeoutMs: number): Promise<Answer> {
    const ticket = randomUUID();
    const reply_to = { exchange: REPLIES, routing_key: this.#queue };
    const command = { method, arguments: {}, destination: null, pattern: null, matcher: null, ticket, reply_to };
    const startedAt = performance.now();
    const answered = new Promise<Buffer>((resolve) => this.#waiting.set(ticket, resolve));
    this.channel.publish(MAILBOX, "", Buffer.from(JSON.stringify(command)), {
      contentType: "application/json",
      contentEncoding: "utf-8",
    });
    try {
      const body = await withDeadline(answered, timeoutMs, () => `no answer to ${method} within ${timeoutMs} ms`);
      return { milliseconds: performance.now() - startedAt, bytes: body.length, text: body.toString() };
    } finally {
      this.#waiting.delete(ticket);
    }
  }

  /** Pings in this rhythm until the signal. @returns the milliseconds of each; infinite for one that had no answer */
  async pingUntil(over: AbortSignal, everyMs: number, timeoutMs = 30_000): Promise<number[]> {
    const times: number[] = [];
    while (!over.aborted) {
      times.push(
        await this.ask("ping", timeoutMs).then(
          ({ milliseconds }) => milliseconds,
          () => Number.POSITIVE_INFINITY,
        ),
      );
      await new Promise((resolve) => setTimeout(resolve, everyMs));
    }
    return times;
  }

  async close(): Promise<void> {
    await this.connection.close().catch(() => undefined);
  }

  #take(body: Buffer, { headers }: { readonly headers?: Readonly<Record<string, unknown>> | undefined }): void {
    const ticket = String(headers?.ticket ?? "");
    this.#waiting.get(ticket)?.(body);
  }
}

/** The value below which so many of a hundred lie. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? Number.NaN;
}
