import { mkdirSync } from "node:fs";
import type { Checkpoints, PlanningMeans, SolveState } from "../../poker/solver/checkpoints.js";
import { SOLVER_VERSION } from "../../poker/solver/report/version.js";
import { type CheckpointHeader, readHeader, readTables, writeCheckpoint } from "./checkpoint-file.js";
import { CheckpointFolder, type CheckpointOwner, isLater } from "./checkpoint-folder.js";

/** What an operator allows checkpoints. */
export interface CheckpointSettings {
  readonly folder: string;
  /** All files of the folder together, MiB. */
  readonly maxMebibytes: number;
  /** Seconds between two checkpoints of a solve, at least. */
  readonly everySeconds: number;
}

/** Which solve is kept, and where. */
export interface KeptSolveOptions extends CheckpointSettings {
  readonly owner: CheckpointOwner;
  /** MD5 of the game. */
  readonly hash: string;
}

/** What is to be told of checkpoints. */
export interface CheckpointNews {
  readonly level: "info" | "warn";
  readonly text: string;
}

interface Found {
  readonly name: string;
  readonly path: string;
  readonly header: CheckpointHeader;
}

/** A checkpoint takes this part of the time at most. */
const TIME_SHARE = 1 / 25;
/** After one that failed, the next is tried this much later. */
const AFTER_FAILURE = 4;
const MEBIBYTE = 2 ** 20;

/**
 * The checkpoints of one attempt at a job, in a folder of files. It reads what earlier attempts left and writes a file of its own
 * name, so that an attempt that was given up but lives can spoil nothing; see docs/solver.md.
 */
export class KeptSolve implements Checkpoints {
  readonly #folder: CheckpointFolder;
  readonly #options: KeptSolveOptions;
  readonly #found: Found | null;
  readonly #now: () => number;
  readonly #tell: (news: CheckpointNews) => void;
  readonly #mayWrite: () => boolean;
  #nextAt: number;

  /**
   * @param now seconds on a clock that only goes forward
   * @param mayWrite false once the attempt does not own its job any more
   */
  constructor(
    options: KeptSolveOptions,
    now: () => number,
    tell: (news: CheckpointNews) => void,
    mayWrite: () => boolean,
  ) {
    this.#options = options;
    this.#folder = new CheckpointFolder(options.folder);
    this.#now = now;
    this.#tell = tell;
    this.#mayWrite = mayWrite;
    this.#nextAt = now() + options.everySeconds;
    this.#found = this.#guarded("no checkpoint can be read", () => this.#look()) ?? null;
  }

  get means(): PlanningMeans | null {
    return this.#found?.header.means ?? null;
  }

  restore(plan: string, tables: Uint8Array): SolveState | null {
    const found = this.#found;
    if (found === null) return null;
    const { header } = found;
    if (header.plan !== plan) {
      this.#tell({ level: "info", text: `checkpoint ${found.name} is of another plan: the solve starts anew` });
      return null;
    }
    const read = this.#guarded("a checkpoint cannot be read", () => readTables(found.path, header, tables));
    if (read !== true) {
      if (read === false)
        this.#tell({ level: "warn", text: `checkpoint ${found.name} is damaged: the solve starts anew` });
      return null;
    }
    const { iterations, seconds } = header.state;
    this.#tell({
      level: "info",
      text: `Resumed at iteration ${iterations} of an earlier attempt, after ${seconds.toFixed(1)} s`,
    });
    return header.state;
  }

  due(): boolean {
    return this.#now() >= this.#nextAt;
  }

  save(plan: string, means: PlanningMeans, state: SolveState, tables: Uint8Array): void {
    const before = this.#now();
    const { owner, hash, folder, everySeconds } = this.#options;
    const saved = this.#guarded("no checkpoint was kept, the solve goes on without", () => {
      const others = this.#othersOf(tables.length);
      if (others === null) return false;
      const header = { version: SOLVER_VERSION, hash, plan, means, state };
      writeCheckpoint(this.#folder.pathOf(owner), folder, header, tables, this.#mayWrite);
      for (const file of others) this.#folder.remove(file);
      return true;
    });
    const now = this.#now();
    const pause = Math.max(everySeconds, (now - before) / TIME_SHARE);
    this.#nextAt = now + (saved === true ? pause : Math.max(pause, everySeconds * AFTER_FAILURE));
  }

  /** The furthest checkpoint of this job and game that earlier attempts left; also clears up. */
  #look(): Found | null {
    const { folder, owner, hash } = this.#options;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#folder.removeStale();
    let best: Found | null = null;
    for (const file of this.#folder.list()) {
      if (file.jobId !== owner.jobId || file.part || !isLater(owner.attempt, file.attempt)) continue;
      const path = this.#folder.pathOf(file);
      const header = readHeader(path);
      if (header === null || header.version !== SOLVER_VERSION || header.hash !== hash) {
        const what = header === null ? "no whole checkpoint" : "of another solver version or game";
        this.#tell({ level: "info", text: `${file.name} is ${what}: it is removed` });
        this.#folder.remove(file);
      } else if (best === null || header.state.iterations > best.header.state.iterations) {
        best = { name: file.name, path, header };
      }
    }
    return best;
  }

  /** The job's older files, which a new one replaces; null where there may be no new one. */
  #othersOf(bytes: number) {
    const { owner, maxMebibytes } = this.#options;
    if (!this.#mayWrite()) return null;
    const files = this.#folder.list();
    const its = files.filter(({ jobId }) => jobId === owner.jobId);
    // A later attempt has the job: this one has not been told yet.
    if (its.some(({ attempt }) => isLater(attempt, owner.attempt))) return null;
    // The old file stays until the new one is whole.
    const used = files.reduce((sum, file) => sum + file.bytes, 0) + bytes;
    if (used > maxMebibytes * MEBIBYTE) {
      const text = `no checkpoint was kept: the folder would hold ${Math.ceil(used / MEBIBYTE)} MiB of at most ${maxMebibytes}`;
      this.#tell({ level: "warn", text });
      return null;
    }
    return its.filter(({ name }) => name !== this.#folder.nameOf(owner));
  }

  /** What fails here fails no solve. */
  #guarded<T>(problem: string, act: () => T): T | undefined {
    try {
      return act();
    } catch (error) {
      this.#tell({ level: "warn", text: `${problem}: ${error instanceof Error ? error.message : error}` });
      this.#removePart();
      return undefined;
    }
  }

  /** What a failed attempt to write left: it takes room that is wanted. */
  #removePart(): void {
    try {
      this.#folder.remove({ name: `${this.#folder.nameOf(this.#options.owner)}.part` });
    } catch {
      // The folder itself is out of reach.
    }
  }
}
