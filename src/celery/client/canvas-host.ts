import type { Caller, CanvasHost } from "../canvas/apply.js";
import type { SignatureOptions } from "../canvas/node.js";
import { NotSupported } from "../errors.js";
import type { ResultBackend } from "../results/backend.js";
import { isStored } from "../results/stored.js";
import type { Settings } from "../settings.js";
import type { Producer } from "./producer.js";

/** Sends canvases through a producer. */
export class ProducerHost implements CanvasHost {
  readonly errbacksOnHeader: boolean;

  constructor(
    private readonly producer: Producer,
    readonly backend: ResultBackend,
    readonly replyTo: string,
    settings: Settings,
  ) {
    this.errbacksOnHeader = settings.taskAllowErrorCbOnChordHeader;
  }

  ensureChordsAllowed(): void {
    if (isStored(this.backend)) return;
    throw new NotSupported(
      `chords need a result backend that can join results: ${this.backend.name}:// cannot. Use redis:// or db+postgresql://`,
    );
  }

  send(
    task: string,
    args: readonly unknown[],
    kwargs: Readonly<Record<string, unknown>>,
    options: SignatureOptions,
    caller: Caller | null,
  ): Promise<string> {
    return this.producer.send(task, args, kwargs, options, caller);
  }

  queueOf(task: string): string {
    return this.producer.queueOf(task);
  }
}
