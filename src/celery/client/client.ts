import type { Logger } from "pino";
import { BrokerConnection } from "../amqp/connection.js";
import { Publisher } from "../amqp/publisher.js";
import { purgeQueue } from "../amqp/topology.js";
import { parseBrokerUrl } from "../amqp/url.js";
import { apply } from "../canvas/apply.js";
import { type Frame, freeze } from "../canvas/freeze.js";
import { resultTuple, type SignatureNode, type SignatureOptions } from "../canvas/node.js";
import { LamportClock } from "../clock.js";
import { MailboxClient } from "../control/mailbox-client.js";
import type { TaskDefinition } from "../definition.js";
import { BrokerError, InvalidSignature } from "../errors.js";
import { EventDispatcher } from "../events/dispatcher.js";
import type { ResultBackend } from "../results/backend.js";
import { createBackend } from "../results/create.js";
import { isStored } from "../results/stored.js";
import type { Settings } from "../settings.js";
import type { Tracing } from "../tracing.js";
import { AsyncResult } from "./async-result.js";
import { ProducerHost } from "./canvas-host.js";
import { connect } from "./connect.js";
import { ignoresResult, originName, Producer } from "./producer.js";
import { BackendReader } from "./reader.js";
import type { AnyResult } from "./result-reader.js";
import { resultFromTuple } from "./result-tuple.js";
import { RpcResults } from "./rpc-results.js";
import type { SignatureSender } from "./signature.js";

/** What a {@link Client} is made from. */
export interface ClientParts {
  /** Shown in RabbitMQ's management pages. */
  readonly name: string;
  readonly settings: Settings;
  readonly log: Logger;
  readonly tasks: ReadonlyMap<string, TaskDefinition>;
  /** Reply address of this process. */
  readonly oid: string;
  readonly tracing: Tracing | null;
}

/** The producing side of an app: one connection that sends tasks, and whatever their results are read from. */
export class Client implements SignatureSender {
  readonly reader: BackendReader;
  readonly #mailbox: MailboxClient;
  readonly #connectTimeoutMs: number;
  readonly #producer: Producer;
  readonly #connection: BrokerConnection;
  readonly #addresses: number;
  readonly #publisher: Publisher;
  readonly #backend: ResultBackend;
  readonly #host: ProducerHost;
  readonly #rpc: RpcResults | null;
  readonly #events: EventDispatcher | null;
  readonly #tasks: ReadonlyMap<string, TaskDefinition>;
  #backendStart: Promise<void> | null = null;

  /** Connects, in the background, with the first that is sent, or at once where results come by the broker. */
  constructor({ name, settings, log, tasks, oid, tracing }: ClientParts) {
    const addresses = parseBrokerUrl(settings.brokerUrl);
    const connection = new BrokerConnection({
      addresses,
      name: `${name} client`,
      log,
      connectTimeoutMs: settings.brokerConnectionTimeout * 1000,
    });
    const clock = new LamportClock();
    this.#tasks = tasks;
    this.#connection = connection;
    this.#addresses = addresses.length;
    this.#publisher = new Publisher(connection, log);
    this.#backend = createBackend(settings, this.#publisher, log);
    this.#rpc = this.#backend.name === "rpc" ? new RpcResults(connection, oid, settings, log) : null;
    this.#events = settings.taskSendSentEvent
      ? new EventDispatcher({ connection, nodename: originName(), clock, settings, log, groups: ["task"] })
      : null;
    const rpc = this.#rpc;
    const mailbox = new MailboxClient(connection, settings, clock);
    this.#mailbox = mailbox;
    this.#connectTimeoutMs = settings.brokerConnectionTimeout * 1000;
    this.reader = new BackendReader({
      backend: this.#backend,
      ready: () => this.#startBackend(),
      rpc,
      cast: async (method, args) => await (await this.mailbox()).cast(method, args),
    });
    this.#producer = new Producer({
      connection,
      publisher: this.#publisher,
      settings,
      log,
      tasks,
      replyTo: oid,
      tracing,
      events: this.#events,
      isImpatient: true,
      ...(rpc === null ? {} : { beforeSend: (id) => rpc.expect(id) }),
    });
    this.#host = new ProducerHost(this.#producer, this.#backend, oid, settings);
    if (rpc !== null) connection.start();
  }

  get errbacksOnHeader(): boolean {
    return this.#host.errbacksOnHeader;
  }

  /** Sends a task by name. */
  async send(
    name: string,
    args: readonly unknown[],
    kwargs: Readonly<Record<string, unknown>>,
    options: SignatureOptions,
  ): Promise<AsyncResult> {
    this.#connection.start();
    const id = await this.#producer.send(name, args, kwargs, options);
    return new AsyncResult(id, this.reader, null, ignoresResult(options, this.#tasks.get(name)));
  }

  async apply(
    signature: SignatureNode,
    args: readonly unknown[] = [],
    kwargs: Readonly<Record<string, unknown>> = {},
    options: SignatureOptions = {},
  ): Promise<AnyResult> {
    this.#connection.start();
    if (signature.subtask_type !== null && isStored(this.#backend)) await this.#startBackend();
    const sent = await apply(this.#host, signature, { args, kwargs, options });
    if (sent === null) throw new InvalidSignature("an empty chain has nothing to send");
    const ignores = ignoresResult({ ...signature.options, ...options }, this.#tasks.get(signature.task));
    if (sent.members === null && sent.parent === null && ignores)
      return new AsyncResult(sent.id, this.reader, null, true);
    return resultFromTuple(resultTuple(sent), this.reader);
  }

  /** Gives a signature its ids, in place. @returns its result to be */
  freeze(signature: SignatureNode, frame: Frame): AnyResult {
    return resultFromTuple(resultTuple(freeze(signature, frame, this.#host)), this.reader);
  }

  /** Where control commands go. @throws BrokerError when the broker is away longer than `brokerConnectionTimeout` */
  async mailbox(): Promise<MailboxClient> {
    await this.#connected();
    return this.#mailbox;
  }

  /** See {@link connect}. */
  async connect(): Promise<void> {
    await connect(this.#connection, this.#addresses);
  }

  async #connected(): Promise<void> {
    this.#connection.start();
    const signal = AbortSignal.timeout(this.#connectTimeoutMs);
    try {
      await this.#connection.whenReady(signal);
    } catch (cause) {
      const why = `no connection to the broker within ${this.#connectTimeoutMs / 1000} s`;
      throw signal.aborted ? new BrokerError(why, { cause }) : cause;
    }
  }

  /** Throws away the messages that are ready in these queues. @returns how many */
  async purge(queues: readonly string[]): Promise<number> {
    await this.#connected();
    const counts = await Promise.all(queues.map((queue) => purgeQueue(this.#connection, queue)));
    return counts.reduce((sum, count) => sum + count, 0);
  }

  async close(): Promise<void> {
    this.#events?.flush();
    await this.#rpc?.close();
    this.#publisher.close();
    await this.#backend.close();
    await this.#connection.close();
  }

  #startBackend(): Promise<void> {
    this.#backendStart ??= this.#backend.start().catch((error: unknown) => {
      this.#backendStart = null;
      throw error;
    });
    return this.#backendStart;
  }
}
