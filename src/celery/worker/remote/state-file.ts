import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import type { Logger } from "pino";
import { z } from "zod";
import { asError } from "../../errors.js";

/** What a worker keeps across restarts: setting `workerStateDb`, flag `--statedb`. */
const schema = z.object({
  version: z.literal(1),
  clock: z.number(),
  /** Ids with the time they were revoked, in epoch milliseconds. */
  revoked: z.array(z.tuple([z.string(), z.number()])),
  revokedStamps: z.array(z.tuple([z.string(), z.array(z.string())])),
});

export type SavedState = Omit<z.output<typeof schema>, "version">;

/** Changes are written together after this long. */
const WRITE_DELAY_MS = 500;

/** A JSON file that is replaced as a whole, so that a crash leaves the old or the new one. */
export class StateFile {
  #timer: NodeJS.Timeout | null = null;
  /** The file is not ours, Python's state database maybe: it is never written. */
  #isForeign = false;

  constructor(
    private readonly path: string,
    private readonly current: () => SavedState,
    private readonly log: Logger,
  ) {}

  /** @returns what was saved, or null for a first start; a file that cannot be read is left alone with a warning */
  load(): SavedState | null {
    let text: string;
    try {
      text = readFileSync(this.path, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") this.#warn("read", error);
      return null;
    }
    try {
      return schema.parse(JSON.parse(text));
    } catch (error) {
      this.#isForeign = true;
      this.#warn("understand", error);
      return null;
    }
  }

  /** Saves soon. */
  touch(): void {
    this.#timer ??= setTimeout(() => this.save(), WRITE_DELAY_MS);
    this.#timer.unref();
  }

  save(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#isForeign) return;
    try {
      const temporary = `${this.path}.${process.pid}.tmp`;
      // What has the name is removed, not written through: it may be a link that somebody left there.
      rmSync(temporary, { force: true });
      writeFileSync(temporary, JSON.stringify({ version: 1, ...this.current() }), { mode: 0o600, flag: "wx" });
      renameSync(temporary, this.path);
    } catch (error) {
      this.#warn("write", error);
    }
  }

  #warn(what: string, error: unknown): void {
    this.log.warn({ err: asError(error).message, file: this.path }, `cannot ${what} the state file`);
  }
}
