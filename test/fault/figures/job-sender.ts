import { setTimeout as delay } from "node:timers/promises";
import { BareClient } from "../../support/celery-worker.js";
import { withDeadline } from "../../support/deadline.js";

const TASK = "tasks.process_spot_simulation";
/** Sent together, each confirmed. */
const BATCH = 20;
const CONFIRM_MS = 60_000;
const AGAIN_MS = 200;

/** A backend that sends the tasks of jobs, and sends again what no broker confirmed. */
export class JobSender {
  #client: BareClient | undefined;
  #tries = 0;
  #isClosed = false;
  #pause: Promise<void> | undefined;
  #batch: Promise<unknown> | undefined;

  /**
   * @param urls brokers to be tried in turn
   * @param queueArguments what the queue is declared with
   */
  constructor(
    private readonly urls: readonly string[],
    readonly queue: string,
    private readonly queueArguments: Readonly<Record<string, unknown>> = {},
  ) {}

  /** Resolves when all are confirmed. @param perSecond pace; as fast as the broker confirms when not given */
  async send(ids: readonly string[], perSecond = Number.POSITIVE_INFINITY): Promise<void> {
    const startedAt = performance.now();
    const batch = Math.max(1, Math.min(BATCH, Math.floor(perSecond / 5)));
    for (let sent = 0; sent < ids.length; sent += batch) {
      await this.#pause;
      this.#batch = Promise.all(ids.slice(sent, sent + batch).map((id) => this.#sendOne(id)));
      await this.#batch;
      await delay(Math.max(0, startedAt + ((sent + batch) * 1000) / perSecond - performance.now()));
    }
  }

  /** Sends nothing while something is done. */
  async paused(work: () => Promise<void>): Promise<void> {
    let resume: () => void = () => undefined;
    this.#pause = new Promise((goOn) => {
      resume = goOn;
    });
    await this.#batch;
    try {
      await work();
    } finally {
      resume();
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#client?.close();
  }

  async #sendOne(id: string): Promise<void> {
    for (;;) {
      if (this.#isClosed) throw new Error(`${this.queue}: closed before everything was sent`);
      const client = await this.#connected();
      try {
        await withDeadline(client.send(this.queue, TASK, [id]), CONFIRM_MS, () => "no confirm");
        return;
      } catch {
        // Another of the batch may have noticed before, and connected anew.
        if (this.#client === client) this.#client = undefined;
        void client.close();
        await delay(AGAIN_MS);
      }
    }
  }

  #connecting: Promise<BareClient> | undefined;

  async #connected(): Promise<BareClient> {
    if (this.#client !== undefined) return this.#client;
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = undefined;
    });
    return await this.#connecting;
  }

  async #connect(): Promise<BareClient> {
    for (;;) {
      if (this.#isClosed) throw new Error(`${this.queue}: closed before it was connected`);
      const url = this.urls[this.#tries++ % this.urls.length] ?? "";
      try {
        const client = await withDeadline(BareClient.openSender(url), 10_000, () => "no connection");
        this.#client = client;
        await client.channel.assertQueue(this.queue, { durable: true, arguments: { ...this.queueArguments } });
        return client;
      } catch {
        this.#client = undefined;
        await delay(AGAIN_MS);
      }
    }
  }
}
