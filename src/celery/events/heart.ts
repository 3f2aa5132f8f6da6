import { loadavg, type } from "node:os";
import { SOFTWARE_VERSION } from "../software.js";
import type { EventDispatcher } from "./dispatcher.js";
import type { EventFields } from "./event.js";

/** What a heartbeat says of the worker. */
export interface Vitals {
  /** Tasks that run. */
  readonly active: number;
  /** Tasks started since the worker was made. */
  readonly processed: number;
}

/** `sw_…` fields of the worker's events. */
const SOFTWARE: EventFields = { sw_ident: "node-celery", sw_ver: SOFTWARE_VERSION, sw_sys: type() };

/** Frequency that a heartbeat asked for by remote control promises: Celery's. */
const REMOTE_FREQUENCY = 5;

/** Tells monitors that the worker lives: online, a heartbeat every few seconds, offline. */
export class Heart {
  #timer: NodeJS.Timeout | null = null;
  #online = false;

  constructor(
    private readonly dispatcher: EventDispatcher,
    private readonly vitals: () => Vitals,
    private readonly intervalSeconds: number,
  ) {}

  /** Says that the worker is online, and goes on saying so; safe to repeat after a lost connection. */
  start(): void {
    this.stopTimer();
    this.#online = true;
    this.#send("worker-online");
    this.#timer = setInterval(() => this.#send("worker-heartbeat"), this.intervalSeconds * 1000);
    this.#timer.unref();
  }

  /** Says that the worker goes. */
  stop(): void {
    this.stopTimer();
    if (this.#online) this.#send("worker-offline");
    this.#online = false;
  }

  /** Ends the heartbeats without a word. */
  stopTimer(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** One heartbeat now, for a monitor that has just come. */
  beat(): void {
    this.dispatcher.send("worker-heartbeat", { freq: REMOTE_FREQUENCY, ...SOFTWARE });
  }

  #send(event: string): void {
    const { active, processed } = this.vitals();
    const load = loadavg().map((average) => Math.round(average * 100) / 100);
    this.dispatcher.send(event, { freq: this.intervalSeconds, active, processed, loadavg: load, ...SOFTWARE });
  }
}
