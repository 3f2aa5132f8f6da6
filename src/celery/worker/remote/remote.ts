import { TransientPublisher } from "../../amqp/transient-publisher.js";
import { LamportClock } from "../../clock.js";
import type { ControlledWorker } from "../../control/controlled-worker.js";
import { MailboxClient } from "../../control/mailbox-client.js";
import { MailboxNode } from "../../control/mailbox-node.js";
import { mingle } from "../../control/mingle.js";
import type { ControlRegistry } from "../../control/registry.js";
import { asError } from "../../errors.js";
import type { WorkerCore } from "../core.js";
import { Autoscaler } from "./autoscaler.js";
import { Controlled, type ControlledOptions } from "./controlled.js";
import { Monitors, type MonitorsOptions } from "./monitors.js";
import { type SavedState, StateFile } from "./state-file.js";

/** What {@link Remote} is made from; the rest of what its parts need it makes itself. */
export interface RemoteOptions
  extends Omit<MonitorsOptions, "clock">,
    Pick<ControlledOptions, "host" | "stop" | "prefetch" | "taken"> {
  readonly registry: ControlRegistry;
}

/** All that connects a worker with its operators and its peers: control commands, events, mingle, gossip, saved state. */
export class Remote {
  readonly #core: WorkerCore;
  readonly #clock = new LamportClock();
  readonly #autoscaler: Autoscaler | null;
  readonly #monitors: Monitors;
  readonly #controlled: ControlledWorker;
  readonly #replies: TransientPublisher;
  readonly #mailbox: MailboxNode | null;
  readonly #stateFile: StateFile | null;
  readonly #peers: MailboxClient;
  #mingled = false;
  /** No other worker had a mailbox right before this one got its own. */
  #alone = false;

  /** Adds its hooks to the connections: make it before the consumers add theirs. */
  constructor(options: RemoteOptions) {
    const { core, host, registry, consuming, publishing } = options;
    const { settings, log } = core;
    this.#core = core;
    this.#stateFile = openStateFile(core, this.#clock);
    this.#autoscaler = createAutoscaler(core, (concurrency) => host.resize(concurrency));
    this.#monitors = new Monitors({ ...options, clock: this.#clock });
    this.#controlled = new Controlled({
      ...options,
      clock: this.#clock,
      autoscaler: this.#autoscaler,
      monitors: this.#monitors,
      stateFile: this.#stateFile,
    });
    this.#replies = new TransientPublisher({
      connection: publishing,
      exchange: null,
      mode: settings.topologyMode,
      log,
    });
    this.#peers = new MailboxClient(consuming, settings, this.#clock);
    // Before the mailbox: once it is there, nobody is alone.
    consuming.onConnect(() => this.#lookAround());
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
    consuming.onConnect(() => this.#onConnect());
  }

  /** The pool grows by itself when there is more to do. */
  get mayGrow(): boolean {
    return this.#autoscaler?.mayGrow ?? false;
  }

  /** The worker takes nothing new: monitors are told, commands are still answered while tasks end. */
  draining(): void {
    this.#autoscaler?.close();
    this.#monitors.offline();
  }

  async close(): Promise<void> {
    this.#stateFile?.save();
    await Promise.all([this.#mailbox?.close(), this.#monitors.close()]);
    await this.#replies.close();
  }

  async #onConnect(): Promise<void> {
    const { settings, log } = this.#core;
    this.#monitors.online();
    if (!settings.workerMingle) return;
    const synced = mingle(this.#controlled, this.#peers, log);
    // Later connections find the worker's own memory intact: they need not wait. Nor need who was alone: workers that
    // start at the same time hear the question of the later one, and its answer counts whenever it comes.
    if (!this.#mingled && !this.#alone) await synced;
    this.#mingled = true;
  }

  async #lookAround(): Promise<void> {
    const { settings, nodename, log } = this.#core;
    if (this.#mingled || !settings.workerMingle) return;
    try {
      this.#alone = !(await this.#peers.isAnyoneThere(nodename));
    } catch (error) {
      this.#alone = false;
      log.debug({ err: asError(error).message }, "mingle: nobody knows whether other workers are there");
    }
  }
}

function createAutoscaler(core: WorkerCore, resize: (concurrency: number) => void): Autoscaler | null {
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
    resize,
  };
  return new Autoscaler(pool, bounds, core.log);
}

/** Takes over what a former worker of the same file saved. */
function openStateFile(core: WorkerCore, clock: LamportClock): StateFile | null {
  const path = core.settings.workerStateDb;
  if (path === null) return null;
  const current = (): SavedState => ({
    clock: clock.value,
    revoked: core.revoked.entries(),
    revokedStamps: core.revokedStamps.entries(),
  });
  const file = new StateFile(path, current, core.log);
  const saved = file.load();
  if (saved !== null) {
    clock.adjust(saved.clock);
    for (const [id, atMs] of saved.revoked) core.revoked.add(id, atMs);
    for (const [name, values] of saved.revokedStamps) core.revokedStamps.add(name, values);
  }
  return file;
}
