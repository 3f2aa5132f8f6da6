import { readFileSync, writeFileSync } from "node:fs";

/** The share of a session that computes nothing but background kernels, as `nice` counts: a tenth of another one's. */
const LOW_NICE = 10;

/** Linux takes one change in 100 ms, for all sessions together, from who has no CAP_SYS_ADMIN. */
const AGAIN_MS = 110;

/** How long nothing but background kernels must have run where changes are scarce. */
const SETTLED_MS = 500;

/** What is written and read; a test has its own. */
export interface SessionFiles {
  read(path: string): string;
  write(path: string, text: string): void;
}

const FILES: SessionFiles = { read: (path) => readFileSync(path, "utf8"), write: writeFileSync };

/**
 * The share of the processor that this process's session has among sessions. With autogroups (sched(7)) Linux shares it between
 * sessions first, and compares the priorities of threads only within one: so a session that only solves asks for less, and takes its
 * usual share again for anything else. Does nothing where the session is not this process's alone, or the system has no autogroups.
 */
export class SessionShare {
  readonly #files: SessionFiles;
  /** The nice value that the session had; null where it is not ours to change. */
  readonly #usual: number | null;
  readonly #settledMs: number;
  #isLow = false;
  #wantsLow = false;
  #timer: NodeJS.Timeout | null = null;

  constructor(files: SessionFiles = FILES) {
    this.#files = files;
    const { usual, settledMs } = sessionOf(files);
    this.#usual = usual;
    this.#settledMs = settledMs;
  }

  /** Asks for the low share, or for the usual one. */
  set isLow(wanted: boolean) {
    if (this.#usual === null || wanted === this.#wantsLow) return;
    this.#wantsLow = wanted;
    this.#stopTimer();
    if (wanted && this.#settledMs > 0) this.#later(this.#settledMs);
    else this.#apply();
  }

  #apply(): void {
    if (this.#usual === null || this.#wantsLow === this.#isLow) return;
    try {
      this.#files.write("/proc/self/autogroup", String(this.#wantsLow ? LOW_NICE : this.#usual));
      this.#isLow = this.#wantsLow;
    } catch (error) {
      // Another session was changed just before. Anything else would be so again.
      if ((error as NodeJS.ErrnoException).code === "EAGAIN") this.#later(AGAIN_MS);
    }
  }

  #later(ms: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#apply();
    }, ms);
    this.#timer.unref();
  }

  #stopTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}

const NOT_OURS = { usual: null, settledMs: 0 } as const;

function sessionOf(files: SessionFiles): { readonly usual: number | null; readonly settledMs: number } {
  if (process.platform !== "linux") return NOT_OURS;
  try {
    const stat = files.read("/proc/self/stat");
    // The name of the program stands in brackets and may hold anything: state, parent, group and session follow it.
    const session = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[3]);
    if (session !== process.pid || files.read("/proc/sys/kernel/sched_autogroup_enabled").trim() !== "1")
      return NOT_OURS;
    const usual = Number(/nice (-?\d+)/.exec(files.read("/proc/self/autogroup"))?.[1]);
    // A session above the others' may not be given back what it had, and one that is low already has what it should.
    if (!(usual >= 0 && usual < LOW_NICE)) return NOT_OURS;
    return { usual, settledMs: mayChangeAtWill(files.read("/proc/self/status")) ? 0 : SETTLED_MS };
  } catch {
    return NOT_OURS;
  }
}

/** Whether the process has CAP_SYS_ADMIN, bit 21. */
function mayChangeAtWill(status: string): boolean {
  const capabilities = /^CapEff:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? "0";
  return ((BigInt(`0x${capabilities}`) >> 21n) & 1n) === 1n;
}
