import type { BrokerConnection } from "../../amqp/connection.js";
import { TransientPublisher } from "../../amqp/transient-publisher.js";
import { LamportClock } from "../../clock.js";
import { MailboxClient } from "../../control/mailbox-client.js";
import { MailboxNode } from "../../control/mailbox-node.js";
import { mingle } from "../../control/mingle.js";
import type { ControlRegistry } from "../../control/registry.js";
import { EventDispatcher } from "../../events/dispatcher.js";
import { Gossip } from "../../events/gossip.js";
import { Heart } from "../../events/heart.js";
import { TaskEvents } from "../../events/task-events.js";
import type { WorkerCore } from "../core.js";
import { Autoscaler } from "./autoscaler.js";
import { Controlled, type RemoteHost, type RemoteParts } from "./controlled.js";
import { type SavedState, StateFile } from "./state-file.js";
import { workerStats } from "./stats.js";

/** What {@link Remote} is made from. */
export interface RemoteOptions {
  readonly core: WorkerCore;
  readonly host: RemoteHost;
  readonly registry: ControlRegistry;
  readonly consuming: BrokerConnection;
  readonly publishing: BrokerConnection;
  /** Messages the broker sends ahead for one queue. */
  readonly prefetch: () => number;
  /** Messages it sends ahead now, by queue: 0 for none, null without limit. */
  readonly taken: () => readonly (readonly [queue: string, count: number | null])[];
  /** Carries out the action of an election this worker won. */
  readonly onElected: (topic: string, action: unknown) => Promise<void> | void;
}

/** All that connects a worker with its operators and its peers: control commands, events, mingle, gossip, saved state. */
export class Remote implements RemoteParts {
  readonly clock = new LamportClock();
  readonly autoscaler: Autoscaler | null;
  readonly #options: RemoteOptions;
  readonly #controlled: Controlled;
  readonly #dispatcher: EventDispatcher;
  readonly #taskEvents: TaskEvents;
  readonly #heart: Heart;
  readonly #replies: TransientPublisher;
  readonly #mailbox: MailboxNode | null;
  readonly #gossip: Gossip | null;
  readonly #stateFile: StateFile | null;
  readonly #total = new Map<string, number>();
  readonly #startedAtMs = Date.now();
  #processed = 0;
  #mingled = false;

  /** Adds its hooks to the connections: make it before the consumers add theirs. */
  constructor(options: RemoteOptions) {
    const { core, host, registry, consuming, publishing } = options;
    const { settings, nodename, log } = core;
    this.#options = options;
    this.#controlled = new Controlled(core, host, this);
    const groups = settings.workerSendTaskEvents ? [] : ["worker"];
    const common = { nodename, settings, clock: this.clock, log };
    this.#dispatcher = new EventDispatcher({ ...common, connection: publishing, groups });
    this.#taskEvents = new TaskEvents(core.events, this.#dispatcher, core.tasks);
    this.#heart = new Heart(this.#dispatcher, () => this.#vitals(), settings.workerHeartbeatInterval);
    this.#replies = new TransientPublisher({
      connection: publishing,
      exchange: null,
      mode: settings.topologyMode,
      log,
    });
    this.#stateFile = this.#openStateFile();
    this.autoscaler = this.#createAutoscaler();
    this.#mailbox = settings.workerEnableRemoteControl
      ? new MailboxNode({
          worker: this.#controlled,
          registry,
          connection: consuming,
          replies: this.#replies,
          acceptedContentTypes: core.acceptedContentTypes,
          log,
        })
      : null;
    this.#gossip = settings.workerGossip
      ? new Gossip({ ...common, connection: consuming, dispatcher: this.#dispatcher, onElected: options.onElected })
      : null;
    if (this.#dispatcher.sends("task")) this.#taskEvents.attach();
    core.events.on("taskStarted", (request) => this.#count(request.shadow ?? request.task));
    consuming.onConnect(() => this.#onConnect());
    consuming.on("disconnected", () => this.#heart.stopTimer());
  }

  /** The pool grows by itself when there is more to do. */
  get mayGrow(): boolean {
    return this.autoscaler?.mayGrow ?? false;
  }

  get droppedEvents(): number {
    return this.#dispatcher.dropped;
  }

  /** The worker takes nothing new: monitors are told, commands are still answered while tasks end. */
  draining(): void {
    this.autoscaler?.close();
    if (this.#options.core.settings.workerHeartbeat) this.#heart.stop();
  }

  async close(): Promise<void> {
    this.#heart.stopTimer();
    this.#stateFile?.save();
    await Promise.all([this.#mailbox?.close(), this.#gossip?.close()]);
    this.#taskEvents.detach();
    await Promise.all([this.#dispatcher.close(), this.#replies.close()]);
  }

  stats(): Record<string, unknown> {
    const { core, consuming, prefetch, taken } = this.#options;
    const waiting = [...core.requests].filter(({ state }) => state === "scheduled").length;
    return workerStats(core, {
      connection: consuming,
      clock: this.clock.value,
      startedAtMs: this.#startedAtMs,
      total: this.#total,
      prefetchCount: prefetch() + waiting,
      taken: taken(),
      autoscaler: this.autoscaler?.stats ?? null,
      droppedEvents: this.droppedEvents,
    });
  }

  touch(): void {
    this.#stateFile?.touch();
  }

  enableTaskEvents(): boolean {
    if (!this.#dispatcher.enable("task")) return false;
    this.#taskEvents.attach();
    return true;
  }

  disableTaskEvents(): boolean {
    if (!this.#dispatcher.disable("task")) return false;
    this.#taskEvents.detach();
    return true;
  }

  sendHeartbeat(): void {
    this.#heart.beat();
  }

  holdElection(id: string, topic: string, action: unknown): void {
    this.#gossip?.election(id, topic, action);
  }

  async #onConnect(): Promise<void> {
    const { core, consuming } = this.#options;
    const { settings, log } = core;
    if (settings.workerHeartbeat) this.#heart.start();
    if (!settings.workerMingle) return;
    const synced = mingle(this.#controlled, new MailboxClient(consuming, settings, this.clock), log);
    // Later connections find the worker's own memory intact: they need not wait.
    if (!this.#mingled) await synced;
    this.#mingled = true;
  }

  #count(name: string): void {
    this.#processed += 1;
    this.#total.set(name, (this.#total.get(name) ?? 0) + 1);
  }

  #vitals() {
    return { active: this.#controlled.activeCount, processed: this.#processed };
  }

  #createAutoscaler(): Autoscaler | null {
    const { core, host } = this.#options;
    const bounds = core.settings.workerAutoscale;
    if (bounds === null) return null;
    const load = () => [...core.requests].filter(({ state }) => state === "running" || state === "reserved");
    const pool = {
      get concurrency() {
        return core.slots.limit;
      },
      get load() {
        return load().length;
      },
      resize: (concurrency: number) => host.resize(concurrency),
    };
    return new Autoscaler(pool, bounds, core.log);
  }

  #openStateFile(): StateFile | null {
    const { core } = this.#options;
    const path = core.settings.workerStateDb;
    if (path === null) return null;
    const current = (): SavedState => ({
      clock: this.clock.value,
      revoked: core.revoked.entries(),
      revokedStamps: core.revokedStamps.entries(),
    });
    const file = new StateFile(path, current, core.log);
    const saved = file.load();
    if (saved !== null) {
      this.clock.adjust(saved.clock);
      for (const [id, atMs] of saved.revoked) core.revoked.add(id, atMs);
      for (const [name, values] of saved.revokedStamps) core.revokedStamps.add(name, values);
    }
    return file;
  }
}
