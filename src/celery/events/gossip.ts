import type { Logger } from "pino";
import type { BrokerConnection } from "../amqp/connection.js";
import type { LamportClock } from "../clock.js";
import { asError } from "../errors.js";
import type { Settings } from "../settings.js";
import { ClusterState } from "./cluster-state.js";
import type { EventDispatcher } from "./dispatcher.js";
import { EventReceiver, type ReceivedEvent } from "./receiver.js";

/** How often workers are looked through for those that fell silent. */
const CHECK_INTERVAL_MS = 5_000;

/** Elections whose result nobody told us are forgotten. */
const ELECTION_LIMIT = 1_000;

/** Options of {@link Gossip}. */
export interface GossipOptions {
  readonly connection: BrokerConnection;
  readonly nodename: string;
  readonly settings: Settings;
  readonly clock: LamportClock;
  readonly log: Logger;
  readonly dispatcher: EventDispatcher;
  /** Carries out an election that this worker won, by topic; Celery knows `task`, whose action is a signature. */
  readonly onElected: (topic: string, action: unknown) => Promise<void> | void;
}

/** One candidate: whoever has the smallest clock wins, then the smallest name. */
interface Candidate {
  readonly clock: number;
  /** `<node name>.<pid>`. */
  readonly node: string;
  readonly topic: string;
  readonly action: unknown;
}

/** Listens to the other workers' events: keeps the clock with theirs, knows who lives, and votes in elections. */
export class Gossip {
  readonly state: ClusterState;
  readonly #options: GossipOptions;
  readonly #receiver: EventReceiver;
  readonly #candidates = new Map<string, Candidate[]>();
  /** Votes for elections that we called: node names that acknowledged. */
  readonly #votes = new Map<string, Set<string>>();
  readonly #timer: NodeJS.Timeout;

  constructor(options: GossipOptions) {
    this.#options = options;
    const { log, clock, settings, connection } = options;
    this.state = new ClusterState({
      maxTasks: 1,
      onNodeJoin: (worker) => log.debug(`${worker.hostname} joined the party`),
      onNodeLeave: (worker) => log.debug(`${worker.hostname} left`),
    });
    this.#receiver = new EventReceiver({
      connection,
      settings,
      clock,
      log,
      routingKey: "worker.#",
      ttlSeconds: settings.workerHeartbeatInterval,
      localize: false,
      onEvent: (event) => this.#onEvent(event),
    });
    this.#timer = setInterval(() => this.#checkPeers(), CHECK_INTERVAL_MS);
    this.#timer.unref();
  }

  /** Calls an election: the winner, maybe this worker, does what the topic says. */
  election(id: string, topic: string, action: unknown): void {
    this.#votes.set(id, new Set());
    forgetOldest(this.#votes);
    this.#options.dispatcher.send("worker-elect", { id, topic, action, cver: 1 });
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#receiver.close();
  }

  #onEvent(event: ReceivedEvent): void {
    if (event.type === "worker-elect") this.#onElect(event);
    else if (event.type === "worker-elect-ack") this.#onVote(event);
    else if (event.hostname !== this.#options.nodename) this.state.apply(event);
  }

  #checkPeers(): void {
    for (const { hostname } of this.state.dropLost()) this.#options.log.info(`missed heartbeat from ${hostname}`);
  }

  #onElect(event: ReceivedEvent): void {
    const { id, topic, clock, pid, hostname } = event;
    if (typeof id !== "string" || typeof topic !== "string" || clock === undefined) return;
    const candidates = this.#candidates.get(id) ?? [];
    candidates.push({ clock, node: `${hostname}.${pid}`, topic, action: event.action });
    this.#candidates.set(id, candidates);
    forgetOldest(this.#candidates);
    this.#options.dispatcher.send("worker-elect-ack", { id });
  }

  /** Counts votes for our own elections; once every living worker has voted, the first candidate wins. */
  #onVote(event: ReceivedEvent): void {
    const id = event.id;
    if (typeof id !== "string") return;
    const votes = this.#votes.get(id);
    if (votes === undefined) return;
    votes.add(event.hostname);
    // Ourselves and the living others.
    if (votes.size < this.state.aliveWorkers().length + 1) return;
    const [winner] = (this.#candidates.get(id) ?? []).sort((a, b) => a.clock - b.clock || (a.node < b.node ? -1 : 1));
    this.#votes.delete(id);
    this.#candidates.delete(id);
    if (winner !== undefined) void this.#announce(id, winner);
  }

  async #announce(id: string, winner: Candidate): Promise<void> {
    const { nodename, log, onElected } = this.#options;
    if (winner.node !== `${nodename}.${process.pid}`) {
      log.info(`node ${winner.node} elected for ${id}`);
      return;
    }
    log.info(`I won the election ${id}`);
    try {
      await onElected(winner.topic, winner.action);
    } catch (error) {
      log.error({ err: asError(error).message, topic: winner.topic }, "could not do what the election was for");
    }
  }
}

function forgetOldest(elections: Map<string, unknown>): void {
  for (const id of elections.keys()) {
    if (elections.size <= ELECTION_LIMIT) return;
    elections.delete(id);
  }
}
