import { readdirSync, rmSync, statSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";

/** Files that no attempt has written to for so long are of jobs that ended elsewhere. */
const STALE_MS = 24 * 3_600_000;
/** A file that is being written is not left alone for longer. */
const STALE_PART_MS = 600_000;
const FILE = /^([\w-]{1,64})\.(\d{1,32})\.checkpoint(\.part)?$/;

/** One attempt at one job, whose checkpoint is a file of its own. */
export interface CheckpointOwner {
  readonly jobId: string;
  /** Its place among the attempts at the job: a later one has a larger number. Digits of the row's fencing token. */
  readonly attempt: string;
}

interface CheckpointFile extends CheckpointOwner {
  readonly name: string;
  /** It was never finished. */
  readonly part: boolean;
  readonly bytes: number;
  readonly ageMs: number;
}

/** The attempt that a row's fencing token stands for; null where its job cannot have a file. */
export function checkpointOwner(jobId: string, token: string): CheckpointOwner | null {
  const attempt = token.replace(/\D/g, "");
  return FILE.test(`${jobId}.${attempt}.checkpoint`) ? { jobId, attempt } : null;
}

/** Whether the first of two attempts at a job is the later one. */
export function isLater(first: string, second: string): boolean {
  return first.length === second.length ? first > second : first.length > second.length;
}

/** The files of checkpoints in a folder, which workers may share. Other files are left alone. */
export class CheckpointFolder {
  constructor(readonly path: string) {}

  nameOf({ jobId, attempt }: CheckpointOwner): string {
    return `${jobId}.${attempt}.checkpoint`;
  }

  pathOf(owner: CheckpointOwner): string {
    return join(this.path, this.nameOf(owner));
  }

  /** All that is there; one that goes meanwhile is left out. @throws where the folder cannot be read */
  list(): CheckpointFile[] {
    return readdirSync(this.path).flatMap((name) => {
      const [, jobId, attempt, part] = FILE.exec(name) ?? [];
      if (jobId === undefined || attempt === undefined) return [];
      const found = statSync(join(this.path, name), { throwIfNoEntry: false });
      if (!found?.isFile()) return [];
      return [{ name, jobId, attempt, part: part !== undefined, bytes: found.size, ageMs: Date.now() - found.mtimeMs }];
    });
  }

  remove({ name }: Pick<CheckpointFile, "name">): void {
    rmSync(join(this.path, name), { force: true });
  }

  /** Removes what was left behind: by jobs that ended without their worker, and by workers killed while they wrote. */
  removeStale(): void {
    for (const file of this.list()) if (file.ageMs > (file.part ? STALE_PART_MS : STALE_MS)) this.remove(file);
  }
}

/** Removes the checkpoints of a job that has ended: this attempt's and those of earlier ones. */
export async function removeCheckpoints(folder: string, { jobId, attempt }: CheckpointOwner): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  const its = names.filter((name) => {
    const [, job, number = ""] = FILE.exec(name) ?? [];
    return job === jobId && !isLater(number, attempt);
  });
  await Promise.all(its.map((name) => rm(join(folder, name), { force: true })));
}
