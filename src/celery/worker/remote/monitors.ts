import type { BrokerConnection } from "../../amqp/connection.js";
import type { LamportClock } from "../../clock.js";
import { EventDispatcher } from "../../events/dispatcher.js";
import { Gossip } from "../../events/gossip.js";
import { Heart } from "../../events/heart.js";
import { TaskEvents } from "../../events/task-events.js";
import type { WorkerCore } from "../core.js";

/** What {@link Monitors} is made from. */
export interface MonitorsOptions {
  readonly core: WorkerCore;
  readonly clock: LamportClock;
  readonly consuming: BrokerConnection;
  readonly publishing: BrokerConnection;
  /** Carries out the action of an election this worker won. */
  readonly onElected: (topic: string, action: unknown) => Promise<void> | void;
}

/** What a worker tells monitors and other workers without being asked: events of tasks, heartbeats, elections. */
export class Monitors {
  /** Tasks started, by shown name. */
  readonly total = new Map<string, number>();
  readonly #dispatcher: EventDispatcher;
  readonly #taskEvents: TaskEvents;
  readonly #heart: Heart;
  readonly #gossip: Gossip | null;
  readonly #beats: boolean;
  #processed = 0;

  constructor({ core, clock, consuming, publishing, onElected }: MonitorsOptions) {
    const { settings, nodename, log, requests } = core;
    const groups = settings.workerSendTaskEvents ? [] : ["worker"];
    const common = { nodename, settings, clock, log };
    this.#dispatcher = new EventDispatcher({ ...common, connection: publishing, groups });
    this.#taskEvents = new TaskEvents(core.events, this.#dispatcher, core.tasks);
    const vitals = () => ({
      active: [...requests].filter(({ isActive }) => isActive).length,
      processed: this.#processed,
    });
    this.#heart = new Heart(this.#dispatcher, vitals, settings.workerHeartbeatInterval);
    this.#beats = settings.workerHeartbeat;
    this.#gossip = settings.workerGossip
      ? new Gossip({ ...common, connection: consuming, dispatcher: this.#dispatcher, onElected })
      : null;
    if (this.#dispatcher.sends("task")) this.#taskEvents.attach();
    core.events.on("taskStarted", (request) => this.#count(request.shadow ?? request.task));
    consuming.on("disconnected", () => this.#heart.stopTimer());
  }

  /** Events that no broker took. */
  get dropped(): number {
    return this.#dispatcher.dropped;
  }

  /** The worker is online, and goes on saying so. */
  online(): void {
    if (this.#beats) this.#heart.start();
  }

  /** The worker takes nothing new. */
  offline(): void {
    if (this.#beats) this.#heart.stop();
  }

  heartbeat(): void {
    this.#heart.beat();
  }

  /** @returns false when they are on already */
  enableTaskEvents(): boolean {
    if (!this.#dispatcher.enable("task")) return false;
    this.#taskEvents.attach();
    return true;
  }

  /** @returns false when they are off already */
  disableTaskEvents(): boolean {
    if (!this.#dispatcher.disable("task")) return false;
    this.#taskEvents.detach();
    return true;
  }

  holdElection(id: string, topic: string, action: unknown): void {
    this.#gossip?.election(id, topic, action);
  }

  async close(): Promise<void> {
    this.#heart.stopTimer();
    await this.#gossip?.close();
    this.#taskEvents.detach();
    await this.#dispatcher.close();
  }

  #count(name: string): void {
    this.#processed += 1;
    this.total.set(name, (this.total.get(name) ?? 0) + 1);
  }
}
